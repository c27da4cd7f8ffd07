"""`python -m models palettes`: a contact sheet of all palettes."""

import argparse
import sys
from pathlib import Path
from typing import Final

from models import limits
from models.palettes import PALETTES
from models.problems import PictureProblem

PHOTO: Final = Path(__file__).parents[1] / "docs" / "samples" / "macaw.jpg"
OWN: Final = ("#ff69b4", "#ff8800-#8800ff")
"""Colours of one's own, as examples beside the named palettes."""


def add_palettes(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("picture", nargs="?", type=Path, default=PHOTO, help="what to draw (default: a macaw)")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument("-c", "--columns", type=int, default=48, help="characters across each page (default: 48)")
    parser.add_argument("-w", "--weights", default="classic", help="a style's name")
    parser.set_defaults(run=palettes)


def palettes(arguments: argparse.Namespace) -> int:
    """Draw the sheet; 0, or 1 with the reason on standard error."""
    from models.contact_sheet import palette_sheet  # noqa: PLC0415
    from models.paint import encode_png  # noqa: PLC0415
    from models.picture import decode  # noqa: PLC0415
    from models.renderer import Renderer, WeightsError, find_weights  # noqa: PLC0415
    from models.tone import tone_of  # noqa: PLC0415

    columns = max(limits.MIN_COLUMNS, min(arguments.columns, limits.MAX_COLUMNS))
    try:
        renderer = Renderer(find_weights(arguments.weights, None))
        data = arguments.picture.read_bytes()
        light, dark = decode(data, background="light"), decode(data, background="dark")
        sheet = palette_sheet(
            {"light": renderer.grid(tone_of(light), columns), "dark": renderer.grid(1 - tone_of(dark), columns)},
            {"light": light, "dark": dark},
            (*PALETTES, *OWN),
        )
        arguments.out.write_bytes(encode_png(sheet))
    except (OSError, PictureProblem, WeightsError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(arguments.out)
    return 0
