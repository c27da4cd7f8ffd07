"""`python -m tests.worker.nervous`: a worker with short times that also takes this module's deadly tasks.

A job that kills its worker is retried twice; with the real lease that takes minutes, and with this one seconds.
"""

import os
import signal
import sys
from collections import deque
from itertools import repeat
from typing import Any

from worker.__main__ import main
from worker.queue import circuit_breaker as health
from worker.queue import rq_worker
from worker.render import tasks


def die(payload: dict[str, Any]) -> None:
    """As a crash in native code or the out-of-memory killer would end a worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(payload: dict[str, Any]) -> None:
    """Native code that never returns and never lets go of the interpreter's lock."""
    deque(repeat(None), maxlen=0)


def fail(payload: dict[str, Any]) -> None:
    """A bug of ours."""
    raise RuntimeError("text from inside")


def spoil(payload: dict[str, Any]) -> None:
    """As an error that leaves the GPU unusable for this process."""
    tools = tasks._Shared.tools
    assert tools is not None
    tools.engine.renderer.grid = None  # type: ignore[method-assign, assignment]
    raise RuntimeError("device lost")


if __name__ == "__main__":
    rq_worker.GlyphWorker.lease_s = 2
    rq_worker.GlyphWorker.renew_s = 0.5
    rq_worker.GlyphWorker.maintenance_s = 1
    rq_worker.GlyphWorker.hard_grace_s = 1.0
    health.Health.recheck_s = float(os.environ.get("NERVOUS_RECHECK_S", "1"))
    tasks.POST_S = 1.0  # type: ignore[misc]
    tasks.FIRST_WAIT_S = 1  # type: ignore[misc]
    names = [f"tests.worker.nervous.{task.__name__}" for task in (die, hang, fail, spoil)]
    rq_worker.RenderJob.tasks = {**rq_worker.RenderJob.tasks, **{name: name for name in names}}
    sys.exit(main())
