"""The thread that hears what operators send with RQ's own commands, also while a job runs."""

import logging
import os
import signal
import threading

from redis import Redis
from redis.exceptions import RedisError

from jobs.rq_adapter.commands import Command, commands
from worker.queue.redis_outage import back_off_s
from worker.queue.work_loop import WorkLoop

_log = logging.getLogger(__name__)


class CommandListener:
    """Listens from `start` to `stop`. It says nothing of a lost Redis: the work loop does."""

    def __init__(self, redis: Redis, worker: WorkLoop) -> None:
        self._redis = redis
        self._worker = worker
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, within a second."""
        self._stopped.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                for command in commands(self._redis, self._worker.name, self._stopped.is_set):
                    failures = 0
                    self._obey(command)
            except RedisError:
                failures += 1
                self._stopped.wait(back_off_s(failures))

    def _obey(self, command: Command) -> None:
        _log.info("command=%s job_id=%s", command.name, command.job_id or "-")
        match command.name:
            case "shutdown":
                os.kill(os.getpid(), signal.SIGTERM)
            case "stop-job" | "stop-execution":
                self._worker.stop_job(command.job_id)
            case "kill-horse":
                _log.warning("kill-horse ignored: jobs run in this process; stop-job ends a job, shutdown a worker")
            case _:
                _log.warning("unknown command=%r ignored", command.name)
