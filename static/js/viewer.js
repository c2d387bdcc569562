// The deck page's viewer: Space flips, arrow keys and swipes move, * stars the card, Autoplay flips and moves by itself.
(() => {
  if (!document.getElementById("card-viewer")) return;

  const SHOW_FRONT = 4000;
  const SHOW_BACK = 6000;
  let timer = null;

  // Until the next card is loaded and htmx has settled, the links still belong to the card before. Clicks in this time
  // wait.
  let loading = false;
  const waiting = [];

  function step(id) {
    document.getElementById(id)?.click();
  }

  function isViewer(event) {
    return event.detail.target?.id === "card-viewer";
  }

  document.addEventListener(
    "click",
    (event) => {
      const link = loading && event.target.closest("#viewer-previous, #viewer-next");
      if (!link) return;
      event.preventDefault();
      event.stopPropagation();
      waiting.push(link.id);
    },
    true,
  );

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isViewer(event)) loading = true;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isViewer(event) || event.detail.successful) return;
    loading = false;
    waiting.length = 0;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!isViewer(event)) return;
    loading = false;
    if (waiting.length) step(waiting.shift());
  });

  function tick() {
    const flip = cardKeys.flip();
    if (!flip) return stop();
    if (flip.open) {
      step("viewer-next");
      timer = setTimeout(tick, SHOW_FRONT);
    } else {
      flip.open = true;
      timer = setTimeout(tick, SHOW_BACK);
    }
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    offerAutoplay();
  }

  function offerAutoplay() {
    const button = document.getElementById("viewer-autoplay");
    if (!button) return;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(timer !== null));
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#viewer-autoplay")) {
      if (timer !== null) return stop();
      timer = setTimeout(tick, SHOW_FRONT);
      return offerAutoplay();
    }
    // A click by the learner stops Autoplay.
    if (timer !== null && event.isTrusted && event.target.closest("#card-viewer")) stop();
  });

  document.addEventListener("keydown", (event) => {
    if (cardKeys.taken(event)) return;
    if (event.key === " ") {
      const flip = cardKeys.flip();
      if (flip) flip.open = !flip.open;
    } else if (event.key === "ArrowLeft") step("viewer-previous");
    else if (event.key === "ArrowRight") step("viewer-next");
    else if (event.key === "*") document.getElementById("star-form")?.requestSubmit();
    else return;
    event.preventDefault();
    if (timer !== null) stop();
  });

  document.addEventListener("swipe", (event) => {
    if (timer !== null) stop();
    step(`viewer-${event.detail}`);
  });

  document.addEventListener("htmx:afterSwap", offerAutoplay);
  offerAutoplay();
})();
