"""`python -m tests.worker.nervous`: a worker with short times that also takes this module's deadly tasks.

A job that kills its worker is retried twice; with the real lease that takes minutes, and with this one seconds.
"""

import os
import signal
import sys
from collections import deque
from itertools import repeat
from typing import Any

from jobs.rq_adapter.worker import RQWorker
from worker import program
from worker.__main__ import main
from worker.queue.circuit_breaker import CircuitBreaker
from worker.queue.work_loop import WorkLoop
from worker.render import job as render_job
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
    RQWorker.lease_s = int(os.environ.get("NERVOUS_LEASE_S", "2"))
    RQWorker.maintenance_s = 1
    WorkLoop.renew_s = 0.5
    WorkLoop.hard_grace_s = 1.0
    CircuitBreaker.recheck_s = float(os.environ.get("NERVOUS_RECHECK_S", "1"))
    render_job.POST_S = float(os.environ.get("NERVOUS_POST_S", "1"))  # type: ignore[misc]
    tasks.FIRST_WAIT_S = 1  # type: ignore[misc]
    deadly = {f"tests.worker.nervous.{task.__name__}": task for task in (die, hang, fail, spoil)}
    program.TASKS = {**program.TASKS, **deadly}
    sys.exit(main())
