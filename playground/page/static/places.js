// The list of places at the side: channels under their categories, threads under their channels, conversations.

import { avatar } from "./avatar.js";
import { el, icon, keepingFocus } from "./dom.js";
import { channelName, myChannels, myDirects, myThreads, nameOf, otherIn, world } from "./world.js";

const TEXT = 0, VOICE = 2, CATEGORY = 4, STAGE = 13;
const MARKS = { [VOICE]: "speaker", [STAGE]: "speaker", 5: "megaphone", 15: "forum", 16: "forum" };
const MOST_THREADS = 12; // of one channel in the list; the others are in its list of threads

export function mark(channel) {
  return channel.type === TEXT || !MARKS[channel.type] ? el("span", { class: "hash", "aria-hidden": "true" }, "#") : el("span", { class: "hash" }, icon(MARKS[channel.type]));
}

const shown = (channel) => myThreads(channel.id).filter((thread) => !thread.thread_metadata.archived || thread.id === world.channel).slice(0, MOST_THREADS);

// Those outside of any category first, then each category with its own, as in Discord.
function inOrder() {
  const channels = myChannels().sort((a, b) => a.position - b.position);
  const categories = channels.filter((one) => one.type === CATEGORY);
  const of = (id) => channels.filter((one) => one.type !== CATEGORY && (one.parent_id || null) === id);
  return [...of(null), ...categories.flatMap((category) => [category, ...of(category.id)])];
}

export const openable = () => inOrder().filter((one) => one.type !== CATEGORY);

export function drawPlaces(open) {
  const entry = (id, lead, name, kind = "") => el("button", { type: "button", class: `channel ${kind}`, "data-k": id, "aria-current": id === world.channel ? "page" : null, onclick: () => open(id) }, lead, el("span", { class: "cut" }, name));
  const threads = (channel) => {
    const found = shown(channel);
    return found.length ? el("ul", { class: "threads-below", "aria-label": `Threads in ${channel.name}` }, found.map((thread) => el("li", {}, entry(thread.id, icon("thread"), thread.name, "thread")))) : null;
  };
  keepingFocus(document.querySelector(".places"), () => {
    document.getElementById("channels").replaceChildren(...inOrder().map((one) => (one.type === CATEGORY
      ? el("li", { class: "places-title" }, one.name)
      : el("li", {}, entry(one.id, mark(one), one.name), threads(one)))));
    document.getElementById("directs").replaceChildren(...myDirects().map((d) => el("li", {}, entry(d.id, avatar(otherIn(d), true), nameOf(otherIn(d))))));
  });
  const choice = (id, words) => el("option", { value: id, selected: id === world.channel }, words);
  document.getElementById("channel-select").replaceChildren(
    ...openable().flatMap((one) => [choice(one.id, channelName(one.id)), ...shown(one).map((thread) => choice(thread.id, `↳ ${thread.name}`))]),
    ...myDirects().map((one) => choice(one.id, channelName(one.id))));
}
