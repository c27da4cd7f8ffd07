// One message as Discord shows it: who, what it answers, text, pictures, embeds, components, reactions.

import { quietly, send } from "./api.js";
import { avatar } from "./avatar.js";
import { component } from "./components.js";
import { el, gently, icon } from "./dom.js";
import { attachment, media } from "./files.js";
import { markdown, plain } from "./markdown.js";
import { openMenu } from "./menu.js";
import { poll } from "./poll.js";
import { isSystem, systemLine } from "./system.js";
import { threadCard } from "./threads.js";
import { colourOf, isPicture, nameOf, sourceOf, world } from "./world.js";

const HEART = "🩷";
const THREAD_STARTER = 21;

function when(iso) {
  const date = new Date(iso);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const today = new Date().toDateString() === date.toDateString();
  return el("time", { datetime: iso, title: date.toLocaleString() }, today ? `Today at ${time}` : `${date.toLocaleDateString()} ${time}`);
}

function used(user, ...words) {
  return el("div", { class: "above" }, avatar(user, true), el("strong", {}, nameOf(user)), el("span", {}, "used"), el("span", { class: "command" }, ...words));
}

function above(message) {
  const meta = message.interaction_metadata;
  if (message.referenced_message) {
    const target = message.referenced_message;
    const words = plain(target.content) || (target.attachments.length ? "Click to see attachment" : "an answer");
    const jump = () => {
      const node = document.getElementById(`m${target.id}`);
      node?.scrollIntoView({ behavior: gently(), block: "center" });
      node?.classList.add("found");
      setTimeout(() => node?.classList.remove("found"), 1600);
    };
    return el("button", { class: "above", type: "button", "data-k": "above", "aria-label": `In reply to ${nameOf(target.author)}: ${words.slice(0, 80)}`, onclick: jump },
      avatar(target.author, true), el("strong", {}, nameOf(target.author)), el("span", { class: "cut" }, words), target.attachments.length ? icon("picture") : null);
  }
  if (message.message_reference?.type === 0) return el("div", { class: "above" }, el("em", {}, "Original message was deleted"));
  if (meta && (message.type === 20 || message.type === 23)) {
    return used(meta.user, `${message.type === 20 ? "/" : ""}${world.interactions[message.interaction_id]?.command || "a command"}`);
  }
  return null;
}

function embed(data) {
  const card = el("div", { class: "embed" });
  if (data.color) card.style.borderLeftColor = `#${data.color.toString(16).padStart(6, "0")}`;
  if (data.author?.name) card.append(el("div", { class: "embed-author" }, data.author.name));
  if (data.title) card.append(el("strong", {}, /^https?:/.test(data.url || "") ? el("a", { href: data.url, target: "_blank", rel: "noopener noreferrer" }, data.title) : data.title));
  if (data.description) card.append(el("div", {}, markdown(data.description, world)));
  const fields = (data.fields || []).map((field) =>
    el("div", { class: field.inline ? "field inline" : "field" }, el("strong", {}, field.name), el("div", {}, markdown(field.value, world))));
  if (fields.length) card.append(el("div", { class: "fields" }, fields));
  for (const [key, name] of [["image", "embedded picture"], ["thumbnail", "thumbnail"]]) {
    const shown = data[key] && media(data[key], name);
    if (shown) card.append(shown);
  }
  if (data.footer?.text) card.append(el("small", { class: "sub" }, data.footer.text));
  return card;
}

function sticker(item) {
  if (item.format_type === 3) return el("small", { class: "sub" }, `(the Lottie sticker ${item.name}, which the playground does not play)`);
  const kind = item.format_type === 4 ? "gif" : "png";
  return el("img", { class: "sticker", src: `/cdn/stickers/${item.id}.${kind}`, alt: `Sticker: ${item.name}`, title: item.name });
}

// What a message says and shows; a forwarded one's snapshot has the same parts.
function content(message, source) {
  return [
    message.content ? el("div", { class: "text" }, markdown(message.content, world), message.edited_timestamp ? el("small", { class: "edited", title: new Date(message.edited_timestamp).toLocaleString() }, "(edited)") : null) : null,
    (message.sticker_items || []).map(sticker),
    message.attachments.length ? el("div", { class: "attachments" }, message.attachments.map((file) => attachment(file, isPicture(file) ? source : null))) : null,
    message.embeds.map(embed),
  ];
}

function forwarded(message) {
  return (message.message_snapshots || []).map(({ message: copied }) =>
    el("div", { class: "forwarded" }, el("small", { class: "sub" }, icon("forward"), "Forwarded"), content(copied, null), (copied.components || []).map((data) => component(data, message))));
}

export const toggleReaction = (message, emoji) => {
  const mine = (message.reacted[emoji] || []).includes(world.actor);
  return quietly(send(mine ? "DELETE" : "POST", "/react", { message_id: message.id, emoji, user_id: world.actor }));
};

function reactions(message) {
  const pills = Object.entries(message.reacted).map(([emoji, people]) => {
    const mine = people.includes(world.actor);
    const names = people.map((id) => nameOf(world.users.get(id))).join(", ");
    const shown = emoji.includes(":") ? `:${emoji.split(":")[0]}:` : emoji;
    return el("button", { class: mine ? "pill mine" : "pill", type: "button", "data-k": `r${emoji}`, title: `${names} reacted with ${shown}`, "aria-label": `${shown}, ${people.length}: ${names}`, "aria-pressed": String(mine), onclick: () => toggleReaction(message, emoji) },
      el("span", { class: "emoji" }, shown), el("span", {}, String(people.length)));
  });
  return pills.length ? el("div", { class: "pills" }, pills) : null;
}

function tools(message) {
  const heart = message.ephemeral_to || message.loading ? null : el("button", {
    type: "button", class: "emoji", "data-k": "heart", title: `React with ${HEART}`, "aria-label": "React with a pink heart", onclick: () => toggleReaction(message, HEART),
  }, HEART);
  const more = el("button", { type: "button", "data-k": "more", title: "More", "aria-label": "More: reply, apps, copy, delete", "aria-haspopup": "menu" }, icon("dots"));
  more.addEventListener("click", () => { const box = more.getBoundingClientRect(); openMenu(message, { x: box.right, y: box.bottom + 4 }, more); });
  return el("div", { class: "tools" }, heart, more);
}

function thinking(message) {
  if (world.interactions[message.interaction_id]?.failed) return el("div", { class: "failed" }, "The application did not respond");
  return el("div", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), `${nameOf(message.author)} is thinking…`);
}

// The last press on this message's components that nobody answered in time: only who pressed sees that.
function failedPress(message) {
  const presses = Object.values(world.interactions).filter((i) => i.type === 3 && i.message_id === message.id && i.user_id === world.actor);
  const last = presses.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1)).at(-1);
  return last?.failed && !last.acknowledged ? el("div", { class: "failed" }, "This interaction failed") : null;
}

function headOf({ author, timestamp, pinned }) {
  const name = el("strong", { class: "name" }, nameOf(author));
  name.style.color = colourOf(author) && `color-mix(in oklab, ${colourOf(author)} 60%, var(--strong))`;
  return el("div", { class: "head" }, name, author.bot ? el("span", { class: "badge" }, "APP") : null, when(timestamp), pinned ? el("small", { class: "sub" }, "pinned") : null);
}

// At the top of a thread, what it was begun from; answering and reacting are for the original.
function starterElement({ id, referenced_message: begun }) {
  if (!begun) return el("li", { class: "message", id: `m${id}` }, el("div", { class: "above" }, el("em", {}, "Original message was deleted")));
  return el("li", { class: "message starter", id: `m${id}` }, avatar(begun.author), el("div", { class: "body" }, headOf(begun), content(begun, null), (begun.components || []).map((data) => component(data, begun))));
}

export function messageElement(message, grouped) {
  if (isSystem(message)) return systemLine(message, when(message.timestamp));
  if (message.type === THREAD_STARTER) return starterElement(message);
  const author = message.author;
  const dismiss = () => quietly(send("DELETE", "/message", { message_id: message.id, user_id: world.actor }));
  const body = el("div", { class: "body" }, grouped ? null : headOf(message),
    message.loading ? thinking(message) : null,
    content(message, author.bot ? sourceOf(message) : null),
    forwarded(message),
    message.poll ? poll(message) : null,
    message.components.map((data) => component(data, message)),
    message.components.length ? failedPress(message) : null,
    reactions(message),
    threadCard(message),
    message.ephemeral_to ? el("div", { class: "only-you" }, "👁 Only you can see this · ", el("button", { type: "button", class: "linkish", "data-k": "dismiss", onclick: dismiss }, "Dismiss message")) : null);
  const classes = ["message", grouped && "grouped", message.ephemeral_to && "ephemeral"].filter(Boolean).join(" ");
  const node = el("li", { class: classes, id: `m${message.id}` }, above(message), grouped ? null : avatar(author), body, tools(message));
  node.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, pre, input, select") || String(getSelection())) return;
    event.preventDefault();
    openMenu(message, { x: event.clientX, y: event.clientY }, node.querySelector(".tools [data-k=more]"));
  });
  return node;
}

// A command that nobody answered in time: only its user sees that.
export function failureElement(interaction, dismiss) {
  const user = world.users.get(interaction.user_id);
  return el("li", { class: "message ephemeral", id: `i${interaction.id}` },
    used(user, interaction.target_id ? interaction.command : `/${interaction.command}`),
    el("span", { class: "avatar" }, el("img", { src: "/page/icon.svg", alt: "" })),
    el("div", { class: "body" }, el("div", { class: "failed" }, "The application did not respond"), el("div", { class: "only-you" }, "👁 Only you can see this · ", el("button", { type: "button", class: "linkish", onclick: dismiss }, "Dismiss message"))));
}
