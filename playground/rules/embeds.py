"""What Discord demands of a message's embeds.

https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

from typing import Any

from playground.errors import Problems, invalid_form, too_long
from playground.rules.addresses import address_problem
from playground.types import Json

MOST, MOST_FIELDS, MOST_TEXT, LONGEST_ADDRESS, MOST_COLOR = 10, 25, 6000, 2048, 0xFFFFFF
PARTS = {"author": ("url", "icon_url"), "footer": ("icon_url",), "image": ("url",), "thumbnail": ("url",)}
"""Parts of an embed that are objects, and which of their fields are addresses."""


def check_embeds(embeds: Any) -> None:
    """Raise ApiError 50035 for what Discord would refuse."""
    if not isinstance(embeds, list) or not all(isinstance(embed, dict) for embed in embeds):
        raise invalid_form({"embeds": ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")})
    if len(embeds) > MOST:
        raise too_long("embeds", MOST)
    problems: Problems = {}
    total = sum(_check(embed, f"embeds/{i}", problems) for i, embed in enumerate(embeds))
    if total > MOST_TEXT:
        problems["embeds"] = ("MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_TEXT}")
    if problems:
        raise invalid_form(problems)


def _check(embed: Json, at: str, problems: Problems) -> int:
    """Note what is wrong with one; returns the characters that count towards MOST_TEXT."""
    parts = {name: _part(embed.get(name), f"{at}/{name}", problems) for name in PARTS}
    for name, keys in PARTS.items():
        for key in keys:
            _address(parts[name], key, f"{at}/{name}", problems)
    _address(embed, "url", at, problems)
    color = embed.get("color")
    if color is not None and (not isinstance(color, int) or isinstance(color, bool)):
        problems[f"{at}/color"] = ("NUMBER_TYPE_COERCE", f'Value "{color}" is not int.')
    elif not 0 <= (color or 0) <= MOST_COLOR:
        problems[f"{at}/color"] = ("NUMBER_TYPE_MAX", f"int value should be between 0 and {MOST_COLOR}.")
    return (
        _text(embed, "title", at, 256, problems)
        + _text(embed, "description", at, 4096, problems)
        + _text(parts["author"], "name", f"{at}/author", 256, problems)
        + _text(parts["footer"], "text", f"{at}/footer", 2048, problems)
        + _check_fields(embed.get("fields"), f"{at}/fields", problems)
    )


def _check_fields(fields: Any, at: str, problems: Problems) -> int:
    if fields is None:
        return 0
    if not isinstance(fields, list):
        problems[at] = ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")
        return 0
    if len(fields) > MOST_FIELDS:
        problems[at] = ("BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FIELDS} or fewer in length.")
    total = 0
    for i, field in enumerate(fields):
        one = _part(field, f"{at}/{i}", problems)
        for key, most in (("name", 256), ("value", 1024)):
            total += _text(one, key, f"{at}/{i}", most, problems, needed=True)
    return total


def _part(value: Any, at: str, problems: Problems) -> Json:
    if isinstance(value, dict):
        return value
    if value is not None:
        problems[at] = ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    return {}


def _address(holder: Json, key: str, at: str, problems: Problems) -> None:
    _text(holder, key, at, LONGEST_ADDRESS, problems)
    where = f"{at}/{key}"
    if holder.get(key) and where not in problems and (problem := address_problem(holder[key])) is not None:
        problems[where] = problem


def _text(holder: Json, key: str, at: str, most: int, problems: Problems, *, needed: bool = False) -> int:
    """Note what is wrong with a text, blank ones that are needed included; returns its length."""
    text = holder.get(key)
    if text is not None and not isinstance(text, str):
        problems[f"{at}/{key}"] = ("BASE_TYPE_BAD_STRING", "Must be a string.")
        return 0
    if needed and not (text or "").strip():
        problems[f"{at}/{key}"] = ("BASE_TYPE_REQUIRED", "This field is required")
    elif len(text or "") > most:
        problems[f"{at}/{key}"] = ("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    return len(text or "")
