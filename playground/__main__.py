"""`python -m playground`: a local Discord for bots, tests and the demo.

The first line on stdout is `playground: ADDRESS`; everything after it is for humans.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from playground.server import Playground
from playground.state.seed import TOKEN


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m playground", description="A local Discord.")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default 127.0.0.1); others need PLAYGROUND_PASSWORD",
    )
    parser.add_argument("--port", type=int, default=8080, help="first port to try; 0 for any (default 8080)")
    parser.add_argument("--token", default=TOKEN, help="the bot token that is accepted")
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every REST exchange as a JSON line")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
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


def main() -> int:
    arguments = _arguments()
    try:
        asyncio.run(_serve(arguments))
    except (OSError, ValueError, OverflowError) as error:
        print(f"playground: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
