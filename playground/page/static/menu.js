// The menu of a message: reactions, reply, forward, the apps' commands, copying, deleting. Opened by a right click, by the
// ⋯ button or by the keyboard's menu key. https://www.w3.org/WAI/ARIA/apg/patterns/menu/

import { quietly, send } from "./api.js";
import { startReply } from "./composer.js";
import { copy, el, icon } from "./dom.js";
import { toggleReaction } from "./messages.js";
import { MANAGE_MESSAGES, PIN_MESSAGES } from "./permissions.js";
import { mayStart, startThread } from "./threads.js";
import { channelName, may, myChannels, myDirects, nameOf, offered, said, world } from "./world.js";

// Discord has them all; here are its hearts, and some others.
const EMOJI = ["🩷", "💗", "💖", "❤️", "🧡", "💛", "💚", "💙", "🩵", "💜", "🤎", "🖤", "🩶", "🤍", "💕", "💔", "🌈", "👍", "🎉", "😂", "😮", "😢", "🙏", "👀"];
const menu = document.getElementById("menu");
let opener = null;

function item(name, label, act, kind = "") {
  return el("button", { type: "button", role: "menuitem", tabindex: "-1", class: `menu-item ${kind}`, onclick: () => choose(act) }, name ? icon(name) : null, el("span", {}, label));
}

function close() {
  if (menu.matches(":popover-open")) menu.hidePopover();
}

function choose(act) {
  close();
  opener?.focus();
  act();
}

function group(title, items) {
  return items.length ? el("div", { role: "group", "aria-label": title, class: "menu-group" }, el("small", { class: "menu-title", "aria-hidden": "true" }, title), items) : null;
}

export function openMenu(message, at, from) {
  opener = from;
  const settled = !message.ephemeral_to && !message.loading;
  const use = (command, target) => quietly(send("POST", "/slash", { command: command.name, target_id: target, user_id: world.actor, channel_id: message.channel_id }));
  const apps = settled ? offered(3).map((command) => item("slash", said(command, "name"), () => use(command, message.id))) : [];
  const onPerson = offered(2).map((command) => item("slash", said(command, "name"), () => use(command, message.author.id)));
  const places = [...myChannels().map((c) => c.id), ...myDirects().map((d) => d.id)].filter((id) => id !== message.channel_id);
  const forward = (place) => quietly(send("POST", "/message", { user_id: world.actor, channel_id: place, message_reference: { type: 1, message_id: message.id } }));
  const mine = message.author.id === world.actor || message.ephemeral_to === world.actor;
  const row = settled && el("div", { role: "group", "aria-label": "React", class: "menu-emoji" }, EMOJI.map((emoji) =>
    el("button", { type: "button", role: "menuitem", tabindex: "-1", class: "emoji", "aria-label": `React with ${emoji}`, onclick: () => choose(() => toggleReaction(message, emoji)) }, emoji)));
  menu.replaceChildren(...[
    row,
    settled ? item("reply", "Reply", () => startReply(message)) : null,
    settled && mayStart() && !world.threads.has(message.id) ? item("thread", "Create thread", () => startThread(message)) : null,
    group("Apps", apps),
    group(`Apps for ${nameOf(message.author)}`, onPerson),
    settled && may(PIN_MESSAGES, message.channel_id) ? item("pin", message.pinned ? "Unpin message" : "Pin message", () => quietly(send(message.pinned ? "DELETE" : "POST", "/pin", { message_id: message.id, user_id: world.actor }))) : null,
    message.content ? item("copy", "Copy text", () => copy(message.content, "Text copied")) : null,
    item("copy", "Copy message ID", () => copy(message.id, "ID copied")),
    settled ? group("Forward to", places.slice(0, 4).map((place) => item("forward", channelName(place), () => forward(place)))) : null,
    mine || may(MANAGE_MESSAGES) ? item("trash", message.ephemeral_to ? "Dismiss message" : "Delete message", () => quietly(send("DELETE", "/message", { message_id: message.id, user_id: world.actor })), "danger") : null,
  ].filter(Boolean));
  menu.showPopover();
  const box = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.x - (from ? box.width : 0), innerWidth - box.width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - box.height - 8))}px`;
  menu.querySelector("[role=menuitem]").focus();
}

menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const here = items.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowRight: here + 1, ArrowUp: here - 1, ArrowLeft: here - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) items[(next + items.length) % items.length].focus();
  else if (event.key === "Tab" || event.key === "Escape") choose(() => {});
  else return;
  event.preventDefault();
});
