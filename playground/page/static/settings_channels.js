// What a role may do in one channel: allowed or denied there, or as it is in the whole server.

import { quietly, send } from "./api.js";
import { el, icon } from "./dom.js";
import { bit } from "./permissions.js";
import { mark } from "./places.js";
import { byPosition, permissionRows, seekField } from "./settings_roles.js";
import { channelName, members, nameOf, world } from "./world.js";

let channelId = "";
let targetId = "";

const WITH_VOICE = new Set([2, 4, 13]); // a category hands its overwrites on to its channels
const STATES = [["deny", "close", "Deny"], ["inherit", "slash", "As in the server"], ["allow", "check", "Allow"]];

function row(channel, target, number, name) {
  const laid = channel.permission_overwrites.find((one) => one.id === target.id) || { allow: "0", deny: "0" };
  const [allow, deny] = [BigInt(laid.allow), BigInt(laid.deny)];
  const now = allow & bit(number) ? "allow" : deny & bit(number) ? "deny" : "inherit";
  const put = (state) => quietly(send("POST", "/overwrite", {
    channel_id: channel.id, id: target.id,
    allow: String(state === "allow" ? allow | bit(number) : allow & ~bit(number)), deny: String(state === "deny" ? deny | bit(number) : deny & ~bit(number)),
  }));
  return el("div", { class: "three-way", role: "group", "aria-label": name }, el("strong", {}, name),
    el("span", { class: "three" }, STATES.map(([state, mark, label]) =>
      el("button", { type: "button", class: `is-${state}`, "data-k": `o${number}${state}`, "aria-pressed": String(state === now), "aria-label": label, title: label, onclick: () => put(state) }, icon(mark)))));
}

export function channelsPane(redraw) {
  const channel = world.channels.find((one) => one.id === channelId) || world.channels[0];
  if (!channel) return el("p", { class: "sub" }, "There are no channels.");
  const targets = [...byPosition().map((role) => ({ id: role.id, name: role.name })), ...members().map((user) => ({ id: user.id, name: nameOf(user) }))];
  const target = targets.find((one) => one.id === targetId) || targets.find((one) => one.id === world.guild);
  const isLaid = (id) => channel.permission_overwrites.some((one) => one.id === id && (one.allow !== "0" || one.deny !== "0"));
  const whose = el("select", { "data-k": "whose", "aria-label": "Role or person", onchange: () => { targetId = whose.value; redraw(); } },
    targets.map((one) => el("option", { value: one.id, selected: one === target }, isLaid(one.id) ? `${one.name} — changed here` : one.name)));
  return el("div", { class: "settings-columns" },
    el("div", { class: "settings-list", role: "group", "aria-label": "Channels" }, world.channels.map((one) =>
      el("button", { type: "button", class: "settings-link", "data-k": `c${one.id}`, "aria-current": one === channel ? "true" : null, onclick: () => { channelId = one.id; redraw(); } },
        mark(one), el("span", { class: "cut" }, one.name)))),
    el("div", { class: "settings-body" },
      el("h3", { class: "settings-subject" }, channelName(channel.id)),
      el("p", { class: "sub" }, "What is denied or allowed here goes before what roles say for the whole server. Administrators are not bound by it."),
      el("label", { class: "whose" }, el("span", {}, "For"), whose),
      seekField(redraw),
      permissionRows(([, , where]) => where === "T" || (where === "V" && WITH_VOICE.has(channel.type)), (number, name) => row(channel, target, number, name))));
}
