// Studying by keys: Space shows the answer, then means Good; 1 to 4 rate; Z takes the last answer back. Each new
// question gets the focus.
(() => {
  const GOOD = "3";

  function rate(value) {
    document.querySelector(`#answer-form button[value="${value}"]`)?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat || cardKeys.taken(event)) return;
    const undo = document.getElementById("undo-form");
    const flip = cardKeys.flip();
    if (undo && event.key.toLowerCase() === "z") undo.requestSubmit();
    else if (!flip) return;
    else if (event.key === " ") {
      if (flip.open) rate(GOOD);
      else flip.open = true;
    } else if (flip.open && /^[1-4]$/.test(event.key)) rate(event.key);
    else return;
    event.preventDefault();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const place = event.detail.elt.id === "question" && document.querySelector("#question .flashcard, #question h1[tabindex]");
    if (place) place.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
})();
