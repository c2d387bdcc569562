// For every page: a message when a request fails, pop-ups that close on Escape and outside clicks, cards that flip.
(() => {
  function trouble(text) {
    const box = document.getElementById("trouble");
    box.textContent = "";
    if (!text) return;
    const message = document.createElement("p");
    message.className = "message error";
    message.textContent = text;
    box.append(message);
  }

  function what(event) {
    return event.detail.requestConfig?.verb === "get" ? "Not loaded" : "Not saved";
  }

  function reason(status) {
    if (status === 403) return "this page is no longer valid. Reload it and try again.";
    if (status === 404) return "it is no longer there. Reload the page.";
    if (status === 413) return "it is too large.";
    if (status === 429) return "too many tries. Wait a minute and try again.";
    if (status === 503) return "the site is busy. Try again in a moment.";
    if (status >= 500) return "the site had a problem. Try again.";
    return "the site did not understand the request. Reload the page and try again.";
  }

  document.addEventListener("htmx:sendError", (event) => trouble(`${what(event)}: no connection. Try again.`));
  document.addEventListener("htmx:timeout", (event) => trouble(`${what(event)}: no answer in time. Try again.`));
  document.addEventListener("htmx:responseError", (event) => {
    trouble(`${what(event)}: ${reason(event.detail.xhr.status)}`);
  });
  document.addEventListener("htmx:beforeRequest", () => trouble(""));
  // Messages belong to the page load. Remove them after the first change.
  document.addEventListener("htmx:afterSwap", () => document.getElementById("messages").replaceChildren());

  const POPUPS = "details.info[open], details.menu[open]";

  document.addEventListener("click", (event) => {
    for (const popup of document.querySelectorAll(POPUPS)) {
      if (!popup.contains(event.target)) popup.open = false;
    }
  });

  // A click anywhere on a card flips it, as its button does, unless the click selects text.
  document.addEventListener("click", (event) => {
    const flip = event.target.closest(".flashcard")?.querySelector(".flashcard-flip");
    if (!flip || event.target.closest("a, button, summary, label, input")) return;
    if (document.getSelection().isCollapsed) flip.open = !flip.open;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const popup of document.querySelectorAll(POPUPS)) {
      const hadFocus = popup.contains(document.activeElement);
      popup.open = false;
      if (hadFocus) popup.querySelector("summary").focus();
    }
  });
})();
