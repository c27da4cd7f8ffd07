"""A parser whose complaints are short and say what was probably meant, and types whose complaints are in words.

Python 3.14's argparse can suggest names of commands and choices; this does so from 3.11, and for options.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from glyphcord.escaping import printable
from glyphcord.exit_codes import UNUSABLE, hold
from glyphcord.nearest import did_you_mean

_INVALID: Final = re.compile(r"(?:argument (\S+): )?invalid choice: '([^']*)' \(choose from (.*)\)", re.DOTALL)
_UNKNOWN: Final = "unrecognized arguments: "
_MISSING: Final = "the following arguments are required: "


class Parser(argparse.ArgumentParser):
    """As argparse's own, but it complains in at most two lines."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._given: list[str] = []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As usual; but a command's own parser complains of what it does not know, and suggests."""
        self._given = list(sys.argv[1:] if args is None else args)
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(_UNKNOWN + " ".join(rest))
        return known, rest

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what was probably meant, and exit with 2."""
        self.exit(UNUSABLE, f"{self.prog}: {printable(self._in_words(message))}\nSee: {self.prog} --help\n")

    def _in_words(self, message: str) -> str:
        unknown = [word.partition("=")[0] for word in self._given if self._is_unknown_option(word)]
        invalid = _INVALID.fullmatch(message)
        # Where a mistyped option takes a value, argparse may take that for a command, or miss what is given.
        if unknown and (
            message.startswith((_UNKNOWN, _MISSING)) or (invalid and not (invalid[1] or "").startswith("-"))
        ):
            return f"there is no option {unknown[0]}.{did_you_mean(unknown[0], self._options())}"
        if invalid:
            option, given, choices = invalid.groups()
            names = [name.strip("'") for name in choices.split(", ")]
            meant = did_you_mean(given, names)
            if option and option.startswith("-"):
                return f"{option} cannot be {given!r}; choose {', '.join(names)}.{meant}"
            return f"there is no command {given!r}" + (f".{meant}" if meant else f"; choose {', '.join(names)}.")
        if message.startswith(_UNKNOWN):
            return f"that is one word too many: {message.removeprefix(_UNKNOWN)}"
        if message.startswith(_MISSING):
            return f"{message.removeprefix(_MISSING)} must be given"
        return message.removeprefix("argument ")

    def _options(self) -> list[str]:
        """The long options that help shows."""
        shown = [action for action in self._actions if action.help != argparse.SUPPRESS]
        return [option for action in shown for option in action.option_strings if option.startswith("--")]

    def _is_unknown_option(self, word: str) -> bool:
        name = word.partition("=")[0]
        known = [option for action in self._actions for option in action.option_strings]
        return len(name) > 2 and name.startswith("--") and not any(option.startswith(name) for option in known)


class Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"glyphcord {version()}")  # noqa: T201
        parser.exit()


def version() -> str:
    """The version that is installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("glyphcord")
    except PackageNotFoundError:
        return "from a folder, not installed"


def add_version(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option `--version`."""
    parser.add_argument("--version", action=Version)


def add_run(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int], codes: str) -> None:
    """Say what a program runs, and give it the option `--hold` for where it ends with one of the exit `codes`."""
    parser.add_argument(
        "--hold",
        action="store_true",
        help=f"where starting again would not help ({codes}), wait to be stopped: for Docker",
    )
    parser.set_defaults(run=lambda options: hold(run(options)) if options.hold else run(options))


def run_program(
    prog: str, add_arguments: Callable[[argparse.ArgumentParser], None], arguments: Sequence[str] | None
) -> int:
    """Run a program that `python -m` starts, on `arguments` or the process's own; the exit code.

    `add_arguments` also says what to run, as the default `run`.
    """
    parser = Parser(prog=prog)
    add_version(parser)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    return int(options.run(options))


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type for whole numbers from `least`, up to `most` if there is such a limit."""
    limits = f"of at least {least}" if most is None else f"from {least} to {most}"

    def number(given: str) -> int:
        try:
            value = int(given)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{given!r} is no whole number {limits}")
        return value

    return number


def seconds(given: str) -> float:
    """A type for a time of more than 0 seconds."""
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{given!r} is no number of seconds above 0")
    return value
