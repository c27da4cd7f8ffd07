"""A circuit breaker: after three failures of its own in a row a worker takes no jobs until it draws again.

The jobs it failed are tried again by RQ, and as this worker stands aside, by others. Three failures of one
job alone do not count: a single picture that trips a bug of ours must not stop one worker after another.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

FAILURES: Final = 3


class CircuitBreaker:
    """Counts what the main thread tells it. `self_test` draws something; True when it came out."""

    recheck_s = 30.0

    def __init__(self, self_test: Callable[[], bool]) -> None:
        self._self_test = self_test
        self._failed: list[str] = []
        self._test_at = 0.0
        self.is_open = False
        self.last_error = ""

    def record_success(self) -> None:
        """A picture came out, whatever became of it afterwards."""
        self._failed.clear()

    def record_failure(self, job_id: str, reason: str) -> None:
        """A job ended by a fault that is neither the user's, nor Discord's, nor Redis's."""
        self.last_error = f"{reason} in job {job_id}"
        self._failed.append(job_id)
        in_a_row = self._failed[-FAILURES:]
        if not self.is_open and len(in_a_row) == FAILURES and len(set(self._failed)) > 1:
            self.is_open = True
            self._test_at = time.monotonic() + self.recheck_s
            _log.error(
                "worker degraded failures=%d last=%r; taking no jobs, trying itself every %g s",
                len(self._failed),
                self.last_error,
                self.recheck_s,
            )

    def recover(self) -> None:
        """While open, call often: every `recheck_s` seconds the self-test decides whether to go on."""
        if not self.is_open or time.monotonic() < self._test_at:
            return
        if self._self_test():
            self.is_open = False
            self._failed.clear()
            _log.info("worker recovered; taking jobs")
        self._test_at = time.monotonic() + self.recheck_s
