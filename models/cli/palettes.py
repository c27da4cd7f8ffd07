"""`glyphcord palettes`: a contact sheet of all palettes."""

import argparse
from pathlib import Path
from typing import Final

from glyphcord.escaping import say, say_error
from models import limits
from models.cli.files import Input, write
from models.file_sentences import reason
from models.options import check_columns
from models.palettes import PALETTES, PAPER
from models.problems import PictureProblem
from models.samples import SAMPLES

PHOTO: Final = next(path for path in SAMPLES if path.stem == "macaw")
OWN: Final = ("#ff69b4", "#ff8800-#8800ff")
"""Examples of custom colours, beside the named palettes."""


def add_palettes(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Draw one picture in every palette, on light paper and on dark: a sheet to choose from."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  glyphcord palettes -o sheet.png
  glyphcord palettes cat.jpg -o cat-sheet.png --columns 60 --weights lines

Exit codes: 0 drawn, 1 the picture or the weights cannot be read, 2 wrong usage."""
    parser.add_argument(
        "picture", nargs="?", type=Path, default=PHOTO, metavar="PICTURE", help="what to draw (default: a macaw)"
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE.png", help="where the sheet goes (required)"
    )
    parser.add_argument(
        "-c",
        "--columns",
        type=int,
        default=48,
        metavar="N",
        help=f"characters across each page, {limits.MIN_COLUMNS} to {limits.MAX_COLUMNS} (default: %(default)s)",
    )
    parser.add_argument(
        "-w", "--weights", default="classic", metavar="NAME", help="classic, lines or pixels (default: %(default)s)"
    )
    parser.set_defaults(run=palettes)


def palettes(arguments: argparse.Namespace) -> int:
    """Draw the sheet; 0, or else with the reason on standard error 1, or 2 for wrong usage."""
    from models.encoders.png import encode_png
    from models.quality.contact_sheet import palette_sheet
    from models.rendering.decoding import decode_still
    from models.rendering.library_messages import as_one_record
    from models.rendering.pipeline import inks_of
    from models.rendering.renderer import Renderer
    from models.weights_file import find_weights

    picture, out, columns = arguments.picture, arguments.out, arguments.columns
    try:
        check_columns(columns)
    except PictureProblem as problem:
        say_error(problem)
        return 2
    if out.suffix.lower() != ".png":
        say_error(f"{out} must end in .png")
        return 2
    try:
        renderer = Renderer(find_weights(arguments.weights, None))
        data = Input(picture, picture).read()
        with as_one_record():
            photos = {paper: decode_still(data, paper).pixels for paper in PAPER}
        inks = {paper: inks_of(renderer, photo[None], paper)[0][0] for paper, photo in photos.items()}
        grids = {paper: renderer.grid(ink, columns) for paper, ink in inks.items()}
        write(encode_png(palette_sheet(grids, photos, (*PALETTES, *OWN))), out)
    except (OSError, PictureProblem) as problem:
        say_error(f"{picture}: {reason(problem)}")
        return 1
    say(arguments.out)
    return 0
