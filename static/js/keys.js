// Shortcuts for cards: whether a key press is one, which element flips the card, and the switch that turns them off.
const cardKeys = (() => {
  const KEY = "keys";

  function on() {
    return document.documentElement.dataset.keys !== "off";
  }

  function turn(choice) {
    if (choice === "off") document.documentElement.dataset.keys = "off";
    else delete document.documentElement.dataset.keys;
    for (const button of document.querySelectorAll(".keys-switch")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(on()));
      button.querySelector("span").textContent = on() ? "Shortcuts: on" : "Shortcuts: off";
    }
  }

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // If storage is forbidden, the choice lasts as long as the page.
    }
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest(".keys-switch")) return;
    const choice = on() ? "off" : "on";
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // See stored().
    }
    turn(choice);
  });

  document.addEventListener("htmx:afterSwap", () => turn(on() ? "on" : "off"));
  turn(stored());

  // A key press that is not meant for the page: in the header's search field, or in a box over the page.
  function elsewhere(event) {
    return event.target.id === "search-field" || document.querySelector("dialog[open]") !== null;
  }

  // Not a shortcut of ours: typing, choosing in a list, composing characters, a shortcut of the browser.
  function taken(event) {
    if (!on() || elsewhere(event) || event.defaultPrevented || event.isComposing) return true;
    // On many keyboards AltGr types @, and is reported as Ctrl and Alt.
    const writes = event.getModifierState("AltGraph");
    if (!writes && (event.ctrlKey || event.metaKey || event.altKey)) return true;
    const target = event.target;
    if (target.isContentEditable || target.matches("input, textarea, select")) return true;
    const pressable = target.closest("a, button, summary");
    return event.key === " " && pressable && !pressable.closest(".flashcard-flip");
  }

  function flip() {
    return document.querySelector(".flashcard-flip");
  }

  return { elsewhere, taken, flip };
})();
