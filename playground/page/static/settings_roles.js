// A role's permissions as switches, and who has it.

import { quietly, send } from "./api.js";
import { avatar } from "./avatar.js";
import { el } from "./dom.js";
import { bit, GROUPS } from "./permissions.js";
import { members, nameOf, world } from "./world.js";

let chosen = "";
let sought = "";

export const byPosition = () => [...world.roles.values()].sort((a, b) => b.position - a.position);
const colour = (role) => (role.color ? `#${role.color.toString(16).padStart(6, "0")}` : "var(--dim)");

export function dot(role) {
  const mark = el("i", { class: "role-dot", "aria-hidden": "true" });
  mark.style.background = colour(role);
  return mark;
}

// Everybody has @everyone, which is no role of anybody's list.
const holders = (role) => members().filter((user) => role.id === world.guild || user.roles.includes(role.id));

function roleList(current, choose) {
  return el("div", { class: "settings-list", role: "group", "aria-label": "Roles" }, byPosition().map((role) =>
    el("button", { type: "button", class: "settings-link", "data-k": `role${role.id}`, "aria-current": role.id === current ? "true" : null, onclick: () => choose(role.id) },
      dot(role), el("span", { class: "cut" }, role.name), el("small", {}, String(holders(role).length)))));
}

// The rows whose names hold what is sought, under their groups; `row(number, name)` makes one.
export function permissionRows(which, row) {
  return GROUPS.map(([title, permissions]) => {
    const rows = permissions.filter((one) => which(one) && one[1].toLowerCase().includes(sought.toLowerCase())).map(([number, name]) => row(number, name));
    return rows.length ? el("section", { class: "permission-group" }, el("h4", {}, title), rows) : null;
  });
}

export function seekField(redraw) {
  const field = el("input", { type: "text", class: "seek", "data-k": "seek", placeholder: "Search permissions", "aria-label": "Search permissions", oninput: () => { sought = field.value; redraw(); } });
  field.value = sought;
  return field;
}

function switchRow(role, number, name) {
  const held = BigInt(role.permissions);
  const isOn = Boolean(held & bit(number));
  const change = () => quietly(send("POST", "/role", { role_id: role.id, permissions: String(isOn ? held & ~bit(number) : held | bit(number)) }));
  return el("button", { type: "button", class: "switch wide", role: "switch", "data-k": `p${number}`, "aria-checked": String(isOn), onclick: change }, el("span", {}, el("strong", {}, name)), el("i", { "aria-hidden": "true" }));
}

function holderList(role) {
  const found = holders(role);
  return el("div", { class: "role-members" }, el("h4", {}, found.length === 1 ? "1 member" : `${found.length} members`),
    el("ul", {}, found.map((user) => el("li", { title: nameOf(user) }, avatar(user, true), nameOf(user)))));
}

export function rolesPane(redraw) {
  const role = world.roles.get(chosen) || byPosition().at(-1);
  const isAdmin = Boolean(BigInt(role.permissions) & bit(3));
  return el("div", { class: "settings-columns" },
    roleList(role.id, (id) => { chosen = id; redraw(); }),
    el("div", { class: "settings-body" },
      el("h3", { class: "settings-subject" }, dot(role), role.name),
      el("p", { class: "sub" }, role.id === world.guild ? "What everybody may do, whatever other roles they have." : role.managed ? "The role that the bot brought along." : "What this role adds to what everybody may do."),
      isAdmin ? el("p", { class: "note" }, "Administrators may do everything, in all channels.") : null,
      holderList(role),
      seekField(redraw),
      permissionRows(() => true, (number, name) => switchRow(role, number, name))));
}
