// A test: every change is saved at once, and again after a lost connection. Nothing is lost when the page is closed.
// The page counts down the remaining time; the server decides when the time is up.
(() => {
  const RETRY_AFTER = 3000;
  const TYPING_PAUSE = 600;

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // The number of changes of each question, and that number when it was last sent.
  const changes = new Map();
  const sent = new Map();
  // Questions are saved one after the other: those that wait, and the one being saved.
  const waiting = new Set();
  let saving = null;
  let retrying = 0;
  let trouble = "";
  let handingIn = false;

  function form() {
    return document.getElementById("paper-form");
  }

  function itemOf(event) {
    return event.target.closest?.(".paper-item");
  }

  function say() {
    const state = document.getElementById("paper-state");
    if (!state) return;
    const text = trouble || (changes.size ? "Saving…" : "Saved");
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("unsaved", Boolean(trouble));
  }

  function retryLater() {
    clearTimeout(retrying);
    retrying = setTimeout(retry, RETRY_AFTER);
  }

  function retry() {
    clearTimeout(retrying);
    for (const item of changes.keys()) waiting.add(item);
    saveNext();
  }

  function saveNext() {
    if (saving) return;
    for (const item of waiting) {
      waiting.delete(item);
      // A change event when a field loses the focus may come after the field was saved.
      if (!changes.has(item)) continue;
      htmx.trigger(item, "save");
      // A page that was just swapped in does not react yet.
      if (!saving) retryLater();
      return;
    }
  }

  function save(item) {
    waiting.add(item);
    saveNext();
  }

  let pause = 0;
  document.addEventListener("input", (event) => {
    const item = itemOf(event);
    if (!item) return;
    changes.set(item, (changes.get(item) ?? 0) + 1);
    say();
    if (!event.target.matches("textarea, input:not([type=radio], [type=checkbox])")) return;
    clearTimeout(pause);
    pause = setTimeout(() => save(item), TYPING_PAUSE);
  });

  document.addEventListener("change", (event) => {
    const item = itemOf(event);
    if (item) save(item);
  });

  // Each save carries a higher revision than the one before it.
  document.addEventListener("htmx:configRequest", (event) => {
    const item = event.detail.elt;
    if (!item.matches(".paper-item")) return;
    const field = item.querySelector("[data-revision]");
    event.detail.parameters[field.name] = field.value;
    field.value = Number(field.value) + 1;
    sent.set(item, changes.get(item));
    saving = item;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const item = event.detail.elt;
    if (item !== saving) return;
    saving = null;
    if (!event.detail.successful) return;
    trouble = "";
    const field = item.querySelector("[data-revision]");
    const known = Number(event.detail.xhr.getResponseHeader("Paper-Revision"));
    if (known >= Number(field.value)) {
      // Changed on another device since this page was loaded: the last change wins.
      field.value = known + 1;
      waiting.add(item);
    } else if (changes.get(item) === sent.get(item)) {
      changes.delete(item);
    }
    say();
    saveNext();
  });

  function failed(event, text) {
    const item = event.detail.elt;
    if (item.id.startsWith("hand-in")) handingIn = false;
    if (!item.matches(".paper-item")) return;
    // The test shows this error itself; ui.js does not.
    event.stopPropagation();
    trouble = text;
    say();
    retryLater();
  }

  const offline = "Not saved: no connection. Trying again…";
  document.body.addEventListener("htmx:sendError", (event) => failed(event, offline));
  document.body.addEventListener("htmx:timeout", (event) => failed(event, offline));
  document.body.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    const gone = status < 500;
    const later = status === 503 ? "Not saved: the site is busy. Trying again…" : offline;
    failed(event, gone ? "Not saved: this page is no longer valid. Copy what you typed and reload the page." : later);
    if (gone) clearTimeout(retrying);
  });
  window.addEventListener("online", retry);

  // Enter moves to the next question. By default it would submit the whole form, which is saved already.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches(".paper-item input")) return;
    event.preventDefault();
    const fields = [...form().querySelectorAll(".paper-item :is(input:not([type=hidden]), select, textarea), #hand-in")];
    fields[fields.indexOf(event.target) + 1]?.focus();
  });

  // --- The line of questions

  function dotOf(item) {
    return document.querySelector(`[data-dot="${CSS.escape(item.id)}"]`);
  }

  function isFilled(item) {
    const fields = [...item.querySelectorAll("input:not([type=hidden]), select, textarea")];
    const selects = fields.filter((field) => field.matches("select"));
    if (selects.length) return selects.every((field) => field.value);
    return fields.some((field) => (/^(radio|checkbox)$/.test(field.type) ? field.checked : field.value.trim()));
  }

  function showDot(item) {
    const dot = dotOf(item);
    if (!dot) return;
    const filled = isFilled(item);
    dot.classList.toggle("filled", filled);
    dot.querySelector("[data-state]").textContent = filled ? "answered" : "blank";
  }

  function focusFirst(item) {
    item?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const item = itemOf(event);
      if (item) showDot(item);
    });
  }

  document.addEventListener("focusin", (event) => {
    const item = itemOf(event);
    const dot = item && dotOf(item);
    if (!dot) return;
    document.querySelector(".paper-dots [aria-current]")?.removeAttribute("aria-current");
    dot.setAttribute("aria-current", "true");
    // Only the line itself moves, not the page.
    const line = dot.closest("ul");
    line.scrollLeft = dot.offsetLeft - (line.clientWidth - dot.offsetWidth) / 2;
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-dot], [data-look-at]");
    if (!link) return;
    event.preventDefault();
    const item = document.getElementById(link.dataset.dot ?? link.dataset.lookAt);
    item.scrollIntoView();
    focusFirst(item);
  });

  // --- Leaving

  // Send unsaved changes, even if the page closes before the response.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !form()) return;
    for (const item of changes.keys()) {
      const body = new FormData();
      for (const name of ["csrfmiddlewaretoken", "paper", "stage"]) body.append(name, form().elements[name].value);
      for (const field of item.querySelectorAll("input, select, textarea")) {
        if (!/^(radio|checkbox)$/.test(field.type) || field.checked) body.append(field.name, field.value);
      }
      fetch(form().action, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => {});
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (changes.size && !handingIn) event.preventDefault();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id.startsWith("hand-in")) handingIn = true;
  });

  // --- The time

  let endsAt = 0;
  let timeIsUp = false;

  function setClock() {
    const left = document.querySelector("#paper-bar .clock")?.dataset.secondsLeft;
    endsAt = left === undefined ? 0 : performance.now() + Number(left) * 1000;
    showClock();
  }

  function showClock() {
    const clock = document.querySelector("#paper-bar .clock");
    if (!clock || !endsAt) return;
    const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    clock.textContent = `${text} left`;
    if (seconds === 60 && !trouble) document.getElementById("paper-state").textContent = "One minute left";
    if (seconds === 0 && !timeIsUp) {
      timeIsUp = true;
      document.getElementById("hand-in").click();
    }
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "paper") {
      changes.clear();
      waiting.clear();
      saving = null;
      handingIn = false;
      document.querySelector("#paper [role=alert]")?.scrollIntoView({ block: "center" });
      document.querySelector("#blanks a")?.focus({ preventScroll: true });
    }
    setClock();
  });
  setInterval(showClock, 1000);
  setClock();
})();
