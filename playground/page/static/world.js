// What there is, as the feed knows it, and what the person at this page or frame has chosen.

import { feed } from "./feed.js";
import { ADMINISTRATOR, MANAGE_THREADS, PIN_MESSAGES, SEND_IN_THREADS, SEND_MESSAGES, USE_COMMANDS, VIEW_CHANNEL } from "./permissions.js";

// Everything shared is the feed's, and only who acts where is this page's own.
export const world = Object.assign(Object.create(feed.data), { channel: "", actor: "" });

export function nameOf(user) {
  return user ? user.global_name || user.username : "someone";
}

export function roleOf(user) {
  const role = world.roles.get(user.roles?.[0]);
  return role ? role.name : "Member";
}

export function colourOf(user) {
  const role = (world.users.get(user.id)?.roles || []).map((id) => world.roles.get(id)).find((found) => found?.color);
  return role ? `#${role.color.toString(16).padStart(6, "0")}` : "";
}

const IN_CONVERSATIONS = SEND_MESSAGES | PIN_MESSAGES | SEND_IN_THREADS | VIEW_CHANNEL | USE_COMMANDS; // there everybody may write

// What the acting person may do somewhere. A thread has its channel's permissions, a private one only for its members.
function held(channelId) {
  const thread = world.threads.get(channelId);
  const bits = world.users.get(world.actor)?.permissions_in[thread?.parent_id || channelId];
  if (bits === undefined) return IN_CONVERSATIONS;
  const isShut = thread?.type === 12 && !thread.members.includes(world.actor) && !(BigInt(bits) & MANAGE_THREADS);
  return isShut ? 0n : BigInt(bits);
}

// Whether the acting person may do all that in a channel, by default the open one.
export function may(bits, channelId = world.channel) {
  return (held(channelId) & bits) === bits;
}

// A locked thread takes messages of its moderators alone.
export function mayWrite() {
  const thread = world.threads.get(world.channel);
  if (!thread) return may(SEND_MESSAGES);
  return may(SEND_IN_THREADS) && (!thread.thread_metadata.locked || may(MANAGE_THREADS));
}

// The channels that the acting person sees, and of those the threads, newest first.
export function myChannels() {
  return world.channels.filter((channel) => may(VIEW_CHANNEL, channel.id));
}

export function myThreads(channelId) {
  return [...world.threads.values()].filter((thread) => thread.parent_id === channelId && may(VIEW_CHANNEL, thread.id)).reverse();
}

export const isForum = (channel) => channel?.type === 15 || channel?.type === 16;

// Who is in the server now, bots too.
export function members() {
  return [...world.users.values()].filter((user) => user.member);
}

export function people() {
  return [...world.users.values()].filter((user) => !user.bot);
}

// 0 in the guild, 1 with the bot, 2 between people
export function contextOf(channelId) {
  const direct = world.directs.find((one) => one.id === channelId);
  if (!direct) return 0;
  return direct.people.some((id) => world.users.get(id)?.bot) ? 1 : 2;
}

export function myDirects() {
  return world.directs.filter((direct) => direct.people.includes(world.actor));
}

export function otherIn(direct) {
  return world.users.get(direct.people.find((id) => id !== world.actor));
}

export function channelName(id) {
  const channel = world.channels.find((one) => one.id === id);
  if (channel) return `#${channel.name}`;
  if (world.threads.has(id)) return world.threads.get(id).name;
  const direct = world.directs.find((one) => one.id === id);
  return direct ? `@${nameOf(otherIn(direct))}` : "";
}

// The commands that Discord would offer the acting person here.
export function offered(kind) {
  const here = contextOf(world.channel);
  return world.commands.filter((command) => {
    const contexts = command.contexts || (command.dm_permission === false ? [0] : [0, 1, 2]);
    const installed = here !== 2 || (command.integration_types || []).includes(1);
    const needed = command.default_member_permissions;
    const allowed = here !== 0 || (may(USE_COMMANDS) && (needed === null || needed === undefined || (BigInt(needed) === 0n ? may(ADMINISTRATOR) : may(BigInt(needed)))));
    return command.type === kind && contexts.includes(here) && installed && allowed && (here === 0 || !command.guild_id);
  });
}

// In which language the acting person's Discord is.
export function localeOf() {
  return world.users.get(world.actor)?.locale || "en-US";
}

// A command's, option's or choice's name or description as that person reads it.
export function said(node, what) {
  return node[`${what}_localizations`]?.[localeOf()] ?? node[what];
}

// Every path that can be run: {label: "model reload", shown: the same in the person's language, description, options}
export function runnable() {
  const found = [];
  const walk = (path, shown, node) => {
    const below = (node.options || []).filter((option) => option.type === 1 || option.type === 2);
    if (!below.length) found.push({ label: path, shown, description: said(node, "description"), options: node.options || [] });
    for (const option of below) walk(`${path} ${option.name}`, `${shown} ${said(option, "name")}`, option);
  };
  for (const command of offered(1)) walk(command.name, said(command, "name"), command);
  return found.sort((a, b) => a.label.localeCompare(b.label));
}

export const isPicture = (file) => Boolean(file.width && (file.content_type || "").startsWith("image/"));

// The picture that a message was made from: what its command was given, or through replies and buttons what the
// message before it was made from. Null when nobody knows.
export function sourceOf(message, depth = 0) {
  if (!message || depth > 20) return null;
  const interaction = world.interactions[message.interaction_id];
  const given = interaction?.files?.find(isPicture);
  if (given) return given;
  const before = world.messages.get(interaction?.target_id || interaction?.message_id || message.message_reference?.message_id);
  if (!before || before.id === message.id) return null;
  if (!before.author.bot) return (before.attachments || []).find(isPicture) || null;
  return sourceOf(before, depth + 1);
}

// People and channels as an address names them: by name, or where that is not enough by id.
export function personNamed(word) {
  return word && people().find((user) => user.id === word || user.username === word);
}

export function channelNamed(word) {
  return world.channels.find((one) => one.name === word)?.id || [...world.channels, ...world.threads.values(), ...world.directs].find((one) => one.id === word)?.id;
}

export function placeWord(id) {
  const channel = world.channels.find((one) => one.id === id);
  return channel && channelNamed(channel.name) === id ? channel.name : id;
}
