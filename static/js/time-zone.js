// The browser's time zone: fills hidden fields, and offers a button beside a list of zones.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;

  for (const field of document.querySelectorAll("[data-time-zone]")) {
    if (field.type === "hidden") {
      field.value = zone;
    } else if (field.value !== zone && [...field.options].some((option) => option.value === zone)) {
      field.after(chooser(field));
    }
  }

  function chooser(field) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = `Use my browser's time zone: ${zone.replaceAll("_", " ")}`;
    button.addEventListener("click", () => {
      field.value = zone;
      field.focus();
      button.remove();
    });
    return button;
  }
})();
