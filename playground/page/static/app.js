// The page: what there is (from /playground/state), kept fresh by server-sent events.

import * as api from "./api.js";
import { drawComposer, focusComposer, loadSamples } from "./composer.js";
import { el, gently, keepingFocus, recall, remember } from "./dom.js";
import { choicesArrived } from "./fields.js";
import { openForm } from "./forms.js";
import { drawLanguage } from "./language.js";
import "./inspector.js";
import { avatar, failureElement, messageElement } from "./messages.js";
import { channelName, myDirects, nameOf, otherIn, roleOf, world } from "./world.js";

const CHOICES = 8, FORM = 9;
const list = document.getElementById("messages");
const items = document.getElementById("message-list");
const newest = document.getElementById("newest");
const actor = document.getElementById("actor");
const channelSelect = document.getElementById("channel-select");
const typing = document.getElementById("typing");
const dismissed = new Set(); // commands without an answer whose note has been put away
const drawn = new Map(); // element id -> {key, node}: what has not changed keeps its node, pictures do not flicker

const older = (a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

function entries() {
  const visible = [...world.messages.values()].filter((m) => m.channel_id === world.channel && (!m.ephemeral_to || m.ephemeral_to === world.actor));
  const failures = Object.values(world.interactions).filter((i) =>
    i.failed && !dismissed.has(i.id) && !i.acknowledged && i.type === 2 && i.channel_id === world.channel && i.user_id === world.actor);
  return [...visible, ...failures].sort(older);
}

function isGrouped(message, before) {
  return Boolean(before && before.author && message.author && before.author.id === message.author.id && !message.message_reference
    && message.type === 0 && Boolean(before.ephemeral_to) === Boolean(message.ephemeral_to)
    && new Date(message.timestamp) - new Date(before.timestamp) < 7 * 60 * 1000);
}

// What a message's look depends on besides itself.
function around(message) {
  const near = Object.values(world.interactions).filter((i) => i.id === message.interaction_id || i.message_id === message.id);
  return [near.map((i) => [i.id, i.failed, i.acknowledged, i.files?.length]), world.actor, message.message_reference && world.messages.has(message.message_reference.message_id)];
}

let atEnd = true;

function drawMessages(jump = false) {
  const found = entries();
  const held = document.activeElement?.closest?.(".message");
  const focused = held && { id: held.id, key: document.activeElement.dataset.k };
  const nodes = found.map((entry, i) => {
    const grouped = isGrouped(entry, found[i - 1]);
    const key = JSON.stringify([entry, grouped, entry.author ? around(entry) : 0]).replaceAll(/\?ex=[^"]*/g, "");
    const old = drawn.get(entry.id);
    if (old?.key === key) return old.node;
    const node = entry.author ? messageElement(entry, grouped) : failureElement(entry, () => { dismissed.add(entry.id); drawMessages(); focusComposer(); });
    drawn.set(entry.id, { key, node });
    return node;
  });
  if (!nodes.length) nodes.push(el("li", { class: "empty" }, el("strong", {}, `Welcome to ${channelName(world.channel)}`), el("p", {}, channel()?.topic || "Nothing has been said here yet.")));
  const same = nodes.length === items.children.length && nodes.every((node, i) => node === items.children[i]);
  if (!same) items.replaceChildren(...nodes);
  // Who was on a button of a message that is drawn anew is on the same button afterwards.
  if (focused?.key && !document.activeElement?.closest?.(".message")) document.querySelector(`#${focused.id} [data-k="${CSS.escape(focused.key)}"]`)?.focus({ preventScroll: true });
  atEnd ||= jump;
  if (atEnd) list.scrollTop = list.scrollHeight;
  newest.hidden = atEnd;
}

function channel() {
  return world.channels.find((c) => c.id === world.channel);
}

function open(id) {
  world.channel = id;
  stopTyping();
  drawFrame();
  drawComposer();
  drawMessages(true);
}

function drawFrame() {
  if (!channel() && !myDirects().some((direct) => direct.id === world.channel)) world.channel = world.channels[0].id;
  const entry = (id, lead, name) => el("li", {}, el("button", { type: "button", class: "channel", "data-k": id, "aria-current": id === world.channel ? "page" : null, onclick: () => open(id) }, lead, el("span", { class: "cut" }, name)));
  keepingFocus(document.querySelector(".places"), () => {
    document.getElementById("channels").replaceChildren(...world.channels.map((c) => entry(c.id, el("span", { class: "hash", "aria-hidden": "true" }, "#"), c.name)));
    document.getElementById("directs").replaceChildren(...myDirects().map((d) => entry(d.id, avatar(otherIn(d), true), nameOf(otherIn(d)))));
  });
  channelSelect.replaceChildren(...[...world.channels, ...myDirects()].map((c) => el("option", { value: c.id, selected: c.id === world.channel }, channelName(c.id))));
  document.getElementById("channel-name").textContent = channelName(world.channel);
  document.getElementById("topic").textContent = channel()?.topic || "";
  document.title = `${channelName(world.channel)} · Playground`;
  const people = [...world.users.values()].filter((user) => !user.bot);
  actor.replaceChildren(...people.map((user) => el("option", { value: user.id, selected: user.id === world.actor }, `${nameOf(user)} · ${roleOf(user)}`)));
  drawLanguage();
  const status = document.getElementById("status");
  status.textContent = world.sessions ? "Bot online" : "No bot";
  status.classList.toggle("online", world.sessions > 0);
}

let typingTimer;

function stopTyping() {
  clearTimeout(typingTimer);
  typing.textContent = "";
}

async function load() {
  const state = await api.get("/state");
  world.users = new Map(state.users.map((user) => [user.id, user]));
  world.roles = new Map(state.roles.map((role) => [role.id, role]));
  world.channels = state.channels;
  world.directs = state.directs;
  world.commands = state.commands;
  world.sessions = state.sessions;
  world.interactions = state.interactions;
  world.messages = new Map(Object.values(state.messages).flat().map((message) => [message.id, message]));
  world.channel ||= state.channels[0].id;
  const member = state.users.find((user) => !user.bot && !user.roles.length);
  if (!world.users.has(world.actor)) world.actor = world.users.has(recall("actor", "")) ? recall("actor", "") : member.id;
  drawFrame();
  drawComposer();
  drawMessages();
}

actor.addEventListener("change", () => {
  world.actor = actor.value;
  remember("actor", actor.value);
  drawFrame();
  drawComposer();
  drawMessages();
});
channelSelect.addEventListener("change", () => open(channelSelect.value));
list.addEventListener("scroll", () => {
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  if (atEnd) newest.hidden = true;
});
new ResizeObserver(() => { if (atEnd) list.scrollTop = list.scrollHeight; }).observe(list); // the box below grew
newest.addEventListener("click", () => { list.scrollTo({ top: list.scrollHeight, behavior: gently() }); list.focus(); });
document.addEventListener("sent", () => { atEnd = true; list.scrollTop = list.scrollHeight; newest.hidden = true; }); // one's own is at the end

// Who just types, types into the box. A "/" that opens the commands does so from everywhere.
document.addEventListener("keydown", (event) => {
  const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1 || event.key === " ";
  if (isTaken || document.querySelector("dialog[open], :popover-open:not(#toasts)") || event.target.closest("input, select, textarea, [contenteditable]")) return;
  focusComposer();
});

document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); focusComposer(); });

const root = document.documentElement;
root.dataset.theme = recall("theme", "");
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember("theme", root.dataset.theme);
});

let events = null;

function listen() {
  events = new EventSource("/playground/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  events.addEventListener("open", () => load().catch(() => {})); // again after every reconnection: nothing is missed
  events.addEventListener("error", () => {
    const status = document.getElementById("status");
    status.textContent = "Playground stopped";
    status.classList.remove("online");
  });
  on("message", (message) => {
    world.messages.set(message.id, message);
    if (message.channel_id === world.channel && message.author.bot) stopTyping();
    drawMessages();
  });
  on("message_delete", (where) => { world.messages.delete(where.id); drawn.delete(where.id); drawMessages(); });
  on("interaction", (interaction) => {
    const known = world.interactions[interaction.id]?.response_type;
    world.interactions[interaction.id] = interaction;
    if (interaction.response_type === CHOICES) choicesArrived(interaction);
    if (interaction.response_type === FORM && known !== FORM && interaction.user_id === world.actor) openForm(interaction);
    drawMessages();
  });
  for (const name of ["commands", "looks"]) on(name, () => load().catch(() => {}));
  on("sessions", ({ count }) => { world.sessions = count; drawFrame(); });
  on("typing", (who) => {
    if (who.channel_id !== world.channel) return;
    typing.textContent = `${nameOf(world.users.get(who.user_id))} is typing…`;
    clearTimeout(typingTimer);
    typingTimer = setTimeout(stopTyping, 9000);
  });
}

// Before the first drawing, so that the box is not made anew under the fingers of who already types.
await Promise.race([loadSamples(), new Promise((resolve) => setTimeout(resolve, 3000))]);
listen();

// A browser keeps six connections to one address: pages in the background leave theirs to the one that is looked at.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) events.close();
  else if (events.readyState === EventSource.CLOSED) listen();
});
