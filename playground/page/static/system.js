// What Discord itself says in a channel: who began a thread, pinned or renamed something.
// https://docs.discord.com/developers/resources/message#message-object-message-types

import { el, icon } from "./dom.js";
import { openPlace } from "./threads.js";
import { nameOf, world } from "./world.js";

const who = (user) => el("strong", {}, nameOf(user));
const mentioned = (message) => who(message.mentions[0] && (world.users.get(message.mentions[0].id) || message.mentions[0]));
const opening = (id, words) => el("button", { type: "button", class: "linkish", "data-k": "open", onclick: () => openPlace(id) }, words);
const pollField = (message, name) => message.embeds[0]?.fields.find((field) => field.name === name)?.value;

const SAID = {
  1: (m) => [who(m.author), " added ", mentioned(m), " to the thread."],
  2: (m) => (m.mentions[0]?.id === m.author.id ? [who(m.author), " left the thread."] : [who(m.author), " removed ", mentioned(m), " from the thread."]),
  4: (m) => [who(m.author), " changed the name: ", el("strong", {}, m.content)],
  6: (m) => [who(m.author), " pinned a message to this channel."],
  12: (m) => [who(m.author), " has added ", el("strong", {}, m.content), " to this channel: what is published there comes here too."],
  46: (m) => ["The poll ", el("strong", {}, pollField(m, "poll_question_text")), " has closed: ", el("strong", {}, pollField(m, "victor_answer_text") || "no winner"), `, ${pollField(m, "victor_answer_votes")} of ${pollField(m, "total_votes")} votes.`],
  18: (m) => [who(m.author), " started a thread: ", opening(m.message_reference?.channel_id, m.content)],
};

const MARKS = { 6: "pin", 18: "thread", 46: "check" };

export const isSystem = (message) => message.type in SAID;

export function systemLine(message, when) {
  return el("li", { class: "message system", id: `m${message.id}` }, el("span", { class: "system-mark" }, icon(MARKS[message.type] || "forward")), el("div", { class: "body" }, SAID[message.type](message), " ", when));
}
