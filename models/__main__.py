"""Photos to characters, and to weights that choose them. `COMMAND --help` has the rest."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from glyphcord.arguments import Parser, add_version
from glyphcord.commands import OF_MODELS, missing_library
from glyphcord.escaping import say_error
from glyphcord.exit_codes import FAILED, STOPPED
from models.file_sentences import in_words
from models.problems import PictureProblem, Refused


def carry_out(arguments: argparse.Namespace) -> int:
    """Run one command; 0 on success, 1 when something could not be done, 2 on wrong usage."""
    try:
        return int(arguments.run(arguments))
    except PictureProblem as problem:
        say_error(in_words(problem))
        return FAILED
    except (Refused, OSError) as problem:
        say_error(problem)
        return FAILED
    except KeyboardInterrupt:
        continues = getattr(arguments, "continues", False)
        print("stopped; the same command goes on from here" if continues else "stopped", file=sys.stderr)
        return STOPPED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = Parser(prog="python -m models", description=__doc__)
    add_version(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((word for word in given if not word.startswith("-")), "")
    try:
        for name, command in OF_MODELS.items():
            own = commands.add_parser(name, help=command.summary)
            if name == asked:
                getattr(importlib.import_module(command.module), command.adder)(own)
        return carry_out(parser.parse_args(given))
    except ModuleNotFoundError as missing:
        say_error(missing_library(OF_MODELS[asked], missing))
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
