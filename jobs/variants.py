"""Several drawings of one picture to choose from: what they differ in, and what each is called."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, get_args

from jobs.schema import Variant
from jobs.text.translation import translate
from models.palettes import Background

MOST: Final = 4
"""As many as Discord shows side by side in two rows."""

Kind = Literal["styles", "paper", "focus"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LABELS: Final[dict[Kind, str]] = {
    "styles": "Every style (four at most)",
    "paper": "Light and dark paper",
    "focus": "More and less background",
}
PAPERS: Final[dict[Background, str]] = {"light": "Light", "dark": "Dark"}
FOCUSES: Final[dict[float, str]] = {
    0.0: "Everything",
    0.33: "Less background",
    0.66: "Little background",
    1.0: "The subject alone",
}


def variants_of(kind: Kind, styles: Sequence[str]) -> tuple[Variant, ...]:
    """The variants of a kind. `styles` are the names of the models there are, the likeliest first."""
    makers: dict[Kind, Callable[[], list[Variant]]] = {
        "styles": lambda: [Variant(style=style) for style in styles[:MOST]],
        "paper": lambda: [Variant(background=paper) for paper in PAPERS],
        "focus": lambda: [Variant(focus=focus) for focus in FOCUSES],
    }
    return tuple(makers[kind]())


def kind_of(variant: Variant) -> Kind:
    """What a variant differs in."""
    return "paper" if variant.background is not None else "styles" if variant.focus is None else "focus"


def variant_name(variant: Variant | None, language: str) -> str:
    """What a variant is called on its button; "" where there is none."""
    if variant is None:
        return ""
    if variant.background is not None:
        return translate(PAPERS[variant.background], language)
    if variant.focus is not None:
        return translate(FOCUSES[min(FOCUSES, key=lambda known: abs(known - (variant.focus or 0)))], language)
    return variant.style or ""
