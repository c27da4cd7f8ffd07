// What there is in the playground, loaded once for a window and kept fresh by one stream of server-sent events, however
// many people's frames the window shows: a frame reads the feed of the window that it stands in.

import { get } from "./api.js";
import { afterPress } from "./press.js";

function makeFeed() {
  const data = {
    users: new Map(), roles: new Map(), channels: [], directs: [], commands: [], messages: new Map(), threads: new Map(), interactions: {},
    sessions: 0, guild: "", owner: "", isLoaded: false,
  };
  const listeners = new Set();
  const tell = (name, payload) => listeners.forEach((listener) => {
    try { listener(name, payload); } catch (error) { reportError(error); } // of one page, and the others still hear it
  });

  function take(state) {
    data.users = new Map(state.users.map((user) => [user.id, user]));
    data.roles = new Map(state.roles.map((role) => [role.id, role]));
    data.threads = new Map(state.threads.map((thread) => [thread.id, thread]));
    data.messages = new Map(Object.values(state.messages).flat().map((message) => [message.id, message]));
    for (const key of ["channels", "directs", "commands", "sessions", "interactions"]) data[key] = state[key];
    data.guild = state.guild_id;
    data.owner = state.owner_id;
    data.isLoaded = true;
  }

  // What an event changes here, and what the listeners are told of it.
  const changes = {
    message: (message) => { data.messages.set(message.id, message); return message; },
    message_delete: (where) => { data.messages.delete(where.id); return where; },
    thread: (thread) => { data.threads.set(thread.id, thread); return thread; },
    thread_delete: (where) => { data.threads.delete(where.id); return where; },
    interaction: (interaction) => {
      const before = data.interactions[interaction.id];
      data.interactions[interaction.id] = interaction;
      return { interaction, before };
    },
    sessions: ({ count }) => { data.sessions = count; return count; },
    typing: (who) => who,
    recording: (state) => state,
  };

  let came = null; // while the state is on its way: the events since, which it may not know
  let isStale = false;

  async function load() {
    isStale = true;
    if (came) return;
    try {
      while (isStale) {
        isStale = false;
        came = [];
        const state = await get("/state");
        take(state);
        for (const [name, payload] of came) changes[name](payload);
      }
    } catch { return; /* the stream says that it broke off, and loads again when it is back */ } finally { came = null; }
    tell("loaded");
  }

  let source = null;

  function listen() {
    source = new EventSource("/playground/events");
    source.addEventListener("open", load); // again after every reconnection: nothing is missed
    source.addEventListener("error", () => tell("lost"));
    for (const [name, change] of Object.entries(changes)) {
      source.addEventListener(name, (event) => {
        const payload = JSON.parse(event.data);
        came?.push([name, payload]);
        tell(name, change(payload));
      });
    }
    for (const name of ["commands", "looks"]) source.addEventListener(name, load);
  }

  // A browser keeps six connections to one address: windows in the background leave theirs to the one that is looked at.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else if (source?.readyState === EventSource.CLOSED) listen();
  });

  // `listener(name, payload)` hears "loaded", "lost" and the changes above, until its own window goes away.
  function subscribe(listener, view) {
    listeners.add(listener);
    view.addEventListener("pagehide", () => listeners.delete(listener));
    if (!source) listen();
    else if (data.isLoaded) listener("loaded");
  }

  return { data, subscribe };
}

export const feed = window.parent.playgroundFeed ?? (window.playgroundFeed = makeFeed());

// `listener` hears of the feed in this window, where nothing is pressed meanwhile.
export const subscribe = (listener) => feed.subscribe((name, payload) => afterPress(() => listener(name, payload)), window);
