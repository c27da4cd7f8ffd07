"""`glyphcord worker`, or `python -m worker`: one worker, with `--count N` a supervisor of N; `weights`: models."""

import argparse
import sys
from collections.abc import Sequence

from glyphcord.arguments import add_run, run_program, whole
from worker.weights.arguments import add_weights


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What a worker's command line takes."""
    parser.description = "Draw the pictures on the queue. Settings come from the environment and from .env."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  %(prog)s                   one worker
  %(prog)s --count 4         four, and a supervisor that starts them again
  %(prog)s weights --help    the models of a running service

Exit codes: 0 stopped as asked, 2 settings or weights, 4 Redis refuses the password.
`glyphcord doctor` says what to do."""
    parser.add_argument(
        "--count",
        type=whole(1, 64),
        metavar="N",
        help="run N workers, 1 to 64, and start each again that ends before its time",
    )
    # How a supervisor starts its children.
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    add_run(parser, _run, codes="2")
    commands = parser.add_subparsers(metavar="[weights]", prog=parser.prog)
    add_weights(commands.add_parser("weights", help="the models of a running service"))


def _run(arguments: argparse.Namespace) -> int:
    # Imported only now: a supervisor needs no torch, and none of the memory that goes with it.
    if arguments.count is not None:
        from worker.supervisor import supervise  # noqa: PLC0415

        return supervise(arguments.count)
    from worker.program import run  # noqa: PLC0415

    return run(child=arguments.child, lifeline=arguments.lifeline)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code (glyphcord.exit_codes)."""
    return run_program("python -m worker", add_arguments, arguments)


if __name__ == "__main__":
    sys.exit(main())
