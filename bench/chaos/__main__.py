"""`python -m bench.chaos`: run, print the table, and end with 0 only if all is well."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench.chaos.run import run
from bench.chaos.scale import FULL_FROM


def main() -> int:
    """Run, print the table and, for what was found wrong, the particulars on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description="Break everything; audit the answers."
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=500,
        help=f"commands and clicks in all, at least; with fewer than {FULL_FROM}, what breaks is mended sooner",
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-chaos-"))
    report = run(folder, jobs=args.jobs, seed=args.seed)
    print("| chaos | |\n| --- | --- |")
    for name, value in report.rows:
        print(f"| {name} | {value} |")
    for problem in report.problems:
        print(problem, file=sys.stderr)
    if report.problems:
        print(f"the logs are in {folder}", file=sys.stderr)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
