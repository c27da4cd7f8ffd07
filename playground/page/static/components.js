// Message components: buttons, select menus and layouts. Pressing and choosing go to the bot as interactions.
// https://docs.discord.com/developers/components/reference

import { quietly, send } from "./api.js";
import { el } from "./dom.js";
import { attachment, media } from "./files.js";
import { markdown } from "./markdown.js";
import { nameOf, world } from "./world.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary" };
const EMPTY_CHOICE = { 3: "Make a selection", 5: "Choose a person", 6: "Choose a role", 7: "Choose a person or role", 8: "Choose a channel" };

const emojiOf = (emoji) => (emoji ? (emoji.id ? `:${emoji.name}:` : emoji.name) : "");

// What a select menu offers: its own options, or whoever and whatever is here.
export function optionsOf(data) {
  const people = () => [...world.users.values()].map((user) => ({ value: user.id, label: nameOf(user), description: `@${user.username}` }));
  const roles = () => [...world.roles.values()].map((role) => ({ value: role.id, label: role.name }));
  switch (data.type) {
    case 5: return people();
    case 6: return roles();
    case 7: return [...people(), ...roles()];
    case 8: return world.channels.map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
    default: return data.options || [];
  }
}

function selectMenu(data, click) {
  const options = optionsOf(data);
  const name = data.placeholder || EMPTY_CHOICE[data.type];
  if ((data.max_values || 1) === 1 && data.min_values !== 0) {
    const choose = el("select", { class: "select", "data-k": data.custom_id, "aria-label": name, disabled: Boolean(data.disabled) },
      options.some((o) => o.default) ? null : el("option", { value: "" }, name),
      options.map((o) => el("option", { value: o.value, selected: Boolean(o.default) }, [emojiOf(o.emoji), o.label, o.description && `— ${o.description}`].filter(Boolean).join(" "))));
    choose.addEventListener("change", () => choose.value && click([choose.value]));
    return choose;
  }
  const boxes = options.map((o) => el("input", { type: "checkbox", value: o.value, checked: Boolean(o.default) }));
  const [low, high] = [data.min_values ?? 1, data.max_values || 1];
  const done = el("button", { type: "button", class: "button primary" }, "Choose");
  const judge = () => {
    const count = boxes.filter((box) => box.checked).length;
    done.disabled = count < low || count > high;
  };
  boxes.forEach((box) => box.addEventListener("change", judge));
  judge();
  const details = el("details", { class: "picker" }, el("summary", { "data-k": data.custom_id }, name, el("small", {}, ` ${low === high ? low : `${low}–${high}`}`)),
    el("fieldset", { disabled: Boolean(data.disabled) }, el("legend", { class: "out-of-sight" }, name),
      options.map((o, i) => el("label", {}, boxes[i], el("span", {}, [emojiOf(o.emoji), o.label].filter(Boolean).join(" "), o.description ? el("small", {}, o.description) : null))), done));
  done.addEventListener("click", () => { details.open = false; click(boxes.filter((box) => box.checked).map((box) => box.value)); });
  return details;
}

function button(data, click) {
  const words = [emojiOf(data.emoji), data.label].filter(Boolean).join(" ") || "Button";
  if (data.style === 5) return el("a", { class: "button link", href: data.url, target: "_blank", rel: "noopener noreferrer" }, words, " ↗");
  return el("button", { class: `button ${BUTTON_STYLES[data.style] || "secondary"}`, type: "button", "data-k": data.custom_id, disabled: Boolean(data.disabled), onclick: () => click([]) }, words);
}

export function component(data, message) {
  const click = (values) => quietly(send("POST", "/click", { message_id: message.id, custom_id: data.custom_id, user_id: world.actor, values }));
  const inner = () => (data.components || []).map((child) => component(child, message));
  switch (data.type) {
    case 1: return el("div", { class: "row" }, inner());
    case 2: return button(data, click);
    case 3: case 5: case 6: case 7: case 8: return selectMenu(data, click);
    case 9: return el("div", { class: "section" }, el("div", {}, inner()), data.accessory ? component(data.accessory, message) : null);
    case 10: return el("div", { class: "text" }, markdown(data.content || "", world));
    case 11: return media(data.media || {}, data.description || "picture", data.spoiler);
    case 12: return el("div", { class: "gallery" }, (data.items || []).map((item) => media(item.media || {}, item.description || "picture", item.spoiler)));
    case 13: return data.file?.url ? attachment({ filename: data.name || "file", size: data.size || 0, spoiler: data.spoiler, ...data.file }) : null;
    case 14: return el("hr", { class: data.divider === false ? "gap" : "" });
    case 17: {
      const box = el("div", { class: "embed" }, inner());
      if (data.accent_color) box.style.borderLeftColor = `#${data.accent_color.toString(16).padStart(6, "0")}`;
      return box;
    }
    default: return el("small", { class: "sub" }, `(a component of type ${data.type}, which the playground does not draw)`);
  }
}
