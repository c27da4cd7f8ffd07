// Several people side by side: a frame for each with a page of their own, all on this window's one feed. The address
// says who is where, so that it can be reloaded and sent to somebody.

import { avatar } from "./avatar.js";
import { el, icon } from "./dom.js";
import { feed, subscribe } from "./feed.js";
import "./inspector.js";
import { MOST_FRAMES, pageAddress, peopleAddress, readPeople } from "./people_address.js";
import "./theme.js";
import { nameOf, people, personNamed, roleOf } from "./world.js";

const PHONE_HEIGHT = 844;
const place = document.getElementById("frames");
const add = document.getElementById("add");
const frames = []; // {person, channel, isPhone, node, view, draw()}

add.parentElement.prepend(icon("plus"));
document.getElementById("theme").append(icon("theme"));

function keepAddress() {
  history.replaceState(null, "", peopleAddress(frames));
  document.title = `${frames.map(({ person }) => nameOf(personNamed(person))).join(", ")} · Playground`;
}

function step(from, by) {
  const { view } = frames[(frames.indexOf(from) + by + frames.length) % frames.length];
  view.contentWindow.focus();
  view.contentDocument.querySelector("#composer textarea, #composer input:not(.out-of-sight), #composer select")?.focus();
  view.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// A phone keeps its 390×844 pixels, so that its page is what a phone of that size shows; in a lower window it is scaled.
function fitPhones() {
  const room = place.clientHeight - 40 - 36; // without the frame's bar, and the phone's edge and margins
  place.style.setProperty("--phone-scale", String(Math.min(1, Math.max(0.4, room / PHONE_HEIGHT))));
}

function makeFrame({ person, channel = "", isPhone = false }) {
  const made = { person, channel, isPhone };
  const source = () => pageAddress({ person: made.person, channel: made.channel });
  const who = el("select", { "aria-label": "Person" });
  const face = el("span", { class: "frame-face" });
  const phone = el("button", { type: "button", class: "round", "aria-label": "Phone", title: "As on a phone of 390 × 844" }, icon("phone"));
  const alone = el("button", { type: "button", class: "round", "aria-label": "Show alone", title: "Show this person alone" }, icon("expand"));
  const close = el("button", { type: "button", class: "round", "aria-label": "Close", title: "Close this frame" }, icon("close"));
  const view = el("iframe", { src: source() });
  const node = el("section", { class: "frame" }, el("header", { class: "frame-bar" }, face, who, phone, alone, close), el("div", { class: "device" }, view));
  who.addEventListener("change", () => { made.person = who.value; view.src = source(); draw(); });
  phone.addEventListener("click", () => { made.isPhone = !made.isPhone; draw(); });
  alone.addEventListener("click", () => location.assign(source()));
  close.addEventListener("click", () => { frames.splice(frames.indexOf(made), 1); node.remove(); draw(); frames[0].node.querySelector("select").focus(); });
  view.addEventListener("place", ({ detail }) => { made.channel = detail; keepAddress(); });
  view.addEventListener("leave", ({ detail }) => step(made, detail));
  Object.assign(made, { node, view, draw: () => {
    const user = personNamed(made.person);
    const name = nameOf(user);
    node.setAttribute("aria-label", name);
    view.title = `Discord as ${name} sees it`;
    who.replaceChildren(...people().map((one) => el("option", { value: one.username, selected: one === user }, `${nameOf(one)} · ${roleOf(one)}`)));
    face.replaceChildren(avatar(user, true));
    node.classList.toggle("phone", made.isPhone);
    phone.setAttribute("aria-pressed", String(made.isPhone));
    close.disabled = frames.length === 1;
  } });
  return made;
}

function draw() {
  for (const frame of frames) frame.draw();
  const isFull = frames.length >= MOST_FRAMES;
  add.disabled = isFull;
  add.replaceChildren(el("option", { value: "", disabled: true, selected: true }, isFull ? `${MOST_FRAMES} at most` : "Add a person …"), ...people().map((user) => el("option", { value: user.username }, nameOf(user))));
  keepAddress();
}

function show(wanted) {
  const made = makeFrame(wanted);
  frames.push(made);
  place.append(made.node);
}

function drawStatus(text) {
  const status = document.getElementById("status");
  status.textContent = text;
  status.classList.toggle("online", text === "Bot online");
}

const told = () => drawStatus(feed.data.sessions ? "Bot online" : "No bot");

subscribe((name) => {
  if (name === "lost") drawStatus("Playground stopped");
  if (name === "sessions") told();
  if (name !== "loaded") return;
  told();
  if (!frames.length) {
    const asked = readPeople(location.search).map((one) => ({ ...one, person: personNamed(one.person)?.username })).filter((one) => one.person);
    (asked.length ? asked : [{ person: people()[0].username }]).forEach(show);
  }
  draw();
});

add.addEventListener("change", () => { show({ person: add.value, channel: frames.at(-1).channel }); draw(); });
new ResizeObserver(fitPhones).observe(place);
document.addEventListener("keydown", (event) => {
  if (event.key !== "F6" || !frames.length) return;
  event.preventDefault();
  step(frames[0], event.shiftKey ? -1 : 0);
});
