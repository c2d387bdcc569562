// Studying by keys. A button names its key in data-key. Space shows the answer, and then presses Good. Z undoes the
// last answer, suspension or burying. - buries the card, @ suspends it, * stars it. Each new question gets the focus,
// unless an element in it has autofocus.
(() => {
  const GOOD = "3";
  const MARGIN = 8;
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
    if (event.key !== "Escape" || event.isComposing || event.repeat || cardKeys.elsewhere(event)) return false;
    return document.documentElement.dataset.keys !== "off" && !document.querySelector("details.menu[open], details.info[open]");
  }

  // Links, buttons and summaries handle Enter themselves.
  function takesEnter(target) {
    return Boolean(target.closest("a, button, summary"));
  }

  function stage() {
    return document.getElementById("question");
  }

  // While an answer travels nothing else can be pressed.
  function isBusy() {
    return stage()?.getAttribute("aria-busy") === "true";
  }

  function pressed(event) {
    if (isBusy()) return false;
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
      if (isEscape(event) && (isBusy() || press("Escape"))) event.preventDefault();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.key === "Escape" || cardKeys.taken(event)) return;
    if (pressed(event)) event.preventDefault();
  });

  function ownRequest(event) {
    return event.detail.target?.id === "question";
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!ownRequest(event)) return;
    if (isBusy()) {
      event.preventDefault();
      return;
    }
    stop();
    stage().setAttribute("aria-busy", "true");
    event.detail.requestConfig.triggeringEvent?.submitter?.classList.add("sent");
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!ownRequest(event)) return;
    stage()?.removeAttribute("aria-busy");
    for (const button of document.querySelectorAll("#question .sent")) button.classList.remove("sent");
  });

  function uncover(elements) {
    const foot = document.querySelector(".study-foot").getBoundingClientRect().top;
    const lowest = Math.max(...elements.map((element) => element.getBoundingClientRect().bottom));
    if (lowest > foot - MARGIN) window.scrollBy(0, lowest - foot + MARGIN);
  }

  // --- After a right choice that was tapped or clicked, the page goes on by itself: not after a key or the click of an
  // assistive technology (its count is 0), nor where less motion is wanted.

  const GOES_ON_AFTER = 900;
  const STAY = "stay";
  const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
  let wasPointed = false;
  let timer = null;
  // Kept here, too, in case the browser stores nothing.
  let stays = storedChoice() === "on";

  function storedChoice() {
    try {
      return localStorage.getItem(STAY);
    } catch {
      return null;
    }
  }

  function offerStay() {
    const button = document.getElementById("stay-switch");
    if (!button) return;
    button.hidden = lessMotion.matches;
    button.setAttribute("aria-pressed", String(stays));
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    document.querySelector("#go-on.going")?.classList.remove("going");
  }

  function goOnSoon() {
    const way = document.querySelector("#go-on[data-goes-on]");
    if (!way || !wasPointed || stays || lessMotion.matches || document.hidden) return;
    way.classList.add("going");
    timer = setTimeout(() => way.isConnected && way.click(), GOES_ON_AFTER);
  }

  document.addEventListener(
    "click",
    (event) => {
      if (event.target.closest("#question button")) wasPointed = event.detail > 0;
      // Whoever presses something else has something else in mind.
      if (timer !== null && !event.target.closest("#go-on")) stop();
      if (!event.target.closest("#stay-switch")) return;
      stays = !stays;
      try {
        localStorage.setItem(STAY, stays ? "on" : "off");
      } catch {
        // It is kept as long as the page.
      }
      offerStay();
    },
    true,
  );

  document.addEventListener("keydown", stop, true);
  document.addEventListener("visibilitychange", stop);
  document.addEventListener("selectionchange", () => {
    if (!document.getSelection().isCollapsed) stop();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "question") return;
    const first = stage().querySelector("[autofocus]") ?? stage().querySelector(".flashcard[tabindex], h1[tabindex]");
    first?.focus({ preventScroll: true });
    // Options stay where they were, unless the foot would cover the answer or the learner's choice.
    const answered = [...stage().querySelectorAll(".option:is(.right, .wrong)")];
    if (answered.length) uncover(answered);
    else window.scrollTo(0, 0);
    offerStay();
    goOnSoon();
    wasPointed = false;
  });

  offerStay();
})();
