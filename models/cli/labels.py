"""`python -m models labels`: maps of the photos' subjects, for training."""

import argparse
from pathlib import Path

from models.cli.progress import complain, failures


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
    parser.set_defaults(run=labels)


def labels(arguments: argparse.Namespace) -> int:
    """Label; 0, 1 with the reason on standard error, or 130 when interrupted."""
    from models.training.files import photos_below  # noqa: PLC0415
    from models.training.labels import load_network, make_labels  # noqa: PLC0415

    try:
        photos = photos_below(arguments.photos)
        made = make_labels(photos, arguments.out, load_network(arguments.network))
        failed = failures(made, "labelling photos", len(photos))
    except (ValueError, OSError) as problem:
        return complain(problem)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on from here")
        return 130
    print(f"{len(photos) - failed} photos have their labels in {arguments.out}")
    return 1 if failed else 0
