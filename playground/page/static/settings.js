// The server's settings and the application's, over the whole page as in Discord: a list of subjects, and the chosen one.

import { el, icon, keepingFocus } from "./dom.js";
import { subscribe } from "./feed.js";
import { channelsPane } from "./settings_channels.js";
import { membersPane } from "./settings_members.js";
import { applicationPane, openApplication } from "./settings_application.js";
import { rolesPane } from "./settings_roles.js";

const dialog = document.getElementById("settings");
// Each draws into the place that it is given, as often as something changes.
const PANES = [
  { id: "roles", group: "Server settings", title: "Roles", draw: rolesPane },
  { id: "channels", title: "Channels", draw: channelsPane },
  { id: "members", title: "Members", draw: membersPane },
  { id: "application", group: "Developer portal", title: "Application", draw: applicationPane, opened: openApplication },
];
const nav = el("nav", { class: "settings-nav", "aria-label": "Settings" });
const pane = el("section", { class: "settings-pane", tabindex: "-1" });
const close = el("button", { type: "button", class: "round settings-close", "aria-label": "Close", title: "Close (Esc)", onclick: () => dialog.close() }, icon("close"));
let open = PANES[0];

function draw() {
  if (!dialog.open) return;
  keepingFocus(dialog, () => {
    nav.replaceChildren(...PANES.flatMap((one) => [
      one.group ? el("h2", { class: "settings-group" }, one.group) : null,
      el("button", { type: "button", class: "settings-link", "data-k": one.id, "aria-current": one === open ? "page" : null, onclick: () => openSettings(one.id) }, one.title),
    ]).filter(Boolean));
    pane.setAttribute("aria-label", open.title);
    pane.replaceChildren(el("h2", { class: "settings-title" }, open.title), open.draw(draw));
  });
}

export function openSettings(id = open.id) {
  open = PANES.find((one) => one.id === id);
  if (!dialog.open) dialog.showModal();
  draw();
  open.opened?.(draw);
  pane.scrollTop = 0;
}

dialog.append(nav, pane, close);
subscribe((name) => name === "loaded" && draw());
for (const [id, first] of [["server-settings", "roles"], ["settings-button", "roles"], ["developer-portal", "application"]]) {
  document.getElementById(id).addEventListener("click", () => openSettings(first));
}
document.getElementById("settings-button").append(icon("gear"));
