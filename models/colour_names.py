"""One or two colours as people type them: `#rrggbb`, `#rgb`, or a name that CSS has, like `red` or `dark red`."""

import re
from collections.abc import Iterator
from typing import Final

from glyphcord import nearest as nearness
from glyphcord.nearest import nearest

RGB = tuple[int, int, int]

_TABLE: Final = """
aliceblue=f0f8ff antiquewhite=faebd7 aqua=00ffff aquamarine=7fffd4 azure=f0ffff beige=f5f5dc bisque=ffe4c4
black=000000 blanchedalmond=ffebcd blue=0000ff blueviolet=8a2be2 brown=a52a2a burlywood=deb887 cadetblue=5f9ea0
chartreuse=7fff00 chocolate=d2691e coral=ff7f50 cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c cyan=00ffff
darkblue=00008b darkcyan=008b8b darkgoldenrod=b8860b darkgray=a9a9a9 darkgreen=006400 darkgrey=a9a9a9
darkkhaki=bdb76b darkmagenta=8b008b darkolivegreen=556b2f darkorange=ff8c00 darkorchid=9932cc darkred=8b0000
darksalmon=e9967a darkseagreen=8fbc8f darkslateblue=483d8b darkslategray=2f4f4f darkslategrey=2f4f4f
darkturquoise=00ced1 darkviolet=9400d3 deeppink=ff1493 deepskyblue=00bfff dimgray=696969 dimgrey=696969
dodgerblue=1e90ff firebrick=b22222 floralwhite=fffaf0 forestgreen=228b22 fuchsia=ff00ff gainsboro=dcdcdc
ghostwhite=f8f8ff gold=ffd700 goldenrod=daa520 gray=808080 green=008000 greenyellow=adff2f grey=808080
honeydew=f0fff0 hotpink=ff69b4 indianred=cd5c5c indigo=4b0082 ivory=fffff0 khaki=f0e68c lavender=e6e6fa
lavenderblush=fff0f5 lawngreen=7cfc00 lemonchiffon=fffacd lightblue=add8e6 lightcoral=f08080 lightcyan=e0ffff
lightgoldenrodyellow=fafad2 lightgray=d3d3d3 lightgreen=90ee90 lightgrey=d3d3d3 lightpink=ffb6c1
lightsalmon=ffa07a lightseagreen=20b2aa lightskyblue=87cefa lightslategray=778899 lightslategrey=778899
lightsteelblue=b0c4de lightyellow=ffffe0 lime=00ff00 limegreen=32cd32 linen=faf0e6 magenta=ff00ff maroon=800000
mediumaquamarine=66cdaa mediumblue=0000cd mediumorchid=ba55d3 mediumpurple=9370db mediumseagreen=3cb371
mediumslateblue=7b68ee mediumspringgreen=00fa9a mediumturquoise=48d1cc mediumvioletred=c71585
midnightblue=191970 mintcream=f5fffa mistyrose=ffe4e1 moccasin=ffe4b5 navajowhite=ffdead navy=000080
oldlace=fdf5e6 olive=808000 olivedrab=6b8e23 orange=ffa500 orangered=ff4500 orchid=da70d6 palegoldenrod=eee8aa
palegreen=98fb98 paleturquoise=afeeee palevioletred=db7093 papayawhip=ffefd5 peachpuff=ffdab9 peru=cd853f
pink=ffc0cb plum=dda0dd powderblue=b0e0e6 purple=800080 rebeccapurple=663399 red=ff0000 rosybrown=bc8f8f
royalblue=4169e1 saddlebrown=8b4513 salmon=fa8072 sandybrown=f4a460 seagreen=2e8b57 seashell=fff5ee
sienna=a0522d silver=c0c0c0 skyblue=87ceeb slateblue=6a5acd slategray=708090 slategrey=708090 snow=fffafa
springgreen=00ff7f steelblue=4682b4 tan=d2b48c teal=008080 thistle=d8bfd8 tomato=ff6347 turquoise=40e0d0
violet=ee82ee wheat=f5deb3 white=ffffff whitesmoke=f5f5f5 yellow=ffff00 yellowgreen=9acd32
"""
_PAIRS: Final = (one.partition("=") for one in _TABLE.split())
_COLOURS: Final = {name: bytes.fromhex(digits) for name, _, digits in _PAIRS}
NAMES: Final = frozenset(_COLOURS)
"""The colours of CSS by name, all in small letters (https://www.w3.org/TR/css-color-4/#named-colors).

A table of our own, since the bot, which needs it, has no Pillow.
"""
LONGEST: Final = 60
"""Characters of two colours, with room for spaces; more is something else."""

_DIGITS: Final = re.compile(r"#?([0-9a-f]{6})|#([0-9a-f]{3})")
_APART: Final = re.compile(r"\s*[-–—,]\s*|\s+to\s+")
"""What parts two colours: a hyphen, dash or comma, or `to`."""
_SPACE: Final = re.compile(r"\s+")
"""What may part two as well, and stands inside some names."""
MOST_PARTED: Final = 4
"""Separators in what may be two misspelt names; in more nothing is looked for, since each costs a search."""
LIKENESS: Final = 0.75
"""Least likeness, 0 to 1, of a misspelt colour: with less, `rainbow` is gainsboro."""


def find_colour(text: str) -> RGB | None:
    """The colour that is written, in whatever case; None where it is none."""
    typed = text.strip().lower()
    if digits := _DIGITS.fullmatch(typed):
        return _rgb(bytes.fromhex(digits[1] or "".join(2 * digit for digit in digits[2])))
    name = as_name(typed)
    return _rgb(_COLOURS[name]) if name in NAMES else None


def find_colours(text: str) -> tuple[RGB, ...] | None:
    """One colour, or two with something between them; None where the text is neither.

    `orange-red` is two and `orange red` one: only a hyphen between whole names parts them.
    """
    typed = text.strip().lower()
    if len(typed) > LONGEST:
        return None
    if (two := _pair(typed, _APART)) is not None:
        return two
    if (one := find_colour(typed)) is not None:
        return (one,)
    return _pair(typed, _SPACE)


def nearest_colours(text: str) -> str | None:
    """What two colours' names were probably meant to be, `red-blue`; None where that cannot be told."""
    typed = text.strip().lower()
    if len(typed) > LONGEST or len(_APART.findall(typed)) > MOST_PARTED:
        return None
    for halves in _halves(typed, _APART):
        written = [half for half in halves if find_colour(half)]
        # Beside a colour that is written right less is enough: `red-bl`.
        likeness = nearness.LIKENESS if written else LIKENESS
        meant = [half if half in written else nearest(as_name(half), NAMES, likeness) for half in halves]
        if all(meant):
            return "-".join(as_name(name) for name in meant if name)
    return None


def as_name(typed: str) -> str:
    """`Dark red`, `dark-red` and `dark_red` are `darkred`."""
    return re.sub(r"[\s_-]+", "", typed)


def _pair(typed: str, separators: re.Pattern[str]) -> tuple[RGB, RGB] | None:
    for first, second in _halves(typed, separators):
        top, bottom = find_colour(first), find_colour(second)
        if top is not None and bottom is not None:
            return top, bottom
    return None


def _halves(typed: str, separators: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for between in separators.finditer(typed):
        first, second = typed[: between.start()], typed[between.end() :]
        if first and second:
            yield first, second


def _rgb(colour: bytes) -> RGB:
    red, green, blue = colour
    return red, green, blue
