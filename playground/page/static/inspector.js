// The inspector: what bot and Discord say to each other as it happens, what stands behind the bot, and switches that
// break things.

import { quietly, send } from "./api.js";
import { el, icon, keepingFocus, recall, remember } from "./dom.js";
import { afterPress } from "./press.js";
import { recorder } from "./recorder.js";

const panel = document.getElementById("inspector");
const button = document.getElementById("inspector-button");
const MOST_LINES = 250;
// Rate limits are not for the acknowledgement of commands, nor for the CDN:
// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
const SWITCHES = [
  { id: "429", label: "Rate limit", hint: "requests of bot and workers are answered 429", rule: { path: "^/(?!interactions/|cdn/|gateway$)", status: 429, retry_after: 2, times: null } },
  { id: "500", label: "Server errors", hint: "messages and answers end in 500", rule: { path: "/(webhooks|messages)", status: 500, times: null } },
  { id: "lost", label: "Lost answers", hint: "edits happen, then the line breaks", rule: { path: "/messages", method: "PATCH", drop: "after", times: null } },
  { id: "cdn", label: "Slow downloads", hint: "the bot waits 4 s for every file", rule: { path: "^/cdn/", delay_s: 4, times: null } },
];
const MOMENTS = [
  { label: "Drop the gateway", hint: "the bot must resume", act: () => send("POST", "/gateway", { action: "drop" }) },
  { label: "End the session", hint: "op 9: the bot must identify anew", act: () => send("POST", "/gateway", { action: "invalid_session" }) },
  { label: "Expire tokens", hint: "15 minutes pass at once", act: () => send("POST", "/clock", { advance_s: 901 }) },
];
let source = null;
let held = null; // while the list is paused: the lines that came meanwhile, oldest first
let quiet = recall("inspector-heartbeats", "") !== "shown";
let shownFacts = { facts: [], actions: [] };

const facts = el("div", { class: "facts" });
const switches = el("div", { class: "switches" });
const log = el("ol", { class: "log", tabindex: "0", "aria-label": "Exchange between bot and Discord" });
const clock = el("p", { class: "sub" });

function time(at) {
  const date = new Date((at || 0) * 1000);
  return `${date.toLocaleTimeString([], { hour12: false })}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

// Ids are long and all alike; the whole path stands in the line's details.
const shortPath = (path) => path.replace("/api/v10", "").replace(/\d{12,}/g, (id) => `…${id.slice(-4)}`);

function payload(title, text) {
  return text ? [el("small", {}, title), el("pre", { tabindex: "0", role: "group", "aria-label": title }, text)] : null;
}

function exchangeLine(e) {
  const state = e.status === null || e.status === undefined ? "cut" : e.status < 300 ? "good" : e.status === 429 ? "slow" : "bad";
  return el("li", {}, el("details", {},
    el("summary", { class: "line" }, el("span", { class: `badge-method m-${e.method.toLowerCase()}` }, e.method), el("span", { class: "cut line-path" }, shortPath(e.path)),
      el("span", { class: `line-status ${state}` }, e.status ?? "cut"), el("time", {}, time(e.at))),
    el("div", { class: "line-body" }, el("p", {}, e.path), e.agent ? el("p", { class: "sub" }, e.agent) : null, e.fault ? el("p", { class: "failed" }, "A fault that was ordered here") : null,
      payload("Sent", e.sent), e.files.length ? payload("Files", e.files.join("\n")) : null, payload("Answered", e.answer))));
}

const OPS = { 1: "Heartbeat", 2: "Identify", 3: "Presence", 6: "Resume", 7: "Reconnect", 8: "Request members", 9: "Invalid session", 10: "Hello", 11: "Heartbeat ACK" };

function frameLine(f) {
  const name = f.event || OPS[f.op] || `op ${f.op}`;
  const beat = f.op === 1 || f.op === 11;
  return el("li", { class: beat ? "beat" : "" }, el("details", {},
    el("summary", { class: "line" }, el("span", { class: `badge-method ${f.from_bot ? "m-up" : "m-down"}` }, f.from_bot ? "GW ↑" : "GW ↓"), el("span", { class: "cut line-path" }, name),
      el("span", { class: "line-status" }, f.seq ? `#${f.seq}` : ""), el("time", {}, time(f.at))),
    el("div", { class: "line-body" }, payload(f.from_bot ? "From the bot" : "To the bot", f.data) || el("p", { class: "sub" }, "no data"))));
}

function add(node) {
  if (held) {
    held.push(node);
    held.splice(0, held.length - MOST_LINES);
    return;
  }
  const atTop = log.scrollTop < 40;
  log.prepend(node);
  while (log.children.length > MOST_LINES) log.lastChild.remove();
  if (atTop) log.scrollTop = 0;
}

function drawFacts() {
  const { facts: found, actions } = shownFacts;
  const parts = found.map((fact) => el("section", {}, el("h3", {}, fact.title),
    el("dl", {}, fact.lines.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value))))));
  const buttons = actions.map((action) => el("button", { type: "button", "data-k": `a${action.id}`, class: `button ${action.danger ? "danger" : "secondary"} small`, title: action.hint || "", onclick: () => quietly(send("POST", "/actions", { id: action.id })) }, action.label));
  keepingFocus(facts, () => facts.replaceChildren(...(found.length ? parts : [el("p", { class: "sub" }, "Nobody has told the playground what stands behind the bot: see POST /playground/facts.")]),
    ...(buttons.length ? [el("div", { class: "row" }, buttons)] : [])));
}

// Whether a fault is this switch's doing; another page's switch counts as well.
function isOrderOf({ rule }, fault) {
  return fault.times === null && fault.path === rule.path && ["method", "status", "drop"].every((key) => (fault[key] ?? null) === (rule[key] ?? null));
}

function drawSwitches(rules) {
  const others = rules.filter((rule) => !SWITCHES.some((one) => isOrderOf(one, rule)) && (rule.times === null || rule.hits < rule.times));
  keepingFocus(switches, () => switches.replaceChildren(
    ...SWITCHES.map((one) => {
      const rule = rules.find((r) => isOrderOf(one, r));
      const toggle = async () => {
        await quietly(rule ? send("DELETE", `/faults?id=${rule.id}`, {}) : send("POST", "/faults", one.rule));
        drawSwitches(await (await fetch("/playground/faults")).json());
      };
      return el("button", { type: "button", class: "switch", role: "switch", "data-k": one.id, "aria-checked": String(Boolean(rule)), onclick: toggle },
        el("i", { "aria-hidden": "true" }), el("span", {}, el("strong", {}, one.label), el("small", {}, rule?.hits ? `${one.hint} · ${rule.hits} so far` : one.hint)));
    }),
    el("div", { class: "row" }, MOMENTS.map((one) => el("button", { type: "button", "data-k": one.label, class: "button secondary small", title: one.hint, onclick: () => quietly(one.act()) }, one.label)),
      others.length ? el("button", { type: "button", class: "button secondary small", onclick: () => quietly(send("DELETE", "/faults", {})) }, `Clear ${others.length} ordered by a test`) : null)));
}

function listen() {
  source = new EventSource("/playground/inspector");
  const on = (name, act) => source.addEventListener(name, (event) => afterPress(() => act(JSON.parse(event.data))));
  on("start", (start) => {
    const lines = [...start.exchanges.map((e) => [e.at, () => exchangeLine(e)]), ...start.frames.map((f) => [f.at, () => frameLine(f)])];
    if (held) held = []; // all of them are in what is drawn now
    log.replaceChildren(...lines.sort((a, b) => b[0] - a[0]).map(([, make]) => make()));
    shownFacts = start.facts;
    drawFacts();
    drawClock(start);
    drawSwitches(start.rules);
  });
  on("exchange", (e) => add(exchangeLine(e)));
  on("frame", (f) => add(frameLine(f)));
  on("facts", (told) => { if (JSON.stringify(told.facts) + JSON.stringify(told.actions) !== JSON.stringify(shownFacts.facts) + JSON.stringify(shownFacts.actions)) { shownFacts = told; drawFacts(); } });
  on("faults", (told) => { drawClock(told); drawSwitches(told.rules); });
}

function drawClock({ clock_ahead_s: ahead }) {
  clock.textContent = ahead ? `Discord's clock is ${Math.round(ahead / 60)} min ahead of this computer's.` : "";
}

// A browser keeps six connections to one address: pages in the background leave theirs to the one that is looked at.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hangUp();
  else if (!panel.hidden && !source) listen();
});

function hangUp() {
  source?.close();
  source = null;
}

function openInspector(open) {
  panel.hidden = !open;
  document.body.classList.toggle("with-inspector", open);
  button.setAttribute("aria-pressed", String(open));
  remember("inspector", open ? "open" : "closed");
  if (open && !source) listen();
  if (!open) hangUp();
}

const pause = el("button", { type: "button", class: "round", "aria-pressed": "false", "aria-label": "Pause the list", title: "Pause the list", onclick: () => {
  const came = held;
  held = came ? null : [];
  pause.setAttribute("aria-pressed", String(Boolean(held)));
  pause.replaceChildren(icon(held ? "play" : "pause"));
  came?.forEach(add);
} }, icon("pause"));
const beats = el("label", { class: "toggle" }, el("input", { type: "checkbox", checked: !quiet, onchange: (event) => {
  quiet = !event.target.checked;
  remember("inspector-heartbeats", quiet ? "" : "shown");
  log.classList.toggle("no-beats", quiet);
} }), el("span", {}, "heartbeats"));
log.classList.toggle("no-beats", quiet);

panel.append(
  el("header", { class: "inspector-head" }, el("h2", {}, "Inspector"), el("button", { type: "button", class: "round", "aria-label": "Close the panel", onclick: () => { openInspector(false); button.focus(); } }, icon("close"))),
  el("div", { class: "inspector-body" },
    facts,
    el("details", { class: "break", open: true }, el("summary", {}, "Break something"), switches, clock),
    recorder,
    el("div", { class: "log-head" }, el("h3", {}, "Said just now"), beats, pause),
    log));
drawFacts();
button.prepend(icon("inspector"));
button.addEventListener("click", () => openInspector(panel.hidden));
if (recall("inspector", innerWidth > 1500 ? "open" : "closed") === "open" && innerWidth > 1100) openInspector(true);
