"""`glyphcord COMMAND …`, or `python -m glyphcord COMMAND …`."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import cast

from glyphcord.arguments import Parser, add_version
from glyphcord.commands import COMMANDS, GROUPS, OF_MODELS, Command, NotInstalled, missing_library
from glyphcord.escaping import say_error
from glyphcord.exit_codes import FAILED

DESCRIPTION = "Pictures made of real, readable characters: in Discord, in a terminal, as files."
EXAMPLES = """\
examples:
  glyphcord render cat.jpg                   look at it in the terminal
  glyphcord render cat.jpg -o cat.png        or keep it
  glyphcord demo                             the whole service here, no account needed
  glyphcord doctor                           is this machine set up as it should be?

`glyphcord COMMAND --help` has each command's options and examples."""


def add_command(command: Command, parser: argparse.ArgumentParser) -> None:
    """Give a parser a command's options. Raises NotInstalled."""
    try:
        module = importlib.import_module(command.module)
    except ModuleNotFoundError as missing:
        what = f"glyphcord[{command.extra}]" if command.extra else "glyphcord"
        raise NotInstalled(f"{missing.name} is not installed here: pip install '{what}'") from None
    cast(Callable[[argparse.ArgumentParser], None], getattr(module, command.adder))(parser)


def whole_parser() -> Parser:
    """All commands that are installed here, with their options: what a shell can complete."""
    parser = Parser(prog="glyphcord")
    add_version(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        try:
            add_command(command, commands.add_parser(name, help=command.summary))
        except NotInstalled:
            continue
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code (glyphcord.exit_codes)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = Parser(
        prog="glyphcord",
        usage="glyphcord COMMAND [options]",
        description=DESCRIPTION,
        epilog=f"{_listed()}\n\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_version(parser)
    commands = parser.add_subparsers(
        dest="command", required=True, help=argparse.SUPPRESS, metavar="COMMAND", prog="glyphcord"
    )
    asked = given[0] if given else ""
    for name, command in COMMANDS.items():
        # Without `help` it is listed by nobody but _listed(), which sorts by what people come for.
        own = commands.add_parser(name)
        add_version(own)
        if name == asked:
            try:
                add_command(command, own)
            except NotInstalled as problem:
                return _complain(name, problem)
    if not given:
        parser.print_help()
        return 0
    options = parser.parse_args(given)
    try:
        return _carry_out(options)
    except ModuleNotFoundError as missing:
        return _complain(asked, missing_library(COMMANDS[asked], missing))


def _carry_out(options: argparse.Namespace) -> int:
    if options.command in OF_MODELS:
        # Not before it is needed: a bot's machine has no such thing.
        from models.__main__ import carry_out  # noqa: PLC0415

        return carry_out(options)
    return int(options.run(options))


def _complain(name: str, problem: Exception) -> int:
    say_error(f"glyphcord {name}: {problem}")
    return FAILED


def _listed() -> str:
    """The commands by what they are for."""
    width = max(map(len, COMMANDS)) + 2
    return "\n\n".join(
        "\n".join([f"{group}:", *(f"  {name:<{width}}{command.summary}" for name, command in commands.items())])
        for group, commands in GROUPS.items()
    )


if __name__ == "__main__":
    sys.exit(main())
