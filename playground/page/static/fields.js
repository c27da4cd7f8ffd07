// One field for each option of a slash command, by its type: file, choices, suggestions as one types, numbers, people.

import { send } from "./api.js";
import { el, icon, size } from "./dom.js";
import { suggest } from "./listbox.js";
import { optionsOf } from "./components.js";
import { said, world } from "./world.js";

const BOOLEAN = 5, NUMBER = 10, ATTACHMENT = 11, INTEGER = 4;
const AS_SELECT = { 6: 5, 7: 8, 8: 6, 9: 7 }; // option type -> the select menu that offers the same
const waiting = new Map(); // interaction id -> what to do with the choices it brings
let made = 0;

export function choicesArrived(interaction) {
  waiting.get(interaction.id)?.(interaction.response_data?.choices || []);
  waiting.delete(interaction.id);
}

export function fileField(name, label, { required = false, taken, types = [] } = {}) {
  const preview = el("img", { class: "preview", alt: "", hidden: true });
  const words = el("span", { class: "cut" }, "Choose, drop or paste a picture");
  const accept = types.map((type) => (type.startsWith(".") ? type : `${type}/*`)).join(",") || null;
  const input = el("input", { type: "file", "aria-label": label, required, accept });
  const zone = el("label", { class: "drop" }, input, preview, icon("picture"), words);
  const state = { file: null };
  const take = (file) => {
    if (!file) return;
    state.file = file;
    input.required = false;
    words.textContent = `${file.name} · ${size(file.size)}`;
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.hidden = true; // until it turns out to be a picture
    preview.onload = () => { preview.hidden = false; };
    preview.src = URL.createObjectURL(file);
    zone.classList.add("chosen");
    taken?.(file);
  };
  input.addEventListener("change", () => take(input.files[0]));
  return { node: zone, take, files: () => (state.file ? [[name, state.file]] : []) };
}

function suggestedField(option, id, command, options) {
  const input = el("input", { type: "text", id, autocomplete: "off", placeholder: option.autocomplete ? "Type…" : said(option, "description"), required: Boolean(option.required), minlength: option.min_length?.toString(), maxlength: option.max_length?.toString() });
  if (!option.autocomplete) return { node: input, value: () => input.value || undefined };
  let chosen = null; // {label, value}: what is sent is the choice's value, as long as its label stands there
  let timer;
  let asked = 0;
  const list = suggest(input, { label: said(option, "name"), choose: (item) => { chosen = item; input.value = item.label; } });
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = (asked += 1);
      const payload = { command, focused: option.name, options: { ...options(), [option.name]: input.value }, user_id: world.actor, channel_id: world.channel };
      const started = await send("POST", "/autocomplete", payload).catch(() => null);
      const show = (choices) => {
        if (mine === asked && document.activeElement === input) list.show(choices.map((c) => ({ label: said(c, "name"), value: c.value })), false);
      };
      if (!started) return;
      // The answer may have come before the reply to our own request.
      const known = world.interactions[started.interaction_id];
      if (known?.response_data) show(known.response_data.choices || []);
      else waiting.set(started.interaction_id, show);
    }, 150);
  };
  const value = () => {
    if (chosen?.label === input.value) return chosen.value; // which may be 0
    return input.value || undefined;
  };
  input.addEventListener("focus", ask);
  input.addEventListener("input", ask);
  return { node: el("div", { class: "suggested" }, input, list.list), value };
}

function choiceField(option, id, list) {
  const pick = el("select", { id, required: Boolean(option.required) }, el("option", { value: "" }, "—"), list.map((o, i) => el("option", { value: String(i) }, said(o, "name") ?? o.label)));
  return { node: pick, value: () => (pick.value === "" ? undefined : list[Number(pick.value)].value) };
}

// {node, value()} or for files {node, files(), take()}; `options()` gives the other options' values for autocomplete.
export function optionField(option, command, options) {
  const id = `option-${(made += 1)}`;
  let field;
  if (option.type === ATTACHMENT) field = fileField(option.name, said(option, "name"), { required: Boolean(option.required), types: option.file_types || [] });
  else if (option.choices?.length) field = choiceField(option, id, option.choices);
  else if (option.type === BOOLEAN) field = choiceField(option, id, [{ name: "Yes", value: true }, { name: "No", value: false }]);
  else if (AS_SELECT[option.type]) field = choiceField(option, id, optionsOf({ type: AS_SELECT[option.type] }));
  else if (option.type === INTEGER || option.type === NUMBER) {
    const range = [option.min_value, option.max_value].every((n) => n !== undefined) ? `${option.min_value} to ${option.max_value}` : "";
    const input = option.autocomplete ? null : el("input", { type: "number", id, placeholder: range, min: option.min_value?.toString(), max: option.max_value?.toString(), step: option.type === INTEGER ? "1" : "any", required: Boolean(option.required) });
    if (input) field = { node: input, value: () => (Number.isNaN(input.valueAsNumber) ? undefined : input.valueAsNumber) };
    else {
      const typed = suggestedField(option, id, command, options);
      field = { node: typed.node, value: () => (typed.value() === undefined ? undefined : Number(typed.value())) };
    }
  } else field = suggestedField(option, id, command, options);
  const label = el(option.type === ATTACHMENT ? "span" : "label", { class: "label", for: option.type === ATTACHMENT ? null : id }, said(option, "name"), option.required ? el("b", { title: "required" }, " *") : null);
  return { ...field, node: el("div", { class: option.type === ATTACHMENT ? "field wide" : "field", title: said(option, "description") }, label, field.node) };
}
