// Who is in the server, and which roles they have.

import { quietly, send } from "./api.js";
import { avatar } from "./avatar.js";
import { el, icon } from "./dom.js";
import { byPosition, dot } from "./settings_roles.js";
import { members, nameOf, world } from "./world.js";

const give = (user, roleId, has) => quietly(send("POST", "/member", { user_id: user.id, role_id: roleId, has }));

function chip(user, role) {
  return el("span", { class: "role-chip" }, dot(role), role.name,
    role.managed ? null : el("button", { type: "button", "data-k": `t${user.id}${role.id}`, "aria-label": `Take ${role.name} from ${nameOf(user)}`, onclick: () => give(user, role.id, false) }, icon("close")));
}

function person(user) {
  const roles = byPosition().filter((role) => user.roles.includes(role.id));
  const others = byPosition().filter((role) => role.id !== world.guild && !role.managed && !roles.includes(role));
  const more = el("select", { "data-k": `g${user.id}`, "aria-label": `Give ${nameOf(user)} a role`, disabled: !others.length, onchange: () => more.value && give(user, more.value, true) },
    el("option", { value: "" }, "Give a role …"), others.map((role) => el("option", { value: role.id }, role.name)));
  return el("li", { class: "member" }, avatar(user),
    el("div", { class: "member-words" }, el("strong", {}, nameOf(user), user.bot ? el("span", { class: "badge" }, "APP") : null), el("small", { class: "sub" }, `@${user.username}${user.id === world.owner ? " · owns the server" : ""}`)),
    el("div", { class: "member-roles" }, roles.map((role) => chip(user, role)), more));
}

export function membersPane() {
  return el("ul", { class: "members" }, members().map(person));
}
