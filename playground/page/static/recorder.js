// What people do here and what the bot answers, recorded and saved as a test.

import { get, quietly, send } from "./api.js";
import { el, icon, keepingFocus } from "./dom.js";
import { subscribe } from "./feed.js";
import { afterPress } from "./press.js";

const button = document.getElementById("inspector-button");
const place = el("div", { class: "recorder" });
const name = el("input", { type: "text", maxlength: "60", placeholder: "Name of the test", "aria-label": "Name of the test" });
let state = { recording: false, full: false, name: "", steps: [] };

const order = (action) => quietly(send("POST", "/recording", { action, name: name.value }));

// The test alone where it needs no files, else a ZIP with both.
async function save() {
  await order("stop");
  const made = await quietly(get("/recording"));
  if (!made) return;
  const alone = !Object.keys(made.files).length;
  const href = alone ? URL.createObjectURL(new Blob([made.test], { type: "text/x-python" })) : "/playground/recording.zip";
  el("a", { href, download: alone ? made.file : made.file.replace(/\.py$/, ".zip") }).click();
  if (alone) URL.revokeObjectURL(href);
}

function act(key, kind, words, mark, onclick, more = {}) {
  return el("button", { type: "button", class: `button ${kind} small`, "data-k": key, onclick, ...more }, icon(mark), words);
}

function draw() {
  const { recording, steps, full } = state;
  button.classList.toggle("is-recording", recording);
  keepingFocus(place, () => place.replaceChildren(...[
    el("div", { class: "recorder-row" }, recording ? el("span", { class: "recording-now", role: "status" }, "Recording") : name,
      recording ? act("record", "danger", "Stop", "stop", () => order("stop")) : act("record", "secondary", "Record", "record", () => order("start"))),
    steps.length ? el("ol", { class: "recorded", tabindex: "0", "aria-label": "Recorded" }, steps.map((step) => el("li", {}, step.says))) : null,
    full ? el("p", { class: "failed" }, "That is as much as one test holds.") : null,
    steps.length ? el("div", { class: "recorder-row" }, act("save", "primary", "Save as test", "download", save), act("forget", "secondary", "Discard", "trash", () => order("forget"))) : null,
    el("p", { class: "sub" }, steps.length ? "To replay it, run it: pytest does the same with your bot and expects the same answers." : "Records what people do here and what the bot answers, and saves it as a test for pytest."),
  ].filter(Boolean)));
}

function show(told) {
  state = told;
  draw();
}

subscribe((heard, told) => {
  if (heard === "loaded") quietly(get("/recording")).then((found) => found && afterPress(() => show(found)));
  if (heard === "recording") show(told);
});

draw();
export const recorder = el("details", { class: "break" }, el("summary", {}, "Record a test"), place);
