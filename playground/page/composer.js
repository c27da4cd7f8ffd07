// The box at the bottom: messages with files and replies, and slash commands completed from what the bot registered.

import { get, quietly, upload } from "./api.js";
import { el, icon, recall, remember, size, toast } from "./dom.js";
import { optionField } from "./fields.js";
import { suggest } from "./listbox.js";
import { plain } from "./markdown.js";
import { channelName, nameOf, runnable, world } from "./world.js";

const ATTACHMENT = 11;
const place = document.getElementById("composer");
let mode = { kind: "message" }; // or {kind: "command", command}
let form = null; // what is on the page: {node, take(file), key}
let reply = null; // the message to be answered
let recent = null; // the file that was used last
let samples = [];

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
  const files = [];
  const chips = el("div", { class: "chips" });
  const drawChips = () => chips.replaceChildren(...files.map((file, i) => el("span", { class: "chip" }, icon("file"), el("span", { class: "cut" }, file.name), el("small", {}, size(file.size)),
    el("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: () => { files.splice(i, 1); drawChips(); } }, icon("close")))));
  const text = el("textarea", { rows: 1, maxlength: "2000", placeholder: `Message ${channelName(world.channel)} or type /`, "aria-label": `Message ${channelName(world.channel)}` });
  const grow = () => { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight, 180)}px`; };
  const list = suggest(text, { label: "Commands", choose: (item) => openCommand(item.value) });
  const complete = () => {
    const typed = /^\/([\w\- ]*)$/.exec(text.value)?.[1].toLowerCase();
    if (typed === undefined) return list.hide();
    const found = runnable().filter((command) => command.label.includes(typed.trimEnd()) || command.label.startsWith(typed));
    found.sort((a, b) => b.label.startsWith(typed) - a.label.startsWith(typed));
    if (!found.length && !world.commands.length) toast("No bot has registered a command yet");
    return list.show(found.map((command) => ({ label: `/${command.label}`, detail: command.description, value: command })));
  };
  text.addEventListener("input", () => { grow(); complete(); });
  const input = el("input", { type: "file", multiple: true, class: "out-of-sight", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", () => { files.push(...input.files); input.value = ""; drawChips(); });
  const post = async () => {
    const content = text.value.trim();
    if (!content && !files.length) return;
    if (/^\/\w/.test(content)) { toast("There is no such command here. Messages do not begin with a slash."); return; }
    const payload = { content, user_id: world.actor, channel_id: world.channel };
    if (reply) payload.message_reference = { message_id: reply.id };
    if (!(await quietly(upload("/message", payload, files.map((file, i) => [`file${i}`, file]))))) return;
    reply = null;
    drawComposer(true);
    focusComposer();
  };
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); post(); }
    if (event.key === "Escape" && reply) { reply = null; drawComposer(true); focusComposer(); }
  });
  const answering = reply && el("div", { class: "replying" }, icon("reply"), el("span", { class: "cut" }, "Replying to ", el("strong", {}, nameOf(reply.author)), ` ${plain(reply.content).slice(0, 80)}`),
    el("button", { type: "button", "aria-label": "Do not reply", onclick: () => { reply = null; drawComposer(true); } }, icon("close")));
  const node = el("form", { class: "writing" }, answering, chips,
    el("div", { class: "writing-row" },
      el("button", { type: "button", class: "round", "aria-label": "Attach files", title: "Attach files", onclick: () => input.click() }, icon("plus")), input,
      el("div", { class: "suggested grow" }, text, list.list),
      el("button", { type: "button", class: "round", "aria-label": "Commands", title: "Commands", onclick: () => { text.value = "/"; text.focus(); complete(); } }, icon("slash")),
      el("button", { type: "button", class: "round", id: "gallery-button", "aria-label": "Sample pictures", title: "Sample pictures", "aria-pressed": String(galleryOpen()), onclick: () => { remember("gallery", galleryOpen() ? "closed" : "open"); drawComposer(true); } }, icon("picture")),
      el("button", { type: "submit", class: "round send", "aria-label": "Send", title: "Send" }, icon("send"))));
  node.addEventListener("submit", (event) => { event.preventDefault(); post(); });
  return { node, focus: () => text.focus(), take: (file) => { files.push(file); drawChips(); } };
}

// Commands

function commandForm(command) {
  const fields = [];
  const values = () => Object.fromEntries(fields.filter(([, field]) => field.value).map(([name, field]) => [name, field.value()]).filter(([, value]) => value !== undefined));
  for (const option of command.options) fields.push([option.name, optionField(option, command.label, values)]);
  const go = el("button", { class: "button primary go", type: "submit" }, "Send");
  const leave = el("button", { type: "button", class: "round", "aria-label": "Leave the command", title: "Leave the command (Esc)", onclick: () => leaveCommand() }, icon("close"));
  const node = el("form", { class: "commanding", "aria-label": `/${command.label}` },
    el("div", { class: "command-head" }, el("strong", { class: "command" }, `/${command.label}`), el("span", { class: "cut" }, command.description), leave),
    el("div", { class: "fields-form" }, fields.map(([, field]) => field.node), go));
  node.addEventListener("keydown", (event) => event.key === "Escape" && leaveCommand());
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    const files = fields.flatMap(([, field]) => field.files?.() || []);
    const payload = { command: command.label, options: values(), user_id: world.actor, channel_id: world.channel };
    const sent = await quietly(upload("/slash", payload, files));
    go.disabled = false;
    if (!sent) return;
    if (files.length) recent = files[0][1];
    leaveCommand();
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
export function takePicture(file) {
  if (form.take && mode.kind === "command") return form.take(file);
  const command = (file.type || "image/").startsWith("image/") ? pictureCommand() : null;
  if (!command) {
    if (mode.kind === "command") leaveCommand();
    return form.take(file);
  }
  openCommand(command);
  return form.take(file);
}

// The gallery

const galleryOpen = () => recall("gallery", "open") === "open";

async function useSample(sample) {
  const response = await fetch(sample.url);
  takePicture(new File([await response.blob()], sample.name, { type: sample.kind }));
}

function gallery() {
  const again = recent && el("button", { type: "button", class: "sample again", onclick: () => takePicture(recent), title: recent.name }, icon("picture"), el("span", {}, "Once more"));
  const command = pictureCommand();
  return el("div", { class: "samples", role: "group", "aria-label": "Sample pictures" },
    el("p", { class: "samples-hint" }, command ? "Take a picture, or drop your own:" : "Sample pictures:"),
    again, samples.map((sample) => el("button", { type: "button", class: "sample", title: `${sample.title}: ${sample.credit}`, onclick: () => useSample(sample) },
      el("img", { src: sample.url, alt: "" }), el("span", {}, sample.title))));
}

export async function loadSamples() {
  samples = await get("/samples").catch(() => []);
  drawComposer(true);
}

// Both

let drawnKey = "";

export function drawComposer(anew = false) {
  const here = runnable();
  if (mode.kind === "command") {
    const still = here.find((command) => command.label === mode.command.label);
    mode = still ? { kind: "command", command: still } : { kind: "message" };
  }
  const key = JSON.stringify([here, world.channel, mode]);
  if (key === drawnKey && !anew) return; // a half-filled form survives what happens elsewhere
  drawnKey = key;
  form = mode.kind === "command" ? commandForm(mode.command) : messageForm();
  const hint = world.commands.length ? null : el("p", { class: "hint" }, "No bot has registered commands yet. Start one with ", el("code", {}, `DISCORD_API_BASE=${location.origin}/api/v10`), ".");
  place.replaceChildren(...[hint, mode.kind === "message" && galleryOpen() && samples.length ? gallery() : null, form.node].filter(Boolean));
}

export function focusComposer() {
  form?.focus();
}

export function startReply(message) {
  reply = message;
  mode = { kind: "message" };
  drawComposer(true);
  form.focus();
}

// The whole conversation takes files.
const chat = document.getElementById("chat");
const veil = document.getElementById("veil");
let depth = 0;
const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

chat.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth += 1;
  const command = mode.kind === "command" ? mode.command : pictureCommand();
  veil.textContent = command && pictureOption(command) ? `Drop it for /${command.label}` : "Drop it to attach it";
  veil.hidden = false;
});
chat.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
chat.addEventListener("dragleave", (event) => { if (carriesFiles(event) && (depth -= 1) <= 0) { depth = 0; veil.hidden = true; } });
chat.addEventListener("drop", (event) => {
  depth = 0;
  veil.hidden = true;
  const [file] = event.dataTransfer?.files || [];
  if (!file) return;
  event.preventDefault();
  takePicture(file);
});
document.addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files || [];
  if (!file) return;
  event.preventDefault();
  takePicture(file);
});
