// The language of the acting person's Discord: their interactions carry it, and names of commands are shown in it.

import { quietly, send } from "./api.js";
import { el, icon } from "./dom.js";
import { localeOf, world } from "./world.js";

// https://docs.discord.com/developers/reference#locales
const LOCALES = "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko".split(" ");
const select = document.getElementById("language");
const label = document.getElementById("language-label");

// What a language calls itself; a browser that does not know it says its code.
function nameOf(locale) {
  const name = new Intl.DisplayNames([locale], { type: "language" }).of(locale);
  return name[0].toLocaleUpperCase(locale) + name.slice(1);
}

select.append(...LOCALES.map((locale) => [nameOf(locale), locale]).sort().map(([name, value]) => el("option", { value }, name)));
select.addEventListener("change", () => quietly(send("POST", "/locale", { user_id: world.actor, locale: select.value })));
label.prepend(icon("globe"));

export function drawLanguage() {
  select.value = localeOf();
  label.title = `Language: ${nameOf(localeOf())}`;
  document.getElementById("language-code").textContent = localeOf().split("-")[0].toUpperCase();
}
