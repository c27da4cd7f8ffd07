"""A thread that does one thing again and again, whatever goes wrong with it."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from redis.exceptions import RedisError

from worker.queue.redis_outage import Outage

_log = logging.getLogger(__name__)

AFTER_TROUBLE_S: Final = 0.5


class Periodic:
    """From `start` to `stop` calls `step`, and waits the seconds that it returns.

    Redis errors go to `outage` and others to the log; then it is called again after AFTER_TROUBLE_S.
    """

    def __init__(self, name: str, step: Callable[[], float], outage: Outage) -> None:
        self._name, self._step, self._outage = name, step, outage
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """The first call comes at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let the step in hand be the last."""
        self._stop.set()

    def join(self) -> None:
        """Wait for that, five seconds at most."""
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            wait_s = AFTER_TROUBLE_S
            try:
                wait_s = self._step()
            except RedisError as error:
                self._outage.down(error)
            except Exception:
                _log.exception("%s failed", self._name)
            self._stop.wait(wait_s)
