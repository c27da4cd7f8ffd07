"""`glyphcord photos`, `labels` and `pairs`: what a style is trained on, as files in folders."""

import argparse
from pathlib import Path

from glyphcord.arguments import whole
from glyphcord.escaping import say
from models.cli.progress import failures
from models.palettes import PALETTES


def add_pairs(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Write each photo and its page of characters as one file, or take such files apart."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  glyphcord pairs photos/ -o pairs/
  glyphcord pairs photos/ -o pairs/ --teacher climber --palette mono
  glyphcord pairs pairs/ -o apart/ --back

A pair is 1024×512 pixels: the page on the left, its photo on the right. That of
a/cat.jpg is a_cat_blue.png, and by another teacher than ramp
a_cat_blue_climber.png. What is there already is left. For other photos than
before take another OUT: names depend on which there are."""
    parser.add_argument("photos", type=Path, metavar="DIR", help="a folder of photos; with --back, of pair files")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="OUT", help="a folder for what is made (required)"
    )
    parser.add_argument(
        "--teacher",
        choices=("ramp", "search", "climber"),
        default="ramp",
        help="what chooses the characters: the reference ramp, the nearest one per cell, or local search "
        "(default: %(default)s)",
    )
    names = ", ".join(PALETTES)
    parser.add_argument(
        "--palette", default="blue", metavar="PALETTE", help=f"{names}, or colours (default: %(default)s)"
    )
    parser.add_argument("--back", action="store_true", help="take pair files apart, into OUT/photos and OUT/pages")
    parser.set_defaults(run=pairs, continues=True)


def pairs(arguments: argparse.Namespace) -> int:
    """Write or read pairs; 0, or 1 when a photo could not be drawn."""
    from models.training.data import photos_below
    from models.training.pairs import flat_names, make_pairs

    if arguments.back:
        return _take_apart(arguments.photos, arguments.out)
    photos = flat_names(photos_below(arguments.photos, arguments.out), arguments.photos)
    made = make_pairs(photos, arguments.out, arguments.teacher, arguments.palette)
    failed = failures(made, "drawing pairs", len(photos))
    say(f"{len(photos) - failed} pairs in {arguments.out}")
    return 1 if failed else 0


def _take_apart(folder: Path, out: Path) -> int:
    from PIL import Image
    from rich.console import Console
    from rich.progress import track

    from models.training.pairs import flat_names, read_pairs

    pairs = read_pairs(folder)
    for kind in ("photos", "pages"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    named = flat_names(pairs, folder)
    for name, path in track(named.items(), "taking apart", console=Console(stderr=True)):
        Image.fromarray(pairs[path].photo).save(out / "photos" / f"{name}.png")
        Image.fromarray(pairs[path].page).save(out / "pages" / f"{name}.png")
    say(f"{len(pairs)} photos in {out / 'photos'}, their pages in {out / 'pages'}")
    return 0


def add_labels(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Label the subjects of photos with a salient-object network, once for each photo."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  glyphcord labels photos/ -o labels/ --network u2net.onnx
  glyphcord train photos/ -o runs/mine --subjects labels/

The same command continues an interrupted run: photos that have a label are left out."""
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="a folder of photos")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder for the labels, for train --subjects (required)",
    )
    parser.add_argument(
        "--network",
        type=Path,
        required=True,
        metavar="FILE",
        help="a salient-object network: U²-Net as .onnx (required)",
    )
    parser.set_defaults(run=labels, continues=True)


def labels(arguments: argparse.Namespace) -> int:
    """Label; 0, or 1 when a photo could not be."""
    from models.training.data import photos_below
    from models.training.labels import load_network, make_labels

    photos = photos_below(arguments.photos, arguments.out)
    made = make_labels(photos, arguments.out, load_network(arguments.network))
    failed = failures(made, "labelling photos", len(photos))
    say(f"{len(photos) - failed} photos have their labels in {arguments.out}")
    return 1 if failed else 0


def add_photos(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Fetch photos to train on. The same command continues an interrupted run."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  glyphcord photos -o photos/ --count 500
  glyphcord photos -o photos/ --count 500 --url "https://photos.example/{n}.jpg" --at-once 2

Exit codes: 0 the photos are there, 1 too many could not be fetched, 2 wrong usage."""
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="a folder for the photos (required)"
    )
    parser.add_argument(
        "--count",
        type=whole(1),
        required=True,
        metavar="N",
        help="photos wanted in the folder, old ones included (required)",
    )
    parser.add_argument(
        "--url", metavar="ADDRESS", help="{n} in it becomes 0, 1, 2, … (default: Lorem Picsum's, 1024×1024)"
    )
    parser.add_argument(
        "--at-once", type=whole(1), default=8, metavar="N", help="parallel downloads (default: %(default)s)"
    )
    parser.set_defaults(run=photos, continues=True)


def photos(arguments: argparse.Namespace) -> int:
    """Fetch; 0, or 1 when the numbers make no sense."""
    from rich.console import Console
    from rich.progress import Progress

    from models.training.photos import fetch_photos

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("fetching photos", total=arguments.count)
        new = fetch_photos(
            arguments.out,
            arguments.count,
            arguments.url,
            at_once=arguments.at_once,
            progress=lambda there: bar.update(task, completed=there),
        )
    say(f"{new} new photos, {arguments.count} or more in {arguments.out}")
    return 0
