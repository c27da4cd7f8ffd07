// One message as Discord shows it: who, what it answers, text, pictures, buttons, reactions.

import { send } from "./api.js";
import { el, fileAddress, size } from "./dom.js";
import { markdown } from "./markdown.js";
import { zoom } from "./zoom.js";

const HEART = "🩷";
const COLOURS = ["#5865f2", "#3ba55d", "#d97a1f", "#d83c8f", "#2f9fc4", "#8a5cf5"];
const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

export function avatar(user, small = false) {
  const colour = COLOURS[Number(BigInt(user.id) % BigInt(COLOURS.length))];
  const face = el("span", { class: `avatar${small ? " small" : ""}`, "aria-hidden": "true" });
  if (user.bot) face.append(el("img", { src: "/page/icon.svg", alt: "" }));
  else face.append((user.global_name || user.username).slice(0, 1).toUpperCase());
  face.style.background = user.bot ? "none" : colour;
  return face;
}

export function nameOf(user) {
  return user ? user.global_name || user.username : "someone";
}

function when(iso) {
  const date = new Date(iso);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const today = new Date().toDateString() === date.toDateString();
  return el("time", { datetime: iso, title: date.toLocaleString() }, today ? `Today at ${time}` : `${date.toLocaleDateString()} ${time}`);
}

function above(message, world) {
  const meta = message.interaction_metadata;
  if (message.referenced_message) {
    const target = message.referenced_message;
    const words = target.content.replace(/[*_~`]/g, "") || (target.attachments.length ? "Click to see attachment" : "an answer");
    const jump = () => document.getElementById(`m${target.id}`)?.scrollIntoView({ behavior: "smooth", block: "center" });
    return el("button", { class: "above", type: "button", onclick: jump },
      avatar(target.author, true), el("strong", {}, nameOf(target.author)), el("span", { class: "cut" }, words),
      target.attachments.length ? el("span", { "aria-hidden": "true" }, "🖼") : null);
  }
  if (message.message_reference) return el("div", { class: "above" }, el("em", {}, "Original message was deleted"));
  if (meta && (message.type === 20 || message.type === 23)) {
    const command = world.interactions[message.interaction_id]?.command || "a command";
    return el("div", { class: "above" }, avatar(meta.user, true), el("strong", {}, nameOf(meta.user)), "used",
      el("span", { class: "command" }, `${message.type === 20 ? "/" : ""}${command}`));
  }
  return null;
}

// Its room is set aside by the size that the message names, so that nothing moves when it arrives.
function picture(attachment) {
  const { width, height } = attachment;
  const image = el("img", { src: fileAddress(attachment.url), alt: attachment.description || attachment.filename, loading: "lazy" });
  const frame = el("button", { class: "picture", type: "button", title: "Look closer", onclick: () => zoom(attachment) }, image);
  frame.style.width = `max(24px, min(100%, ${width}px, var(--tallest) * ${width / height}))`;
  image.style.aspectRatio = `${width} / ${height}`;
  return frame;
}

function file(attachment) {
  return el("a", { class: "file", href: fileAddress(attachment.url), download: attachment.filename },
    el("span", { class: "file-icon", "aria-hidden": "true" }, "📄"),
    el("span", { class: "file-words" }, el("span", { class: "cut" }, attachment.filename), el("small", {}, size(attachment.size))));
}

function attachments(list) {
  const isPicture = (a) => a.width && (a.content_type || "").startsWith("image/");
  return list.map((attachment) => (isPicture(attachment) ? picture(attachment) : file(attachment)));
}

function embed(data, world) {
  const card = el("div", { class: "embed" });
  if (data.color) card.style.borderLeftColor = `#${data.color.toString(16).padStart(6, "0")}`;
  if (data.author?.name) card.append(el("div", { class: "embed-author" }, data.author.name));
  if (data.title) card.append(el("strong", {}, data.title));
  if (data.description) card.append(el("div", {}, markdown(data.description, world.users)));
  const fields = (data.fields || []).map((field) =>
    el("div", { class: field.inline ? "field inline" : "field" }, el("strong", {}, field.name), el("div", {}, markdown(field.value, world.users))));
  if (fields.length) card.append(el("div", { class: "fields" }, fields));
  if (data.image?.width) card.append(picture({ filename: "embedded picture", ...data.image }));
  if (data.footer?.text) card.append(el("small", { class: "sub" }, data.footer.text));
  return card;
}

function component(data, message, world) {
  const click = (values) => send("POST", "/click", { message_id: message.id, custom_id: data.custom_id, user_id: world.actor, values }).catch(() => {});
  const inner = () => (data.components || []).map((child) => component(child, message, world));
  switch (data.type) {
    case 1: return el("div", { class: "row" }, inner());
    case 2: {
      const words = [data.emoji?.name, data.label].filter(Boolean).join(" ");
      if (data.style === 5) return el("a", { class: "button link", href: data.url, target: "_blank", rel: "noopener noreferrer" }, words, " ↗");
      return el("button", { class: `button ${BUTTON_STYLES[data.style] || "secondary"}`, type: "button", disabled: Boolean(data.disabled), onclick: () => click([]) }, words);
    }
    case 3: {
      const options = (data.options || []).map((o) => el("option", { value: o.value, selected: Boolean(o.default) }, o.label));
      const choose = el("select", { "aria-label": data.placeholder || "Choose", disabled: Boolean(data.disabled), onchange: () => choose.value && click([choose.value]) },
        el("option", { value: "" }, data.placeholder || "Make a selection"), options);
      return choose;
    }
    case 9: return el("div", { class: "section" }, el("div", {}, inner()), data.accessory ? component(data.accessory, message, world) : null);
    case 10: return el("div", {}, markdown(data.content || "", world.users));
    case 11: return data.media?.width ? picture({ filename: data.description || "picture", ...data.media }) : null;
    case 12: return el("div", { class: "gallery" }, (data.items || []).map((item) =>
      picture({ filename: item.description || "picture", ...item.media })));
    case 14: return el("hr");
    case 17: return el("div", { class: "embed" }, inner());
    default: return null;
  }
}

function reactions(message, world) {
  const toggle = (emoji, mine) => send(mine ? "DELETE" : "POST", "/react", { message_id: message.id, emoji, user_id: world.actor }).catch(() => {});
  const pills = Object.entries(message.reacted).map(([emoji, people]) => {
    const mine = people.includes(world.actor);
    const names = people.map((id) => nameOf(world.users.get(id))).join(", ");
    return el("button", { class: mine ? "pill mine" : "pill", type: "button", title: `${names} reacted`, "aria-pressed": String(mine), onclick: () => toggle(emoji, mine) },
      el("span", { class: "emoji" }, emoji), ` ${people.length}`);
  });
  return pills.length ? el("div", { class: "pills" }, pills) : null;
}

function tools(message, world) {
  if (message.ephemeral_to || message.loading) return null;
  const mine = (message.reacted[HEART] || []).includes(world.actor);
  const heart = el("button", {
    type: "button", class: message.reacted[HEART] ? "emoji has-heart" : "emoji", title: mine ? "Take the heart back" : "React with 🩷", "aria-label": "React with a pink heart",
    onclick: () => send(mine ? "DELETE" : "POST", "/react", { message_id: message.id, emoji: HEART, user_id: world.actor }).catch(() => {}),
  }, HEART);
  const pictures = message.attachments.some((a) => a.width);
  const menus = world.commands.filter((command) => command.type === 3 && pictures).map((command) =>
    el("button", {
      type: "button", class: "menu", title: `Apps › ${command.name}`,
      onclick: () => send("POST", "/slash", { command: command.name, target_id: message.id, user_id: world.actor, channel_id: message.channel_id }).catch(() => {}),
    }, command.name));
  return el("div", { class: "tools" }, heart, menus);
}

function thinking(message, world) {
  const gaveUp = world.interactions[message.interaction_id]?.failed;
  if (gaveUp) return el("div", { class: "failed" }, "The application did not respond");
  return el("div", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), ` ${nameOf(message.author)} is thinking…`);
}

export function messageElement(message, world, grouped) {
  const author = message.author;
  const head = el("div", { class: "head" }, el("strong", { class: author.bot ? "name bot" : "name" }, nameOf(author)),
    author.bot ? el("span", { class: "badge" }, "APP") : null, when(message.timestamp));
  const body = el("div", { class: "body" }, grouped ? null : head,
    message.loading ? thinking(message, world) : null,
    message.content ? el("div", { class: "text" }, markdown(message.content, world.users), message.edited_timestamp ? el("small", { class: "edited" }, " (edited)") : null) : null,
    message.attachments.length ? el("div", { class: "attachments" }, attachments(message.attachments)) : null,
    message.embeds.map((data) => embed(data, world)),
    message.components.map((data) => component(data, message, world)),
    reactions(message, world),
    message.ephemeral_to ? el("div", { class: "only-you" }, "👁 Only you can see this") : null);
  const classes = ["message", grouped && "grouped", message.ephemeral_to && "ephemeral"].filter(Boolean).join(" ");
  return el("li", { class: classes, id: `m${message.id}` }, above(message, world), grouped ? null : avatar(author), body, tools(message, world));
}

// A command that nobody answered in time: only its user sees that.
export function failureElement(interaction, world) {
  const user = world.users.get(interaction.user_id);
  return el("li", { class: "message ephemeral", id: `i${interaction.id}` },
    el("div", { class: "above" }, avatar(user, true), el("strong", {}, nameOf(user)), "used", el("span", { class: "command" }, `/${interaction.command}`)),
    el("span", { class: "avatar" }, el("img", { src: "/page/icon.svg", alt: "" })),
    el("div", { class: "body" }, el("div", { class: "failed" }, "The application did not respond"), el("div", { class: "only-you" }, "👁 Only you can see this")));
}
