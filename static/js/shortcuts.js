// For every page: / goes to the search field, or to its page where only the icon is shown, and ? shows the list of
// shortcuts. Neither while typing, nor if shortcuts are switched off. An open question hides both ways to the search.
(() => {
  function search() {
    const field = document.getElementById("search-field");
    if (field?.checkVisibility()) {
      field.focus();
      field.select();
      return;
    }
    const link = document.getElementById("search-link");
    if (link?.checkVisibility()) link.click();
  }

  // The shortcuts of the present page, in a box over it.
  async function show() {
    const link = document.getElementById("shortcuts-link");
    if (!link || document.querySelector("dialog[open]")) return;
    let box = document.getElementById("shortcuts");
    if (!box) {
      box = document.createElement("dialog");
      box.id = "shortcuts";
      box.className = "shortcuts-box";
      box.setAttribute("aria-label", "Shortcuts");
      document.body.append(box);
    }
    const values = { page: location.pathname };
    // If it cannot be loaded, ui.js says why.
    await htmx.ajax("GET", link.href, { target: box, swap: "innerHTML", values }).catch(() => {});
    if (box.childElementCount && !document.querySelector("dialog[open]")) box.showModal();
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

  // What was typed stays.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.id !== "search-field" || event.isComposing) return;
    event.preventDefault();
    event.target.blur();
  });
})();
