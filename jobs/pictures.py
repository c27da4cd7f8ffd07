"""Pictures that wait to be drawn or may be drawn again, in Redis by the sha256 of their bytes.

They live for a TTL under one memory budget: a new picture pushes out those unused the longest, but never one that
a running job needs. So that nobody fills it:

- What one person's running jobs need takes at most half as much as is left for others, and what one server's need
  takes at most as much. The more is needed, the smaller both get, so there is always room for the next one.
- Who has sent more than an eighth of all that is stored, and a server with more than half, make room among their
  own.

All of it happens in pictures.lua beside this file.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import RECORDS
from jobs.text.sentences import ServiceProblem

PERSON_OF_FREE: Final = 0.5
SERVER_OF_FREE: Final = 1.0
"""What one person's, and one server's, running jobs may need, as a share of what no job needs."""
PERSON_OF_ALL: Final = 1 / 8
SERVER_OF_ALL: Final = 1 / 2
"""Shares of the budget; who has stored more makes room among their own pictures."""
MARGIN_S: Final = 120.0
"""A job that begins at the last moment of its time needs its pictures a little longer."""

_USED, _SIZES, _SUM = f"{PREFIX}pictures:used", f"{PREFIX}pictures:sizes", f"{PREFIX}pictures:sum"
_HOLDS, _OWNERS, _BYTES = f"{PREFIX}pictures:holds", f"{PREFIX}pictures:owners", f"{PREFIX}pictures:bytes"
_CONSTANTS: Final = (
    f"local PREFIX, RECORDS = '{PREFIX}', '{RECORDS}'\n"
    f"local PERSON_OF_FREE, SERVER_OF_FREE = {PERSON_OF_FREE}, {SERVER_OF_FREE}\n"
    f"local PERSON_OF_ALL, SERVER_OF_ALL = {PERSON_OF_ALL}, {SERVER_OF_ALL}\n"
)
_SCRIPT: Final = _CONSTANTS + Path(__file__).with_name("pictures.lua").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Hold:
    """A job that needs pictures, until Unix time `until` or until it has ended; whose job it is, and where."""

    job_id: str
    user_id: str
    guild_id: str | None
    until: float


class PictureStore:
    """Pictures by hash. `ttl_s` seconds since last use, `budget` bytes in all."""

    def __init__(self, redis: Redis, ttl_s: int, budget: int) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._budget = budget
        self._script = redis.register_script(_SCRIPT)

    def put(self, data: bytes, hold: Hold | None = None) -> str:
        """Keep the bytes and return their sha256 in hex; with `hold` they are its person's, and its job needs them.

        Raises ServiceProblem `store_full`, `person_full` or `server_full`; `cancelled` once its job is called off.
        """
        sha = hashlib.sha256(data).hexdigest()
        self._change("put", [sha], hold, data)
        return sha

    def hold(self, shas: Sequence[str], hold: Hold) -> list[str]:
        """Let a job need stored pictures, all or none; those that are there, each once. Raises what `put` does."""
        # The variants of one picture are drawn from the same bytes, and need them once.
        return self._change("hold", list(dict.fromkeys(shas)), hold) if shas else []

    def get(self, sha: str) -> bytes | None:
        """The bytes, or None when they have expired or were pushed out."""
        data = self._redis.get(_key(sha))
        return bytes(data) if isinstance(data, bytes) else None

    def present(self, shas: Sequence[str]) -> list[str]:
        """Those that are there, in their order."""
        pipe = self._redis.pipeline(transaction=False)
        for sha in shas:
            pipe.exists(_key(sha))
        return [sha for sha, there in zip(shas, pipe.execute() if shas else [], strict=True) if there]

    def forget(self, user_id: str, before: Collection[str] = ()) -> int:
        """Delete what a person has sent, unless somebody else has sent the same; how many pictures it was.

        `before` are theirs that may have been stored before it was written down whose a picture is.
        """
        return len(self._change("forget", [*before], Hold("", user_id, None, 0)))

    def _change(self, event: str, shas: Sequence[str], hold: Hold | None, data: bytes = b"") -> list[str]:
        hold = hold or Hold("", "", None, 0)
        lasts_s = max(0, round(hold.until - clock.now() + MARGIN_S))
        about: list[str | bytes | float] = [hold.job_id, hold.user_id, hold.guild_id or "", lasts_s, data]
        keys = [_USED, _SIZES, _SUM, _HOLDS, _OWNERS, _BYTES]
        answer, found = self._script(keys=keys, args=[event, self._ttl_s, self._budget, *about, *shas])
        if answer != b"ok":
            raise ServiceProblem(answer.decode(), f"{len(data)} more bytes, budget {self._budget}")
        return [sha.decode() for sha in found]


def stored_bytes(redis: Redis) -> int:
    """How much of the budget is used."""
    known = redis.get(_SUM)
    return int(known) if isinstance(known, bytes) else sum(int(size) for size in redis.hvals(_SIZES))


def _key(sha: str) -> str:
    return f"{PREFIX}picture:{sha}"
