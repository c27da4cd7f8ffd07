// The box at the bottom: a form for each command that the bot has registered, and plain messages.

import { send, upload } from "./api.js";
import { el, size } from "./dom.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, NUMBER = 10, ATTACHMENT = 11;
const place = document.getElementById("composer");
const waiting = new Map(); // interaction id -> what to do with the choices it brings

// Every runnable path: {label: "model reload", options: [...]}
function runnable(commands) {
  const found = [];
  const walk = (path, options) => {
    const below = (options || []).filter((option) => option.type === 1 || option.type === 2);
    if (!below.length) found.push({ label: path, options: options || [] });
    for (const option of below) walk(`${path} ${option.name}`, option.options);
  };
  for (const command of commands.filter((c) => c.type === 1)) walk(command.name, command.options);
  return found.sort((a, b) => (b.label === "ascii") - (a.label === "ascii") || a.label.localeCompare(b.label));
}

function fileField(option, values) {
  const preview = el("img", { class: "preview", alt: "", hidden: true });
  const words = el("span", { class: "cut" }, "Choose, drop or paste a file");
  const input = el("input", { type: "file", "aria-label": option.name });
  const take = (file) => {
    if (!file) return;
    values.files[option.name] = file;
    words.textContent = `${file.name} · ${size(file.size)}`;
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(file);
    preview.hidden = false;
    preview.onerror = () => { preview.hidden = true; };
    zone.classList.add("chosen");
  };
  input.addEventListener("change", () => take(input.files[0]));
  const zone = el("label", { class: "drop" }, input, preview, el("span", { class: "drop-icon", "aria-hidden": "true" }, "🖼"), words);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); take(event.dataTransfer.files[0]); });
  zone.take = take;
  return zone;
}

function suggestions(option, input, values, command, world) {
  const list = el("datalist", { id: `choices-${option.name}` });
  let timer;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const options = { ...values.options, [option.name]: input.value };
      const asked = await send("POST", "/autocomplete", { command, focused: option.name, options, user_id: world.actor, channel_id: world.channel }).catch(() => null);
      if (asked) waiting.set(asked.interaction_id, (choices) => list.replaceChildren(...choices.map((c) => el("option", { value: c.value }, c.name))));
    }, 200);
  };
  input.addEventListener("focus", ask);
  input.addEventListener("input", ask);
  input.setAttribute("list", list.id);
  return list;
}

function choiceField(option, values) {
  const set = el("div", { class: "choices", role: "radiogroup", "aria-label": option.name });
  for (const choice of option.choices) {
    const pick = el("button", { type: "button", class: "choice", role: "radio", "aria-checked": "false" }, choice.name);
    pick.addEventListener("click", () => {
      const on = pick.getAttribute("aria-checked") !== "true";
      for (const other of set.children) other.setAttribute("aria-checked", "false");
      pick.setAttribute("aria-checked", String(on));
      if (on) values.options[option.name] = choice.value;
      else delete values.options[option.name];
    });
    set.append(pick);
  }
  return set;
}

function field(option, values, command, world) {
  const keep = (value) => {
    if (value === "" || value === undefined || Number.isNaN(value)) delete values.options[option.name];
    else values.options[option.name] = value;
  };
  let control;
  let extra = null;
  if (option.type === ATTACHMENT) control = fileField(option, values);
  else if (option.choices?.length) control = choiceField(option, values);
  else if (option.type === BOOLEAN) {
    const box = el("input", { type: "checkbox", onchange: () => keep(box.checked || "") });
    return el("label", { class: "toggle", title: option.description }, box, el("span", {}, option.name));
  } else if (option.type === INTEGER || option.type === NUMBER) {
    const range = [option.min_value, option.max_value].every((n) => n !== undefined) ? `${option.min_value}–${option.max_value}` : "";
    const input = el("input", { type: "number", placeholder: range, min: option.min_value?.toString(), max: option.max_value?.toString(), step: option.type === INTEGER ? "1" : "any" });
    input.addEventListener("input", () => keep(input.valueAsNumber));
    control = input;
  } else if (option.type === USER) {
    const people = [...world.users.values()].map((user) => el("option", { value: user.id }, user.global_name || user.username));
    const pick = el("select", { onchange: () => keep(pick.value) }, el("option", { value: "" }, "—"), people);
    control = pick;
  } else {
    const input = el("input", { type: "text", autocomplete: "off", placeholder: option.description });
    input.addEventListener("input", () => keep(input.value));
    if (option.type === STRING && option.autocomplete) extra = suggestions(option, input, values, command, world);
    control = input;
  }
  const label = el("span", { class: "label" }, option.name, option.required ? el("b", { title: "required" }, " *") : null);
  return el("div", { class: option.type === ATTACHMENT ? "field wide" : "field", title: option.description }, label, control, extra);
}

function commandForm(command, world) {
  const values = { options: {}, files: {} };
  const fields = command.options.map((option) => field(option, values, command.label, world));
  const go = el("button", { class: "button primary go", type: "submit" }, `Send /${command.label}`);
  const form = el("form", { class: "composing" }, el("div", { class: "fields-form" }, fields), go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    const payload = { command: command.label, options: values.options, user_id: world.actor, channel_id: world.channel };
    await upload("/slash", payload, values.files).catch(() => {});
    go.disabled = false;
  });
  return form;
}

function messageForm(world) {
  const values = { files: {} };
  const text = el("input", { type: "text", placeholder: "Write a message", "aria-label": "Message", autocomplete: "off" });
  const zone = fileField({ name: "file" }, values);
  const form = el("form", { class: "composing" },
    el("div", { class: "fields-form" }, el("div", { class: "field grow" }, text), el("div", { class: "field wide" }, zone)),
    el("button", { class: "button primary go", type: "submit" }, "Send"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const payload = { content: text.value, user_id: world.actor, channel_id: world.channel };
    if (await upload("/message", payload, values.files).catch(() => null)) drawComposer(world, true);
  });
  return form;
}

let drawn = "";
let tab = "";

export function drawComposer(world, anew = false) {
  const commands = runnable(world.commands);
  const key = JSON.stringify([world.commands, tab]);
  if (key === drawn && !anew) return; // a half-filled form survives what happens elsewhere
  drawn = key;
  const labels = [...commands.map((command) => command.label), "message"];
  if (!labels.includes(tab)) tab = labels[0];
  const tabs = labels.map((label) => el("button", {
    type: "button", class: "tab", role: "tab", "aria-selected": String(label === tab),
    onclick: () => { tab = label; drawComposer(world); },
  }, label === "message" ? "Message" : `/${label}`));
  const chosen = commands.find((command) => command.label === tab);
  const hint = commands.length ? null : el("p", { class: "hint" }, "No bot has registered commands yet. Start one with DISCORD_API_BASE set to ",
    el("code", {}, `${location.origin}/api/v10`), ".");
  place.replaceChildren(el("div", { class: "tabs", role: "tablist" }, tabs), ...(hint ? [hint] : []), chosen ? commandForm(chosen, world) : messageForm(world));
  drawn = JSON.stringify([world.commands, tab]);
}

document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files || [])][0];
  const zone = place.querySelector(".drop");
  if (file && zone) zone.take(file);
});

// An answered interaction may bring autocomplete's choices, or a form to fill in.
export function interactionAnswered(interaction, world) {
  const data = interaction.response_data;
  if (interaction.response_type === 8 && waiting.has(interaction.id)) {
    waiting.get(interaction.id)(data.choices || []);
    waiting.delete(interaction.id);
  }
  if (interaction.response_type === 9 && interaction.user_id === world.actor) openForm(interaction);
}

function openForm(interaction) {
  const dialog = document.getElementById("form");
  const data = interaction.response_data;
  const values = {};
  const inputs = [];
  const find = (list, label) => (list || []).forEach((c) => {
    if (c.type === 4) {
      const input = el(c.style === 2 ? "textarea" : "input", { placeholder: c.placeholder, maxlength: c.max_length?.toString(), required: c.required !== false });
      input.value = values[c.custom_id] = c.value || "";
      input.addEventListener("input", () => { values[c.custom_id] = input.value; });
      inputs.push(el("label", {}, el("span", { class: "label" }, c.label || label || c.custom_id), input));
    }
    find(c.components || (c.component ? [c.component] : []), c.label || label);
  });
  find(data.components, "");
  const form = el("form", { method: "dialog" }, el("h3", {}, data.title), inputs,
    el("div", { class: "row" }, el("button", { class: "button secondary", type: "button", onclick: () => dialog.close() }, "Cancel"),
      el("button", { class: "button primary", type: "submit" }, "Submit")));
  form.addEventListener("submit", () => send("POST", "/modal", { interaction_id: interaction.id, values }).catch(() => {}));
  dialog.replaceChildren(form);
  dialog.showModal();
}
