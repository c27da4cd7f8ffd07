"""The kinds of components on messages and in forms, and their trees.

https://docs.discord.com/developers/components/reference
"""

import copy
from collections.abc import Iterator

from playground.types import Json

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = range(
    1, 9
)
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, FILE_UPLOAD = (
    *range(9, 15),
    17,
    18,
    19,
)
RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 21, 22, 23
LINK_STYLE, PREMIUM_STYLE = 5, 6
SELECTS = {STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT}
WITH_OPTIONS = {STRING_SELECT, RADIO_GROUP, CHECKBOX_GROUP}
ON_MESSAGES = {BUTTON, *SELECTS}
IN_FORMS = {TEXT_INPUT, *SELECTS, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX}
TOP_OF_V2 = {ACTION_ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER}
MOST_IN_V2, MOST_TEXT_IN_V2 = 40, 4000


def children(component: Json) -> list[Json]:
    found = list(component.get("components") or [])
    found += [component[key] for key in ("accessory", "component") if isinstance(component.get(key), dict)]
    return found


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, however deep."""
    for component in components:
        yield component
        yield from walk(children(component))


def numbered(components: list[Json]) -> list[Json]:
    """Components as Discord answers them: each with an id, without nulls, selects with their defaults."""
    result = copy.deepcopy(components)
    taken = {c["id"] for c in walk(result) if c.get("id")}
    following = 1
    for component in walk(result):
        for key in [key for key, value in component.items() if value is None]:
            del component[key]
        if not component.get("id"):
            while following in taken:
                following += 1
            taken.add(following)
            component["id"] = following
        for item in [*(component.get("items") or []), *([component] if component["type"] == THUMBNAIL else [])]:
            item.setdefault("description", None)
            item.setdefault("spoiler", False)
        if component["type"] in (FILE, CONTAINER):
            component.setdefault("spoiler", False)
        if component["type"] == CONTAINER:
            component.setdefault("accent_color", None)
        if component["type"] in SELECTS:
            component.setdefault("min_values", 1)
            component.setdefault("max_values", 1)
    return result
