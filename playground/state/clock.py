"""The one clock of the playground: every age that Discord measures is read from here, and a test can advance it."""

import asyncio
import contextlib
import datetime
import heapq
import itertools
import time
from collections.abc import Callable


class Clock:
    """Wall-clock seconds since 1970 plus whatever has been skipped; it never goes back."""

    def __init__(self) -> None:
        self._start_wall = time.time()
        self._start_monotonic = time.monotonic()
        self._skipped_s = 0.0
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        """A heap; of what is due at the same time, the first that came is the first."""
        self._number = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> float:
        return self._start_wall + (time.monotonic() - self._start_monotonic) + self._skipped_s

    @property
    def skipped_s(self) -> float:
        return self._skipped_s

    def advance(self, seconds: float) -> None:
        """Skip `seconds` (≥ 0) and run everything that thereby fell due. Raises ValueError when negative."""
        if not seconds >= 0:
            raise ValueError("the clock only goes forward: advance_s must be 0 or more")
        self._skipped_s += seconds
        self._run_due()

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Run `call` once when now() reaches `when`; needs a running event loop."""
        entry = when, next(self._number), call
        heapq.heappush(self._waiting, entry)
        if self._waiting[0] is entry or self._timer is None:
            self._arm()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            delay = max(0.0, self._waiting[0][0] - self.now())
            with contextlib.suppress(RuntimeError):  # no loop: a unit test that only advances by hand
                self._timer = asyncio.get_running_loop().call_later(delay, self._run_due)

    def _run_due(self) -> None:
        now, due = self.now(), []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(heapq.heappop(self._waiting))
        for _, _, call in due:
            call()
        self._arm()


def iso(seconds: float) -> str:
    """A time as Discord writes it: ISO 8601 with microseconds and +00:00."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="microseconds")
