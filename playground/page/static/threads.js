// Threads: the list of a channel's, making one, the bar over an open one, and the card under the message that began one.

import { quietly, send, upload } from "./api.js";
import { el, icon } from "./dom.js";
import { CREATE_THREADS, MANAGE_THREADS, SEND_MESSAGES } from "./permissions.js";
import { isForum, may, myThreads, nameOf, world } from "./world.js";

const PRIVATE = 12, STARTER = 21; // kinds of threads and of messages
const WITH_THREADS = new Set([0, 5, 15, 16]); // text, announcements, forums, media
const button = document.getElementById("threads-button");
const list = document.getElementById("threads");
const bar = document.getElementById("thread-bar");
const dialog = document.getElementById("form");

// Whoever wants a place opened says so; app.js hears it.
export const openPlace = (id) => document.dispatchEvent(new CustomEvent("open-place", { detail: id }));
export const threadOf = (id) => world.threads.get(id);

// How many messages a thread has, without what it was begun from; Discord tells of a count only with other changes.
export function countIn(threadId) {
  return [...world.messages.values()].filter((message) => message.channel_id === threadId && message.id !== threadId && message.type !== STARTER).length;
}

function count(thread) {
  const number = countIn(thread.id);
  return `${number} ${number === 1 ? "message" : "messages"}`;
}

function state({ thread_metadata: { archived, locked } }) {
  return [locked && "Locked", archived && "Archived"].filter(Boolean).join(" · ");
}

// Whether a thread may be begun here, from a message or without one.
export function mayStart() {
  const channel = world.channels.find((one) => one.id === world.channel);
  return Boolean(channel) && WITH_THREADS.has(channel.type) && may(isForum(channel) ? SEND_MESSAGES : CREATE_THREADS);
}

export function startThread(message = null) {
  const forum = isForum(world.channels.find((one) => one.id === world.channel));
  const what = forum ? "post" : "thread";
  const name = el("input", { type: "text", id: "thread-name", required: true, maxlength: "100" });
  name.value = (message?.content || "").split("\n")[0].slice(0, 50);
  const words = forum ? el("textarea", { id: "thread-words", rows: "4", required: true, maxlength: "2000" }) : null;
  const form = el("form", { method: "dialog" }, el("h2", { id: "form-title" }, forum ? "New post" : "Create thread"),
    el("div", { class: "form-field" }, el("label", { class: "label", for: "thread-name" }, forum ? "Title" : "Thread name"), name),
    words && el("div", { class: "form-field" }, el("label", { class: "label", for: "thread-words" }, "Message"), words),
    el("div", { class: "row end" }, el("button", { class: "button secondary", type: "button", onclick: () => dialog.close() }, "Cancel"), el("button", { class: "button primary", type: "submit" }, `Create ${what}`)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const payload = { user_id: world.actor, channel_id: world.channel, name: name.value, ...(message && { message_id: message.id }), ...(words && { content: words.value }) };
    const made = await quietly(upload("/thread", payload, []));
    if (!made) return;
    dialog.close();
    openPlace(made.thread_id);
  });
  dialog.setAttribute("aria-labelledby", "form-title");
  dialog.replaceChildren(form);
  dialog.showModal();
}

function card(thread) {
  const starter = world.users.get(thread.owner_id);
  return el("button", { type: "button", class: "thread-card", "data-k": `t${thread.id}`, onclick: () => { if (list.matches(":popover-open")) list.hidePopover(); openPlace(thread.id); } },
    icon("thread"), el("span", { class: "thread-words" }, el("strong", { class: "cut" }, thread.name), el("small", {}, [count(thread), nameOf(starter), state(thread)].filter(Boolean).join(" · "))), el("span", { "aria-hidden": "true" }, "›"));
}

// Under the message that began a thread.
export function threadCard(message) {
  const thread = world.threads.get(message.id);
  return thread && thread.id !== world.channel ? card(thread) : null;
}

function groups(channelId) {
  const found = myThreads(channelId);
  const group = (title, some) => (some.length ? [el("h3", {}, title), ...some.map(card)] : []);
  return [...group("Active", found.filter((one) => !one.thread_metadata.archived)), ...group("Archived", found.filter((one) => one.thread_metadata.archived))];
}

function drawList() {
  const start = mayStart() ? el("button", { type: "button", class: "button primary small", onclick: () => { list.hidePopover(); startThread(); } }, icon("plus"), "Create") : null;
  const found = groups(world.channel);
  list.replaceChildren(el("header", { class: "threads-head" }, el("h2", {}, "Threads"), start), ...(found.length ? found : [el("p", { class: "sub" }, "There are no threads here.")]));
}

// A forum has no messages of its own; in their place are its posts.
export function forumPosts(channel) {
  return el("li", { class: "posts" }, mayStart() ? el("button", { type: "button", class: "button primary", onclick: () => startThread() }, icon("plus"), "New post") : null, groups(channel.id));
}

export function drawThreadBar() {
  const thread = threadOf(world.channel);
  const channel = world.channels.find((one) => one.id === world.channel);
  button.hidden = !channel || isForum(channel);
  bar.hidden = !thread;
  if (!thread) return;
  const { archived, locked } = thread.thread_metadata;
  const isIn = thread.members.includes(world.actor);
  const manages = may(MANAGE_THREADS);
  const change = (what) => quietly(send("PATCH", "/thread", { user_id: world.actor, thread_id: thread.id, ...what }));
  const member = (method) => quietly(send(method, "/thread/member", { user_id: world.actor, thread_id: thread.id }));
  const action = (words, act) => el("button", { type: "button", class: "button secondary small", "data-k": words, onclick: act }, words);
  const parent = world.channels.find((one) => one.id === thread.parent_id);
  bar.replaceChildren(...[
    el("button", { type: "button", class: "linkish", "data-k": "parent", onclick: () => openPlace(thread.parent_id) }, `‹ #${parent?.name}`),
    el("span", { class: "thread-about cut" }, `${thread.type === PRIVATE ? "Private thread" : isForum(parent) ? "Post" : "Thread"} by ${nameOf(world.users.get(thread.owner_id))} · ${thread.members.length} ${thread.members.length === 1 ? "member" : "members"}`),
    state(thread) ? el("span", { class: "thread-state" }, state(thread)) : null,
    action(isIn ? "Leave" : "Join", () => member(isIn ? "DELETE" : "POST")),
    manages || (thread.owner_id === world.actor && !locked) ? action(archived ? "Unarchive" : "Archive", () => change({ archived: !archived })) : null,
    manages ? action(locked ? "Unlock" : "Lock", () => change({ locked: !locked })) : null,
  ].filter(Boolean));
}

button.append(icon("thread"));
list.addEventListener("beforetoggle", (event) => event.newState === "open" && drawList());
