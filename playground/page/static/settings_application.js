// The application as Discord's developer portal shows it: its token, its privileged intents, and where to point a bot.

import { get, quietly, send } from "./api.js";
import { copy, el, icon } from "./dom.js";

const INTENTS = [
  ["presences", "Presence intent", "The bot hears when people come online and what they do."],
  ["members", "Server members intent", "The bot hears who joins, leaves and changes, and may list all members."],
  ["message_content", "Message content intent", "The bot reads what people write, also where it is not mentioned."],
];
let known = null; // what /application said last

function line(label, value) {
  return el("div", { class: "copy-line" }, el("dt", {}, label), el("dd", {}, el("code", { tabindex: "0" }, value),
    el("button", { type: "button", class: "round", "data-k": `copy${label}`, "aria-label": `Copy ${label}`, title: "Copy", onclick: () => copy(value, `${label} copied`) }, icon("copy"))));
}

function intent([name, title, words], redraw) {
  const isOn = known.intents[name];
  const change = async () => { known = (await quietly(send("POST", "/application", { intents: { [name]: !isOn } }))) || known; redraw(); };
  return el("button", { type: "button", class: "switch wide", role: "switch", "data-k": `i${name}`, "aria-checked": String(isOn), onclick: change },
    el("span", {}, el("strong", {}, title), el("small", {}, words)), el("i", { "aria-hidden": "true" }));
}

// Asked anew whenever the pane is opened: a bot and other pages change it, too.
export async function openApplication(redraw) {
  known = (await quietly(get("/application"))) || known;
  redraw();
}

export function applicationPane(redraw) {
  if (!known) return el("p", { class: "sub" }, "One moment …");
  const { name, id, token, api, gateway, cdn } = known;
  const environment = [`DISCORD_TOKEN=${token}`, `DISCORD_API_BASE=${api}`, `DISCORD_GATEWAY_URL=${gateway}`].join("\n");
  return el("div", { class: "settings-body" },
    el("h3", { class: "settings-subject" }, el("img", { src: "/page/icon.svg", alt: "", width: 28, height: 28 }), name),
    el("dl", {}, line("Application ID", id), line("Token", token)),
    el("h4", {}, "Where to point a bot"),
    el("dl", {}, line("REST", api), line("Gateway", gateway), line("CDN", cdn)),
    el("div", { class: "environment" }, el("pre", { tabindex: "0", role: "group", "aria-label": "Environment" }, environment),
      el("button", { type: "button", class: "button secondary small", "data-k": "environment", onclick: () => copy(environment, "Environment copied") }, icon("copy"), "Copy as environment")),
    el("h4", {}, "Privileged gateway intents"),
    el("p", { class: "sub" }, "A bot that identifies with an intent which is off is sent away with 4014, as on Discord. Each change is for the next time that it identifies."),
    INTENTS.map((one) => intent(one, redraw)));
}
