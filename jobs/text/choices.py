"""What a user can ask for, from the library's torch-free leaves: palettes, formats, limits."""

from dataclasses import dataclass
from typing import Final, Literal

from jobs.text.translation import PALETTE, translate_in
from models.colour_names import LIKENESS as COLOUR_LIKENESS
from models.colour_names import LONGEST as LONGEST_COLOURS
from models.colour_names import NAMES as COLOUR_NAMES
from models.colour_names import find_colours
from models.formats import FORMATS
from models.limits import MAX_BYTES, MAX_COLUMNS, MAX_VIDEO_BYTES, MIN_COLUMNS
from models.options import RenderOptions, check_columns
from models.palettes import BACKGROUNDS, DEFAULT_BACKGROUND, PALETTES, Background, BackgroundChoice, find_palette

__all__ = [
    "AUTO",
    "COLOUR_LIKENESS",
    "COLOUR_NAMES",
    "DEFAULT_BACKGROUND",
    "FOCUSES",
    "FORMATS",
    "LONGEST_COLOURS",
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_VIDEO_BYTES",
    "MIN_COLUMNS",
    "PALETTES",
    "PAPERS",
    "Auto",
    "Background",
    "BackgroundChoice",
    "Focus",
    "RenderOptions",
    "check_columns",
    "find_colours",
    "find_palette",
    "focus_name",
    "palette_name",
    "paper_name",
]

Auto = Literal["auto"]
AUTO: Final[Auto] = "auto"
"""Says that the worker or its model is to choose, where leaving something out says that it stays as it is."""


PAPERS: Final[dict[BackgroundChoice, str]] = {
    "auto": "Auto (whichever shows the subject better)",
    "light": "Light (dark characters on white)",
    "dark": "Dark (light characters on black)",
}


@dataclass(frozen=True)
class Focus:
    """One choice of `/ascii focus`. `amount` is 0 to 1, as a renderer takes it; None leaves it to the model."""

    label: str
    amount: float | None


FOCUS_HELP: Final = "How much of the background to leave out"
FOCUSES: Final[dict[str, Focus]] = {
    AUTO: Focus("Auto (as suits the picture)", None),
    "0": Focus("Everything", 0.0),
    "0.25": Focus("Almost everything", 0.25),
    "0.5": Focus("Half of the background", 0.5),
    "0.75": Focus("Mostly the subject", 0.75),
    "1": Focus("The subject alone", 1.0),
}


def paper_name(text: str | None) -> BackgroundChoice | None:
    """The choice of that name; None for any other text."""
    return next((name for name in BACKGROUNDS if name == text), None)


def focus_name(amount: float | None) -> str:
    """The name in FOCUSES of an amount, or of the nearest one that is offered."""
    if amount is None:
        return AUTO
    offered = {name: focus.amount for name, focus in FOCUSES.items() if focus.amount is not None}
    return min(offered, key=lambda name: abs(offered[name] - amount))


def palette_name(name: str, language: str) -> str:
    """What a palette is called in a language; colours are called as they are written."""
    return translate_in(PALETTE, name, language) if name in PALETTES else name
