// Ticks cards: all on a page, or one by a click anywhere on its row. Shows how many are ticked.
(() => {
  function boxes() {
    return [...document.querySelectorAll("#selection-form [name=card]")];
  }

  function show() {
    const all = document.getElementById("tick-page");
    if (!all) return;
    all.hidden = false;
    const ticked = boxes().filter((box) => box.checked).length;
    const box = all.querySelector("input");
    box.checked = ticked > 0 && ticked === boxes().length;
    box.indeterminate = ticked > 0 && !box.checked;
    document.getElementById("selection-count").textContent = ticked ? `${ticked} ticked` : "";
  }

  document.addEventListener("change", (event) => {
    if (event.target.closest("#tick-page")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.closest("#selection-form")) show();
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest(".selection-list > li");
    if (!row || event.target.closest("a, label, input") || !document.getSelection().isCollapsed) return;
    row.querySelector("[name=card]").click();
  });

  document.addEventListener("htmx:afterSwap", show);
  show();
})();
