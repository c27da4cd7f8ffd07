"""Redis comes and goes: one log line when it is lost and one when it is back, whichever thread notices."""

import logging
import math
import random
import threading
import time

_log = logging.getLogger(__name__)


class Outage:
    """Shared by all threads of one worker that ask Redis."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    @property
    def lasting(self) -> bool:
        """Whether Redis was lost and has not been back since."""
        return self._since is not None

    def down(self, error: Exception) -> None:
        """Redis did not answer; only the first call of an outage logs."""
        with self._lock:
            if self._since is not None:
                return
            self._since = time.monotonic()
        _log.warning("redis lost error=%r; trying again until it is back", f"{type(error).__name__}: {error}")

    def up(self) -> None:
        """Redis answered; only the first call after an outage logs."""
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            _log.info("redis back after_s=%.1f", time.monotonic() - since)


def back_off_s(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2 … 10, each shortened at random by up to half."""
    return min(10.0, math.ldexp(0.5, min(failures - 1, 10))) * random.uniform(0.5, 1.0)
