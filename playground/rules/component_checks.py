"""What Discord demands of the components that a bot sends on messages and in forms.

https://docs.discord.com/developers/components/reference
"""

from typing import Any

from playground.errors import invalid_form, too_long
from playground.rules.addresses import SCHEMES, address_problem
from playground.rules.components import (
    ACTION_ROW,
    BUTTON,
    CHECKBOX_GROUP,
    FILE,
    GALLERY,
    IN_FORMS,
    LABEL,
    LINK_STYLE,
    MOST_IN_V2,
    MOST_TEXT_IN_V2,
    ON_MESSAGES,
    PREMIUM_STYLE,
    RADIO_GROUP,
    SELECTS,
    TEXT_DISPLAY,
    TEXT_INPUT,
    THUMBNAIL,
    TOP_OF_V2,
    WITH_OPTIONS,
    children,
    walk,
)
from playground.types import Json

MOST_IN_GALLERY = 10


def _required(where: str) -> Exception:
    return invalid_form({where: ("BASE_TYPE_REQUIRED", "This field is required")})


def _length(where: str, low: int, high: int) -> Exception:
    return invalid_form({where: ("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")})


def _choice(where: str, allowed: set[int]) -> Exception:
    return invalid_form({where: ("BASE_TYPE_CHOICES", f"Value must be one of {tuple(sorted(allowed))}.")})


def _well_formed(components: Any, where: str) -> None:
    """A tree of objects that each have a type; everything after this may rely on that."""
    if not isinstance(components, list):
        raise invalid_form({where: ("BASE_TYPE_BAD_LIST", "Must be a list.")})
    for i, component in enumerate(components):
        at = f"{where}/{i}"
        if not isinstance(component, dict) or not isinstance(component.get("type"), int):
            raise _required(f"{at}/type")
        _well_formed(component.get("components") or [], f"{at}/components")
        for key in ("accessory", "component"):
            if component.get(key) is not None:
                _well_formed([component[key]], f"{at}/{key}")


def check_components(components: Any, *, v2: bool) -> None:
    """Raise 50035 for what Discord would not take on a message."""
    _well_formed(components, "components")
    if not v2 and len(components) > 5:
        raise _length("components", 0, 5)
    for i, top in enumerate(components):
        allowed = TOP_OF_V2 if v2 else {ACTION_ROW}
        if top["type"] not in allowed:
            raise _choice(f"components/{i}/type", allowed)
    every = list(walk(components))
    if v2 and len(every) > MOST_IN_V2:
        raise _length("components", 1, MOST_IN_V2)
    if sum(len(c.get("content") or "") for c in every if c["type"] == TEXT_DISPLAY) > MOST_TEXT_IN_V2:
        raise too_long("components", MOST_TEXT_IN_V2)
    for component in every:
        if component["type"] == ACTION_ROW:
            _check_row(component)
        elif component["type"] == GALLERY:
            _check_gallery(component)
        elif component["type"] in (THUMBNAIL, FILE):
            key = "file" if component["type"] == FILE else "media"
            _check_media(component.get(key), f"components/{key}")
    _check_each(every, ON_MESSAGES)


def _check_row(row: Json) -> None:
    """Up to five buttons, or one select menu."""
    children = row.get("components") or []
    if not 1 <= len(children) <= 5:
        raise _length("components/0/components", 1, 5)
    kinds = {child["type"] for child in children}
    if not kinds <= ON_MESSAGES:
        raise _choice("components/0/components/0/type", ON_MESSAGES)
    if kinds & SELECTS and len(children) > 1:
        problem = "A select menu fills its row: The specified component exceeds the maximum width"
        raise invalid_form({"components/0/components": ("COMPONENT_LAYOUT_WIDTH_EXCEEDED", problem)})


def _check_gallery(gallery: Json) -> None:
    items = gallery.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_IN_GALLERY:
        raise _length("components/items", 1, MOST_IN_GALLERY)
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            raise _required(f"components/items/{i}/media")
        _check_media(item.get("media"), f"components/items/{i}/media")


def _check_media(media: Any, at: str) -> None:
    """Something that is shown by its address."""
    if not isinstance(media, dict) or not media.get("url"):
        raise _required(f"{at}/url")
    _check_address(media["url"], f"{at}/url")


def _check_address(address: Any, at: str, schemes: tuple[str, ...] = SCHEMES) -> None:
    if not isinstance(address, str):
        raise invalid_form({at: ("BASE_TYPE_BAD_STRING", "Must be a string.")})
    if (problem := address_problem(address, schemes)) is not None:
        raise invalid_form({at: problem})


def _check_each(components: list[Json], interactive: set[int]) -> None:
    seen: set[str] = set()
    for component in components:
        kind = component["type"]
        if kind == BUTTON:
            _check_button(component)
        if kind not in interactive or (component.get("style") in (LINK_STYLE, PREMIUM_STYLE) and kind == BUTTON):
            continue
        custom = component.get("custom_id")
        if not isinstance(custom, str) or not 1 <= len(custom) <= 100:
            raise _length("components/custom_id", 1, 100)
        if custom in seen:
            problem = "Component custom id cannot be duplicated"
            raise invalid_form({"components": ("COMPONENT_CUSTOM_ID_DUPLICATED", problem)})
        seen.add(custom)
        if len(component.get("placeholder") or "") > 150:
            raise too_long("components/placeholder", 150)
        if kind in WITH_OPTIONS:
            _check_options(component)


def _check_button(button: Json) -> None:
    if button.get("style") not in range(1, 7):
        raise _choice("components/style", set(range(1, 7)))
    if len(button.get("label") or "") > 80:
        raise too_long("components/label", 80)
    if button["style"] == LINK_STYLE:
        _check_address(button.get("url") or "", "components/url", ("http", "https", "discord"))
        if button.get("custom_id"):
            problem = "A custom id and url cannot both be specified"
            raise invalid_form({"components": ("BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", problem)})
    if button["style"] != PREMIUM_STYLE and not (button.get("label") or button.get("emoji")):
        raise _required("components/label")


def _check_options(select: Json) -> None:
    options = select.get("options")
    low, high = {RADIO_GROUP: (2, 10), CHECKBOX_GROUP: (1, 10)}.get(select["type"], (1, 25))
    if not isinstance(options, list) or not low <= len(options) <= high:
        raise _length("components/options", low, high)
    for i, option in enumerate(options):
        for key in ("label", "value"):
            if not 1 <= len(str(option.get(key) or "")) <= 100:
                raise _length(f"components/options/{i}/{key}", 1, 100)
        if len(option.get("description") or "") > 100:
            raise too_long(f"components/options/{i}/description", 100)
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        problem = "The specified option value is already used"
        raise invalid_form({"components/options": ("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", problem)})
    if (select.get("max_values") or 1) > len(options):
        problem = f"Must be {len(options)} or less."
        raise invalid_form({"components/max_values": ("NUMBER_TYPE_MAX", problem)})


def check_form(data: Json) -> None:
    """Raise 50035 for a form that Discord would not open.

    https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
    """
    for key, most in (("custom_id", 100), ("title", 45)):
        if not 1 <= len(str(data.get(key) or "")) <= most:
            raise _length(f"data/{key}", 1, most)
    components = data.get("components") or []
    _well_formed(components, "data/components")
    if not 1 <= len(components) <= 5:
        raise _length("data/components", 1, 5)
    for i, top in enumerate(components):
        at = f"data/components/{i}"
        if top["type"] not in (ACTION_ROW, TEXT_DISPLAY, LABEL):
            raise _choice(f"{at}/type", {ACTION_ROW, TEXT_DISPLAY, LABEL})
        inside = children(top)
        if top["type"] != TEXT_DISPLAY and len(inside) != 1:
            raise _length(f"{at}/components", 1, 1)
        allowed = {ACTION_ROW: {TEXT_INPUT}, LABEL: IN_FORMS, TEXT_DISPLAY: set[int]()}[top["type"]]
        for child in inside:
            if child["type"] not in allowed:
                raise _choice(f"{at}/component/type", allowed)
            label = top.get("label") if top["type"] == LABEL else child.get("label")
            if not 1 <= len(str(label or "")) <= 45:
                raise _length(f"{at}/label", 1, 45)
            if child["type"] == TEXT_INPUT and child.get("style") not in (1, 2):
                raise _choice(f"{at}/component/style", {1, 2})
    _check_each(list(walk(components)), IN_FORMS)
