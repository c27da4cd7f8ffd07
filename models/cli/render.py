"""`python -m models render`: pictures in, the same pictures made of characters out."""

import argparse
import errno
import itertools
import json
import math
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models import limits
from models.cli.terminal import play, terminal_colours
from models.formats import ANIMATION, FILES, PICTURE_COLUMNS, PICTURE_ROWS
from models.palettes import BACKGROUNDS, DEFAULT_BACKGROUND, DEFAULT_PALETTE, PALETTES, find_palette
from models.problems import PictureProblem
from models.sniff import SUFFIXES

if TYPE_CHECKING:
    from models.encoders.ansi import Colours
    from models.rendering.drawing import Drawn, Wish
    from models.rendering.renderer import Renderer

BINARY: Final = frozenset({"png", "docx", "gif"})
HEADS: Final = {"glyphs": "classic", "pixels": "pixels"}
"""The heads of a generator, and the shipped style that is drawn by each where none is named."""
SHIPPED: Final = Path(__file__).parents[1] / "weights"
COLOURS: Final[dict[str, "Colours"]] = {"full": "full", "256": 256, "16": 16}

FIRST_FRAME: Final = "This is its first frame; as .gif it keeps moving."
USAGE: Final = "python -m models render IN... [-o OUT] [options]"

DESCRIPTION: Final = """\
Draw pictures with real characters. Each IN is a picture (PNG, JPEG, GIF, WebP,
AVIF, TIFF, BMP; HEIC with the extra `heic`), a folder, which is searched with
all folders in it, or - for standard input.

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
  gif    an animation, from a GIF, an APNG, or a WebP or AVIF that moves; other
         formats take the first frame

  No picture is ever written over one of those read. In a folder, hidden files
  and what lies in OUT are left out.

palettes:
{palettes}
  "#ff69b4"          one colour (in quotes: # begins a comment in a shell)
  "#0000ff-#ff69b4"  two, from the first row to the last

  `python -m models palettes -o FILE.png` draws them all.

examples:
  Look at it here; then keep it, in pink and larger:
    python -m models render cat.jpg
    python -m models render cat.jpg -o cat.png --palette pink --columns 140
  The cat alone, on light paper:
    python -m models render cat.jpg -o cat.png --focus 1 --background light
  Whole folders, with a progress bar:
    python -m models render photos/ more/*.png -o out/
  An animation:
    python -m models render dance.gif -o dance-ascii.gif
  What goes between ```ansi and ``` in a Discord message:
    python -m models render cat.jpg -f ans --colours 16 -c 50 -o cat.ans
  In a pipe:
    curl -s ADDRESS | python -m models render - -f html > page.html
    python -m models render photos/ -o out/ --json | jq .milliseconds.generator

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


class UsageError(Exception):
    """The command cannot be carried out as it was typed; the message says what to type instead."""


@dataclass(frozen=True)
class Source:
    """A picture to read: its path (None: standard input), and its name among the outputs, without a suffix."""

    path: Path | None
    name: Path
    from_folder: bool = False

    @property
    def label(self) -> str:
        return "standard input" if self.path is None else str(self.path)

    def read(self) -> bytes:
        """No more than what is too much. Raises OSError."""
        if self.path is None:
            return sys.stdin.buffer.read(limits.MAX_BYTES + 1)
        with self.path.open("rb") as file:
            return file.read(limits.MAX_BYTES + 1)


def add_render(parser: argparse.ArgumentParser) -> None:
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
        f"{limits.ANIMATION_COLUMNS} for what moves; in a terminal, what fits)",
    )
    look.add_argument("-r", "--rows", type=int, metavar="MOST", help="fewer columns if there were more rows")
    look.add_argument(
        "-b",
        "--background",
        choices=BACKGROUNDS,
        default=DEFAULT_BACKGROUND,
        help="the paper: light, where dark parts of the photo become ink, dark, where light parts do, or auto, "
        "the one on which the subject stands out more; of an animation, in its first frame "
        f"(default: {DEFAULT_BACKGROUND})",
    )
    look.add_argument(
        "--focus",
        type=_focus,
        metavar="auto|0..1",
        help="how much of the background gives way to the subject: 0 nothing, 1 all of it, auto more the surer the "
        "style is of the subject (default: auto)",
    )
    look.add_argument(
        "--colours",
        "--colors",
        choices=COLOURS,
        help="how many in ans (default: full; in a terminal, what it shows); 16 leaves the paper to the reader",
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
    who.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.set_defaults(run=render)


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


def render(arguments: argparse.Namespace) -> int:
    """Carry the command out; its exit status."""
    try:
        return _render(arguments)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; without this Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _render(arguments: argparse.Namespace) -> int:
    _check(arguments)
    sources, failed = find_sources(arguments.pictures, arguments.out)
    if not sources:
        return 1
    in_terminal = arguments.out in (None, "-") and sys.stdout.isatty()
    plan, format_ = plan_outputs(sources, arguments.out, arguments.format or _terminal_format(in_terminal))
    if in_terminal and format_ in BINARY:
        raise UsageError(f"a terminal cannot show {format_}; name a file with -o")
    if arguments.still and format_ == ANIMATION.suffix:
        raise UsageError("--still is for formats that do not move; leave it out, or choose another than gif")
    # Imported here, so that `--help` and mistakes need not wait for torch.
    from models.rendering.drawing import moves  # noqa: PLC0415
    from models.rendering.renderer import Renderer, WeightsError, pick_device  # noqa: PLC0415

    try:
        renderer = Renderer(_weights(arguments), pick_device(arguments.device))
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.head and renderer.metadata["head"] != arguments.head:
        head = renderer.metadata["head"]
        raise UsageError(f"{renderer.name} draws {head}, not {arguments.head}; leave out --weights or --head")
    wish = _wish(arguments, in_terminal=in_terminal)
    with _progress(len(plan), frames=format_ == ANIMATION.suffix, shown=plan[0][1] is not None) as (
        advance,
        on_frames,
    ):
        for source, target in plan:
            if in_terminal and len(plan) > 1:
                print(source.label, file=sys.stderr)
            facts: dict[str, Any] = {"in": source.label}
            try:
                data = source.read()
                moving = not arguments.still and moves(data)
                if moving and in_terminal and format_ == "ans":
                    drawn = _play(renderer, data, wish, once=len(plan) > 1)
                else:
                    drawn = _draw(renderer, data, wish, format_, on_frames, moving=moving)
                write(drawn.data, target)
            except BrokenPipeError:
                raise
            except (PictureProblem, OSError) as problem:
                failed += 1
                facts |= {"error": reason(problem), "code": _code(problem)}
            else:
                facts |= {"out": str(target or "-"), "format": format_, "bytes": len(drawn.data)}
                facts |= {"columns": drawn.columns, "rows": drawn.rows, "frames": drawn.frames}
                facts |= {"background": drawn.background}
                facts |= {"notes": drawn.notes, "model": renderer.name, "model_version": renderer.version}
                facts |= {"milliseconds": drawn.milliseconds}
            _report(arguments, target, facts)
            advance()
    return 1 if failed else 0


def _weights(arguments: argparse.Namespace) -> Path:
    from models.weights_file import chosen_weights  # noqa: PLC0415

    return chosen_weights(arguments.weights or HEADS[arguments.head or "glyphs"])


def _draw(
    renderer: "Renderer",
    data: bytes,
    wish: "Wish",
    format_: str,
    on_frames: Callable[[int, int], None],
    *,
    moving: bool,
) -> "Drawn":
    from models.rendering import drawing  # noqa: PLC0415

    if format_ == ANIMATION.suffix:
        return drawing.draw_gif(renderer, data, wish, on_frames)
    drawn = drawing.draw(renderer, data, wish, format_)
    if moving:
        drawn.notes += (FIRST_FRAME,)
    return drawn


def _play(renderer: "Renderer", data: bytes, wish: "Wish", *, once: bool) -> "Drawn":
    """Draw all frames, then show them, as often as the file says or `once`, until Ctrl-C."""
    from models.rendering.drawing import draw_reel  # noqa: PLC0415

    with _progress(1, frames=True, shown=True) as (_advance, on_frames):
        reel = draw_reel(renderer, data, wish, on_frames)
    play(reel.frames, reel.durations_ms, 1 if once else reel.plays, _show)
    return reel.drawn


def _wish(arguments: argparse.Namespace, *, in_terminal: bool) -> "Wish":
    from models.rendering.drawing import Wish  # noqa: PLC0415

    columns, rows, colours = arguments.columns, arguments.rows, arguments.colours
    if in_terminal:
        colours = colours or terminal_colours(os.environ)
        if columns is None:
            screen = shutil.get_terminal_size()
            columns, rows = min(screen.columns, limits.MAX_COLUMNS), rows or screen.lines - 1
    return Wish(arguments.palette, arguments.background, columns, rows, arguments.focus, COLOURS[colours or "full"])


def _check(arguments: argparse.Namespace) -> None:
    try:
        find_palette(arguments.palette)
        if arguments.columns is not None and not limits.MIN_COLUMNS <= arguments.columns <= limits.MAX_COLUMNS:
            raise PictureProblem("bad_columns", least=limits.MIN_COLUMNS, most=limits.MAX_COLUMNS)
    except PictureProblem as problem:
        # What users of Discord see as code, a shell needs in quotes.
        swallowed = "" if arguments.palette else " (Without quotes, # begins a comment and the shell drops it.)"
        raise UsageError(str(problem).replace("`", '"') + swallowed) from None
    if arguments.rows is not None and arguments.rows < 1:
        raise UsageError("--rows must be at least 1")
    if arguments.pictures.count("-") > 1:
        raise UsageError("- can be given once: standard input holds one picture")


def find_sources(inputs: list[str], out: str | None) -> tuple[list[Source], int]:
    """The pictures that the arguments name, and how many are folders without one (said on standard error).

    A file is taken whatever its name; in a folder the suffix decides, and neither hidden files nor what lies in a
    folder `out` inside it are taken, so that the same command can be given again. One that does not exist fails
    when read.
    """
    sources: list[Source] = []
    empty = 0
    made = Path(out).resolve() if out not in (None, "-") else None
    for given in inputs:
        path = Path(given)
        if given == "-":
            sources.append(Source(None, Path("stdin")))
        elif path.is_dir():
            skipped = made if made and path.resolve() in made.parents else None
            found = sorted(p for p in path.rglob("*") if _is_picture(p, path) and not _inside(p, skipped))
            sources += [Source(p, p.relative_to(path).with_suffix(""), from_folder=True) for p in found]
            if not found:
                empty += 1
                print(f"{path}: there is no picture in this folder", file=sys.stderr)
        else:
            sources.append(Source(path, Path(path.stem)))
    return sources, empty


def _is_picture(path: Path, folder: Path) -> bool:
    """By its name; macOS keeps a hidden `._cat.jpg`, which is no picture, beside a `cat.jpg` on other disks."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()


def _inside(path: Path, folder: Path | None) -> bool:
    return folder is not None and folder in path.resolve().parents


def plan_outputs(
    sources: list[Source], out: str | None, format_: str | None
) -> tuple[list[tuple[Source, Path | None]], str]:
    """Where each picture goes (None: standard output), and the format. Raises UsageError."""
    plan: list[tuple[Source, Path | None]]
    several = len(sources) > 1 or any(source.from_folder for source in sources)
    if out is None or out == "-":
        format_ = format_ or "txt"
        if len(sources) > 1 and format_ not in ("txt", "ans"):
            raise UsageError(f"several {format_} files cannot share standard output; name a folder with -o")
        return [(source, None) for source in sources], format_
    target, ending = Path(out), Path(out).suffix.lower().lstrip(".")
    if target.is_dir() or out.endswith("/") or (several and ending not in FILES):
        format_ = format_ or "png"
        names = zip(sources, _names(sources), strict=True)
        plan = [(source, target / f"{name}.{format_}") for source, name in names]
    elif several:
        raise UsageError(f"{out} would be one file for several pictures; name a folder with -o")
    else:
        if format_ is None and ending not in FILES:
            endings = ", ".join(f".{known}" for known in FILES)
            raise UsageError(f"{out} must end in one of {endings}, or --format must be given")
        format_ = format_ or ending
        plan = [(source, target) for source in sources]
    read = {source.path.resolve() for source in sources if source.path}
    for source, path in plan:
        if path and path.resolve() in read:
            raise UsageError(f"{source.label} would be drawn over {path}, which is to be read; choose another -o")
    return plan, format_


def _names(sources: list[Source]) -> list[str]:
    """Names for outputs, no two the same: where two would be, the picture's own suffix stays, then a number."""
    wanted = Counter(str(source.name) for source in sources)
    names: dict[str, None] = {}
    for source in sources:
        name = str(source.name)
        if wanted[name] > 1 and source.path:
            name += source.path.suffix
        free = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
        names[next(one for one in free if one not in names)] = None
    return list(names)


def _terminal_format(in_terminal: bool) -> str | None:
    if not in_terminal:
        return None
    return "ans" if terminal_colours(os.environ) else "txt"


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def write(data: bytes, target: Path | None) -> None:
    """A whole file (None: standard output), its folder made if need be. Raises OSError that names the target."""
    if target is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    # Whoever interrupts finds whole files only.
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, f"{target} cannot be written: {error.strerror or error}") from None


def reason(problem: PictureProblem | OSError) -> str:
    """What to say after the picture's name."""
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    if problem.code == "no_heic":
        return f"{problem} Or install what reads it: pip install 'pillow-heif>=1.0,<2'"
    return str(problem)


def _code(problem: PictureProblem | OSError) -> str:
    """A word for programs: the problem's own, or the operating system's (`ENOENT`)."""
    return problem.code if isinstance(problem, PictureProblem) else errno.errorcode.get(problem.errno or 0, "EIO")


def _report(arguments: argparse.Namespace, target: Path | None, facts: dict[str, Any]) -> None:
    """One picture's end, as JSON or in words; standard output is left alone where the picture itself goes there."""
    if arguments.json:
        print(json.dumps(facts, ensure_ascii=False), file=sys.stdout if target else sys.stderr, flush=True)
        return
    if "error" in facts:
        print(f"{facts['in']}: {facts['error']}", file=sys.stderr)
        return
    if target:
        print(f"{target}: {facts['columns']}×{facts['rows']} characters")
    for note in facts["notes"]:
        print(f"{facts['in']}: {note}", file=sys.stderr)


@contextmanager
def _progress(
    pictures: int, *, frames: bool, shown: bool
) -> Iterator[tuple[Callable[[], None], Callable[[int, int], None]]]:
    """Two functions to be told of each picture and of each frame; a bar where somebody watches something long."""
    if not (shown and sys.stderr.isatty() and (pictures > 1 or frames)):
        yield lambda: None, lambda done, total: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    # Lines for a terminal go above the bar; those for a file or a program go there.
    bar = Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
    with bar:
        task = bar.add_task("pictures", total=pictures, visible=pictures > 1)
        frame = bar.add_task("frames", visible=frames, total=None)
        yield (lambda: bar.advance(task), lambda done, total: bar.update(frame, completed=done, total=total))
