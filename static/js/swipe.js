// A finger or a pen moves the viewer's card to the side: the card follows it, and a "swipe" event says which way it went.
// Scrolling, selecting text and tapping stay as they are. The mouse selects text.
(() => {
  const BEGINS = 10; // in px, as are all lengths here
  const COUNTS = 60;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // While a finger is down: the card, where it began, and the animation by which the card follows.
  let held = null;

  // Animations leave no style attribute, which the history of htmx would store and the security policy refuse.
  function follow(way) {
    if (still.matches) return;
    const width = held.card.offsetWidth;
    held.motion ??= held.card.animate([{ translate: `${-width}px` }, { translate: `${width}px` }], {
      duration: 2 * width,
      fill: "both",
    });
    held.motion.pause();
    held.motion.currentTime = Math.min(Math.max(width + way, 0), 2 * width);
  }

  function letGo() {
    held?.motion?.cancel();
    held = null;
  }

  function scrollsSideways(element, card) {
    for (let box = element; box && box !== card; box = box.parentElement) {
      if (box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  }

  document.addEventListener("pointerdown", (event) => {
    letGo(); // With a second finger it is a pinch.
    const card = event.target.closest?.("#card-viewer .flashcard");
    if (!card || !event.isPrimary || event.pointerType === "mouse" || scrollsSideways(event.target, card)) return;
    held = { card, x: event.clientX, y: event.clientY, began: false };
  });

  document.addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary) return;
    const way = event.clientX - held.x;
    if (!held.began) {
      if (Math.abs(event.clientY - held.y) > Math.abs(way)) return letGo();
      if (Math.abs(way) < BEGINS) return;
      held.began = true;
    }
    follow(way);
  });

  document.addEventListener("pointerup", (event) => {
    if (!held || !event.isPrimary) return;
    const { card, began } = held;
    const way = event.clientX - held.x;
    letGo();
    if (!began) return;
    // The tap that some browsers see here would flip the card.
    const refuse = (click) => click.stopPropagation();
    addEventListener("click", refuse, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", refuse, { capture: true }));
    if (Math.abs(way) < COUNTS || !document.getSelection().isCollapsed) return;
    card.dispatchEvent(new CustomEvent("swipe", { bubbles: true, detail: way < 0 ? "next" : "previous" }));
  });

  document.addEventListener("pointercancel", letGo);
})();
