// Studying by keys: Space shows the answer, then means Good; 1 to 4 rate; Z takes back what was done last, putting a
// card aside or an answer; - buries the card, @ suspends it, * stars it. Each new question gets the focus.
(() => {
  const GOOD = "3";
  const FORMS = { z: ["aside-form", "undo-form"], "-": ["bury-form"], "@": ["suspend-form"], "*": ["star-form"] };

  function rate(value) {
    document.querySelector(`#answer-form button[value="${value}"]`)?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat || cardKeys.taken(event)) return;
    const ids = FORMS[event.key.toLowerCase()] ?? [];
    const form = ids.map((id) => document.getElementById(id)).find(Boolean);
    const flip = cardKeys.flip();
    if (form) form.requestSubmit();
    else if (!flip) return;
    else if (event.key === " ") {
      if (flip.open) rate(GOOD);
      else flip.open = true;
    } else if (flip.open && /^[1-4]$/.test(event.key)) rate(event.key);
    else return;
    event.preventDefault();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "question") return;
    document.querySelector("#question .flashcard, #question h1[tabindex]")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
})();
