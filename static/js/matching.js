// Matching. A click on a term and on a definition tries the pair. By keys, 1 to 6 choose a term and A to F a
// definition. Choices made during a request are kept for the board in the response. The server measures the time; the
// clock on the page only shows it.
(() => {
  const TICK = 250;
  let sent = null;
  // Until htmx has processed a new board, sending its form would load the whole page.
  let isSettled = true;

  function form() {
    return document.querySelector("form.board");
  }

  function choice(side) {
    return form()?.querySelector(`[name="${side}"]:checked`)?.value ?? null;
  }

  function choices() {
    return { term: choice("term"), definition: choice("definition") };
  }

  // The radio button of a tile that is not found yet.
  function radio(side, value) {
    return form()?.querySelector(`[name="${side}"][value="${value}"]`);
  }

  function choose(chosen) {
    for (const [side, value] of Object.entries(chosen)) {
      const found = value !== null && radio(side, value);
      if (found) found.checked = true;
    }
  }

  function tryPair() {
    const { term, definition } = choices();
    if (isSettled && !sent && term !== null && definition !== null) form().requestSubmit();
  }

  // Arrow keys and Space send click events too: their count is 0 and their target is the radio button.
  document.addEventListener("click", (event) => {
    const isPointed = event.detail > 0 && event.target.closest(".tile label") && !event.target.matches("input");
    // The label first passes the click to its radio button.
    if (isPointed) setTimeout(tryPair);
  });

  function isFree(event) {
    if (document.documentElement.dataset.keys === "off" || cardKeys.elsewhere(event)) return false;
    if (event.repeat || event.isComposing) return false;
    return !(event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented);
  }

  document.addEventListener("keydown", (event) => {
    const found = isFree(event) && form()?.querySelector(`[data-tile-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!found) return;
    event.preventDefault();
    found.checked = true;
    found.focus({ preventScroll: true });
    tryPair();
  });

  // After a board Enter starts the next one. A link or a button that has the focus takes it for itself.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !isFree(event) || !isSettled) return;
    if (!event.target.closest("a, button, summary, input")) document.querySelector("#question [data-key='Enter']")?.click();
  });

  function isTry(event) {
    return event.detail.elt === form();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isTry(event)) return;
    sent = choices();
    for (const chosen of form().querySelectorAll(".tile-choice:checked")) chosen.checked = false;
  });

  // Not saved: restore what was chosen.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!sent || event.detail.successful) return;
    const { term, definition } = choices();
    if (term === null && definition === null) choose(sent);
    sent = null;
  });

  let held = {};
  document.addEventListener("htmx:beforeSwap", () => {
    held = sent ? choices() : {};
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "question") return;
    const hadTry = Boolean(sent);
    sent = null;
    isSettled = false;
    const stage = document.getElementById("question");
    const said = stage.querySelector("[data-said]")?.dataset.said ?? "";
    document.getElementById("board-live").textContent = said;
    const first = stage.querySelector("[autofocus]") ?? (hadTry ? null : stage.querySelector(".tile-choice"));
    first?.focus({ preventScroll: true });
    if (!hadTry || !form()) window.scrollTo(0, 0);
    choose(held);
    held = {};
    startClock();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "question") return;
    isSettled = true;
    tryPair();
  });

  // A board that nobody sees is paused: at once, even if the page is being closed. Its tiles are hidden until the
  // learner goes on.
  document.addEventListener("visibilitychange", () => {
    const pause = document.getElementById("pause-form");
    if (!pause) return;
    if (document.visibilityState === "hidden") {
      document.getElementById("question").classList.add("paused");
      fetch(pause.action, { method: "POST", body: new FormData(pause), keepalive: true, redirect: "manual" }).catch(() => {});
    } else {
      pause.requestSubmit();
    }
  });

  let clock = null;
  let startedAt = 0;

  function startClock() {
    clock = document.querySelector(".board-clock");
    if (clock) startedAt = performance.now() - Number(clock.dataset.elapsed);
  }

  function showClock() {
    if (!clock?.isConnected) return;
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    const minutes = Math.floor(seconds / 60);
    const text = minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
    if (clock.textContent !== text) clock.textContent = text;
  }

  startClock();
  setInterval(showClock, TICK);
})();
