"""`python -m tests.repeat`: every test again and again, the last runs beside busy loops; a table of how they ended.

A test that fails once in ten runs is found here rather than by somebody who waits for a release.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOPS = 2
"""Busy loops beside a busy run: as many as the cores that the suite should pass on."""


def main() -> int:
    """0 when every run passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--busy", type=int, default=4, help="how many of them have busy loops beside them")
    parser.add_argument("--at-once", default="6", help="pytest's processes")
    parser.add_argument("arguments", nargs="*", help="given to pytest; `--` before options")
    arguments = parser.parse_args()
    failed = 0
    print("| run | beside it | seconds | ended |\n| --- | --- | --- | --- |", flush=True)
    for number in range(arguments.runs):
        busy = number >= arguments.runs - arguments.busy
        seconds, code, said = run([*arguments.arguments, "-n", arguments.at_once], LOOPS if busy else 0)
        failed += code != 0
        beside = f"{LOOPS} busy loops" if busy else ""
        print(f"| {number + 1} | {beside} | {seconds:.0f} | {summary(said)} |", flush=True)
        if code:
            log = ROOT / f"out/repeat-{number + 1}.log"
            log.parent.mkdir(exist_ok=True)
            log.write_text(said, encoding="utf-8")
            print("\n".join(re.findall(r"^(?:FAILED|ERROR) .*", said, re.MULTILINE)), f"\n{log}", flush=True)
    print(f"{failed} of {arguments.runs} runs failed")
    return 1 if failed else 0


def run(arguments: list[str], loops: int) -> tuple[float, int, str]:
    """Seconds, exit code and output of one run of pytest."""
    command = [sys.executable, "-m", "pytest", "--dist", "loadgroup", *arguments]
    with ExitStack() as beside:
        for _ in range(loops):
            loop = beside.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            beside.callback(loop.kill)
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
        return time.monotonic() - began, done.returncode, done.stdout + done.stderr


def summary(said: str) -> str:
    """Pytest's own count: "2430 passed, 3 skipped"."""
    counted = re.findall(r"^(?:=+ )?(\d+ (?:passed|failed|error).*?) in [\d.]+s", said, re.MULTILINE)
    return counted[-1] if counted else "no tests ran"


if __name__ == "__main__":
    sys.exit(main())
