// The page of one person: channels and conversations, the open one's messages, and whoever acts. It may be a frame of
// the window that shows several people side by side.

import { isStartedElsewhere } from "./api.js";
import { drawComposer, focusComposer, loadSamples } from "./composer.js";
import { arrange, el, gently, recall, remember } from "./dom.js";
import { feed, subscribe } from "./feed.js";
import { choicesArrived } from "./fields.js";
import { openForm } from "./forms.js";
import { drawLanguage } from "./language.js";
import { isFramed, tellPlace, wanted } from "./frame.js";
import { failureElement, messageElement } from "./messages.js";
import { drawNeighbours } from "./neighbours.js";
import { drawPlaces, openable } from "./places.js";
import { afterPress } from "./press.js";
import "./settings.js";
import "./theme.js";
import { countIn, drawThreadBar, forumPosts, threadOf } from "./threads.js";
import { channelName, channelNamed, colourOf, isForum, myDirects, myThreads, nameOf, people, personNamed, placeWord, roleOf, world } from "./world.js";

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

const WRITTEN = new Set([0, 19, 20, 23]); // messages, replies, answers to commands: what follows them may stand under their name

// A webhook may write under another name and picture each time.
const isSameAuthor = (one, other) => ["id", "username", "avatar"].every((key) => one[key] === other[key]);

function isGrouped(message, before) {
  return Boolean(before && before.author && WRITTEN.has(before.type) && message.author && isSameAuthor(before.author, message.author) && !message.message_reference
    && message.type === 0 && Boolean(before.ephemeral_to) === Boolean(message.ephemeral_to)
    && new Date(message.timestamp) - new Date(before.timestamp) < 7 * 60 * 1000);
}

// What a message's look depends on besides itself.
function around(message) {
  const near = Object.values(world.interactions).filter((i) => i.id === message.interaction_id || i.message_id === message.id);
  return [near.map((i) => [i.id, i.failed, i.acknowledged, i.files?.length]), world.actor, colourOf(message.author), message.message_reference && world.messages.has(message.message_reference.message_id), world.threads.has(message.id) && [world.threads.get(message.id), countIn(message.id)]];
}

let atEnd = true;
let planned = 0;
const MOST_DRAWN = 200; // messages at a time, of however many there are
let earliest = ""; // the first of those that are drawn
const more = el("li", { class: "earlier" }, el("button", { type: "button", class: "button secondary small", onclick: showEarlier }, "Show earlier messages"));

// Where the drawn part begins: at the end it moves along, and who reads further up has it stay.
function beginning(all) {
  const found = atEnd ? -1 : all.findIndex((one) => one.id === earliest);
  return found < 0 ? Math.max(0, all.length - MOST_DRAWN) : found;
}

function showEarlier() {
  const all = entries();
  const height = list.scrollHeight - list.scrollTop;
  earliest = all[Math.max(0, beginning(all) - MOST_DRAWN)].id;
  atEnd = false;
  drawMessages();
  list.scrollTop = list.scrollHeight - height;
  list.focus();
}

// However many messages come, they are drawn once for each picture that the screen shows.
function drawMessagesSoon() {
  planned ||= requestAnimationFrame(() => afterPress(() => drawMessages()));
}

function drawMessages(jump = false) {
  cancelAnimationFrame(planned);
  planned = 0;
  atEnd ||= jump;
  const all = entries();
  const from = beginning(all);
  const found = all.slice(from);
  earliest = found[0]?.id;
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
  if (isForum(channel())) nodes.push(forumPosts(channel()));
  else if (!nodes.length) nodes.push(el("li", { class: "empty" }, el("strong", {}, `Welcome to ${channelName(world.channel)}`), el("p", {}, channel()?.topic || "Nothing has been said here yet.")));
  if (from) nodes.unshift(more);
  arrange(items, nodes);
  // Who was on a button of a message that is drawn anew is on the same button afterwards.
  if (focused?.key && !document.activeElement?.closest?.(".message")) document.querySelector(`#${focused.id} [data-k="${CSS.escape(focused.key)}"]`)?.focus({ preventScroll: true });
  if (atEnd) list.scrollTop = list.scrollHeight;
  newest.hidden = atEnd;
}

function channel() {
  return world.channels.find((c) => c.id === world.channel);
}

let awaited = ""; // a thread that was made just now, and that the events have not told of yet

function open(id) {
  awaited = "";
  world.channel = id;
  stopTyping();
  draw(true);
}

function draw(jump = false) {
  drawFrame();
  drawComposer();
  drawMessages(jump);
}

function isOpenable(id) {
  const thread = threadOf(id);
  return (thread ? myThreads(thread.parent_id) : [...openable(), ...myDirects()]).some((one) => one.id === id);
}

function drawFrame() {
  if (!isOpenable(world.channel)) world.channel = openable()[0]?.id || myDirects()[0]?.id || "";
  drawPlaces(open);
  drawThreadBar();
  document.getElementById("channel-name").textContent = channelName(world.channel);
  document.getElementById("topic").textContent = channel()?.topic || "";
  document.title = `${channelName(world.channel)} · Playground`;
  actor.replaceChildren(...people().map((user) => el("option", { value: user.id, selected: user.id === world.actor }, `${nameOf(user)} · ${roleOf(user)}`)));
  drawLanguage();
  drawNeighbours();
  drawStatus();
  tellPlace(world.users.get(world.actor).username, placeWord(world.channel));
}

function drawStatus(text = world.sessions ? "Bot online" : "No bot") {
  const status = document.getElementById("status");
  status.textContent = text;
  status.classList.toggle("online", text === "Bot online");
}

let typingTimer;

function stopTyping() {
  clearTimeout(typingTimer);
  typing.textContent = "";
}

// The person and the channel that the address names, or who acted here last, or a member without a role.
function choosePlace() {
  if (!world.users.has(world.actor)) {
    const member = people().find((user) => !user.roles.length) || people()[0];
    world.actor = (personNamed(wanted.as) || (!isFramed && world.users.get(recall("actor", ""))) || member).id;
  }
  world.channel ||= channelNamed(wanted.channel) || "";
}

actor.addEventListener("change", () => {
  world.actor = actor.value;
  remember("actor", actor.value);
  draw();
});
channelSelect.addEventListener("change", () => open(channelSelect.value));
document.addEventListener("open-place", ({ detail }) => { if (isOpenable(detail)) open(detail); else awaited = detail; });
list.addEventListener("scroll", () => {
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  if (atEnd) newest.hidden = true;
});
new ResizeObserver(() => { if (atEnd) list.scrollTop = list.scrollHeight; }).observe(list); // the box below grew
newest.addEventListener("click", () => { list.focus({ preventScroll: true }); list.scrollTo({ top: list.scrollHeight, behavior: gently() }); });
document.addEventListener("sent", () => { atEnd = true; list.scrollTop = list.scrollHeight; newest.hidden = true; }); // one's own is at the end

// Who just types, types into the box. A "/" that opens the commands does so from everywhere.
document.addEventListener("keydown", (event) => {
  const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1 || event.key === " ";
  if (isTaken || document.querySelector("dialog[open], :popover-open:not(#toasts)") || event.target.closest("input, select, textarea, [contenteditable]")) return;
  focusComposer();
});

document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); focusComposer(); });

// What happens while nobody sees this frame costs it nothing: it is drawn once when it is seen again.
let isSeen = true;
let isStale = false;

const heard = {
  loaded: () => { choosePlace(); draw(); },
  lost: () => drawStatus("Playground stopped"),
  sessions: () => drawFrame(),
  message: (message) => {
    if (threadOf(message.channel_id)?.parent_id === world.channel) drawMessagesSoon();
    if (message.channel_id !== world.channel) return;
    if (message.author.bot) stopTyping();
    drawMessagesSoon();
  },
  message_delete: (where) => { drawn.delete(where.id); if (where.channel_id === world.channel) drawMessagesSoon(); },
  thread: (thread) => { if (thread.id === awaited) open(thread.id); else { drawFrame(); drawComposer(); drawMessagesSoon(); } },
  thread_delete: () => draw(),
  interaction: ({ interaction }) => { if (interaction.channel_id === world.channel) drawMessagesSoon(); },
  typing: (who) => {
    if (who.channel_id !== world.channel) return;
    typing.textContent = `${nameOf(world.users.get(who.user_id))} is typing…`;
    clearTimeout(typingTimer);
    typingTimer = setTimeout(stopTyping, 9000);
  },
};

async function answerPerson({ interaction, before }) {
  if (interaction.response_type === CHOICES) choicesArrived(interaction);
  if (interaction.response_type !== FORM || before?.response_type === FORM || interaction.user_id !== world.actor) return;
  if (!(await isStartedElsewhere(interaction.id))) openForm(interaction);
}

function hear(name, payload) {
  if (name === "interaction") answerPerson(payload);
  if (!isSeen && name !== "loaded") isStale = true;
  else if (feed.data.isLoaded || name === "lost") heard[name]?.(payload);
}

new IntersectionObserver(([entry]) => {
  isSeen = entry.isIntersecting;
  if (isSeen && isStale) draw();
  if (isSeen) isStale = false;
}).observe(document.body);

// Before the first drawing, so that the box is not made anew under the fingers of who already types.
await Promise.race([loadSamples(), new Promise((resolve) => setTimeout(resolve, 3000))]);
subscribe(hear);
if (!isFramed) await import("./inspector.js"); // the window around frames has one for all of them
