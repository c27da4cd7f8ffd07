// Pictures and files of a message: what can be looked at is shown, everything can be downloaded, text can be copied.

import { codeBlock } from "./markdown.js";
import { copy, el, fileAddress, icon, isCalm, isOurs, size, toast } from "./dom.js";
import { compare, zoom } from "./viewer.js";
import { isPicture } from "./world.js";

const LONGEST_PREVIEW = 400 * 1024;

const isVideo = (file) => /^video\/(mp4|webm)$/.test(file.content_type || "");
// By its whole type: that of a Word file has "xml" in it, and is no text.
const isText = (file) => /^(text\/|(application|image)\/([\w.-]+\+)?(json|xml)\b)/.test(file.content_type || "") || /\.(ans|txt|md|csv|log)$/i.test(file.filename);

const stopped = new Map(); // file id -> whether someone has stopped it or let it go on

// The button that stops a moving picture at its first frame. Who asked the system for less movement finds it stopped.
function stopButton(file, frame, image) {
  const still = el("canvas", { class: "still", "aria-hidden": "true" });
  const button = el("button", { type: "button", class: "file-action", "data-k": `s${file.id}` });
  const draw = () => {
    const stop = stopped.get(file.id) ?? isCalm();
    if (stop) {
      [still.width, still.height] = [image.naturalWidth, image.naturalHeight];
      still.getContext("2d").drawImage(image, 0, 0);
    }
    still.hidden = !stop;
    image.classList.toggle("under-still", stop);
    button.replaceChildren(icon(stop ? "play" : "pause"), stop ? "Play" : "Stop");
  };
  button.addEventListener("click", () => { stopped.set(file.id, still.hidden); draw(); });
  image.addEventListener("load", draw);
  frame.append(still);
  draw();
  return button;
}

// Its room is set aside by the size that the message names, so that nothing moves when it arrives.
export function picture(file, source = null) {
  const { width, height } = file;
  const hidden = file.spoiler || /^SPOILER_/.test(file.filename || "");
  const image = el("img", { src: fileAddress(file.url), alt: file.description || file.filename, loading: "lazy" });
  const frame = el("button", { class: hidden ? "picture hidden-picture" : "picture", type: "button", "data-k": `p${file.id}`, title: "Look closer" }, image);
  frame.addEventListener("click", () => {
    if (frame.classList.contains("hidden-picture")) frame.classList.remove("hidden-picture");
    else zoom(file, source);
  });
  frame.style.width = `max(24px, min(100%, ${width}px, var(--tallest) * ${width / height}))`;
  image.style.aspectRatio = `${width} / ${height}`;
  const actions = [
    source ? el("button", { type: "button", class: "file-action", "data-k": `c${file.id}`, onclick: () => compare(file, source) }, icon("compare"), "Before / after") : null,
    file.content_type === "image/gif" ? stopButton(file, frame, image) : null,
    el("a", { class: "file-action", href: fileAddress(file.url), download: file.filename, "aria-label": `Download ${file.filename}` }, icon("download"), /\.(\w{1,5})$/.exec(file.filename)?.[1].toUpperCase() || "Download"),
  ];
  return el("figure", { class: "picture-box" }, frame, el("figcaption", { class: "file-actions" }, actions));
}

async function textOf(file) {
  const response = await fetch(fileAddress(file.url));
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

function otherFile(file) {
  const address = fileAddress(file.url);
  const readable = isText(file) && file.size <= LONGEST_PREVIEW;
  const place = el("div", { class: "preview-text" });
  const load = async (act) => {
    try { act(await textOf(file)); } catch { toast(`${file.filename} cannot be fetched any more`); }
  };
  const open = el("button", { type: "button", class: "file-action", "aria-expanded": "false" }, icon("file"), "Show");
  open.addEventListener("click", () => {
    const shown = open.getAttribute("aria-expanded") === "true";
    open.setAttribute("aria-expanded", String(!shown));
    if (shown) place.replaceChildren();
    else load((text) => place.replaceChildren(codeBlock(text, { language: text.includes("\x1b[") ? "ansi" : "", every: true })));
  });
  return el("div", { class: "file" },
    el("div", { class: "file-row" }, el("span", { class: "file-icon" }, icon("file")),
      el("span", { class: "file-words" }, el("a", { class: "cut", href: address, download: file.filename }, file.filename), el("small", {}, size(file.size)))),
    el("div", { class: "file-actions" }, readable ? open : null,
      readable ? el("button", { type: "button", class: "file-action", onclick: () => load((text) => copy(text.replaceAll(/\x1b\[[\d;]*m/g, ""), "Text copied")) }, icon("copy"), "Copy text") : null,
      el("a", { class: "file-action", href: address, download: file.filename, "aria-label": `Download ${file.filename}` }, icon("download"), "Download")),
    place);
}

export function attachment(file, source = null) {
  if (isPicture(file)) return picture(file, source);
  if (isVideo(file)) return el("video", { class: "video", src: fileAddress(file.url), controls: true, loop: true, muted: true, "aria-label": file.filename });
  return otherFile(file);
}

// A picture in an embed or a component; one on another host stays a link, for the page asks nobody else.
export function media(data, name, spoiler = false) {
  const url = String(data.proxy_url || data.url || "");
  if (isOurs(url) && data.width) return picture({ filename: name, id: name, spoiler, ...data, url });
  return url.startsWith("http") ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, name) : null;
}
