// A button beside every password field that shows what was typed: it replaces typing a new one twice.
(() => {
  for (const field of document.querySelectorAll("input[type=password]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = "Show password";
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-controls", field.id);
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    });
    // Sent as a password again, so that browsers offer to save it.
    field.form.addEventListener("submit", () => {
      field.type = "password";
    });
    field.after(button);
  }
})();
