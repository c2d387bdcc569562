// The colour scheme that the visitor chose in the footer; by default the system's.
(() => {
  const KEY = "theme";
  const choices = ["auto", "light", "dark"];
  const paper = { light: "#f3f6f4", dark: "#0e1915" };

  function stored() {
    try {
      const choice = localStorage.getItem(KEY);
      return choices.includes(choice) ? choice : "auto";
    } catch {
      return "auto"; // If storage is forbidden, the choice lasts as long as the page.
    }
  }

  function apply(choice) {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      const system = meta.media.includes("dark") ? "dark" : "light";
      meta.content = paper[choice === "auto" ? system : choice];
    }
    for (const button of document.querySelectorAll("#theme-switch button")) {
      button.setAttribute("aria-pressed", String(button.value === choice));
    }
  }

  apply(stored());

  document.addEventListener("DOMContentLoaded", () => {
    const group = document.getElementById("theme-switch");
    if (!group) return;
    group.hidden = false;
    apply(stored());
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      try {
        localStorage.setItem(KEY, button.value);
      } catch {
        // See stored().
      }
      apply(button.value);
    });
  });
})();
