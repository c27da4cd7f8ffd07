// The form (modal) with which a bot answers an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal

import { upload } from "./api.js";
import { optionsOf } from "./components.js";
import { el } from "./dom.js";
import { fileField } from "./fields.js";
import { markdown } from "./markdown.js";
import { world } from "./world.js";

const dialog = document.getElementById("form");
const TEXT_INPUT = 4, TEXT = 10, FILE_UPLOAD = 19, RADIO = 21, CHECKBOX = 23;
let made = 0;
let controls = []; // of the open form: [custom_id, {node, value()} or {node, files(), take()}]

// {node, value()} or {node, files()} of one component
function control(data, id) {
  const required = data.required !== false;
  switch (data.type) {
    case TEXT_INPUT: {
      const input = el(data.style === 2 ? "textarea" : "input", { id, type: data.style === 2 ? null : "text", rows: data.style === 2 ? "4" : null, placeholder: data.placeholder, minlength: data.min_length?.toString(), maxlength: (data.max_length || 4000).toString(), required });
      input.value = data.value || "";
      return { node: input, value: () => input.value };
    }
    case CHECKBOX: {
      const box = el("input", { type: "checkbox", id, checked: Boolean(data.default) });
      return { node: box, value: () => box.checked };
    }
    case FILE_UPLOAD: return fileField(data.custom_id, "File", { required });
    default: {
      const options = optionsOf(data);
      const most = data.max_values || (data.type === 22 ? options.length : 1);
      if (most === 1 && data.type !== RADIO) {
        const pick = el("select", { id, required }, el("option", { value: "" }, data.placeholder || "—"), options.map((o) => el("option", { value: o.value, selected: Boolean(o.default) }, o.label)));
        return { node: pick, value: () => (pick.value ? [pick.value] : []) };
      }
      const boxes = options.map((o) => el("input", { type: data.type === RADIO ? "radio" : "checkbox", name: id, value: o.value, checked: Boolean(o.default), required: required && data.type === RADIO }));
      const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
      const node = el("div", { class: "boxes", role: "group", "aria-labelledby": `${id}-label` }, options.map((o, i) => el("label", {}, boxes[i], el("span", {}, o.label), o.description ? el("small", {}, o.description) : null)));
      return { node, value: () => (data.type === RADIO ? chosen()[0] : chosen()) };
    }
  }
}

function field(top) {
  if (top.type === TEXT) return el("div", { class: "text" }, markdown(top.content || "", world));
  const data = top.component || top.components?.[0];
  if (!data) return null;
  const id = `form-${(made += 1)}`;
  const entry = control(data, id);
  controls.push([data.custom_id, entry]);
  const label = el("label", { class: "label", for: id, id: `${id}-label` }, top.label || data.label || data.custom_id, data.required === false || data.type === CHECKBOX ? null : el("b", { title: "required" }, " *"));
  return el("div", { class: "form-field" }, label, top.description ? el("small", { class: "sub" }, top.description) : null, entry.node);
}

export function openForm(interaction) {
  const data = interaction.response_data;
  controls = [];
  const parts = (data.components || []).map(field);
  const form = el("form", { method: "dialog" }, el("h2", { id: "form-title" }, data.title), parts,
    el("div", { class: "row end" }, el("button", { class: "button secondary", type: "button", onclick: () => dialog.close() }, "Cancel"),
      el("button", { class: "button primary", type: "submit" }, "Submit")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(controls.filter(([, entry]) => entry.value).map(([name, entry]) => [name, entry.value()]).filter(([, value]) => value !== undefined));
    const files = controls.flatMap(([, entry]) => entry.files?.() || []);
    if (await upload("/modal", { interaction_id: interaction.id, values }, files).catch(() => null)) dialog.close();
  });
  dialog.setAttribute("aria-labelledby", "form-title");
  dialog.replaceChildren(form);
  dialog.showModal();
}

// A file that was dropped or pasted while a form is open.
export function takeForForm(file) {
  if (dialog.open) controls.find(([, entry]) => entry.take)?.[1].take(file);
}
