// A button beside every password field that shows what was typed: it replaces typing a new one twice.
(() => {
  for (const field of document.querySelectorAll("input[type=password]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.setAttribute("aria-controls", field.id);

    function show(shown) {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide password" : "Show password";
    }

    show(false);
    button.addEventListener("click", () => show(field.type === "password"));
    // Sent as a password again, so that browsers offer to save it.
    field.form.addEventListener("submit", () => show(false));
    field.after(button);
  }
})();
