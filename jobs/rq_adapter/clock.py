"""RQ by the clock that bots and workers agree on.

Leases, postponed jobs and jobs between pop and start stand in Redis with the time of whoever wrote them: a worker
whose clock is two hours ahead would take every job that others are at for abandoned. RQ has one function for the
time, and its modules have that under their own names.
"""

import sys
from datetime import UTC, datetime

import rq.utils

from jobs import clock

_THEIRS = rq.utils.now


def now() -> datetime:
    """The time, with its zone, as RQ's own function tells it."""
    return datetime.fromtimestamp(clock.now(), UTC)


def give_to_rq() -> None:
    """Let all of RQ go by it, for this process."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "rq" and getattr(module, "now", None) is _THEIRS:
            module.now = now  # type: ignore[attr-defined]
