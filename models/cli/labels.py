"""`python -m models labels`: maps of the photos' subjects, for training."""

import argparse
from pathlib import Path

from models.cli.progress import failures


def add_labels(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Label the subjects of photos with a salient-object network, once for each photo."
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="a folder for the labels, for train --subjects"
    )
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="a salient-object network: U²-Net as .onnx"
    )
    parser.set_defaults(run=labels, continues=True)


def labels(arguments: argparse.Namespace) -> int:
    """Label; 0, or 1 when a photo could not be."""
    from models.training.files import photos_below
    from models.training.labels import load_network, make_labels

    photos = photos_below(arguments.photos)
    made = make_labels(photos, arguments.out, load_network(arguments.network))
    failed = failures(made, "labelling photos", len(photos))
    print(f"{len(photos) - failed} photos have their labels in {arguments.out}")
    return 1 if failed else 0
