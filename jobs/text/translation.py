"""The languages in which people are answered: gettext catalogues beside this file; English stands in the code.

The texts of all programs that speak to members are in one catalogue a language, so that a worker says the same
words as a bot. What only operators read, the log, is in English.
"""

import logging
import math
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

ENGLISH: Final = "en"
LANGUAGES: Final = {
    "zh-CN": "zh_CN",
    "es-ES": "es",
    "es-419": "es",
    "de": "de",
    "ja": "ja",
    "fr": "fr",
    "pt-BR": "pt_BR",
    "ru": "ru",
}
"""Discord's locales (https://docs.discord.com/developers/reference#locales) to the names of our catalogues."""
NAME, PALETTE = "name", "palette"
"""Contexts: the names of commands and options, which must be lower case and one word; the names of palettes."""
FOLDER: Final = Path(__file__).parent / "languages"


def language_of(locale: str | None) -> str:
    """The catalogue for one of Discord's locales; English where there is none."""
    return LANGUAGES.get(locale or "", ENGLISH)


def template(text: str, language: str) -> str:
    """An English text in a language, with its braces."""
    return _catalogue(language).gettext(text)


def translate(text: str, language: str, **facts: object) -> str:
    """The same with its braces filled."""
    return template(text, language).format(**facts)


def translate_count(one: str, many: str, count: int, language: str, **facts: object) -> str:
    """The same for a text about `count` things, which the braces may name."""
    return template_count(one, many, count, language).format(count=count, **facts)


def template_count(one: str, many: str, count: int, language: str) -> str:
    """The same with its braces."""
    return _catalogue(language).ngettext(one, many, count)


def translate_in(context: str, text: str, language: str) -> str:
    """A word in a language, where the same word means something else in other places."""
    return _catalogue(language).pgettext(context, text)


def duration_in_words(seconds: float, language: str = ENGLISH) -> str:
    """A time as coarse as an estimate is: "5 s", "45 s", "3 min", "2 h"."""
    if seconds <= 20:
        return translate("{number} s", language, number=max(1, math.ceil(seconds / 5)) * 5)
    if seconds <= 90:
        return translate("{number} s", language, number=math.ceil(seconds / 15) * 15)
    if seconds <= 90 * 60:
        return translate("{number} min", language, number=math.ceil(seconds / 60))
    return translate("{number} h", language, number=math.ceil(seconds / 3600))


def wait_in_words(seconds: float, language: str = ENGLISH) -> str:
    """A time that has passed: "0.8 s", "42 s", and beyond that in minutes and hours."""
    if seconds < 99.5:
        return translate("{number} s", language, number=f"{seconds:.1f}" if seconds < 9.95 else round(seconds))
    return duration_in_words(seconds, language)


@cache
def _catalogue(language: str) -> NullTranslations:
    if language not in LANGUAGES.values():
        return NullTranslations()
    try:
        with (FOLDER / f"{language}.mo").open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError:
        _log.error("no catalogue language=%s; in a checkout run: python -m jobs.text.catalogues", language)
        return NullTranslations()
