"""A job's lease: renewed while the job runs, and an end to the process when the job hangs.

RQ's SimpleWorker renews nothing while it works, so a live job would look abandoned, or a dead one alive for
its whole timeout. And a timeout by signal cannot interrupt native code: only ending the process can.
"""

import faulthandler
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

_log = logging.getLogger(__name__)

EXIT_HUNG: Final = 70
_GIL_GRACE_S: Final = 2
_STDERR: Final = 2


@contextmanager
def hard_end(seconds: float) -> Iterator[None]:
    """End the process when the block takes longer. By a C thread, which needs no interpreter lock."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


class Lease:
    """Around one job: call `renew` every `every_s` seconds from a thread; end the process after `hard_s`."""

    def __init__(self, renew: Callable[[], None], *, every_s: float, hard_s: float, job_id: str) -> None:
        self._renew = renew
        self._every_s = every_s
        self._hard_s = hard_s
        self._job_id = job_id
        self._over = threading.Event()
        # For native code that holds the interpreter's lock, which the watching thread below needs.
        self._end = hard_end(hard_s + _GIL_GRACE_S)
        # Two threads, since renewing may wait for a lost Redis and the deadline must not.
        self._threads = [
            threading.Thread(target=work, name=f"lease-{job_id}", daemon=True)
            for work in (self._keep_renewing, self._watch)
        ]

    def __enter__(self) -> None:
        self._end.__enter__()
        for thread in self._threads:
            thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._end.__exit__(kind, error, trace)

    def _keep_renewing(self) -> None:
        while not self._over.wait(self._every_s):
            self._renew()

    def _watch(self) -> None:
        start = time.monotonic()
        if not self._over.wait(self._hard_s):
            _log.critical(
                "job hangs id=%s ran_s=%.0f; ending this process so that another worker takes the job",
                self._job_id,
                time.monotonic() - start,
            )
            os._exit(EXIT_HUNG)
