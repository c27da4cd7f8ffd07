"""The time that bots and workers agree on: Redis's.

They hand each other deadlines as Unix times, and a machine's own clock may be hours off. Between two looks at
Redis's clock the monotonic one counts on, so that setting a machine's clock changes nothing either.
"""

import logging
import time
from typing import Any, Final

from redis import Redis

_log = logging.getLogger(__name__)

EXACT_S: Final = 1.0
"""An answer that took longer says too little about when it was given, but more than this machine's own clock."""
WORTH_SAYING_S: Final = 2.0


class _Clock:
    """What is added to time.monotonic(); None until Redis has been asked."""

    offset: float | None = None


def now() -> float:
    """Unix time in seconds, by Redis's clock; by this machine's own until that could be asked."""
    return time.time() if _Clock.offset is None else time.monotonic() + _Clock.offset


def is_known() -> bool:
    """Whether Redis has been asked, so that `now` is what the others go by."""
    return _Clock.offset is not None


def follow(redis: Redis) -> None:
    """Look at Redis's clock; to be done every few seconds. Raises redis errors."""
    asked = time.monotonic()
    told: Any = redis.time()  # seconds and microseconds; redis-py's type is that of its asynchronous client, too
    answered = time.monotonic()
    if answered - asked > EXACT_S and is_known():
        return
    before, _Clock.offset = now(), told[0] + told[1] / 1e6 - (asked + answered) / 2
    if abs(now() - before) > WORTH_SAYING_S:
        _log.warning("clock set back_s=%.0f own_ahead_s=%.0f; redis's counts", before - now(), time.time() - now())
