// For every page: / goes to the search field, ? shows the list of shortcuts. Neither while typing, nor if shortcuts are
// switched off.
(() => {
  function search() {
    const field = document.getElementById("search-field");
    if (field?.checkVisibility()) {
      field.focus();
      field.select();
    } else document.getElementById("search-link")?.click();
  }

  // The page of shortcuts, in a box over the present page.
  function show() {
    const link = document.getElementById("shortcuts-link");
    if (!link) return;
    let box = document.querySelector("dialog.shortcuts-box");
    if (!box) {
      box = document.createElement("dialog");
      box.className = "shortcuts-box";
      box.setAttribute("aria-label", "Shortcuts");
      const close = document.createElement("button");
      close.type = "button";
      close.className = "button quiet";
      close.textContent = "Close";
      close.addEventListener("click", () => box.close());
      const list = document.createElement("div");
      list.id = "shortcuts";
      box.append(list, close);
      document.body.append(box);
      htmx.ajax("GET", link.href, { target: list, swap: "innerHTML" });
    }
    if (!box.open) box.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat || cardKeys.taken(event)) return;
    if (event.key === "/") search();
    else if (event.key === "?") show();
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#shortcuts-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "search-field" && !event.target.value) event.target.blur();
  });
})();
