"""The audit log of admin actions: the latest in Redis, all of them in the log.

What was refused is kept apart, for a day and without what was typed: anybody in a server can be refused, as often
as they like, and neither their words nor their number are to get between an operator and what admins did.
"""

import logging
from heapq import merge
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import Record, read_record

_log = logging.getLogger(__name__)

KEPT: Final = 500
KEPT_REFUSED: Final = 50
REFUSED_S: Final = 24 * 3600
_KEY: Final = f"{PREFIX}audit"
_REFUSED: Final = f"{PREFIX}audit:refused"


class AuditEntry(Record):
    """One action. `by` is a Discord user's id or a login name of the shell; `allowed` is False for a refusal."""

    at: float
    by: str
    action: str
    detail: str = ""
    allowed: bool = True


def record(redis: Redis, by: str, action: str, detail: str = "", *, allowed: bool = True) -> None:
    """Record an action. Where Redis cannot be reached, the log has it all the same."""
    entry = AuditEntry(
        at=clock.now(), by=by, action=action, detail=detail[:200] if allowed else "", allowed=allowed
    )
    _log.info("audit by=%s action=%s allowed=%s detail=%r", entry.by, entry.action, entry.allowed, entry.detail)
    key, kept = (_KEY, KEPT) if allowed else (_REFUSED, KEPT_REFUSED)
    try:
        pipe = redis.pipeline()
        pipe.lpush(key, entry.model_dump_json())
        pipe.ltrim(key, 0, kept - 1)
        if not allowed:
            pipe.expire(key, REFUSED_S)
        pipe.execute()
    except RedisError as error:
        _log.warning("audit not kept error=%s", type(error).__name__)


def entries(redis: Redis) -> list[AuditEntry]:
    """The latest actions and refusals, the newest first."""
    lists = redis.lrange(_KEY, 0, KEPT - 1), redis.lrange(_REFUSED, 0, KEPT_REFUSED - 1)
    read = ([entry for data in found if (entry := read_record(AuditEntry, data)) is not None] for found in lists)
    # Each list is in its order already. Its times need not be: processes read Redis's clock to some milliseconds.
    return list(merge(*read, key=lambda entry: -entry.at))


def forget(redis: Redis, user_id: str) -> None:
    """Delete what a person was refused. What admins did stays."""
    kept: list[Any] = redis.lrange(_REFUSED, 0, -1)
    for data in kept:
        entry = read_record(AuditEntry, data)
        if entry is not None and entry.by == user_id:
            redis.lrem(_REFUSED, 0, data)
