"""`python -m worker`: one worker, or with `--count N` a supervisor of N; `python -m worker weights`: its models."""

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code (see worker.program and worker.supervisor)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["weights"]:
        from worker.weights import command as weights_command  # noqa: PLC0415

        return weights_command.main(given[1:])
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="Draws the pictures on the queue.",
        epilog="python -m worker weights --help: models from the shell",
    )
    parser.add_argument(
        "--count", type=_count, metavar="N", help="run N workers, and start each again that ends before its time"
    )
    # How a supervisor starts its children.
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    # Imported only now: a supervisor needs no torch, and none of the memory that goes with it.
    if options.count is not None:
        from worker.supervisor import supervise  # noqa: PLC0415

        return supervise(options.count)
    from worker.program import run  # noqa: PLC0415

    return run(child=options.child, lifeline=options.lifeline)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("between 1 and 64")
    return number


if __name__ == "__main__":
    sys.exit(main())
