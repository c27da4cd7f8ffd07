// Talking to the playground's control API; a refusal is shown to the person as it is worded there.

import { toast } from "./dom.js";

async function answer(response) {
  const body = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
  if (!response.ok) {
    toast(body.error || `HTTP ${response.status}`);
    throw new Error(body.error);
  }
  return body;
}

export async function get(path) {
  return answer(await fetch(`/playground${path}`));
}

export async function send(method, path, payload) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(`/playground${path}`, { method, headers, body: JSON.stringify(payload) }));
}

// `files` is a list of [part name, File]
export async function upload(path, payload, files) {
  const form = new FormData();
  form.append("payload", JSON.stringify(payload));
  for (const [name, file] of files) form.append(name, file);
  return answer(await fetch(`/playground${path}`, { method: "POST", body: form }));
}

// For event handlers: what went wrong has been shown already.
export const quietly = (promise) => promise.catch(() => null);
