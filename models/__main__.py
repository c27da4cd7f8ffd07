"""Photos to characters, and to weights that choose them. `COMMAND --help` has the rest."""

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version

from models.cli.evaluate import add_evaluate
from models.cli.palettes import add_palettes
from models.cli.progress import complain
from models.cli.render import add_render
from models.cli.train import add_train
from models.cli.training_data import add_labels, add_pairs, add_photos
from models.cli.weights import add_weights
from models.problems import PictureProblem, Refused


def main() -> int:
    """Run one command; 0 on success, 1 when something could not be done, 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    parser.add_argument("--version", action="version", version=f"glyphcord {_version()}")
    parser.set_defaults(continues=False)
    commands = parser.add_subparsers(dest="command", required=True)
    add_render(commands.add_parser("render", help="draw pictures with characters"))
    add_palettes(commands.add_parser("palettes", help="draw one picture in every palette"))
    add_train(commands.add_parser("train", help="train a style from a folder of photos"))
    add_evaluate(commands.add_parser("evaluate", help="compare weights with baselines and other programs"))
    add_pairs(commands.add_parser("pairs", help="write training pairs as files, or read such a dataset back"))
    add_labels(commands.add_parser("labels", help="label photos' subjects, for training, with a network"))
    add_weights(commands.add_parser("weights", help="list weights files, or try some"))
    add_photos(commands.add_parser("photos", help="fetch photos to train on"))
    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments))
    except (Refused, PictureProblem, OSError) as problem:
        return complain(problem)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on from here" if arguments.continues else "stopped")
        return 130


def _version() -> str:
    try:
        return version("glyphcord")
    except PackageNotFoundError:
        return "from a folder, not installed"


if __name__ == "__main__":
    sys.exit(main())
