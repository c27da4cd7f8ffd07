"""`glyphcord evaluate`: weights files beside baselines and other programs."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Final

from glyphcord.arguments import whole
from glyphcord.escaping import say, say_error

EPILOG: Final = """\
examples:
  glyphcord evaluate photos/
  glyphcord evaluate photos/ --held-out --count 40 --json table.json --sheet sheet.png
  glyphcord evaluate photos/ --weights runs/mine/mine.safetensors
  glyphcord evaluate photos/ --held-out --pages pages/     for readers: docs/evaluation.md

It measures tone, legibility and speed, beside rules without a network and, where they
are installed, chafa, jp2a and img2txt."""


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Compare weights files with baselines and with other programs, on photos."
    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, EPILOG
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="a folder of photos")
    parser.add_argument(
        "--count", type=whole(1), default=12, metavar="N", help="photos to measure with (default: %(default)s)"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="only photos that training on the folder leaves out"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        action="append",
        metavar="FILE",
        help="a .safetensors file; can be given several times (default: all shipped)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON, too (default: nowhere)")
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE.png", help="write a contact sheet, too (default: nowhere)"
    )
    parser.add_argument(
        "--pages",
        type=Path,
        metavar="DIR",
        help="write the pictures for a panel of readers, and do not measure (default: measure)",
    )
    parser.set_defaults(run=evaluate)


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure, or write pages."""
    from models.training.data import by_content, held_out_files
    from models.weights_file import SHIPPED, find_weights

    if arguments.pages:
        find = held_out_files if arguments.held_out else by_content
        photos = find(arguments.photos)[: arguments.count]
        return _write_pages(photos, arguments.weights or [find_weights("classic", None)], arguments.pages)
    return _measure(arguments, arguments.weights or sorted(SHIPPED.glob("*.safetensors")))


def _measure(arguments: argparse.Namespace, weights: list[Path]) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from models.quality import evaluate, report
    from models.quality.methods import PROGRAMS, all_methods
    from models.training.data import Ink, read_tones

    tones = read_tones(arguments.photos, arguments.count, held_out=arguments.held_out)
    methods = all_methods(weights)
    for name in sorted(PROGRAMS.keys() - {method.name for method in methods}):
        say_error(f"{name} is not installed; its row is left out")
    rows: list[evaluate.Row] = []
    prints: dict[str, list[Ink]] = {}
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("evaluating", total=len(evaluate.SIZES) * len(methods) * len(tones))
        for row, pages in evaluate.evaluate(tones, methods, lambda: bar.advance(task)):
            rows.append(row)
            prints.setdefault(row.method, pages)
    # A pipe has no width of its own; a table cut to 80 columns helps nobody.
    console = Console(width=None if sys.stdout.isatty() else 140)
    for columns, lines in evaluate.SIZES:
        console.print(report.table(rows, columns, lines, len(tones)))
    if arguments.json:
        report.write_json(rows, len(tones), arguments.json)
    if arguments.sheet:
        report.write_sheet(tones, prints, arguments.sheet)
    return 0


def _write_pages(photos: list[Path], weights: list[Path], folder: Path) -> int:
    from rich.console import Console
    from rich.progress import track

    from models.quality.reader_pages import write_pages

    if not shutil.which("chafa"):
        say_error("chafa is not installed; its pages are left out")
    for _ in track(
        write_pages(photos, weights, folder), "drawing", total=len(photos), console=Console(stderr=True)
    ):
        pass
    say(f"{len(photos)} photos by each method in {folder}")
    return 0
