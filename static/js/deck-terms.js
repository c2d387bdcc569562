// The list of terms on a phone: a tap on a row shows the whole of a long definition, or its beginning again.
(() => {
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".deck-terms > li");
    if (!row || event.target.closest("a, button, input, form")) return;
    if (document.getSelection().isCollapsed) row.classList.toggle("whole");
  });
})();
