"""`python -m bench.chaos.wrong_clock`: one of our programs in a process whose wall clock is off.

CHAOS_PROGRAM names it (bot, worker), CHAOS_CLOCK_AHEAD_S by how many seconds. time-machine moves what Python tells
of the time: time.time, time.time_ns, datetime and what calls them. Not the monotonic clock, which a wrong date does
not change on a real machine either. The kernel's own stays as it is (a time namespace has no wall clock), so files'
dates and Valkey's clock are right.
"""

import os
import runpy
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import time_machine

MODULE: Final = "bench.chaos.wrong_clock"
PROGRAM: Final = "CHAOS_PROGRAM"
AHEAD_S: Final = "CHAOS_CLOCK_AHEAD_S"


def with_wrong_clock(program: str, ahead_s: float) -> dict[str, str]:
    """What to add to the environment of MODULE, to be run instead of a program."""
    # Benchmarks are not installed, and a program may be started in any folder.
    return {PROGRAM: program, AHEAD_S: str(ahead_s), "PYTHONPATH": str(Path(__file__).parents[2])}


if __name__ == "__main__":
    then = datetime.fromtimestamp(time.time() + float(os.environ.pop(AHEAD_S)), UTC)
    time_machine.travel(then, tick=True).start()
    runpy.run_module(os.environ.pop(PROGRAM), run_name="__main__", alter_sys=True)
