// Adds a button to every password field that shows what was typed. New passwords are typed only once.
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
    // Hidden again before sending, so that browsers offer to save the password.
    field.form.addEventListener("submit", () => show(false));
    field.after(button);
  }
})();
