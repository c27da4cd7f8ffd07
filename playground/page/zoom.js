// The picture viewer: first the whole picture, then one picture pixel on a whole number of screen pixels.

import { fileAddress } from "./dom.js";

const dialog = document.getElementById("zoom");
const image = document.getElementById("zoom-image");
const view = dialog.querySelector(".zoom-view");
const scale = document.getElementById("zoom-scale");

function setCrisp(crisp, at) {
  dialog.classList.toggle("crisp", crisp);
  scale.textContent = crisp ? "Fit" : "100 %";
  const ratio = window.devicePixelRatio || 1;
  image.style.width = crisp ? `${(image.naturalWidth * Math.max(1, Math.round(ratio))) / ratio}px` : "";
  if (crisp && at) {
    view.scrollLeft = at.x * image.offsetWidth - view.clientWidth / 2;
    view.scrollTop = at.y * image.offsetHeight - view.clientHeight / 2;
  }
}

export function zoom(attachment) {
  const address = fileAddress(attachment.url);
  image.src = address;
  image.alt = attachment.description || attachment.filename;
  document.getElementById("zoom-name").textContent = `${attachment.filename} · ${attachment.width} × ${attachment.height}`;
  document.getElementById("zoom-open").href = address;
  setCrisp(false);
  dialog.showModal();
}

image.addEventListener("click", (event) => {
  const box = image.getBoundingClientRect();
  const at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  setCrisp(!dialog.classList.contains("crisp"), at);
});
scale.addEventListener("click", () => setCrisp(!dialog.classList.contains("crisp"), { x: 0.5, y: 0.5 }));
document.getElementById("zoom-close").addEventListener("click", () => dialog.close());
view.addEventListener("click", (event) => event.target === view && dialog.close());
