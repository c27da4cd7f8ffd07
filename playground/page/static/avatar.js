// A person's round picture: their own, or the first letter of their name on a colour.

import { el } from "./dom.js";
import { nameOf, world } from "./world.js";

const COLOURS = ["#5865f2", "#2d7d46", "#a85d12", "#c0297a", "#1f7694", "#7a4de0"];

export function avatar(user, small = false) {
  const face = el("span", { class: `avatar${small ? " small" : ""}`, "aria-hidden": "true" });
  const isOurBot = user.bot && world.users.has(user.id); // and no webhook
  const letter = () => face.replaceChildren([...nameOf(user)][0].toUpperCase());
  if (isOurBot && !user.avatar) face.append(el("img", { src: "/page/icon.svg", alt: "" }));
  // A webhook may name a picture on another site, which is not fetched and so is not here.
  else if (user.avatar) face.append(el("img", { src: `/cdn/avatars/${user.id}/${user.avatar}.${user.avatar.startsWith("a_") ? "gif" : "png"}`, alt: "", onerror: letter }));
  else letter();
  if (!isOurBot) face.style.background = COLOURS[Number(BigInt(user.id) % BigInt(COLOURS.length))];
  return face;
}
