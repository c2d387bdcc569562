// Studying by keys. A button names its key in data-key. Space shows the answer, and then presses Good. Z undoes the
// last answer, suspension or burying. - buries the card, @ suspends it, * stars it. Each new question gets the focus,
// unless an element in it has autofocus.
(() => {
  const GOOD = "3";
  // The first of them that is on the page is pressed, even in a closed menu.
  const BUTTONS = {
    z: ["#aside-form button", "#undo-form button"],
    "-": ["#card-menu [value=buried]"],
    "@": ["#card-menu [value=suspended]"],
    "*": ["#star-button"],
  };

  function keyed(key) {
    return document.querySelector(`#question [data-key="${CSS.escape(key)}"]`);
  }

  // Buttons of an answer that is not shown yet cannot be pressed.
  function isShown(element) {
    return element.checkVisibility({ visibilityProperty: true });
  }

  function press(key) {
    const button = keyed(key);
    if (!button || !isShown(button)) return false;
    button.click();
    return true;
  }

  // Escape means "Don't know" in a text field too, unless it closes a pop-up or ends a composition.
  function isEscape(event) {
    if (event.key !== "Escape" || event.isComposing || event.repeat) return false;
    return document.documentElement.dataset.keys !== "off" && !document.querySelector("details.menu[open], details.info[open]");
  }

  // Links, buttons and summaries handle Enter themselves.
  function takesEnter(target) {
    return Boolean(target.closest("a, button, summary"));
  }

  function pressed(event) {
    const places = BUTTONS[event.key.toLowerCase()] ?? [];
    const button = places.map((place) => document.querySelector(place)).find(Boolean);
    const flip = cardKeys.flip();
    if (button) button.click();
    else if (event.key === " " && flip && !flip.open) flip.open = true;
    else if (event.key === " " && flip) return press(GOOD);
    else if (event.key === "Enter" && takesEnter(event.target)) return false;
    else return press(event.key);
    return true;
  }

  // In the capture phase, because ui.js closes pop-ups by the same key later.
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
