"""`python -m models pairs`: training pairs as files, and datasets of such files read back."""

import argparse
from pathlib import Path

from models.cli.progress import failures
from models.palettes import PALETTES


def add_pairs(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Write each photo and its page of characters as one file, or take such files apart."
    parser.add_argument("photos", type=Path, help="a folder of photos; with --back, of pair files")
    parser.add_argument("-o", "--out", type=Path, required=True, help="a folder for the pair files")
    parser.add_argument(
        "--teacher",
        choices=("ramp", "search", "climber"),
        default="ramp",
        help="what chooses the characters: the reference ramp, the nearest one per cell, or local search "
        "(default: %(default)s)",
    )
    names = ", ".join(PALETTES)
    parser.add_argument("--palette", default="blue", help=f"{names}, or #rrggbb-#rrggbb (default: %(default)s)")
    parser.add_argument("--back", action="store_true", help="take pair files apart, into OUT/photos and OUT/pages")
    parser.set_defaults(run=pairs, continues=True)


def pairs(arguments: argparse.Namespace) -> int:
    """Write or read pairs; 0, or 1 when a photo could not be drawn."""
    from models.training.files import photos_below
    from models.training.pairs import make_pairs

    if arguments.back:
        return _take_apart(arguments.photos, arguments.out)
    photos = photos_below(arguments.photos)
    made = make_pairs(photos, arguments.out, arguments.teacher, arguments.palette)
    failed = failures(made, "drawing pairs", len(photos))
    print(f"{len(photos) - failed} pairs in {arguments.out}")
    return 1 if failed else 0


def _take_apart(folder: Path, out: Path) -> int:
    from PIL import Image
    from rich.console import Console
    from rich.progress import track

    from models.training.pairs import read_pairs

    pairs = read_pairs(folder)
    for kind in ("photos", "pages"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    for path, pair in track(pairs.items(), "taking apart", console=Console(stderr=True)):
        name = "_".join(path.relative_to(folder).with_suffix(".png").parts)
        Image.fromarray(pair.photo).save(out / "photos" / name)
        Image.fromarray(pair.page).save(out / "pages" / name)
    print(f"{len(pairs)} photos in {out / 'photos'}, their pages in {out / 'pages'}")
    return 0
