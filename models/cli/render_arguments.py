"""What `glyphcord render` can be told, and its help."""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models import limits
from models.formats import ANIMATION_ROWS, FILES, PICTURE_COLUMNS, PICTURE_ROWS
from models.palettes import BACKGROUNDS, DEFAULT_BACKGROUND, DEFAULT_PALETTE, PALETTES

if TYPE_CHECKING:
    from models.encoders.ansi import Colours

HEADS: Final = {"glyphs": "classic", "pixels": "pixels"}
"""The heads of a generator, and the shipped style that is drawn by each where none is named."""
SHIPPED: Final = Path(__file__).parents[1] / "weights"
COLOURS: Final[dict[str, "Colours"]] = {"full": "full", "256": 256, "16": 16}

USAGE: Final = "%(prog)s IN... [-o OUT] [options]"

DESCRIPTION: Final = """\
Draw pictures with real characters. Each IN is a picture (PNG, JPEG, GIF, WebP,
AVIF, TIFF, BMP; HEIC with the extra `heic`), a video (MP4, MOV, WebM; with the
extra `video`), a folder, which is searched with all folders in it, or - for
standard input.

Without -o the characters go to standard output: in colour, as large as fits
and moving, where that is a terminal; as plain text where it is not.
"""

EPILOG: Final = """\
output:
  OUT is a file, and its ending says the format; or a folder, for several
  pictures or a folder of them, whose names and subfolders are kept; or - for
  standard output. The formats:

  png    the picture, 8×16 pixels a character, every glyph sharp
  txt    the characters
  ans    the characters with colours for terminals, on the paper asked for
  html   one page with text that can be selected, nothing loaded from elsewhere
  svg    a drawing whose characters are text
  docx   a Word document of one sheet
  gif    an animation, from a video, a GIF, an APNG, or a WebP or AVIF that
         moves; other formats take the first frame

  No picture is ever written over one of those read, nor into a folder IN
  itself, where the next run would read it. In a folder, hidden files and what
  lies in OUT are left out.

palettes:
{palettes}
  red                one colour by its name in CSS, or as
  "#ff69b4"          (in quotes: # begins a comment in a shell)
  red-blue           two, from the first row with ink to the last; so is
                     orange-red, while orangered is one

  `glyphcord palettes -o FILE.png` draws them all.

examples:
  Look at it here; then keep it, in pink and larger:
    glyphcord render cat.jpg
    glyphcord render cat.jpg -o cat.png --palette pink --columns 140
  The cat alone, on light paper:
    glyphcord render cat.jpg -o cat.png --focus 1 --background light
  Whole folders, with a progress bar:
    glyphcord render photos/ more/*.png -o out/
  An animation:
    glyphcord render dance.gif -o dance-ascii.gif
  What goes between ```ansi and ``` in a chat's message:
    glyphcord render cat.jpg -f ans --colours 16 -c 50 -o cat.ans
  In a pipe:
    curl -s ADDRESS | glyphcord render - -f html > page.html
    glyphcord render photos/ -o out/ --json | jq .milliseconds.generator

JSON:
  A line for each picture has `in`, and then either `error`, a sentence, with
  `code`, a word for it that stays the same, or `out`, `format`, `bytes`,
  `columns`, `rows`, `frames`, `background` (the paper that was taken), `notes`
  (what came otherwise than asked for), `model`, `model_version` and
  `milliseconds`, those of each stage.

exit status:
  0    all pictures are drawn
  1    some are not, for each the reason is on standard error; or the weights
       cannot be used
  2    wrong usage; nothing was drawn
  130  interrupted by Ctrl-C; what is finished stays

environment:
  NO_COLOR   set to anything: no colours in the terminal
  COLORTERM  `truecolor` or `24bit`: all colours, whatever TERM says
  TERM       `dumb` or nothing: no colours; `linux`, `ansi` or `vt…`: 16; any
             other: all colours
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.usage, parser.formatter_class = USAGE, argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, EPILOG.format(palettes="\n".join(_palette_lines()))
    parser.add_argument("pictures", nargs="+", metavar="IN", help="a picture, a folder, or -")
    where = parser.add_argument_group("where it goes")
    where.add_argument("-o", "--out", metavar="OUT", help="a file, a folder, or - (default: standard output)")
    where.add_argument(
        "-f",
        "--format",
        choices=FILES,
        metavar="FORMAT",
        help=f"{', '.join(FILES)}: instead of what OUT's ending says (default for folders: png)",
    )
    where.add_argument(
        "--json",
        action="store_true",
        help="report each picture as a line of JSON, with milliseconds; on standard error if OUT is -",
    )
    look = parser.add_argument_group("how it looks")
    look.add_argument(
        "-p",
        "--palette",
        default=DEFAULT_PALETTE,
        nargs="?",
        const="",
        help=f"a name or colours, see below (default: {DEFAULT_PALETTE})",
    )
    look.add_argument(
        "-c",
        "--columns",
        type=int,
        help=f"characters across, {limits.MIN_COLUMNS} to {limits.MAX_COLUMNS}; rows follow the picture's shape "
        f"(default: {PICTURE_COLUMNS}, fewer where there would be more than {PICTURE_ROWS} rows; "
        f"{limits.ANIMATION_COLUMNS} and {ANIMATION_ROWS} for what moves; in a terminal, what fits)",
    )
    look.add_argument(
        "-r", "--rows", type=int, metavar="MOST", help="at most so many rows, if need be with fewer columns"
    )
    look.add_argument(
        "-b",
        "--background",
        choices=BACKGROUNDS,
        default=DEFAULT_BACKGROUND,
        help="the paper. Dark parts of the photo are ink on light paper, light parts on dark paper. auto takes "
        "the one on which the subject of the first frame stands out more "
        f"(default: {DEFAULT_BACKGROUND})",
    )
    look.add_argument(
        "--focus",
        type=_focus,
        metavar="auto|0..1",
        help="how much of the background to leave out, 0 (nothing) to 1 (all of it). auto leaves out more, the "
        "clearer the subject is (default: auto)",
    )
    look.add_argument(
        "--colours",
        "--colors",
        choices=COLOURS,
        help="how many colours an ans file uses; 16 leaves the paper to the reader (default: full; in a terminal, "
        "as many as it shows)",
    )
    look.add_argument("--still", action="store_true", help="of an animation, show the first frame only")
    who = parser.add_argument_group("who draws")
    styles = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.safetensors")))
    who.add_argument(
        "-w",
        "--weights",
        help=f"a style ({styles}; default: {HEADS['glyphs']}), or a .safetensors file of your own",
    )
    who.add_argument(
        "--head",
        choices=HEADS,
        help="glyphs: a character in each cell; pixels: drawn freely, as the first system did (a style of its own)",
    )
    who.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="what to draw on (default: %(default)s)"
    )


def _focus(given: str) -> float | None:
    """`auto` is None. Raises ArgumentTypeError."""
    if given.lower() == "auto":
        return None
    try:
        focus = float(given)
    except ValueError:
        focus = math.nan
    if 0 <= focus <= 1:
        return focus
    raise argparse.ArgumentTypeError(f"{given!r} is neither auto nor a number from 0 to 1")


def _palette_lines() -> Iterator[str]:
    for palette in PALETTES.values():
        yield f"  {palette.name:<17}  {palette.label.partition('(')[2].rstrip(')')}"
