"""What somebody asks for besides the picture: checked before anything is fetched, completed with defaults.

Pure functions; the palette is free text with suggestions, because Discord allows no other value beside choices.
"""

import functools
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from glyphcord.nearest import nearest
from jobs.text.choices import (
    AUTO,
    COLOUR_LIKENESS,
    COLOUR_NAMES,
    DEFAULT_BACKGROUND,
    FOCUSES,
    FORMATS,
    LONGEST_COLOURS,
    PALETTES,
    Auto,
    BackgroundChoice,
    RenderOptions,
    check_columns,
    find_colours,
    find_palette,
    palette_name,
)
from jobs.text.sentences import PictureProblem, ServiceProblem
from jobs.text.translation import ENGLISH, LANGUAGES, translate

EXAMPLE: Final = "#0000ff-#ff69b4"
DOWNWARDS: Final = "{colours} (top to bottom)"
OWN_COLOURS: Final = "Your own two colours, like {example}"
SUGGESTIONS: Final = 25
"""As many as Discord shows."""


DEFAULT_STYLE: Final = "Auto (the bot's default)"
"""What AUTO is called where styles are offered."""


@dataclass(frozen=True)
class OptionOverrides:
    """What a user said; None for what was not. `focus` and `format` are names in FOCUSES and FORMATS.

    `columns` and `style` may be AUTO, where somebody wants neither of a server's defaults.
    """

    palette: str | None = None
    columns: int | Auto | None = None
    background: BackgroundChoice | None = None
    focus: str | None = None
    format: str | None = None
    animate: bool | None = None
    style: str | None = None

    def check(self) -> "OptionOverrides":
        """The same with the palette in its one spelling.

        Raises PictureProblem `bad_palette` or `bad_columns`, ServiceProblem `bad_format`.
        """
        if isinstance(self.columns, int):
            check_columns(self.columns)
        if self.format is not None and self.format not in FORMATS:
            raise ServiceProblem("bad_format", f"format {self.format[:40]!r}", names=", ".join(FORMATS))
        return self if self.palette is None else replace(self, palette=named_palette(self.palette))


def settle(said: OptionOverrides, defaults: RenderOptions | None = None) -> RenderOptions:
    """Fill what was not said. `defaults` are a server's, or those of the picture to be drawn again.

    Text that is to stand in a message takes neither columns nor paper from a picture: how wide it fits and on which
    theme it is read, the worker knows. With more columns than fit there it is a file.
    """
    start = defaults or RenderOptions()
    format = said.format or start.format
    if (block := FORMATS[format].block) and isinstance(said.columns, int) and said.columns > block.columns:
        format = "file"
    columns, background = start.columns, start.background
    if FORMATS[format].block and format != start.format:
        columns = None
        if not start.block:
            background = DEFAULT_BACKGROUND
    if said.columns is not None:
        columns = None if said.columns == AUTO else said.columns
    return replace(
        start,
        palette=said.palette or start.palette,
        columns=columns,
        background=said.background or background,
        focus=FOCUSES[said.focus].amount if said.focus in FOCUSES else start.focus,
        format=format,
        animate=start.animate if said.animate is None else said.animate,
        style=start.style if said.style is None else None if said.style == AUTO else said.style,
    )


def named_palette(text: str) -> str:
    """A palette's name from what a person typed, in whichever language.

    Raises PictureProblem `bad_palette`, or `bad_palette_near` with what was probably meant.
    """
    typed = text.strip()
    words = {
        word.casefold(): name for name, palette in PALETTES.items() for word in (name, *_words(name, palette.label))
    }
    if (name := words.get(typed.casefold())) is not None:
        return name
    try:
        return find_palette(typed).name
    except PictureProblem as problem:
        near = nearest(typed[:LONGEST_COLOURS], words, COLOUR_LIKENESS)
        if near is None or "near" in problem.facts:
            raise
        raise PictureProblem("bad_palette_near", problem.detail, names=problem.facts["names"], near=near) from None


@cache
def _words(name: str, label: str) -> frozenset[str]:
    """What a palette is called in all languages: somebody may type it and choose no suggestion."""
    found = {palette_name(name, language) for language in LANGUAGES.values()}
    return frozenset(found | {translate(label, language) for language in (ENGLISH, *LANGUAGES.values())})


def named_style(text: str | None) -> str | None:
    """A style's name from what a person typed; AUTO by what it is called in whichever language."""
    typed = (text or "").strip()
    return AUTO if typed.casefold() in _automatic() else typed or None


@cache
def _automatic() -> frozenset[str]:
    """AUTO, and its labels with and without what stands in brackets, which are wide ones in some languages."""
    labels = {translate(DEFAULT_STYLE, language).casefold() for language in (ENGLISH, *LANGUAGES.values())}
    return frozenset({AUTO, *labels, *(re.split(r"\s*[(（]", label)[0] for label in labels)})


def suggest_palettes(typed: str, language: str = ENGLISH) -> list[tuple[str, str]]:
    """(label, value) to offer while somebody types: palettes that contain it, colours, completed or corrected."""
    text = typed.strip().casefold()
    labels = {name: translate(palette.label, language) for name, palette in PALETTES.items()}
    found = [
        (label, name) for name, label in labels.items() if text in f"{label} {PALETTES[name].label}".casefold()
    ]
    found += _colours(text, language) if text else []
    if text and not found:
        found = [(labels.get(name, f"{word} ({name})"), name) for word, name in _meant(text)]
    if not text or not found:
        found.append((translate(OWN_COLOURS, language, example=EXAMPLE), EXAMPLE))
    return list({value: (label, value) for label, value in reversed(found)}.values())[::-1][:SUGGESTIONS]


def _colours(text: str, language: str) -> list[tuple[str, str]]:
    """The one or two colours that are written, and those of CSS whose names begin so."""
    downwards = functools.partial(translate, DOWNWARDS, language)
    written = () if text in PALETTES else find_colours(text) or ()
    name = find_palette(text).name if written else ""
    if len(written) == 2:
        return [(downwards(colours=name), name)]
    begins = sorted(one for one in COLOUR_NAMES - PALETTES.keys() if one.startswith(text))
    found = [(f"{one} ({value})", value) for one in begins for value in [find_palette(one).name]]
    if written:
        found += [(name, name), *((downwards(colours=two), two) for two in (f"{name}-#ff69b4", f"#000000-{name}"))]
    return found


def _meant(text: str) -> list[tuple[str, str]]:
    """What was probably meant by a name that is none in this language, as a word and a palette's name."""
    try:
        return [(text, named_palette(text))]
    except PictureProblem as problem:
        near = str(problem.facts.get("near", ""))
        return [(near, named_palette(near))] if near else []
