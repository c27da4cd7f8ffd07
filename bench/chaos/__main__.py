"""`python -m bench.chaos`: run, print the table, and end with 0 only if all is well."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench.chaos.run import run


def main() -> int:
    """Run, print the table and, for what was found wrong, the particulars on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description="Break everything; audit the answers."
    )
    parser.add_argument("--jobs", type=int, default=2000, help="commands and clicks in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between two things that break")
    parser.add_argument("--outage", type=float, default=45.0, help="seconds of the one long outage of Valkey")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-chaos-"))
    report = run(folder, jobs=args.jobs, seed=args.seed, pause=args.pause, outage_s=args.outage)
    print("| chaos | |\n| --- | --- |")
    for name, value in report.rows:
        print(f"| {name} | {value} |")
    verdict = report.verdict
    for kind in ("lost", "duplicated", "left_loading", "stale"):
        for line in getattr(verdict, kind)[:20]:
            print(f"{kind}: {line}", file=sys.stderr)
    proves = verdict.pictures >= args.jobs / 2
    if not proves:
        print("fewer than half of the answers are pictures: this run proves nothing", file=sys.stderr)
    if not (verdict.clean and proves):
        print(f"the logs are in {folder}", file=sys.stderr)
    return 0 if verdict.clean and proves else 1


if __name__ == "__main__":
    sys.exit(main())
