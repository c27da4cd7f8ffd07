// Talking to the playground's control API; a refusal is shown to the person as it is worded there.

import { toast } from "./dom.js";

// Which frame of a window started which interaction, so that a form opens there alone, and not in the same person's
// frame beside it.
const starts = window.parent.playgroundStarts ?? (window.playgroundStarts = { by: new Map(), underway: new Set() });
const STARTING = /^\/(slash|click|modal)$/;

async function answer(response) {
  const body = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
  if (!response.ok) {
    toast(body.error || `HTTP ${response.status}`);
    throw new Error(body.error);
  }
  return body;
}

async function ask(path, how) {
  const request = fetch(`/playground${path}`, how).then(answer);
  if (!STARTING.test(path)) return request;
  starts.underway.add(request);
  try {
    const body = await request;
    starts.by.set(body.interaction_id, window);
    return body;
  } finally {
    starts.underway.delete(request);
  }
}

// Whether another frame of this window started the interaction. It may be told of before the request is answered.
export async function isStartedElsewhere(id) {
  await Promise.allSettled(starts.underway);
  return starts.by.has(id) && starts.by.get(id) !== window;
}

export const get = (path) => ask(path);

export function send(method, path, payload) {
  return ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload) });
}

// `files` is a list of [part name, File]
export function upload(path, payload, files) {
  const form = new FormData();
  form.append("payload", JSON.stringify(payload));
  for (const [name, file] of files) form.append(name, file);
  return ask(path, { method: "POST", body: form });
}

// For event handlers: what went wrong has been shown already.
export const quietly = (promise) => promise.catch(() => null);
