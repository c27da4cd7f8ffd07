"""`glyphcord weights`: weights files by themselves. `python -m worker weights` changes a running service."""

import argparse
from pathlib import Path
from typing import Final

from glyphcord.escaping import say, say_error

EPILOG: Final = """\
examples:
  glyphcord weights list
  glyphcord weights list --folder /srv/glyphcord/weights
  glyphcord weights verify runs/mine/mine.safetensors --picture mine.png

Exit codes: 0 all files can be used, 1 some cannot, for each the reason is on standard error."""


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add the command's options and what it runs."""
    parser.description = "List weights files, or try some. A running service's models: `glyphcord worker weights`."
    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, EPILOG
    commands = parser.add_subparsers(dest="weights_command", required=True, metavar="{list,verify}")
    listing = commands.add_parser("list", help="name, version, size and training of the weights files there are")
    listing.add_argument(
        "--folder", type=Path, metavar="DIR", help="a folder to list besides the shipped files (default: none)"
    )
    listing.set_defaults(run=_list)
    verify = commands.add_parser("verify", help="load files, try them, and measure them on three photos")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .safetensors file")
    verify.add_argument(
        "--picture", type=Path, metavar="OUT.png", help="also write what the last one draws (default: nowhere)"
    )
    verify.set_defaults(run=_verify)


def _list(arguments: argparse.Namespace) -> int:
    from models.weights_file import SHIPPED, WeightsError, load_weights

    folders = ([arguments.folder] if arguments.folder else []) + [SHIPPED]
    failed = 0
    for path in (path for folder in folders for path in sorted(folder.glob("*.safetensors"))):
        try:
            weights = load_weights(path)
        except WeightsError as error:
            failed += 1
            say_error(error)
            continue
        about = weights.metadata
        say(
            f"{weights.name:12} {weights.version} {path.stat().st_size / 2**20:5.1f} MB  head {about['head']}, "
            f"{len(weights.atlas.charset)} characters, teacher {about.get('teacher', '?')}, "
            f"step {about.get('step', '?')}"
        )
    return 1 if failed else 0


def _verify(arguments: argparse.Namespace) -> int:
    from models.quality.self_test import self_test
    from models.rendering.renderer import Renderer
    from models.weights_file import WeightsError

    failed = 0
    for path in arguments.files:
        try:
            renderer = Renderer(path)
            found = self_test(renderer)
        except WeightsError as error:
            failed += 1
            say_error(f"{path}: refused: {error}")
            continue
        say(
            f"{path}: version {renderer.version}, similarity {found.similarity:.3f}, "
            f"legibility {found.legibility:.3f}, different glyphs {found.glyphs:.1f}"
        )
        if arguments.picture:
            arguments.picture.write_bytes(found.png)
    return 1 if failed else 0
