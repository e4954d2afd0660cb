// Keys that are pressed alone: "?" shows them, "/" goes to the search box, "g" and a second one open a page of the menu.
// Nobody needs them, and each device can switch them off (WCAG 2.2, 2.1.4).
(() => {
  "use strict";
  const name = "chancery.keys";
  const dialog = document.getElementById("keys");
  const read = () => {
    try {
      return localStorage.getItem(name) !== "off";
    } catch {
      return true;
    }
  };
  let on = read();
  const switches = document.querySelectorAll("[data-keys-switch]");
  for (const box of switches) {
    box.checked = on;
    box.closest("[hidden]")?.removeAttribute("hidden");
    box.addEventListener("change", () => {
      on = box.checked;
      for (const other of switches) other.checked = on;
      try {
        localStorage.setItem(name, on ? "on" : "off");
      } catch {
        // It holds until the next page then.
      }
    });
  }
  const goes = (key) => document.querySelector(`header nav a[data-key="${key}"]`);
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !on) return;
    // Until the next frame the focus is in the dialog still that was closed.
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (dialog.open || (typing && !dialog.contains(typing))) return;
    const second = going && /^[a-z]$/.test(event.key) ? goes(event.key) : null;
    going = event.key === "g" && !second;
    const box = document.getElementById("find");
    if (second) second.click();
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "/" && box) box.focus();
    else if (event.key === "/") goes("h")?.click();
    else return;
    event.preventDefault();
  });
})();
