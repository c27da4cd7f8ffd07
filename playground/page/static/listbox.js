// Suggestions under or above a text field, as the combobox pattern has them: arrows move, Enter and Tab choose,
// Escape closes. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { el } from "./dom.js";

let made = 0;

// Those of a command's option stand above the whole command, as in Discord, where they cover no label of it.
function place(list, input) {
  const form = input.closest(".commanding");
  if (!form) return;
  const top = form.getBoundingClientRect().top;
  list.style.left = `${input.getBoundingClientRect().left}px`;
  list.style.bottom = `${innerHeight - top + 8}px`;
  list.style.maxHeight = `${Math.max(120, Math.min(320, top - 70))}px`;
}

// `choose(item)` gets what was chosen; items are {label, detail, value}.
export function suggest(input, { label, choose }) {
  const id = `suggestions-${(made += 1)}`;
  const list = el("ul", { class: "suggestions", id, role: "listbox", "aria-label": label, hidden: true });
  let items = [];
  let active = -1;
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id]]) input.setAttribute(name, value);

  const mark = (index) => {
    active = index;
    [...list.children].forEach((node, i) => node.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const hide = () => {
    list.hidden = true;
    items = [];
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const take = (index) => { const item = items[index]; hide(); choose(item); };
  // `first`: whether Enter takes the first one without an arrow key before.
  const show = (found, first = true) => {
    if (!found.length) return hide();
    items = found;
    list.replaceChildren(...items.map((item, i) => el("li", {
      id: `${id}-${i}`, role: "option", "aria-selected": "false",
      onmousedown: (event) => event.preventDefault(), onclick: () => take(i), onmousemove: () => i !== active && mark(i),
    }, el("span", { class: "suggestion-label" }, item.label), item.detail ? el("span", { class: "suggestion-detail" }, item.detail) : null)));
    list.hidden = false;
    place(list, input);
    list.style.marginLeft = "";
    const beyond = list.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (beyond > 0) list.style.marginLeft = `${-beyond}px`;
    input.setAttribute("aria-expanded", "true");
    return mark(first ? 0 : -1);
  };
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((active + step + items.length) % items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) take(active);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the field has listeners of its own, for which Enter means to send
  });
  input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && hide(), 150));
  return { list, show, hide };
}
