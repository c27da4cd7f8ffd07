"""`glyphcord bot`, or `python -m bot`: run the bot until SIGTERM or Ctrl-C."""

import argparse
import sys
from collections.abc import Sequence

from glyphcord.arguments import add_run, run_program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the bot's command line takes."""
    parser.description = (
        "Answer commands and reactions in Discord. Settings come from the environment and from .env."
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  %(prog)s                                  with the settings of .env
  LOG_LEVEL=DEBUG %(prog)s                  and more in the log
  SHARD_COUNT=8 SHARD_IDS=0-3 %(prog)s      some of the shards; docs/scale.md has the rest

Settings, with their defaults: .env.example, or docs/settings.md.

Exit codes: 0 stopped as asked, 2 settings, 3 Discord refuses the token, 4 Discord
cannot be reached. `glyphcord doctor` says what to do."""
    add_run(parser, _run, codes="2, 3")


def _run(_: argparse.Namespace) -> int:
    # Imported only now, so that --help and mistakes need not wait for discord.py.
    from bot.program import run  # noqa: PLC0415

    return run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code (glyphcord.exit_codes)."""
    return run_program("python -m bot", add_arguments, arguments)


if __name__ == "__main__":
    sys.exit(main())
