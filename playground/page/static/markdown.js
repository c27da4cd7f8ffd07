// The little of Discord's markdown that bots use, as DOM nodes: fences (with ANSI colours), quotes, lists, code, bold,
// italic, spoilers, links, mentions, times.

import { copy, el, icon } from "./dom.js";

const COLOURS = ["grey", "red", "green", "yellow", "blue", "pink", "cyan", "white"];
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*(\S.*?)\*|~~(.+?)~~|\|\|(.+?)\|\||\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)|<?(https?:\/\/[^\s<>]+)>?|<@!?(\d+)>|<#(\d+)>|<@&(\d+)>|<\/([^:>]+):\d+>|<(a?):(\w+):(\d+)>|<t:(\d+)(?::(\w))?>/s;

function inline(text, world) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) nodes.push(rest.slice(0, match.index));
    const [whole, ticks, code, bold, under, italic, struck, hidden, label, target, url, user, place, role, command, moves, emoji, emojiId, time, style] = match;
    const person = user && world.users.get(user);
    if (ticks) nodes.push(el("code", {}, code));
    else if (bold) nodes.push(el("strong", {}, inline(bold, world)));
    else if (under) nodes.push(el("u", {}, inline(under, world)));
    else if (italic) nodes.push(el("em", {}, inline(italic, world)));
    else if (struck) nodes.push(el("s", {}, inline(struck, world)));
    else if (hidden) nodes.push(spoiler(inline(hidden, world)));
    else if (label) nodes.push(link(target, label));
    else if (url) nodes.push(link(url, url));
    else if (user) nodes.push(el("span", { class: "mention" }, `@${person ? person.global_name || person.username : user}`));
    else if (place) nodes.push(el("span", { class: "mention" }, `#${world.channels.find((c) => c.id === place)?.name || place}`));
    else if (role) nodes.push(el("span", { class: "mention" }, `@${world.roles.get(role)?.name || role}`));
    else if (command) nodes.push(el("span", { class: "mention" }, `/${command}`));
    else if (emoji) nodes.push(el("img", { class: "custom-emoji", src: `/cdn/emojis/${emojiId}.${moves ? "gif" : "png"}`, alt: `:${emoji}:`, title: `:${emoji}:` }));
    else if (time) nodes.push(el("span", { class: "mention" }, moment(Number(time) * 1000, style)));
    rest = rest.slice(match.index + whole.length);
  }
  if (rest) nodes.push(rest);
  return nodes;
}

function moment(ms, style) {
  if (style !== "R") return new Date(ms).toLocaleString();
  const seconds = (ms - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || UNITS.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / length), unit);
}

function spoiler(nodes) {
  const node = el("button", { type: "button", class: "spoiler", "aria-label": "Spoiler", "aria-expanded": "false" }, el("span", {}, nodes));
  node.addEventListener("click", () => { node.classList.add("shown"); node.setAttribute("aria-expanded", "true"); node.removeAttribute("aria-label"); });
  return node;
}

function link(target, label) {
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label);
}

// Text with SGR escapes. Discord's fences know 8 colours, 8 backgrounds, bold and underline; `every` adds what
// terminals and .ans files know: bright ones, 256 and 24-bit.
export function ansi(text, every = false) {
  let now = {};
  return text.split(/(\x1b\[[\d;]*m)/).map((piece) => {
    const codes = /^\x1b\[([\d;]*)m$/.exec(piece);
    if (codes) {
      now = sgr(now, (codes[1] || "0").split(";").map(Number), every);
      return "";
    }
    if (!piece) return "";
    const span = el("span", { class: [now.colour && `ansi-${now.colour}`, now.back && `ansi-on-${now.back}`, now.bold && "ansi-bold", now.under && "ansi-under"].filter(Boolean).join(" ") }, piece);
    if (now.rgb) span.style.color = now.rgb;
    if (now.backRgb) span.style.backgroundColor = now.backRgb;
    return span;
  });
}

function sgr(before, codes, every) {
  let now = { ...before };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i];
    if (code === 0) now = {};
    else if (code === 1) now.bold = true;
    else if (code === 4) now.under = true;
    else if (code >= 30 && code <= 37) Object.assign(now, { colour: COLOURS[code - 30], rgb: null });
    else if (code >= 40 && code <= 47) Object.assign(now, { back: COLOURS[code - 40], backRgb: null });
    else if (every && code >= 90 && code <= 97) Object.assign(now, { colour: COLOURS[code - 90], rgb: null });
    else if (every && (code === 38 || code === 48) && codes[i + 1] === 2) {
      now[code === 38 ? "rgb" : "backRgb"] = `rgb(${codes.slice(i + 2, i + 5).join(" ")})`;
      i += 4;
    } else if (every && (code === 38 || code === 48) && codes[i + 1] === 5) {
      now[code === 38 ? "rgb" : "backRgb"] = colour256(codes[i + 2]);
      i += 2;
    }
  }
  return now;
}

function colour256(n) {
  if (n >= 232) return `rgb(${Array(3).fill(8 + (n - 232) * 10).join(" ")})`;
  if (n >= 16) return `rgb(${[36, 6, 1].map((d) => { const v = Math.floor((n - 16) / d) % 6; return v && 55 + v * 40; }).join(" ")})`;
  return `var(--ansi-${COLOURS[n % 8]})`;
}

export function codeBlock(text, { language = "", every = false } = {}) {
  const plain = text.replaceAll(/\x1b\[[\d;]*m/g, "");
  const code = el("code", {}, language === "ansi" ? ansi(text, every) : text);
  return el("div", { class: "code-block" },
    el("pre", { tabindex: "0", role: "group", "aria-label": language ? `Code, ${language}` : "Code" }, code),
    el("button", { type: "button", class: "copy-code", "aria-label": "Copy text", title: "Copy text", onclick: () => copy(plain, "Text copied") }, icon("copy")));
}

function lines(piece, world) {
  const nodes = [];
  for (const line of piece.split("\n")) {
    const heading = /^(#{1,3}) (.+)/.exec(line);
    const small = /^-# (.+)/.exec(line);
    const quote = /^> (.*)/.exec(line);
    const item = /^( *)[-*] (.+)/.exec(line);
    if (heading) nodes.push(el("div", { class: `h${heading[1].length}` }, inline(heading[2], world)));
    else if (small) nodes.push(el("small", { class: "sub" }, inline(small[1], world)));
    else if (quote) nodes.push(el("blockquote", {}, inline(quote[1], world)));
    else if (item) nodes.push(el("div", { class: item[1].length > 1 ? "item deep" : "item" }, inline(item[2], world)));
    else if (line) nodes.push(el("div", {}, inline(line, world)));
    else if (piece.trim()) nodes.push(el("div", { class: "blank" }));
  }
  return nodes;
}

export function markdown(text, world) {
  return text.split(/(```[\s\S]*?```)/).flatMap((piece) => {
    const fence = /^```(?:([\w+-]+)\n)?\n?([\s\S]*?)\n?```$/.exec(piece);
    return fence ? [codeBlock(fence[2], { language: fence[1] || "" })] : lines(piece, world);
  });
}

// One line of it for places with room for no more.
export function plain(text) {
  return text.replace(/```[\s\S]*?```/g, "(code)").replace(/[*_~`|]|^-?#+ /gm, "").replace(/\s+/g, " ").trim();
}
