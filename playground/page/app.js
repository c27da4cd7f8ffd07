// The page: what there is (from /playground/state), kept fresh by server-sent events.

import * as api from "./api.js";
import { drawComposer, interactionAnswered } from "./composer.js";
import { el } from "./dom.js";
import { failureElement, messageElement, nameOf } from "./messages.js";

const list = document.getElementById("messages");
const newest = document.getElementById("newest");
const actor = document.getElementById("actor");
const channelSelect = document.getElementById("channel-select");
const world = { users: new Map(), channels: [], commands: [], messages: new Map(), interactions: {}, sessions: 0, channel: "", actor: "" };
const drawn = new Map(); // element id -> {key, node}: what has not changed keeps its node, pictures do not flicker

function older(a, b) {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
}

function entries() {
  const visible = [...world.messages.values()].filter((m) => m.channel_id === world.channel && (!m.ephemeral_to || m.ephemeral_to === world.actor));
  const failures = Object.values(world.interactions).filter((i) =>
    i.failed && !i.acknowledged && i.command && i.channel_id === world.channel && i.user_id === world.actor);
  return [...visible, ...failures].sort(older);
}

function isGrouped(message, before) {
  return Boolean(before && before.author && message.author && before.author.id === message.author.id && !message.message_reference
    && message.type === 0 && Boolean(before.ephemeral_to) === Boolean(message.ephemeral_to)
    && new Date(message.timestamp) - new Date(before.timestamp) < 7 * 60 * 1000);
}

let atEnd = true;

function drawMessages(jump = false) {
  const found = entries();
  const nodes = found.map((entry, i) => {
    const grouped = isGrouped(entry, found[i - 1]);
    const interaction = entry.author ? world.interactions[entry.interaction_id] : null;
    const key = JSON.stringify([entry, grouped, world.actor, interaction, world.commands]).replaceAll(/\?ex=[^"]*/g, "");
    const old = drawn.get(entry.id);
    if (old?.key === key) return old.node;
    const node = entry.author ? messageElement(entry, world, grouped) : failureElement(entry, world);
    drawn.set(entry.id, { key, node });
    return node;
  });
  if (!nodes.length) nodes.push(el("li", { class: "empty" }, el("strong", {}, `Welcome to #${channel()?.name || ""}`), el("p", {}, channel()?.topic || "")));
  const same = nodes.length === list.children.length && nodes.every((node, i) => node === list.children[i]);
  if (!same) list.replaceChildren(...nodes);
  atEnd ||= jump;
  if (atEnd) list.scrollTop = list.scrollHeight;
  newest.hidden = atEnd;
}

function channel() {
  return world.channels.find((c) => c.id === world.channel);
}

function drawFrame() {
  const open = (id) => { world.channel = id; drawFrame(); drawMessages(true); };
  document.getElementById("channels").replaceChildren(...world.channels.map((c) =>
    el("li", {}, el("button", { type: "button", class: "channel", "aria-current": String(c.id === world.channel), onclick: () => open(c.id) },
      el("span", { class: "hash", "aria-hidden": "true" }, "#"), c.name))));
  channelSelect.replaceChildren(...world.channels.map((c) => el("option", { value: c.id, selected: c.id === world.channel }, `#${c.name}`)));
  channelSelect.onchange = () => open(channelSelect.value);
  document.getElementById("channel-name").textContent = channel()?.name || "";
  document.getElementById("topic").textContent = channel()?.topic || "";
  document.title = `#${channel()?.name} · Playground`;
  const people = [...world.users.values()].filter((user) => !user.bot);
  actor.replaceChildren(...people.map((user) => el("option", { value: user.id, selected: user.id === world.actor }, nameOf(user))));
  const status = document.getElementById("status");
  status.textContent = world.sessions ? "Bot online" : "No bot";
  status.classList.toggle("online", world.sessions > 0);
}

function recall(key, fallback) {
  try { return localStorage.getItem(key) || fallback; } catch { return fallback; }
}

async function load() {
  const state = await api.state();
  world.users = new Map(state.users.map((user) => [user.id, user]));
  world.channels = state.channels;
  world.commands = state.commands;
  world.sessions = state.sessions;
  world.interactions = state.interactions;
  world.messages = new Map(Object.values(state.messages).flat().map((message) => [message.id, message]));
  world.channel ||= state.channels[0].id;
  const mia = state.users.find((user) => user.username === "mia");
  if (!world.users.has(world.actor)) world.actor = world.users.has(recall("actor", "")) ? recall("actor", "") : mia.id;
  drawFrame();
  drawComposer(world);
  drawMessages(true);
}

actor.addEventListener("change", () => {
  world.actor = actor.value;
  try { localStorage.setItem("actor", actor.value); } catch { /* private mode */ }
  drawMessages();
});
list.addEventListener("scroll", () => {
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  if (atEnd) newest.hidden = true;
});
new ResizeObserver(() => { if (atEnd) list.scrollTop = list.scrollHeight; }).observe(list); // the box below grew
newest.addEventListener("click", () => { list.scrollTo({ top: list.scrollHeight, behavior: "smooth" }); });

const events = new EventSource("/playground/events");
const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
events.addEventListener("open", () => load().catch(() => {})); // again after every reconnection: nothing is missed
events.addEventListener("error", () => {
  const status = document.getElementById("status");
  status.textContent = "Playground stopped";
  status.classList.remove("online");
});
on("message", (message) => { world.messages.set(message.id, message); drawMessages(); });
on("message_delete", (where) => { world.messages.delete(where.id); drawMessages(); });
on("interaction", (interaction) => {
  world.interactions[interaction.id] = interaction;
  interactionAnswered(interaction, world);
  drawMessages();
});
on("commands", () => load().catch(() => {}));
on("sessions", ({ count }) => { world.sessions = count; drawFrame(); });
