"""The workers that are alive, what they run, and how an admin's reload reaches each of them.

A worker writes its report every few seconds; a report that stops coming expires. A reload is one numbered
order that every worker picks up, carries out between jobs and answers by name.
"""

import time
from typing import Final

from pydantic import Field
from redis import Redis

from jobs.connection import PREFIX
from jobs.schema import Message, read_record

REPORT_EVERY_S: Final = 2.0
REPORT_TTL_S: Final = 15
ORDER_TTL_S: Final = 600

_WORKERS = f"{PREFIX}workers"
_ORDER = f"{PREFIX}reload:order"


class WorkerReport(Message):
    """One worker as it last described itself. `model_version` is the first 12 hex digits of the sha256."""

    name: str
    host: str
    pid: int
    device: str
    model: str
    model_version: str
    state: str = Field(description="idle, busy, degraded or stopping")
    jobs_done: int = 0
    last_error: str = ""
    started_at: float


class ReloadOrder(Message):
    """An admin's order to load the weights again. `number` grows by one each time."""

    number: int
    ordered_by: str


class ReloadAnswer(Message):
    """What one worker made of an order. `error` is empty on success; the model named is the one it now runs."""

    worker: str
    model: str
    model_version: str
    took_ms: float
    error: str = ""


class Fleet:
    """The workers' side and the bot's side of the same few keys."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def report(self, report: WorkerReport) -> None:
        """A worker says that it is alive."""
        pipe = self._redis.pipeline()
        pipe.set(f"{_WORKERS}:{report.name}", report.model_dump_json(), ex=REPORT_TTL_S)
        pipe.zadd(_WORKERS, {report.name: time.time() + REPORT_TTL_S})
        pipe.zremrangebyscore(_WORKERS, "-inf", time.time() - REPORT_TTL_S)
        pipe.execute()

    def leave(self, name: str) -> None:
        """A worker that stops says so, and is not waited for."""
        pipe = self._redis.pipeline()
        pipe.delete(f"{_WORKERS}:{name}")
        pipe.zrem(_WORKERS, name)
        pipe.execute()

    def alive(self) -> list[WorkerReport]:
        """Reports of the workers alive now, by name."""
        names = sorted(_text(name) for name in self._redis.zrange(_WORKERS, 0, -1))
        if not names:
            return []
        reports = self._redis.mget([f"{_WORKERS}:{name}" for name in names])
        return [report for data in reports if (report := read_record(WorkerReport, data)) is not None]

    def serving(self) -> list[WorkerReport]:
        """Those of the workers alive that take jobs: neither on their way out nor stepped back."""
        return [report for report in self.alive() if report.state not in ("stopping", "degraded")]

    def order_reload(self, ordered_by: str) -> ReloadOrder:
        """Tell every worker to load its weights again."""
        order = ReloadOrder(number=int(self._redis.incr(f"{_ORDER}:number")), ordered_by=ordered_by)
        self._redis.set(_ORDER, order.model_dump_json(), ex=ORDER_TTL_S)
        return order

    def latest_order(self) -> ReloadOrder | None:
        """The newest order, or None when there is none or it is old."""
        return read_record(ReloadOrder, self._redis.get(_ORDER))

    def answer(self, order: ReloadOrder, answer: ReloadAnswer) -> None:
        """A worker says what came of an order."""
        pipe = self._redis.pipeline()
        pipe.hset(f"{_ORDER}:{order.number}", answer.worker, answer.model_dump_json())
        pipe.expire(f"{_ORDER}:{order.number}", ORDER_TTL_S)
        pipe.execute()

    def answers(self, order: ReloadOrder) -> dict[str, ReloadAnswer]:
        """The answers so far, by worker."""
        found = self._redis.hgetall(f"{_ORDER}:{order.number}")
        answers = {_text(name): read_record(ReloadAnswer, data) for name, data in found.items()}
        return {name: answer for name, answer in answers.items() if answer is not None}


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
