// Keys for cards: when a key press belongs to the card, and what flipping is.
const cardKeys = (() => {
  // A press belongs elsewhere while someone types, chooses, composes characters or uses a shortcut.
  function taken(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return true;
    const target = event.target;
    if (target.isContentEditable || target.matches("input, textarea, select")) return true;
    const pressable = target.closest("a, button, summary");
    return event.key === " " && pressable && !pressable.closest(".flashcard-flip");
  }

  function flip() {
    return document.querySelector(".flashcard-flip");
  }

  return { taken, flip };
})();
