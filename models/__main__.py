"""`python -m models render | train`: pictures to characters, and photos to weights."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from models import limits
from models.palettes import DEFAULT_PALETTE, PALETTES
from models.problems import PictureProblem
from models.recipe import TrainConfig, read_recipe


def main() -> int:
    """Run one command; 0 on success, 1 when something could not be done, 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_render(commands.add_parser("render", help="draw pictures with characters"))
    _add_train(commands.add_parser("train", help="train a style from a folder of photos"))
    arguments = parser.parse_args()
    return int(arguments.run(arguments))


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pictures", nargs="+", type=Path, metavar="IN")
    parser.add_argument("-o", "--out", type=Path, required=True, help="OUT.png or OUT.txt, or a folder for several")
    names = ", ".join(PALETTES)
    parser.add_argument("--palette", default=DEFAULT_PALETTE, help=f"{names}, or #rrggbb-#rrggbb")
    parser.add_argument("--columns", type=int, default=limits.DEFAULT_COLUMNS, help="characters across")
    parser.add_argument("--background", choices=("light", "dark"), default="light")
    parser.add_argument("--weights", default="classic", help="a name, or a .safetensors file")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.set_defaults(run=_render)


def _render(arguments: argparse.Namespace) -> int:
    # Imported here, so that `--help` need not wait for torch.
    from models.paint import encode_png, paint  # noqa: PLC0415
    from models.picture import decode  # noqa: PLC0415
    from models.renderer import Renderer, WeightsError, find_weights, pick_device  # noqa: PLC0415
    from models.tone import tone_of  # noqa: PLC0415

    if not limits.MIN_COLUMNS <= arguments.columns <= limits.MAX_COLUMNS:
        return _complain(str(PictureProblem("bad_columns", least=limits.MIN_COLUMNS, most=limits.MAX_COLUMNS)))
    try:
        named = arguments.weights.endswith(".safetensors")
        path = Path(arguments.weights) if named else find_weights(arguments.weights, None)
        renderer = Renderer(path, pick_device(arguments.device))
    except WeightsError as error:
        return _complain(str(error))
    several, failed = len(arguments.pictures) > 1 or arguments.out.is_dir(), 0
    for picture in arguments.pictures:
        target = arguments.out / f"{picture.stem}.png" if several else arguments.out
        if target.suffix not in (".png", ".txt"):
            return _complain(f"{target} must end in .png or .txt")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            rgb = decode(picture.read_bytes(), background=arguments.background)
            tone = tone_of(rgb)
            grid = renderer.grid(1 - tone if arguments.background == "dark" else tone, arguments.columns)
            if target.suffix == ".txt":
                target.write_text(grid.text(), encoding="utf-8")
            else:
                target.write_bytes(encode_png(paint(grid, arguments.palette, arguments.background, rgb)))
            print(f"{target}: {grid.columns}×{grid.rows} characters")
        except (PictureProblem, OSError) as problem:
            failed += 1
            _complain(f"{picture}: {problem}")
    return 1 if failed else 0


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/classic"), help="checkpoint and weights go here"
    )
    parser.add_argument(
        "--recipe", default="classic", help="classic, lines, pixels, or a .toml file (see models/recipes)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
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

    from models.data import Photos  # noqa: PLC0415
    from models.renderer import WeightsError, pick_device  # noqa: PLC0415
    from models.train import TrainingStopped, train  # noqa: PLC0415

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    given = {field.name: getattr(arguments, field.name, None) for field in fields(TrainConfig)}
    try:
        config = read_recipe(arguments.recipe, {name: value for name, value in given.items() if value is not None})
        photos = Photos(arguments.photos)
        print(
            f"{len(photos.train)} photos to train on, {len(photos.validation)} to check with, "
            f"{len(photos.refused)} unreadable",
            file=sys.stderr,
        )
        weights = train(
            photos, arguments.out, config,
            device=pick_device(arguments.device), resume=arguments.resume, save_every_s=arguments.save_every,
        )  # fmt: skip
    except (TrainingStopped, WeightsError, ValueError) as problem:
        return _complain(str(problem))
    print(weights)
    return 0


def _complain(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
