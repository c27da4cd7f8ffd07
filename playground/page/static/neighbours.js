// The ways from one person's page to several side by side: somebody else beside the one who acts, or the same on a phone.

import { el, icon } from "./dom.js";
import { isFramed } from "./frame.js";
import { peopleAddress } from "./people_address.js";
import { nameOf, people, placeWord, world } from "./world.js";

const beside = document.getElementById("beside");
const phone = document.getElementById("phone-button");

const here = () => ({ person: world.users.get(world.actor).username, channel: placeWord(world.channel) });
const show = (other) => location.assign(peopleAddress([here(), other]));

beside.addEventListener("change", () => show({ person: beside.value }));
phone.addEventListener("click", () => show({ ...here(), isPhone: true }));
beside.before(icon("columns"));
phone.append(icon("phone"));

export function drawNeighbours() {
  if (isFramed) return;
  beside.replaceChildren(el("option", { value: "", disabled: true, selected: true }, `Beside ${nameOf(world.users.get(world.actor))}, show …`),
    ...people().filter((user) => user.id !== world.actor).map((user) => el("option", { value: user.username }, nameOf(user))));
}
