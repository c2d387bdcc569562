// Studying by keys. A button says by data-key which key presses it; besides, Space shows the answer and then presses
// the grade Good, Z takes back what was done last, putting a card aside
// or an answer, - buries the card, @ suspends it, * stars it. Each new question gets
// the focus, unless something in it asks for it.
(() => {
  const GOOD = "3";
  const FORMS = { z: ["aside-form", "undo-form"], "-": ["bury-form"], "@": ["suspend-form"], "*": ["star-form"] };

  function keyed(key) {
    return document.querySelector(`#question [data-key="${CSS.escape(key)}"]`);
  }

  // What lies behind a closed card is not there yet.
  function isShown(element) {
    return element.checkVisibility({ visibilityProperty: true });
  }

  function press(key) {
    const button = keyed(key);
    if (!button || !isShown(button)) return false;
    button.click();
    return true;
  }

  // Escape means "don't know" in the field too, unless it closes something or ends a composition.
  function isEscape(event) {
    if (event.key !== "Escape" || event.isComposing || event.repeat) return false;
    return document.documentElement.dataset.keys !== "off" && !document.querySelector("details.menu[open], details.info[open]");
  }

  // Whatever has the focus takes Enter itself.
  function takesEnter(target) {
    return Boolean(target.closest("a, button, summary"));
  }

  function pressed(event) {
    const ids = FORMS[event.key.toLowerCase()] ?? [];
    const form = ids.map((id) => document.getElementById(id)).find(Boolean);
    const flip = cardKeys.flip();
    if (form) form.requestSubmit();
    else if (event.key === " " && flip && !flip.open) flip.open = true;
    else if (event.key === " " && flip) return press(GOOD);
    else if (event.key === "Enter" && takesEnter(event.target)) return false;
    else return press(event.key);
    return true;
  }

  // In the capture phase: pop-ups are closed by the same key on its way back.
  document.addEventListener(
    "keydown",
    (event) => {
      if (isEscape(event) && press("Escape")) event.preventDefault();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.key === "Escape" || cardKeys.taken(event)) return;
    if (pressed(event)) event.preventDefault();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "question") return;
    const stage = document.getElementById("question");
    const first = stage.querySelector("[autofocus]") ?? stage.querySelector(".flashcard[tabindex], h1[tabindex]");
    first?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
})();
