// The box at the bottom: messages with files and replies, and slash commands completed from what the bot registered.

import { get, quietly, upload } from "./api.js";
import { el, icon, keepingFocus, recall, remember, size, toast } from "./dom.js";
import { optionField } from "./fields.js";
import { takeForForm } from "./forms.js";
import { suggest } from "./listbox.js";
import { plain } from "./markdown.js";
import { channelName, isForum, mayWrite, nameOf, runnable, world } from "./world.js";

const ATTACHMENT = 11;
const place = document.getElementById("composer");
let mode = { kind: "message" }; // or {kind: "command", command}
let form = null; // what is on the page: {node, take(file), key}
let recent = null; // the file that was used last
let samples = [];
const drafts = new Map(); // place -> {text, files, reply, busy}: what has been written there and not sent, to which message, and whether it is on its way

// What is half-written goes along when the page is loaded anew, also as one of several side by side.
const shelf = () => `drafts:${world.actor}`;
const shelved = () => JSON.parse(recall(shelf(), "[]", "sessionStorage"));

addEventListener("pagehide", () => {
  const texts = new Map(shelved()); // those of other frames, and of places that were not opened since
  for (const [where, { text }] of drafts) if (text) texts.set(where, text);
  remember(shelf(), JSON.stringify([...texts]), "sessionStorage");
});

function draftOf(where) {
  if (!drafts.has(where)) {
    const kept = shelved();
    remember(shelf(), JSON.stringify(kept.filter(([one]) => one !== where)), "sessionStorage");
    drafts.set(where, { text: kept.find(([one]) => one === where)?.[1] || "", files: [], reply: null, busy: false });
  }
  return drafts.get(where);
}

const pictureOption = (command) => command.options.find((option) => option.type === ATTACHMENT);

// The command that a dropped picture is for: one whose file option speaks of pictures, is no subcommand, needs a file.
function pictureCommand() {
  const score = (command) => {
    const option = pictureOption(command);
    return (/image|picture|photo/i.test(`${option.name} ${option.description}`) ? 4 : 0) + (command.label.includes(" ") ? 0 : 2) + (option.required ? 1 : 0);
  };
  return runnable().filter(pictureOption).sort((a, b) => score(b) - score(a))[0] || null;
}

// Messages

function messageForm() {
  const draft = draftOf(world.channel);
  const { files, reply } = draft;
  const chips = el("div", { class: "chips" });
  const drawChips = () => chips.replaceChildren(...files.map((file, i) => el("span", { class: "chip" }, icon("file"), el("span", { class: "cut" }, file.name), el("small", {}, size(file.size)),
    el("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: () => { files.splice(i, 1); drawChips(); } }, icon("close")))));
  const text = el("textarea", { rows: 1, maxlength: "2000", placeholder: `Message ${channelName(world.channel)} or type /`, "aria-label": `Message ${channelName(world.channel)}` });
  text.value = draft.text;
  const grow = () => { text.style.height = "auto"; if (text.value) text.style.height = `${Math.min(text.scrollHeight, 180)}px`; };
  const list = suggest(text, { label: "Commands", choose: (item) => { draft.text = ""; openCommand(item.value); } });
  const complete = () => {
    const typed = /^\/([\p{L}\p{N}_\- ]*)$/u.exec(text.value)?.[1].toLowerCase();
    if (typed === undefined) return list.hide();
    const found = runnable().filter((command) => [command.shown, command.label].some((name) => name.includes(typed.trimEnd())));
    found.sort((a, b) => b.shown.startsWith(typed) - a.shown.startsWith(typed));
    if (!found.length && !world.commands.length) toast("No bot has registered a command yet");
    return list.show(found.map((command) => ({ label: `/${command.shown}`, detail: command.description, value: command })));
  };
  text.addEventListener("input", () => { draft.text = text.value; grow(); complete(); });
  const input = el("input", { type: "file", multiple: true, class: "out-of-sight", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", () => { files.push(...input.files); input.value = ""; drawChips(); });
  const post = async () => {
    const content = text.value.trim();
    if (draft.busy || (!content && !files.length)) return;
    if (/^\/\w/.test(content)) { toast("There is no such command here. Messages do not begin with a slash."); return; }
    const payload = { content, user_id: world.actor, channel_id: world.channel };
    if (reply) payload.message_reference = { message_id: reply.id };
    const going = { text: draft.text, files: [...files], reply };
    draft.busy = true;
    const sent = await quietly(upload("/message", payload, files.map((file, i) => [`file${i}`, file])));
    draft.busy = false;
    if (!sent) return;
    // What was written, attached or chosen meanwhile stays.
    if (draft.text.startsWith(going.text)) draft.text = draft.text.slice(going.text.length);
    files.splice(0, files.length, ...files.filter((file) => !going.files.includes(file)));
    if (draft.reply === going.reply) draft.reply = null;
    if (mode.kind === "message") { drawComposer(true); focusComposer(); } // and not over a command's half-filled form
    document.dispatchEvent(new Event("sent"));
  };
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); post(); }
    if (event.key === "Escape" && reply) { draft.reply = null; drawComposer(true); focusComposer(); }
  });
  const answering = reply && el("div", { class: "replying" }, icon("reply"), el("span", { class: "cut" }, "Replying to ", el("strong", {}, nameOf(reply.author)), ` ${plain(reply.content).slice(0, 80)}`),
    el("button", { type: "button", "aria-label": "Do not reply", onclick: () => { draft.reply = null; drawComposer(true); } }, icon("close")));
  const node = el("form", { class: "writing" }, answering, chips,
    el("div", { class: "writing-row" },
      el("button", { type: "button", class: "round", "aria-label": "Attach files", title: "Attach files", onclick: () => input.click() }, icon("plus")), input,
      el("div", { class: "suggested grow" }, text, list.list),
      el("button", { type: "button", class: "round", "aria-label": "Commands", title: "Commands", onclick: () => { text.value = "/"; text.focus(); complete(); } }, icon("slash")),
      el("button", { type: "button", class: "round", id: "gallery-button", "data-k": "gallery", "aria-label": "Sample pictures", title: "Sample pictures", "aria-pressed": String(galleryOpen()), onclick: () => { remember("gallery", galleryOpen() ? "closed" : "open"); drawComposer(true); } }, icon("picture")),
      el("button", { type: "submit", class: "round send", "aria-label": "Send", title: "Send" }, icon("send"))));
  node.addEventListener("submit", (event) => { event.preventDefault(); post(); });
  drawChips();
  return { node, grow, focus: () => text.focus(), take: (file) => { files.push(file); drawChips(); } };
}

// Commands

function commandForm(command) {
  const fields = [];
  const values = () => Object.fromEntries(fields.filter(([, field]) => field.value).map(([name, field]) => [name, field.value()]).filter(([, value]) => value !== undefined));
  for (const option of command.options) fields.push([option.name, optionField(option, command.label, values)]);
  let busy = false;
  const go = el("button", { class: "button primary go", type: "submit" }, "Send");
  const leave = el("button", { type: "button", class: "round", "aria-label": "Leave the command", title: "Leave the command (Esc)", onclick: () => leaveCommand() }, icon("close"));
  const node = el("form", { class: "commanding", "aria-label": `/${command.shown}` },
    el("div", { class: "command-head" }, el("strong", { class: "command" }, `/${command.shown}`), el("span", { class: "cut" }, command.description), leave),
    el("div", { class: "fields-form" }, fields.map(([, field]) => field.node), go));
  node.addEventListener("keydown", (event) => event.key === "Escape" && leaveCommand());
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return; // and not a disabled button, which would lose the focus
    busy = true;
    const files = fields.flatMap(([, field]) => field.files?.() || []);
    const payload = { command: command.label, options: values(), user_id: world.actor, channel_id: world.channel };
    const sent = await quietly(upload("/slash", payload, files));
    busy = false;
    if (!sent) return;
    if (files.length) recent = files[0][1];
    leaveCommand();
    document.dispatchEvent(new Event("sent"));
  });
  const target = fields.find(([, field]) => field.take)?.[1];
  return {
    node, go,
    take: target ? (file) => { target.take(file); go.focus(); } : null,
    focus: () => (node.querySelector(".fields-form input, .fields-form select, .fields-form textarea") || go).focus(),
  };
}

function openCommand(command) {
  mode = { kind: "command", command };
  drawComposer(true);
  form.focus();
}

function leaveCommand() {
  mode = { kind: "message" };
  drawComposer(true);
  form.focus();
}

// A file that was dropped, pasted or taken from the gallery: for the command that is open, else a picture for the
// command that draws, else for a message.
export function takePictures([file, ...more]) {
  if (pictureTaker(file)) {
    if (more.length) toast(`A command takes one file: ${file.name}`);
    return form.take(file);
  }
  if (mode.kind === "command") leaveCommand();
  return [file, ...more].forEach(form.take);
}

// Browsers name no type for some pictures.
const isPictureFile = ({ type, name }) => (type ? type.startsWith("image/") : /\.(heic|heif|avif|tiff?)$/i.test(name));

// Whether a command takes the file, which is open then.
function pictureTaker(file) {
  if (form.take && mode.kind === "command") return true;
  const command = isPictureFile(file) ? pictureCommand() : null;
  if (command) openCommand(command);
  return Boolean(command);
}

// The gallery

const galleryOpen = () => recall("gallery", "open") === "open";

async function useSample(sample) {
  const response = await fetch(sample.url);
  takePictures([new File([await response.blob()], sample.name, { type: sample.kind })]);
}

const creditOf = ({ author, licence }) => `${author}, ${licence}`;

function credits() {
  return el("div", { id: "credits", class: "credits", popover: "auto", role: "dialog", "aria-label": "Who made the sample pictures" }, el("h2", {}, "Sample pictures"),
    el("dl", {}, samples.map((sample) => el("div", {}, el("dt", {}, sample.title), el("dd", {}, `${sample.author}, `,
      sample.terms ? el("a", { href: sample.terms, target: "_blank", rel: "noopener noreferrer license" }, sample.licence) : sample.licence)))));
}

function gallery() {
  const again = recent && el("button", { type: "button", class: "sample again", onclick: () => takePictures([recent]), title: recent.name }, icon("picture"), el("span", {}, "Once more"));
  const command = pictureCommand();
  return el("div", { class: "samples", role: "group", "aria-label": "Sample pictures" },
    el("div", { class: "samples-hint" }, el("span", {}, command ? "Take one, or drop your own." : "Sample pictures."), " ", el("button", { type: "button", class: "linkish", popovertarget: "credits" }, "Licences"), credits()),
    again, samples.map((sample) => el("button", { type: "button", class: "sample", title: `${sample.title}: ${creditOf(sample)}`, onclick: () => useSample(sample) },
      el("img", { src: sample.url, alt: "" }), el("span", {}, sample.title))));
}

export async function loadSamples() {
  samples = await get("/samples").catch(() => []);
}

// Both

// Where the person may not write there is no box, as in Discord.
function forbidden() {
  const isLocked = world.threads.get(world.channel)?.thread_metadata.locked;
  const words = mayWrite() ? "A forum takes posts: begin one above." : isLocked ? "This thread is locked. Only moderators can write here." : "You do not have permission to send messages in this channel.";
  return {
    node: el("p", { class: "forbidden", tabindex: "-1" }, words),
    focus: () => {}, take: () => toast("You may not write here"),
  };
}

let drawnKey = "";

export function drawComposer(anew = false) {
  const here = runnable();
  if (mode.kind === "command") {
    const still = here.find((command) => command.label === mode.command.label);
    mode = still ? { kind: "command", command: still } : { kind: "message" };
  }
  const isAllowed = mayWrite() && !isForum(world.channels.find((one) => one.id === world.channel));
  if (!isAllowed) mode = { kind: "message" };
  const key = JSON.stringify([here, world.channel, channelName(world.channel), mode, isAllowed]);
  if (key === drawnKey && !anew) return; // a half-filled form survives what happens elsewhere
  drawnKey = key;
  form = !isAllowed ? forbidden() : mode.kind === "command" ? commandForm(mode.command) : messageForm();
  const hint = world.commands.length ? null : el("p", { class: "hint" }, "No bot has registered commands yet. Start one with ", el("code", {}, `DISCORD_API_BASE=${location.origin}/api/v10`), ".");
  keepingFocus(place, () => place.replaceChildren(...[hint, mode.kind === "message" && isAllowed && galleryOpen() && samples.length ? gallery() : null, form.node].filter(Boolean)));
  form.grow?.();
}

export function focusComposer() {
  form?.focus();
}

export function startReply(message) {
  draftOf(message.channel_id).reply = message;
  mode = { kind: "message" };
  drawComposer(true);
  form.focus();
}

// The whole page takes files, and so a file that misses the conversation does not replace the page. While a form or a
// picture lies over everything, the form's file field takes them, if it has one.
const veil = document.getElementById("veil");
let depth = 0;
const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
const isCovered = () => Boolean(document.querySelector("dialog[open]"));

function takeFiles(files) {
  if (!isCovered()) takePictures(files);
  else takeForForm(files[0]);
}

document.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth += 1;
  const command = mode.kind === "command" ? mode.command : pictureCommand();
  veil.textContent = command && pictureOption(command) ? `Drop it for /${command.shown}` : "Drop it to attach it";
  veil.hidden = isCovered();
});
document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
document.addEventListener("dragleave", (event) => { if (carriesFiles(event) && (depth -= 1) <= 0) { depth = 0; veil.hidden = true; } });
document.addEventListener("drop", (event) => {
  depth = 0;
  veil.hidden = true;
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const files = [...event.dataTransfer.files]; // none when a folder was dropped
  if (files.length) takeFiles(files);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files || [])];
  if (!files.length) return;
  event.preventDefault();
  takeFiles(files);
});
