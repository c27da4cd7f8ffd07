"""The name that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

LIKENESS = 0.6
"""Least likeness, 0 to 1, of two words that may be one word typed wrong; `difflib`'s own."""


def nearest(word: str, names: Iterable[str], likeness: float = LIKENESS) -> str | None:
    """The one of `names` that is most like `word`, whatever the case of its letters; None where none is like it."""
    known = {name.casefold(): name for name in names}
    found = get_close_matches(word.casefold(), known, 1, likeness)
    return known[found[0]] if found else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A sentence to put behind a complaint, with a space before it; empty where no name is like the word."""
    found = nearest(word, names)
    return f" Did you mean {found}?" if found else ""
