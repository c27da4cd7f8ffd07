"""Open promises: everyone who was told "working on it" and has not yet been answered.

The bot writes a promise as soon as it owns a message, before the download starts; whoever records how the job
ended removes it. What stays behind belongs to somebody who would wait for ever, and a sweeper finds it here.
Each promise has a time before which nobody need look at it: its bot still works on it, or it was looked at.
"""

import time
from collections.abc import Collection, Iterable
from typing import Any, Final

from redis import Redis

from jobs.connection import PREFIX
from jobs.records import JobId, Record, read_record
from jobs.schema import Reply

KEEP_S: Final = 24 * 3600
"""Longer than any request may wait; records that no bot ever looks at again go by themselves."""

UNTOLD: Final = "0"
"""In place of a message's id: Discord has not told it yet, and only the interaction's token leads there."""

_OPEN, _LOOK_AT = f"{PREFIX}open", f"{PREFIX}open:look_at"


class Promise(Record):
    """The message that somebody watches, and the job that is to fill it. Times are Unix seconds."""

    job_id: JobId
    reply: Reply
    since: float
    deadline_at: float


class Promises:
    """The open promises of every bot process; a method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def open(self, promises: Iterable[Promise], *, look_at: float) -> None:
        """Write promises down, to be looked at from Unix time `look_at` on."""
        pipe = self._redis.pipeline()
        for promise in promises:
            pipe.hset(_OPEN, promise.job_id, promise.model_dump_json())
            pipe.zadd(_LOOK_AT, {promise.job_id: look_at})
        pipe.expire(_OPEN, KEEP_S)
        pipe.expire(_LOOK_AT, KEEP_S)
        pipe.execute()

    def foretell(self, promise: Promise, *, look_at: float) -> None:
        """Write down a promise that is about to be made; what is known of it already stays."""
        pipe = self._redis.pipeline()
        pipe.hsetnx(_OPEN, promise.job_id, promise.model_dump_json())
        pipe.zadd(_LOOK_AT, {promise.job_id: look_at}, nx=True)
        pipe.execute()

    def look_later(self, job_ids: Collection[str], *, look_at: float) -> None:
        """Let nobody look at these before `look_at`; closed ones stay closed."""
        if job_ids:
            self._redis.zadd(_LOOK_AT, dict.fromkeys(job_ids, look_at), xx=True)

    def close(self, job_ids: Collection[str]) -> None:
        """Drop promises whose jobs have ended."""
        pipe = self._redis.pipeline()
        for job_id in job_ids:
            close(pipe, job_id)
        pipe.execute()

    def due(self, *, most: int) -> list[Promise]:
        """Promises whose time to be looked at has come, the longest due first."""
        found: list[Any] = self._redis.zrangebyscore(_LOOK_AT, "-inf", time.time(), start=0, num=most)
        ids = [job_id.decode(errors="replace") for job_id in found]
        if not ids:
            return []
        promises = {job_id: read_record(Promise, data) for job_id, data in zip(ids, self._read(ids), strict=True)}
        if unreadable := [job_id for job_id, promise in promises.items() if promise is None]:
            self._redis.zrem(_LOOK_AT, *unreadable)
        return [promise for promise in promises.values() if promise is not None]

    def still_open(self, job_ids: Collection[str]) -> set[str]:
        """Which of these stand here; the others have been closed, or Redis has lost them."""
        ids = list(job_ids)
        # By their times, not by the records: a bot asks this for thousands of its own every few seconds.
        times: list[float | None] = self._redis.zmscore(_LOOK_AT, ids) if ids else []
        return {job_id for job_id, at in zip(ids, times, strict=True) if at is not None}

    def count(self) -> int:
        """How many are open."""
        return int(self._redis.hlen(_OPEN))

    def _read(self, job_ids: list[str]) -> list[Any]:
        return list(self._redis.hmget(_OPEN, job_ids))


def close(pipe: Any, job_id: str) -> None:
    """Add a promise's removal to a transaction: the record of how its job ended is the rest of it."""
    pipe.hdel(_OPEN, job_id)
    pipe.zrem(_LOOK_AT, job_id)
