"""The audit log of admin actions, refused ones too: the latest in Redis, all of them in the log."""

import logging
import time
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from jobs.connection import PREFIX
from jobs.records import Record, read_record

_log = logging.getLogger(__name__)

KEPT: Final = 500
_KEY: Final = f"{PREFIX}audit"


class AuditEntry(Record):
    """One action. `by` is a Discord user's id or a login name of the shell; `allowed` is False for a refusal."""

    at: float
    by: str
    action: str
    detail: str = ""
    allowed: bool = True


def record(redis: Redis, by: str, action: str, detail: str = "", *, allowed: bool = True) -> None:
    """Record an action. Where Redis cannot be reached, the log has it all the same."""
    entry = AuditEntry(at=time.time(), by=by, action=action, detail=detail[:200], allowed=allowed)
    _log.info("audit by=%s action=%s allowed=%s detail=%r", entry.by, entry.action, entry.allowed, entry.detail)
    try:
        pipe = redis.pipeline()
        pipe.lpush(_KEY, entry.model_dump_json())
        pipe.ltrim(_KEY, 0, KEPT - 1)
        pipe.execute()
    except RedisError as error:
        _log.warning("audit not kept error=%s", type(error).__name__)


def entries(redis: Redis, most: int = KEPT) -> list[AuditEntry]:
    """The latest actions, the newest first."""
    found = (read_record(AuditEntry, data) for data in redis.lrange(_KEY, 0, most - 1))
    return [entry for entry in found if entry is not None]
