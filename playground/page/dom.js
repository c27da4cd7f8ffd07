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
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const addresses = new Map();

// A file's address on the host by which this page was opened (127.0.0.1 and localhost are two origins). The first
// signature seen is kept, so that a message drawn anew does not load its pictures again.
export function fileAddress(url) {
  const parsed = new URL(url, location.href);
  if (!parsed.pathname.startsWith("/cdn/")) return url;
  if (!addresses.has(parsed.pathname)) addresses.set(parsed.pathname, parsed.pathname + parsed.search);
  return addresses.get(parsed.pathname);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

export function toast(text) {
  const note = el("div", { class: "toast" }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}
