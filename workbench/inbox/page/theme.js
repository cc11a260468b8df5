// Runs before the page is painted, so that a chosen theme does not flash in.
"use strict";

const THEMES = ["auto", "light", "dark"];

function kept() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto"; // storage is switched off: the choice lasts until the page is closed
  }
}

function keep(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // See above.
  }
}

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  if (button) button.textContent = `Theme: ${theme}`;
}

apply(kept());
document.addEventListener("DOMContentLoaded", () => {
  apply(document.documentElement.dataset.theme);
  document.getElementById("theme").addEventListener("click", () => {
    const now = THEMES.indexOf(document.documentElement.dataset.theme);
    const next = THEMES[(now + 1) % THEMES.length];
    keep(next);
    apply(next);
  });
});
