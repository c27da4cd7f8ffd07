// Light or dark: as the system has it, or as somebody chose for all of the playground's windows and frames.

import { recall, remember } from "./dom.js";

const root = document.documentElement;
const apply = () => { root.dataset.theme = recall("theme", ""); };

apply();
window.addEventListener("storage", (event) => event.key === "theme" && apply());
document.getElementById("theme").addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  remember("theme", isDark ? "light" : "dark");
  apply();
});
