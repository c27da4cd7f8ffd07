"""`python -m models photos`: photos to train on, from the internet."""

import argparse
from pathlib import Path

from models.cli.progress import complain


def add_photos(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.description = "Fetch photos to train on. The same command continues an interrupted run."
    parser.add_argument("-o", "--out", type=Path, required=True, help="a folder for the photos")
    parser.add_argument("--count", type=int, required=True, help="photos wanted in the folder, old ones included")
    parser.add_argument("--url", help="an address; {n} in it becomes 0, 1, 2, … (default: Lorem Picsum)")
    parser.add_argument("--at-once", type=int, default=8, help="parallel downloads (default: %(default)s)")
    parser.set_defaults(run=photos, continues=True)


def photos(arguments: argparse.Namespace) -> int:
    """Fetch; 0, or 1 when the numbers make no sense."""
    from rich.console import Console
    from rich.progress import Progress

    from models.training.photos import fetch_photos

    if arguments.count < 1 or arguments.at_once < 1:
        return complain("--count and --at-once must be at least 1")
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("fetching photos", total=arguments.count)
        new = fetch_photos(
            arguments.out,
            arguments.count,
            arguments.url,
            at_once=arguments.at_once,
            progress=lambda there: bar.update(task, completed=there),
        )
    print(f"{new} new photos, {arguments.count} or more in {arguments.out}")
    return 0
