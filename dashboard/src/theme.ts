// SPDX-License-Identifier: MIT
//
// Dark or light: as the system says, or as the switch was left.

import { byId, setText } from "./dom";

const kKey = "bittensor-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  const kept = localStorage.getItem(kKey);
  return kept === null ? system.matches : kept === "dark";
}

// Calls `changed` after each change of the colours.
export function onTheme(changed: () => void): void {
  const button = byId("theme");
  const apply = () => {
    const dark = isDark();
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    setText(button, dark ? "☀" : "☾");
    button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
  };
  apply();
  changed();
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    // Back to what the system says, the switch forgets itself.
    if ((next === "dark") === system.matches) localStorage.removeItem(kKey);
    else localStorage.setItem(kKey, next);
    apply();
    changed();
  });
  system.addEventListener("change", () => {
    apply();
    changed();
  });
}
