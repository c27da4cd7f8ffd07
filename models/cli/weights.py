"""`python -m models weights`: weights files by themselves; what changes a running service is the worker's program.

This library knows no Redis, so `publish` and its like are handed over to that program, as a shell would.
"""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

IN_SERVICE: Final = {
    "publish": "try a file and keep it in a running service",
    "activate": "put a kept version in use, on every worker or none",
    "rollback": "take a model's last change back",
    "default": "choose the model that draws when no style is asked for",
    "audit": "who gave which order, or was refused",
}
_NEEDED: Final = ("worker", "rq")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add the command's options and what it runs."""
    commands = parser.add_subparsers(dest="weights_command", required=True)
    listing = commands.add_parser("list", help="the weights files there are")
    listing.add_argument("--folder", type=Path, help="besides those that are shipped (as WEIGHTS_DIR)")
    listing.set_defaults(run=_list)
    verify = commands.add_parser("verify", help="load files, try them, and measure them on three photos")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.add_argument("--picture", type=Path, metavar="OUT.png", help="write what the last one draws, too")
    verify.set_defaults(run=_verify)
    for name, about in IN_SERVICE.items():
        # No argument begins with this prefix, so all are taken as they come, options as well.
        command = commands.add_parser(name, help=about, add_help=False, prefix_chars="\0")
        command.add_argument("rest", nargs="*")
        command.set_defaults(run=_hand_over)


def _hand_over(arguments: argparse.Namespace) -> int:
    name = arguments.weights_command
    if not all(find_spec(needed) for needed in _NEEDED):
        print(f"that needs the service, which is not here: python -m worker weights {name}", file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "worker", "weights", name, *arguments.rest]
    return subprocess.run(command, check=False).returncode  # noqa: S603 our own program


def _list(arguments: argparse.Namespace) -> int:
    from models.weights_file import SHIPPED, WeightsError, load_weights  # noqa: PLC0415

    folders = ([arguments.folder] if arguments.folder else []) + [SHIPPED]
    failed = 0
    for path in (path for folder in folders for path in sorted(folder.glob("*.safetensors"))):
        try:
            weights = load_weights(path)
        except WeightsError as error:
            failed += 1
            print(error, file=sys.stderr)
            continue
        about = weights.metadata
        print(
            f"{weights.name:12} {weights.version} {path.stat().st_size / 2**20:5.1f} MB  head {about['head']}, "
            f"{len(weights.atlas.charset)} characters, teacher {about.get('teacher', '?')}, "
            f"step {about.get('step', '?')}"
        )
    return 1 if failed else 0


def _verify(arguments: argparse.Namespace) -> int:
    from models.quality.self_test import self_test  # noqa: PLC0415
    from models.rendering.renderer import Renderer, WeightsError  # noqa: PLC0415

    failed = 0
    for path in arguments.files:
        try:
            renderer = Renderer(path)
            found = self_test(renderer)
        except WeightsError as error:
            failed += 1
            print(f"{path}: refused: {error}", file=sys.stderr)
            continue
        print(
            f"{path}: version {renderer.version}, similarity {found.similarity:.3f}, "
            f"legibility {found.legibility:.3f}, different glyphs {found.glyphs:.1f}"
        )
        if arguments.picture:
            arguments.picture.write_bytes(found.png)
    return 1 if failed else 0
