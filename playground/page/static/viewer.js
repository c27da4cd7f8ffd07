// The picture viewer: the whole picture, one picture pixel on a whole number of screen pixels, or the photo and what
// became of it under one slider.

import { fileAddress } from "./dom.js";

const dialog = document.getElementById("viewer");
const view = dialog.querySelector(".viewer-view");
const image = document.getElementById("viewer-image");
const before = document.getElementById("viewer-before");
const slider = document.getElementById("viewer-slider");
const modes = Object.fromEntries([...dialog.querySelectorAll("[data-mode]")].map((button) => [button.dataset.mode, button]));

function setMode(mode, at) {
  dialog.dataset.mode = mode;
  for (const [name, button] of Object.entries(modes)) button.setAttribute("aria-pressed", String(name === mode));
  const ratio = window.devicePixelRatio || 1;
  image.style.width = mode === "crisp" ? `${(image.naturalWidth * Math.max(1, Math.round(ratio))) / ratio}px` : "";
  if (mode === "crisp" && at) {
    view.scrollLeft = at.x * image.offsetWidth - view.clientWidth / 2;
    view.scrollTop = at.y * image.offsetHeight - view.clientHeight / 2;
  }
  before.hidden = slider.hidden = mode !== "compare";
  if (mode === "compare") slide();
}

function slide() {
  before.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
  slider.style.setProperty("--part", slider.value / 100);
  slider.setAttribute("aria-valuetext", `${slider.value} % of the photo`);
}

function open(file, source, mode) {
  const address = fileAddress(file.url);
  image.src = address;
  image.alt = file.description || file.filename;
  before.src = source ? fileAddress(source.url) : "";
  before.alt = source ? `The photo: ${source.filename}` : "";
  modes.compare.hidden = !source;
  document.getElementById("viewer-name").textContent = `${file.filename} · ${file.width} × ${file.height}`;
  const save = document.getElementById("viewer-save");
  save.href = address;
  save.download = file.filename;
  slider.value = 50;
  // The picture's room without waiting for it, so that the slider lies exactly over it.
  dialog.querySelector(".viewer-frame").style.aspectRatio = `${file.width} / ${file.height}`;
  dialog.querySelector(".viewer-frame").style.setProperty("--ratio", file.width / file.height);
  dialog.showModal();
  setMode(mode);
}

export const zoom = (file, source = null) => open(file, source, "fit");
export const compare = (file, source) => open(file, source, "compare");

image.addEventListener("click", (event) => {
  const box = image.getBoundingClientRect();
  setMode(dialog.dataset.mode === "crisp" ? "fit" : "crisp", { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
});
for (const [name, button] of Object.entries(modes)) button.addEventListener("click", () => setMode(name, { x: 0.5, y: 0.5 }));
slider.addEventListener("input", slide);
document.getElementById("viewer-close").addEventListener("click", () => dialog.close());
view.addEventListener("click", (event) => event.target === view && dialog.close());
dialog.addEventListener("close", () => { image.removeAttribute("src"); before.removeAttribute("src"); });
