"""The workers that are alive and what they run: each reports every few seconds, and its report expires."""

from typing import Any, Final

from pydantic import Field
from redis import Redis

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import Record, read_record

REPORT_EVERY_S: Final = 2.0
REPORT_TTL_S: Final = 15
STATES: Final = ("idle", "busy", "swapping", "degraded", "suspended", "stopping")
"""What a worker may be at. `swapping`: its model is exchanged without room for two; `suspended` by `rq suspend`."""
NOT_SERVING: Final = frozenset({"degraded", "suspended", "stopping"})

_WORKERS = f"{PREFIX}workers"


class WorkerReport(Record):
    """One worker as it last described itself. Versions are the first 12 hex digits of a file's sha256.

    `model` draws when no style is asked for; `models` are all that are loaded, with their versions, that one first.
    `memory_mb` is the process's memory, or on a GPU what its tensors take there. `takes_reloads` is false where its
    thread for reloads hangs, say in a file on a share whose server is gone: it draws on with what it has.
    """

    name: str
    host: str
    pid: int
    device: str
    model: str
    model_version: str
    state: str = Field(description="one of STATES, or what another version of workers calls it")
    models: dict[str, str] = Field(default_factory=dict)
    memory_mb: int = 0
    jobs_done: int = 0
    last_error: str = ""
    takes_reloads: bool = True
    started_at: float


class Fleet:
    """The workers' side and the bot's side of the same few keys."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def report(self, report: WorkerReport) -> None:
        """A worker says that it is alive."""
        pipe = self._redis.pipeline()
        pipe.set(f"{_WORKERS}:{report.name}", report.model_dump_json(), ex=REPORT_TTL_S)
        pipe.zadd(_WORKERS, {report.name: clock.now() + REPORT_TTL_S})
        pipe.zremrangebyscore(_WORKERS, "-inf", clock.now() - REPORT_TTL_S)
        pipe.execute()

    def leave(self, name: str) -> None:
        """A worker that stops says so, and is not waited for."""
        pipe = self._redis.pipeline()
        pipe.delete(f"{_WORKERS}:{name}")
        pipe.zrem(_WORKERS, name)
        pipe.execute()

    def alive(self) -> list[WorkerReport]:
        """Reports of the workers alive now, by name."""
        names: list[Any] = sorted(self._redis.zrange(_WORKERS, 0, -1))
        reports = (
            self._redis.mget([f"{_WORKERS}:{name.decode(errors='replace')}" for name in names]) if names else []
        )
        return [report for data in reports if (report := read_record(WorkerReport, data)) is not None]

    def serving(self) -> list[WorkerReport]:
        """Those of the workers alive that take jobs: neither on their way out, nor stepped back, nor suspended."""
        return [report for report in self.alive() if takes_jobs(report)]


def takes_jobs(report: WorkerReport) -> bool:
    """Whether a worker is neither on its way out, nor stepped back, nor suspended."""
    return report.state not in NOT_SERVING
