"""Who gave the service an order, or tried to: the last of them in Redis, all of them in the log."""

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


class Deed(Record):
    """One order. `by` is a Discord user's id or, from the shell, a login name; `allowed` is False for a refusal."""

    at: float
    by: str
    action: str
    detail: str = ""
    allowed: bool = True


def note(redis: Redis, by: str, action: str, detail: str = "", *, allowed: bool = True) -> None:
    """Write an order down. Where Redis cannot be reached, the log has it all the same."""
    deed = Deed(at=time.time(), by=by, action=action, detail=detail[:200], allowed=allowed)
    _log.info("audit by=%s action=%s allowed=%s detail=%r", deed.by, deed.action, deed.allowed, deed.detail)
    try:
        pipe = redis.pipeline()
        pipe.lpush(_KEY, deed.model_dump_json())
        pipe.ltrim(_KEY, 0, KEPT - 1)
        pipe.execute()
    except RedisError as error:
        _log.warning("audit not kept error=%s", type(error).__name__)


def deeds(redis: Redis, most: int = KEPT) -> list[Deed]:
    """The latest orders, the newest first."""
    found = (read_record(Deed, data) for data in redis.lrange(_KEY, 0, most - 1))
    return [deed for deed in found if deed is not None]
