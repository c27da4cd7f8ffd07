"""`glyphcord playground`, or `python -m playground`: a local Discord for bots, tests and the demo.

The first line on stdout is `playground: ADDRESS`; everything after it is for humans.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from glyphcord.arguments import run_program, whole
from glyphcord.exit_codes import UNUSABLE
from playground.state.seed import TOKEN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the playground's command line takes."""
    parser.description = "Run a local Discord: its API, its gateway, and a page on which you are its members."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  %(prog)s                            on http://127.0.0.1:8080, or the next free port
  %(prog)s --port 0 --record api.jsonl

environment:
  PLAYGROUND_PASSWORD  what a browser asks for; others than this machine need it

Any bot: DISCORD_API_BASE of Glyphcord is the page's address with /api/v10 behind it;
playground/README.md has the rest."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s); others need PLAYGROUND_PASSWORD",
    )
    parser.add_argument(
        "--port", type=whole(0, 65_535), default=8080, help="first port to try; 0 for any (default: %(default)s)"
    )
    parser.add_argument("--token", default=TOKEN, help="the bot token that is accepted (default: %(default)s)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every REST exchange as a JSON line")
    parser.set_defaults(run=_run)


async def _serve(arguments: argparse.Namespace) -> None:
    # Imported only now, so that --help and mistakes need not wait for the web server.
    from playground.server import Playground  # noqa: PLC0415

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    playground = Playground(
        token=arguments.token,
        host=arguments.host,
        port=arguments.port,
        record=arguments.record,
        password=os.environ.get("PLAYGROUND_PASSWORD") or None,
    )
    async with playground:
        print(f"playground: {playground.url}", flush=True)
        if arguments.port not in (0, playground.port):
            print(f"Port {arguments.port} is taken, so it is {playground.port}.", flush=True)
        await stop.wait()


def _run(arguments: argparse.Namespace) -> int:
    try:
        asyncio.run(_serve(arguments))
    except (OSError, ValueError, OverflowError) as error:
        print(f"playground: {error}", file=sys.stderr)
        return UNUSABLE
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code (glyphcord.exit_codes)."""
    return run_program("python -m playground", add_arguments, arguments)


if __name__ == "__main__":
    sys.exit(main())
