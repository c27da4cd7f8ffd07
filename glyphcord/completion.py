"""`glyphcord completion`: the script that makes a shell complete commands, options and their choices.

shtab writes it from the parsers themselves. A shell that has read it starts no program of ours at a press of Tab.
"""

import argparse
import os
from pathlib import Path
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")
EPILOG: Final = """\
examples:
  bash  glyphcord completion bash > ~/.local/share/bash-completion/completions/glyphcord
  zsh   glyphcord completion zsh > ~/.zfunc/_glyphcord
        (with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc)
  fish  glyphcord completion fish > ~/.config/fish/completions/glyphcord.fish

Make the folder first if it is not there, and open a new shell afterwards. After an
update, or after installing another extra, write the script again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.description = "Print a script with which your shell completes commands, options and choices."
    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, EPILOG
    own = Path(os.environ.get("SHELL", "")).name
    parser.add_argument(
        "shell",
        nargs="?",
        choices=SHELLS,
        default=own if own in SHELLS else "bash",
        help="for which shell (default: the one that you use, else bash)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    # Not at the top: the one takes time, and the other lists this module among its commands.
    import shtab  # noqa: PLC0415

    from glyphcord.__main__ import whole_parser  # noqa: PLC0415

    parser = whole_parser()
    _complete_paths(parser, shtab.FILE)
    print(shtab.complete(parser, arguments.shell))  # noqa: T201
    return 0


def _complete_paths(parser: argparse.ArgumentParser, file: object) -> None:
    """Mark what takes a file or folder; the rest of an option's values are no names in the working directory."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in list(action.choices):
                _complete_paths(action.choices[name], file)
        elif action.type is Path or action.dest in (
            "pictures",
            "out",
            "weights",
            "start",
            "subject_branch",
            "config",
        ):
            action.complete = file  # type: ignore[attr-defined]
