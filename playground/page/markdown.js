// The little of Discord's markdown that bots use, as DOM nodes: fences (with ANSI colours), code, bold, italic, links,
// mentions.

import { el } from "./dom.js";

const ANSI = { 30: "grey", 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "pink", 36: "cyan", 37: "white" };
const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*(\S.*?)\*|~~(.+?)~~|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>]+)|<@!?(\d+)>|<t:(\d+)(?::\w)?>/s;

function inline(text, users) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) nodes.push(rest.slice(0, match.index));
    const [whole, ticks, code, bold, under, italic, struck, label, target, url, user, time] = match;
    if (ticks) nodes.push(el("code", {}, code));
    else if (bold) nodes.push(el("strong", {}, inline(bold, users)));
    else if (under) nodes.push(el("u", {}, inline(under, users)));
    else if (italic) nodes.push(el("em", {}, inline(italic, users)));
    else if (struck) nodes.push(el("s", {}, inline(struck, users)));
    else if (label) nodes.push(link(target, label));
    else if (url) nodes.push(link(url, url));
    else if (user) nodes.push(el("span", { class: "mention" }, `@${users.get(user)?.global_name || users.get(user)?.username || user}`));
    else if (time) nodes.push(el("span", { class: "mention" }, new Date(Number(time) * 1000).toLocaleString()));
    rest = rest.slice(match.index + whole.length);
  }
  if (rest) nodes.push(rest);
  return nodes;
}

function link(target, label) {
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label);
}

function ansi(text) {
  let colour = "";
  let bold = false;
  return text.split(/(\x1b\[[\d;]*m)/).map((piece) => {
    const codes = /^\x1b\[([\d;]*)m$/.exec(piece);
    if (!codes) return piece && el("span", { class: `${colour && `ansi-${colour}`} ${bold ? "ansi-bold" : ""}` }, piece);
    for (const code of (codes[1] || "0").split(";").map(Number)) {
      if (code === 0) [colour, bold] = ["", false];
      else if (code === 1) bold = true;
      else if (ANSI[code]) colour = ANSI[code];
    }
    return "";
  });
}

export function markdown(text, users) {
  const nodes = [];
  text.split(/(```[\s\S]*?```)/).forEach((piece) => {
    const fence = /^```(?:([\w+-]+)\n)?\n?([\s\S]*?)\n?```$/.exec(piece);
    if (fence) {
      nodes.push(el("pre", {}, el("code", {}, fence[1] === "ansi" ? ansi(fence[2]) : fence[2])));
      return;
    }
    for (const line of piece.split(/\n/)) {
      const heading = /^(#{1,3}) (.+)/.exec(line);
      const small = /^-# (.+)/.exec(line);
      if (heading) nodes.push(el("div", { class: `h${heading[1].length}` }, inline(heading[2], users)));
      else if (small) nodes.push(el("small", { class: "sub" }, inline(small[1], users)));
      else if (line) nodes.push(el("div", {}, inline(line, users)));
      else if (piece.trim()) nodes.push(el("div", { class: "blank" }));
    }
  });
  return nodes;
}
