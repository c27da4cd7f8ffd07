"""Photos to characters, and to weights that choose them. `COMMAND --help` has the rest."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from models.cli.palettes import add_palettes
from models.cli.render import HEADS, add_render
from models.cli.weights import add_weights
from models.palettes import PALETTES
from models.training.config import TrainConfig, read_recipe, shipped_recipes

LATER: Final[dict[str, Any]] = {"warm_steps": 0}
"""What a run that begins with finished weights leaves out, unless it is asked for: the lessons for beginners."""


def main() -> int:
    """Run one command; 0 on success, 1 when something could not be done, 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    parser.add_argument("--version", action="version", version=f"glyphcord {_version()}")
    commands = parser.add_subparsers(dest="command", required=True)
    add_render(commands.add_parser("render", help="draw pictures with characters"))
    add_palettes(commands.add_parser("palettes", help="draw one picture in every palette"))
    _add_train(commands.add_parser("train", help="train a style from a folder of photos"))
    _add_evaluate(commands.add_parser("evaluate", help="compare the weights with teachers and other programs"))
    _add_pairs(commands.add_parser("pairs", help="write training pairs as files, or read such a dataset back"))
    _add_labels(commands.add_parser("labels", help="label photos' subjects, for training, with a network"))
    add_weights(commands.add_parser("weights", help="list weights files, or try some"))
    _add_photos(commands.add_parser("photos", help="fetch photos to train on"))
    arguments = parser.parse_args()
    return int(arguments.run(arguments))


def _version() -> str:
    try:
        return version("glyphcord")
    except PackageNotFoundError:
        return "from a folder, not installed"


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/classic"), help="checkpoint and weights go here"
    )
    names = ", ".join(shipped_recipes())
    parser.add_argument("--recipe", default="classic", help=f"{names}, or a .toml file (see models/recipes)")
    parser.add_argument(
        "--subjects", type=Path, metavar="DIR", help="labels of the photos' subjects (`labels` makes them)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument(
        "--start", metavar="WEIGHTS", help="begin with finished weights: a name as classic, or a .safetensors file"
    )
    parser.add_argument(
        "--subject-branch", metavar="WEIGHTS", help="begin with what finished weights know of subjects, alone"
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--save-every", type=float, default=180, metavar="SECONDS")
    for field in fields(TrainConfig):
        if field.name != "style":
            kind = type(field.default)
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, help="instead of the recipe's")
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    import torch  # noqa: PLC0415

    from models.rendering.renderer import WeightsError, pick_device  # noqa: PLC0415
    from models.training.data import Photos  # noqa: PLC0415
    from models.training.train import TrainingStopped, train  # noqa: PLC0415
    from models.weights_file import chosen_weights, load_weights  # noqa: PLC0415

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    given = {field.name: getattr(arguments, field.name, None) for field in fields(TrainConfig)}
    given = {name: value for name, value in given.items() if value is not None}
    start = None
    try:
        if arguments.start:
            start = load_weights(chosen_weights(arguments.start))
            given = LATER | given
        subject = load_weights(chosen_weights(arguments.subject_branch)) if arguments.subject_branch else None
        config = read_recipe(arguments.recipe, given)
        photos = Photos(arguments.photos, subjects=arguments.subjects)
        print(
            f"{len(photos.train)} photos to train on ({len(photos.labelled)} with their subject), "
            f"{len(photos.validation)} to check with, {len(photos.refused)} unreadable",
            file=sys.stderr,
        )
        weights = train(
            photos,
            arguments.out,
            config,
            start=start,
            subject=subject,
            device=pick_device(arguments.device),
            resume=arguments.resume,
            save_every_s=arguments.save_every,
        )
    except (TrainingStopped, WeightsError, ValueError) as problem:
        return _complain(str(problem))
    print(weights)
    return 0


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument("--count", type=int, default=12, help="pictures to measure with")
    parser.add_argument("--held-out", action="store_true", help="only what training on this folder leaves out")
    parser.add_argument("--weights", type=Path, action="append", help="a .safetensors file (default: all shipped)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON, too")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="write a contact sheet, too")
    parser.add_argument(
        "--pages", type=Path, metavar="DIR", help="write the pictures for a panel of readers instead of measuring"
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from models.quality import evaluate  # noqa: PLC0415
    from models.weights_file import SHIPPED, WeightsError  # noqa: PLC0415

    if arguments.pages:
        return _write_pages(arguments)
    try:
        tones = evaluate.read_tones(arguments.photos, arguments.count, held_out=arguments.held_out)
        methods = evaluate.methods(arguments.weights or sorted(SHIPPED.glob("*.safetensors")))
    except (ValueError, WeightsError) as problem:
        return _complain(str(problem))
    for name in sorted(evaluate.PROGRAMS.keys() - {method.name for method in methods}):
        _complain(f"{name} is not installed; its row is left out")
    rows: list[evaluate.Row] = []
    prints: dict[str, list[evaluate.Ink]] = {}
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("evaluating", total=len(evaluate.SIZES) * len(methods) * len(tones))
        for row, pages in evaluate.evaluate(tones, methods, lambda: bar.advance(task)):
            rows.append(row)
            prints.setdefault(row.method, pages)
    # A pipe has no width of its own; a table cut to 80 columns helps nobody.
    console = Console(width=None if sys.stdout.isatty() else 140)
    for columns, lines in evaluate.SIZES:
        console.print(evaluate.table(rows, columns, lines, len(tones)))
    if arguments.json:
        evaluate.write_json(rows, len(tones), arguments.json)
    if arguments.sheet:
        evaluate.write_sheet(tones, prints, arguments.sheet)
    return 0


def _write_pages(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    from models.quality import evaluate  # noqa: PLC0415
    from models.weights_file import WeightsError, find_weights  # noqa: PLC0415

    if not shutil.which("chafa"):
        _complain("chafa is not installed; its pages are left out")
    try:
        find = evaluate.held_out_files if arguments.held_out else evaluate.by_content
        photos = find(arguments.photos)[: arguments.count]
        weights = arguments.weights or [find_weights(HEADS["glyphs"], None)]
        pages = evaluate.write_pages(photos, weights, arguments.pages)
        for _ in track(pages, "drawing", total=len(photos), console=Console(stderr=True)):
            pass
    except (ValueError, OSError, WeightsError) as problem:
        return _complain(str(problem))
    print(f"{len(photos)} photos by each method in {arguments.pages}")
    return 0


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, help="a folder of photos; with --back, of pair files")
    parser.add_argument("-o", "--out", type=Path, required=True, help="a folder for the pair files")
    parser.add_argument("--teacher", choices=("ramp", "search", "climber"), default="ramp")
    names = ", ".join(PALETTES)
    parser.add_argument("--palette", default="blue", help=f"{names}, or #rrggbb-#rrggbb (default: %(default)s)")
    parser.add_argument("--back", action="store_true", help="take pair files apart, into OUT/photos and OUT/pages")
    parser.set_defaults(run=_pairs)


def _pairs(arguments: argparse.Namespace) -> int:
    from PIL import Image  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    from models.training.labels import photos_below  # noqa: PLC0415
    from models.training.pairs import make_pairs, read_pairs  # noqa: PLC0415

    try:
        if arguments.back:
            pairs = read_pairs(arguments.photos)
            for kind in ("photos", "pages"):
                (arguments.out / kind).mkdir(parents=True, exist_ok=True)
            for path, pair in track(pairs.items(), "taking apart", console=Console(stderr=True)):
                name = "_".join(path.relative_to(arguments.photos).with_suffix(".png").parts)
                Image.fromarray(pair.photo).save(arguments.out / "photos" / name)
                Image.fromarray(pair.page).save(arguments.out / "pages" / name)
            print(f"{len(pairs)} photos in {arguments.out / 'photos'}, their pages in {arguments.out / 'pages'}")
            return 0
        photos = photos_below(arguments.photos)
        made = make_pairs(photos, arguments.out, arguments.teacher, arguments.palette)
        failed = _failures(made, "drawing pairs", len(photos))
    except (ValueError, OSError) as problem:
        return _complain(str(problem))
    print(f"{len(photos) - failed} pairs in {arguments.out}")
    return 1 if failed else 0


def _failures(made: Iterator[tuple[Path, str | None]], doing: str, total: int) -> int:
    """Work through what is `made` behind a progress bar; how many files had a problem, each told in a line."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    console, failed = Console(stderr=True), 0
    for path, problem in track(made, doing, total=total, console=console):
        if problem:
            failed += 1
            console.print(f"{path.name}: {problem}", markup=False)
    return failed


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="a folder for the labels, for train --subjects"
    )
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="a salient-object network: U²-Net as .onnx"
    )
    parser.set_defaults(run=_labels)


def _labels(arguments: argparse.Namespace) -> int:
    from models.training.labels import load_network, make_labels, photos_below  # noqa: PLC0415

    try:
        photos = photos_below(arguments.photos)
        made = make_labels(photos, arguments.out, load_network(arguments.network))
        failed = _failures(made, "labelling photos", len(photos))
    except (ValueError, OSError) as problem:
        return _complain(str(problem))
    except KeyboardInterrupt:
        _complain("stopped; the same command goes on from here")
        return 130
    print(f"{len(photos) - failed} photos have their labels in {arguments.out}")
    return 1 if failed else 0


def _add_photos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, required=True, help="a folder for the photos")
    parser.add_argument("--count", type=int, required=True, help="photos wanted in the folder, old ones included")
    parser.add_argument("--url", help="an address; {n} in it becomes 0, 1, 2, … (default: Lorem Picsum)")
    parser.add_argument("--at-once", type=int, default=8, help="photos fetched at one time")
    parser.set_defaults(run=_photos)


def _photos(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from models.training.photos import LOREM_PICSUM, FetchError, fetch_photos  # noqa: PLC0415

    if arguments.count < 1 or arguments.at_once < 1:
        return _complain("--count and --at-once must be at least 1")
    try:
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("fetching photos", total=arguments.count)
            new = fetch_photos(
                arguments.out,
                arguments.count,
                arguments.url or LOREM_PICSUM,
                at_once=arguments.at_once,
                progress=lambda there: bar.update(task, completed=there),
            )
    except (FetchError, OSError) as problem:
        return _complain(str(problem))
    except KeyboardInterrupt:
        _complain("stopped; the same command goes on from here")
        return 130
    print(f"{new} new photos, {arguments.count} or more in {arguments.out}")
    return 0


def _complain(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
