"""`glyphcord train`: weights from a folder of photos."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from glyphcord.arguments import seconds, whole
from glyphcord.escaping import say, say_error
from glyphcord.exit_codes import STOPPED
from models.problems import Refused
from models.training.config import TrainConfig, read_config, shipped_configs

WITH_START: Final[dict[str, Any]] = {"warm_steps": 0}
"""Numbers of a run that begins with finished weights, unless others are asked for: it needs no rule's pages."""


EPILOG: Final = """\
examples:
  glyphcord train photos/ -o runs/mine
  glyphcord train photos/ -o runs/mine --resume --steps 2400 --adversarial-from 2350
  glyphcord train photos/ -o runs/lines --config lines --start classic

Ctrl-C and SIGTERM save, and --resume goes on; other numbers than the checkpoint's
are taken, but style, size, charset and seed stay. Exit status: 0 done, 1 refused,
2 wrong usage, 130 stopped before the end."""


def add_train(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Train a style from a folder of photos."
    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, EPILOG
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/classic"), help="checkpoint and weights (default: %(default)s)"
    )
    names = ", ".join(shipped_configs())
    parser.add_argument(
        "--config", help=f"{names}, or a .toml file as in models/training/configs (default: classic)"
    )
    parser.add_argument(
        "--recipe", dest="config", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )  # its old name
    parser.add_argument(
        "--subjects", type=Path, metavar="DIR", help="labels of the photos' subjects (`labels` makes them)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument(
        "--start", metavar="WEIGHTS", help="begin with finished weights: a style's name, or a .safetensors file"
    )
    parser.add_argument(
        "--subject-branch", metavar="WEIGHTS", help="begin with the subject branch of finished weights"
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="what to train on (default: %(default)s)"
    )
    parser.add_argument("--threads", type=whole(1), metavar="N", help="CPU threads (default: PyTorch's choice)")
    parser.add_argument(
        "--save-every",
        type=seconds,
        default=180,
        metavar="SECONDS",
        help="between two saves (default: %(default)s)",
    )
    numbers = parser.add_argument_group(
        "numbers of the config", "Each replaces the number of that name; the default is the config's."
    )
    for field in fields(TrainConfig):
        if field.name != "style":
            kind, help = type(field.default), field.metadata["help"]
            numbers.add_argument(f"--{field.name.replace('_', '-')}", type=kind, help=help)
    parser.set_defaults(run=train)


def train(arguments: argparse.Namespace) -> int:
    """Train; prints where the weights are."""
    import torch

    from models.inference.choice import pick_device
    from models.training import train
    from models.training.data import Photos
    from models.weights_file import chosen_weights, load_weights

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    given = {field.name: getattr(arguments, field.name, None) for field in fields(TrainConfig)}
    given = {name: value for name, value in given.items() if value is not None}
    start = subject = None
    if arguments.start:
        start = load_weights(chosen_weights(arguments.start))
        given = WITH_START | given
    if arguments.subject_branch:
        subject = load_weights(chosen_weights(arguments.subject_branch))
    if arguments.resume and arguments.config:
        raise Refused("--resume goes on with the checkpoint's config: leave --config out, or give single numbers")
    config = read_config(arguments.config or "classic", given)
    photos = Photos(arguments.photos, arguments.subjects, arguments.out)
    print(
        f"{len(photos.train)} photos to train on ({len(photos.labelled)} with their subject), "
        f"{len(photos.validation)} to check with, {len(photos.refused)} unreadable",
        file=sys.stderr,
    )
    try:
        weights = train.train(
            photos,
            arguments.out,
            config,
            start=start,
            subject=subject,
            device=pick_device(arguments.device),
            resume=arguments.resume,
            save_every_s=arguments.save_every,
            changes=given,
        )
    except train.Interrupted as stopped:
        say_error(stopped)
        return STOPPED
    say(weights)
    return 0
