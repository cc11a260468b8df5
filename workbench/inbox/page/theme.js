// Runs before the first paint, so that the chosen theme is there from the start.
"use strict";

const THEMES = ["auto", "light", "dark"];

function storedTheme() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto"; // storage is disabled: the choice lasts until the page is closed
  }
}

function storeTheme(theme) {
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

apply(storedTheme());
document.addEventListener("DOMContentLoaded", () => {
  apply(document.documentElement.dataset.theme);
  document.getElementById("theme").addEventListener("click", () => {
    const now = THEMES.indexOf(document.documentElement.dataset.theme);
    const next = THEMES[(now + 1) % THEMES.length];
    storeTheme(next);
    apply(next);
  });
});
