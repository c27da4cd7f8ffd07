// A poll: its answers with their votes, and the acting person's own, which a click gives or takes back.
// https://docs.discord.com/developers/resources/poll

import { quietly, send } from "./api.js";
import { el } from "./dom.js";
import { nameOf, world } from "./world.js";

const votes = (message, { answer_id: id }) => message.votes[id] || [];

function answer(message, one, { mine, total, isOver }) {
  const users = votes(message, one);
  const isMine = mine.includes(one.answer_id);
  const percent = total ? Math.round((users.length / total) * 100) : 0;
  const chosen = isMine ? mine.filter((id) => id !== one.answer_id) : message.poll.allow_multiselect ? [...mine, one.answer_id] : [one.answer_id];
  const vote = () => quietly(send("POST", "/vote", { message_id: message.id, user_id: world.actor, answer_ids: chosen }));
  const bar = el("i", { class: "poll-bar", "aria-hidden": "true" });
  bar.style.width = `${percent}%`;
  const { emoji, text } = one.poll_media;
  return el("button", { type: "button", class: "poll-answer", "data-k": `v${one.answer_id}`, "aria-pressed": String(isMine), disabled: isOver, title: users.map((id) => nameOf(world.users.get(id))).join(", "), onclick: vote },
    bar, emoji?.name ? el("span", { class: "emoji" }, emoji.id ? `:${emoji.name}:` : emoji.name) : null, el("span", { class: "poll-words" }, text), el("small", {}, `${users.length} · ${percent} %`));
}

export function poll(message) {
  const { question, answers, allow_multiselect: isMany, expiry, results } = message.poll;
  const total = answers.reduce((sum, one) => sum + votes(message, one).length, 0);
  const mine = answers.filter((one) => votes(message, one).includes(world.actor)).map((one) => one.answer_id);
  const state = { mine, total, isOver: results.is_finalized };
  return el("section", { class: "poll", "aria-label": `Poll: ${question.text}` }, el("strong", {}, question.text), el("small", { class: "sub" }, isMany ? "Select one or more answers" : "Select one answer"),
    answers.map((one) => answer(message, one, state)),
    el("small", { class: "sub" }, `${total} ${total === 1 ? "vote" : "votes"} · ${results.is_finalized ? "closed" : `ends ${new Date(expiry).toLocaleString()}`}`));
}
