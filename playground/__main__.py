"""The playground as a program: `discord-playground`, `glyphcord playground` or `python -m playground`.

The first line on stdout is `playground: ADDRESS`; everything after it is for humans. With a command behind `--` it
runs that with the playground around it, and ends as it ends.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from playground.state.seed import TOKEN

UNUSABLE = 2  # exit code for arguments and addresses that cannot be
NOT_FOUND = 127  # as shells have it


class Parser(argparse.ArgumentParser):
    """As argparse's own, but it complains in two lines."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        self.exit(UNUSABLE, f"{self.prog}: {message.removeprefix('argument ')}\nSee: {self.prog} --help\n")


def port(given: str) -> int:
    """A type for ports, with 0 for any."""
    if not given.isdecimal() or int(given) > 65_535:
        raise argparse.ArgumentTypeError(f"{given!r} is no whole number from 0 to 65535")
    return int(given)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the playground's command line takes."""
    parser.description = "Run a local Discord: its API, its gateway, and a page on which you are its members."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  %(prog)s                            on http://127.0.0.1:8080, or the next free port
  %(prog)s --port 0 --record api.jsonl
  %(prog)s --port 0 -- npm test       a command with its own playground: DISCORD_TOKEN, DISCORD_API_BASE,
                                      DISCORD_GATEWAY_URL and PLAYGROUND_URL say where

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
        "--port", type=port, default=8080, help="first port to try; 0 for any (default: %(default)s)"
    )
    parser.add_argument("--token", default=TOKEN, help="the bot token that is accepted (default: %(default)s)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every REST exchange as a JSON line")
    parser.add_argument("program", nargs="*", metavar="COMMAND", help="behind --: what to run, and to end with")
    parser.set_defaults(run=_run)


async def _serve(arguments: argparse.Namespace) -> int:
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
        if arguments.program:
            return await _around(arguments.program, playground.url, arguments.token, stop)
        await stop.wait()
    return 0


async def _around(command: Sequence[str], url: str, token: str, stop: asyncio.Event) -> int:
    """Run a command with the settings that point a bot here, until it ends or is to stop; its exit code."""
    from playground.testing.process import settings  # noqa: PLC0415 as above

    environment = {**os.environ, **settings(url, token), "PLAYGROUND_URL": url}
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environment)
    except OSError as error:
        print(f"playground: {command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    stopped = asyncio.create_task(stop.wait())
    ended = asyncio.create_task(process.wait())
    await asyncio.wait([stopped, ended], return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        process.terminate()
    stopped.cancel()
    code = await ended
    return code if code >= 0 else 128 - code  # ended by a signal: as shells tell it


def _run(arguments: argparse.Namespace) -> int:
    try:
        return asyncio.run(_serve(arguments))
    except (OSError, ValueError, OverflowError) as error:
        print(f"playground: {error}", file=sys.stderr)
        return UNUSABLE


def _version() -> str:
    """Of the distribution that is installed."""
    from importlib import metadata  # noqa: PLC0415 as above

    for name in ("discord-playground", "glyphcord"):
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return "discord-playground, from a folder, not installed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    called = Path(sys.argv[0]).name
    parser = Parser(prog="python -m playground" if called == "__main__.py" else called)
    if "--version" in (sys.argv[1:] if arguments is None else arguments)[:1]:
        print(_version())
        return 0
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
