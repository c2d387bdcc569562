// The editor: adds cards without a page load, saves them by keys, and moves them by dragging or by keys.
(() => {
  const onPhone = matchMedia("(hover: none) and (pointer: coarse)").matches;

  // --- Adding. The form is free for the next card at once. Cards are sent one after the other, each from its own form.

  let turn = Promise.resolve();

  // crypto.randomUUID does not exist on a site without https.
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function isEmpty(form) {
    return [...form.querySelectorAll("textarea")].every((field) => !field.value.trim());
  }

  function add(item) {
    const form = item.querySelector("form");
    if (isEmpty(form)) return form.querySelector("textarea").focus();
    if (item.id === "new-card") leaveBlank(item);
    item.classList.remove("failed");
    item.classList.add("pending");
    turn = turn.then(() => send(item, form));
  }

  // A blank form replaces the one that is sent.
  function leaveBlank(item) {
    const next = item.cloneNode(true);
    item.removeAttribute("id");
    for (const field of item.querySelectorAll("[id]")) field.removeAttribute("id");
    // A late preview is of no use, and would clear the message about a failure.
    item.querySelector(".preview-box").remove();
    for (const field of next.querySelectorAll("textarea")) field.value = "";
    for (const old of next.querySelectorAll(".errorlist, .card-preview")) old.remove();
    for (const field of next.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    next.querySelector("[name=key]").value = newKey();
    item.after(next);
    const place = next.querySelector(".editor-place");
    place.textContent = String(Number(place.textContent) + 1);
    htmx.process(next);
    next.querySelector("textarea").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  async function send(item, form) {
    item.id = "added-card";
    const values = Object.fromEntries(new FormData(form));
    await htmx.ajax("POST", form.action, { source: form, target: item, swap: "outerHTML", values }).catch(() => {});
    if (!item.isConnected) return;
    // Not saved: the form keeps its texts and can be sent again.
    item.removeAttribute("id");
    item.classList.replace("pending", "failed");
    form.querySelector("textarea").focus();
  }

  document.addEventListener("submit", (event) => {
    const item = event.target.closest(".new-card");
    if (!item) return;
    event.preventDefault();
    if (!item.classList.contains("pending")) add(item);
  });

  // --- Keys

  function typed(event) {
    const form = event.target.closest(".card-form");
    if (!form || event.key !== "Enter" || event.isComposing) return false;
    const more = event.target.closest(".card-form-more");
    const isNew = form.closest(".new-card") && !more && !onPhone && !event.shiftKey && !event.altKey;
    if (!isNew && !event.ctrlKey && !event.metaKey) return false;
    const definition = form.elements.definition;
    // In a blank card Enter moves to the other side, as Tab does.
    if (isNew && !event.ctrlKey && event.target.name === "term" && !definition.value.trim()) definition.focus();
    else form.requestSubmit();
    return true;
  }

  function moved(event) {
    const way = event.altKey && !event.ctrlKey && { ArrowUp: "up", ArrowDown: "down", Home: "top" }[event.key];
    if (!way || event.target.matches("textarea, input")) return false;
    const button = event.target.closest(".editor-card")?.querySelector(`.place-buttons [value=${way}]`);
    button?.click();
    return Boolean(button);
  }

  // Escape cancels the edit of a card. It asks before changed texts are lost.
  function cancelled(event) {
    const form = event.key === "Escape" && !event.isComposing && event.target.closest(".editor-card.open .card-form");
    const cancel = form && form.querySelector("[data-cancel]");
    if (!cancel) return false;
    if (!isChanged(form) || confirm("Discard your changes to this card?")) cancel.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (typed(event) || moved(event) || cancelled(event)) event.preventDefault();
  });

  // --- Dragging. A line shows where the card would go. The server sends the new list.

  let dragged = null;
  let before = null;

  function clearLine() {
    for (const item of document.querySelectorAll(".drop-here")) item.classList.remove("drop-here");
  }

  document.addEventListener("dragstart", (event) => {
    if (!event.target.closest?.(".grip")) return;
    dragged = event.target.closest(".editor-card");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(dragged, 20, 20);
    dragged.classList.add("dragged");
  });

  document.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest?.(".editor-list > li");
    if (!over) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const isAbove = over.id === "new-card" || event.clientY < box.top + box.height / 2;
    clearLine();
    before = isAbove ? over : over.nextElementSibling;
    before.classList.add("drop-here");
  });

  document.addEventListener("drop", (event) => {
    if (!dragged || !before) return;
    event.preventDefault();
    const list = dragged.parentElement;
    const cards = [...list.querySelectorAll(":scope > .editor-card:not(.new-card, .removed)")];
    const from = cards.indexOf(dragged);
    const index = cards.filter((card) => card !== dragged && card.compareDocumentPosition(before) & 4).length;
    if (index === from) return;
    htmx.ajax("POST", dragged.querySelector(".place-buttons").dataset.place + location.search, {
      target: "#cards",
      swap: "outerHTML",
      values: {
        place: list.start + index,
        csrfmiddlewaretoken: document.querySelector("#card-tools [name=csrfmiddlewaretoken]").value,
      },
    });
  });

  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = before = null;
    clearLine();
  });

  // --- Controls that need this script, and the warning before unsaved texts are lost

  function offer() {
    for (const hidden of document.querySelectorAll(".grip[hidden]")) hidden.hidden = onPhone;
    for (const hidden of document.querySelectorAll(".card-form-keys[hidden]")) hidden.hidden = onPhone;
  }

  // Adding or removing one card changes the place numbers of the cards after it. Added cards are at the end of the
  // deck: only its last page counts them.
  function countPlaces() {
    const list = document.querySelector(".editor-list:not([data-found])");
    if (!list) return;
    let place = list.start;
    // A card that was just removed has no place number.
    for (const shown of list.querySelectorAll(":scope > li > .editor-place")) {
      if (shown.parentElement.dataset.added !== undefined && list.dataset.last === undefined) continue;
      shown.textContent = String(place);
      place += 1;
    }
  }

  function isDirty(form) {
    if (form.closest(".pending")) return true;
    return [...form.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
  }

  // Also a choice that differs, or a chosen image.
  function isChanged(form) {
    const options = [...form.querySelectorAll("option, [type=checkbox], [type=radio]")];
    const isOther = (one) => (one.selected ?? one.checked) !== (one.defaultSelected ?? one.defaultChecked);
    return isDirty(form) || options.some(isOther) || [...form.querySelectorAll("[type=file]")].some((one) => one.value);
  }

  let leaving = false;

  document.addEventListener("submit", (event) => {
    if (event.target.matches(".card-form") && !event.defaultPrevented) leaving = true;
  });

  addEventListener("beforeunload", (event) => {
    if (!leaving && [...document.querySelectorAll(".card-form")].some(isDirty)) event.preventDefault();
  });

  // Runs after the browser has scrolled to the address's anchor, because that takes the focus away.
  function begin() {
    if (location.hash === "#new-card") document.querySelector("#new-card textarea")?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest('a[href="#new-card"]')) setTimeout(begin);
  });
  addEventListener("load", () => setTimeout(begin));
  document.addEventListener("htmx:afterSwap", offer);
  // Not earlier: until htmx has settled, new elements have the attributes of the old ones.
  document.addEventListener("htmx:afterSettle", countPlaces);
  offer();
})();
