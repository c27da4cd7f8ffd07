// Building the page's elements. Whatever comes from a message goes in as text, never as markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Draw something anew, and leave whoever was on one of its buttons on the same button (the same data-k).
export function keepingFocus(place, draw) {
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.k : null;
  draw();
  if (key && !place.contains(document.activeElement)) place.querySelector(`[data-k="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

// Make these the children of a place, and leave alone those that are there already: a node that is taken out and put back
// loses the press of a button that is under way, the selected text, and an open list.
export function arrange(place, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...place.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, i) => { if (place.children[i] !== node) place.insertBefore(node, place.children[i] ?? null); });
}

const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export const isCalm = () => CALM.matches;

// How to scroll somewhere: gently, unless the person asked for less movement.
export const gently = () => (isCalm() ? "auto" : "smooth");

const STROKES = {
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-8-6 16-3-6z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  dots: "M4.4 12h1.2M11.4 12h1.2M18.4 12h1.2",
  close: "M6 6l12 12M18 6L6 18",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  compare: "M12 3v18M9 8l-4 4 4 4M15 8l4 4-4 4",
  reply: "M10 8L4 13l6 5M4 13h9a7 7 0 0 1 7 6",
  forward: "M14 8l6 5-6 5M20 13h-9a7 7 0 0 0-7 6",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  inspector: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  slash: "M15 4L9 20",
  file: "M6 3h8l4 4v14H6zM14 3v5h4",
  globe: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  pin: "M9 3h6l-1 7 4 4H6l4-4zM12 14v7",
  thread: "M5 4h14v10h-8l-4 4v-4H5zM14 18v2l3-2h2",
  speaker: "M4 10v4h4l5 4V6L8 10zM16.5 9.5a3.5 3.5 0 0 1 0 5M18.8 7a7 7 0 0 1 0 10",
  megaphone: "M4 10v4l12 4V6zM19 10v4M7 15v4h3v-3",
  forum: "M4 5h12v8H9l-3 3v-3H4zM19 9h1v8h-2v3l-3-3h-4",
  record: "M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12",
  stop: "M7 7h10v10H7z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  gear: "M12 8.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1",
  columns: "M3 5h8v14H3zM13 5h8v14h-8z",
  phone: "M7 2h10v20H7zM11 18.5h2",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  pause: "M9 5v14M15 5v14",
  play: "M8 5l11 7-11 7z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", STROKES[name]);
  svg.append(path);
  return svg;
}

const addresses = new Map();

// A file's address on the host by which this page was opened (127.0.0.1 and localhost are two origins). The first
// signature seen is kept, so that a message drawn anew does not load its pictures again.
export function fileAddress(url) {
  if (!isOurs(url)) return url;
  const parsed = new URL(url, location.href);
  if (!addresses.has(parsed.pathname)) addresses.set(parsed.pathname, parsed.pathname + parsed.search);
  return addresses.get(parsed.pathname);
}

// Only pictures that the playground itself serves are loaded: the page fetches nothing from elsewhere. What a message
// gives for an address may be none.
export function isOurs(url) {
  return URL.canParse(url, location.href) && new URL(url, location.href).pathname.startsWith("/cdn/");
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

// In "localStorage" for good, in "sessionStorage" for as long as the window is open.
export function recall(key, fallback, where = "localStorage") {
  try { return window[where].getItem(key) ?? fallback; } catch { return fallback; }
}

export function remember(key, value, where = "localStorage") {
  try { window[where].setItem(key, value); } catch { /* private mode */ }
}

// A note in the corner, above open dialogs too: those live in the browser's top layer, and so does a popover.
export function toast(text, good = false) {
  const place = document.getElementById("toasts");
  const note = el("div", { class: good ? "toast good" : "toast" }, text);
  place.append(note);
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
  setTimeout(() => { note.remove(); if (!place.children.length) place.hidePopover(); }, 6000);
}

export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or an address that is not secure
    const area = el("textarea", { class: "out-of-sight", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(what, true);
}
