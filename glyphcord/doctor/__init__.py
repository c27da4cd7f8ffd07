"""`glyphcord doctor`: is this machine set up as it should be, and if not, what is to be done.

Nothing heavy is imported before the command runs, and torch only where it is: few machines have it.
"""

import argparse
from importlib.util import find_spec
from typing import Final

from glyphcord.exit_codes import DONE, FAILED

EPILOG: Final = """\
Each line says `ok`, `note` (it works, but could be better) or `BROKEN`, and behind
an arrow what to do. It checks what is installed here: a bot (discord.py), a worker
(safetensors), or both. Nothing is changed: Redis gets one key for a moment. No secret
is printed.

examples:
  glyphcord doctor
  docker compose exec bot python -m glyphcord doctor
  cd /opt/glyphcord && set -a && . /etc/glyphcord/env && .venv/bin/glyphcord doctor

Exit codes: 0 nothing is broken, 1 something is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""
    parser.description = (
        "Check settings, token, Redis, weights, GPU, ports and limits, and say what to do for each."
    )
    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, EPILOG
    parser.set_defaults(run=_run)


def _run(_arguments: argparse.Namespace) -> int:
    # Not before the command is given, so that its help waits for nothing.
    from glyphcord.doctor.examine import examine  # noqa: PLC0415

    broken = 0
    for finding in examine(bot=find_spec("discord") is not None, worker=find_spec("safetensors") is not None):
        print(finding, flush=True)  # noqa: T201
        broken += finding.is_broken
    print(f"\n{broken} broken" if broken else "\nNothing is broken.")  # noqa: T201
    return FAILED if broken else DONE
