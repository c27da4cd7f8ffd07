"""What of a message is the same in every run: its words without ids and times, what kinds of files, which buttons.

In a text that is expected, `…` stands for anything.
"""

import functools
import re
from dataclasses import dataclass, fields
from typing import Final

from playground.rules.components import BUTTON, SELECTS, TEXT_DISPLAY, walk
from playground.state import seed
from playground.types import Json

ANYTHING: Final = "…"
KNOWN_IDS: Final = frozenset(
    value for value in vars(seed).values() if isinstance(value, str) and re.fullmatch(r"\d{17,20}", value)
)
"""Of people, roles and channels that are here in every run."""
UNSTABLE: Final = re.compile(
    r"""
    <t:-?\d+(?::[tTdDfFR])?>                                              # a time, as Discord writes it
    | https?://[^\s)>\]]*\d{17,20}[^\s)>\]]*                              # an address of a message or file
    | https?://(?:127\.0\.0\.1|localhost|\[::1\])[^\s)>\]]*               # anything of this playground's
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}        # UUID
    | \b\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?
    | \b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b(?:\ ?[AaPp][Mm]\b)?            # a time of day, or a length
    | \b\d+(?:[.,]\d+)?(?=\ ?(?:ms|µs|s|secs?|seconds?|mins?|minutes?|h|hours?)\b)   # how long something took
    | \b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b                 # a hash, a reference
    | (?<!\d)\d{17,20}(?!\d)                                              # an id
    """,
    re.VERBOSE,
)


def stable(text: str) -> str:
    """The text with `…` for ids, times and addresses, which are others in the next run."""
    return UNSTABLE.sub(lambda found: found[0] if found[0] in KNOWN_IDS else ANYTHING, text)


@functools.lru_cache(maxsize=512)
def _pattern(expected: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in expected.split(ANYTHING)), re.DOTALL)


def fits(expected: str, text: str) -> bool:
    """Whether a text is as expected; `…` is anything."""
    return _pattern(expected).fullmatch(text) is not None


@dataclass(frozen=True)
class Look:
    """A message as its reader sees it, without what differs from run to run; None is not looked at."""

    content: str | None = None
    texts: list[str] | None = None
    """Of embeds (title, description, fields, …) and of components of version 2, in order."""
    files: list[str] | None = None
    """MIME types."""
    buttons: list[str] | None = None
    reactions: list[str] | None = None
    """The bot's own."""
    private: bool | None = None

    def differences(self, seen: "Look") -> list[str]:
        """In which ways a message that looks like `seen` is not as this one says, in words."""
        found = []
        for field in fields(self):
            wanted, got = getattr(self, field.name), getattr(seen, field.name)
            if wanted is not None and not _same(wanted, got):
                found.append(f"{field.name}: expected {wanted!r}, not {got!r}")
        return found


def _same(wanted: object, got: object) -> bool:
    if isinstance(wanted, str) and isinstance(got, str):
        return fits(wanted, got)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(_same, wanted, got))
    return wanted == got


def look_of(message: Json) -> Look:
    """All that there is to see of a message, as the playground's state has it."""
    everything = list(walk(message["components"]))
    return Look(
        content=str(message["content"]),
        texts=[*_of_embeds(message["embeds"]), *(c["content"] for c in everything if c["type"] == TEXT_DISPLAY)],
        files=[_kind(attachment) for attachment in message["attachments"]],
        buttons=[_words(c) for c in everything if c["type"] == BUTTON],
        reactions=[r["emoji"]["name"] for r in message.get("reactions", []) if r["me"]],
        private=message["ephemeral_to"] is not None,
    )


def expected_of(message: Json) -> Look:
    """What a test expects of a message that was seen: what is stable of it, and nothing of what is not there."""
    seen = look_of(message)
    return Look(
        content=stable(seen.content) if seen.content else None,
        texts=[stable(text) for text in seen.texts or []] or None,
        files=seen.files or None,
        buttons=[stable(button) for button in seen.buttons or []] or None,
        reactions=seen.reactions or None,
        private=seen.private or None,
    )


def _of_embeds(embeds: list[Json]) -> list[str]:
    found: list[str | None] = []
    for embed in embeds:
        found += [(embed.get("author") or {}).get("name"), embed.get("title"), embed.get("description")]
        found += [f"{field['name']}: {field['value']}" for field in embed.get("fields") or []]
        found.append((embed.get("footer") or {}).get("text"))
    return [text for text in found if text]


def _kind(attachment: Json) -> str:
    return str(attachment.get("content_type") or "application/octet-stream").split(";")[0]


def _words(component: Json) -> str:
    """What stands on a button."""
    return str(component.get("label") or (component.get("emoji") or {}).get("name") or "")


def names_of(component: Json) -> list[str]:
    """By what a component may be named, best first: what stands on it, what stands in it, its custom_id."""
    names = [_words(component), component.get("placeholder"), component.get("custom_id")]
    return [str(name) for name in names if name]


def name_among(components: list[Json], wanted: Json) -> str | int:
    """The best name that only this component of a message has and that is the same in every run, else its number
    among those that can be used."""
    usable = usable_of(components)
    for name in names_of(wanted):
        if stable(name) == name and sum(name in names_of(c) for c in usable) == 1:
            return name
    return [c.get("custom_id") for c in usable].index(wanted.get("custom_id"))


def usable_of(components: list[Json]) -> list[Json]:
    """Buttons that do something here, and select menus."""
    every = walk(components)
    return [c for c in every if c["type"] in {BUTTON, *SELECTS} and c.get("custom_id")]


def named_among(components: list[Json], name: str | int) -> Json:
    """The component of that name or number. Raises LookupError, which says what there is."""
    usable = usable_of(components)
    if isinstance(name, int) and 0 <= name < len(usable):
        return usable[name]
    for place in range(3):  # all by their words before any by its custom_id
        for component in usable:
            if name in names_of(component)[place : place + 1]:
                return component
    raise LookupError(f"the message has no {name!r}; it has {[names_of(c)[0] for c in usable]}")


def fields_of(form: list[Json]) -> list[tuple[str, Json]]:
    """The fields of a form, each with its label (or its custom_id, where two have the same)."""
    found: list[tuple[str, Json]] = []
    for top in form:
        for field in [top["component"]] if "component" in top else top.get("components") or []:
            if field.get("custom_id"):
                found.append((str(top.get("label") or field.get("label") or field["custom_id"]), field))
    labels = [label for label, _ in found]
    return [(label if labels.count(label) == 1 else str(field["custom_id"]), field) for label, field in found]
