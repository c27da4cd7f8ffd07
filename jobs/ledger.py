"""What was promised and what was posted: the memory that makes an at-least-once queue exactly-once in effect.

- message -> its request: written by the bot before it enqueues, so that a reaction can be answered after any
  restart.
- message -> version: counts the jobs aimed at a message; only the newest may write to it.
- job -> result: written by the worker once Discord has taken the message's final state.
- reaction -> claimed: one reply per message and palette, however many people click.
"""

from typing import Final

from redis import Redis

from jobs.connection import PREFIX
from jobs.schema import RenderRequest, RenderResult, read_record

KEEP_S: Final = 30 * 24 * 3600
CLAIM_S: Final = 60
"""A claim whose holder died before it enqueued is free again after this many seconds."""


class Ledger:
    """Reads and writes the records above; every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def promise(self, request: RenderRequest) -> None:
        """Remember which request a message belongs to. The interaction's token is not kept."""
        reply = request.reply.model_copy(update={"token": None})
        record = request.model_copy(update={"reply": reply})
        self._redis.set(_message(request.reply.message_id), record.model_dump_json(), ex=KEEP_S)

    def request_of(self, message_id: str) -> RenderRequest | None:
        """The request behind one of our messages; None for any other message."""
        return read_record(RenderRequest, self._redis.get(_message(message_id)))

    def next_version(self, message_id: str) -> int:
        """A new, higher version for a job aimed at this message (the first is 1)."""
        pipe = self._redis.pipeline()
        pipe.incr(_version(message_id))
        pipe.expire(_version(message_id), KEEP_S)
        return int(pipe.execute()[0])

    def is_newest(self, request: RenderRequest) -> bool:
        """Whether no later job is aimed at the request's message."""
        data = self._redis.get(_version(request.reply.message_id))
        if not isinstance(data, bytes) or not data.isdigit() or len(data) >= 20:
            return True
        return int(data) <= request.message_version

    def record(self, result: RenderResult) -> None:
        """Remember how a job ended."""
        self._redis.set(_job(result.job_id), result.model_dump_json(), ex=KEEP_S)

    def result_of(self, job_id: str) -> RenderResult | None:
        """How a job ended, or None while it has not."""
        return read_record(RenderResult, self._redis.get(_job(job_id)))

    def claim_reaction(self, message_id: str, palette: str) -> bool:
        """True for the first caller only; a claim lasts CLAIM_S unless `settle_reaction` makes it lasting."""
        return bool(self._redis.set(_reaction(message_id, palette), "claimed", nx=True, ex=CLAIM_S))

    def settle_reaction(self, message_id: str, palette: str, reply_id: str) -> None:
        """Make the claim lasting: the reply exists and its job is on the queue."""
        self._redis.set(_reaction(message_id, palette), reply_id, ex=KEEP_S)

    def release_reaction(self, message_id: str, palette: str) -> None:
        """Give a claim back after a failure, so that the next click tries again."""
        self._redis.delete(_reaction(message_id, palette))


def _message(message_id: str) -> str:
    return f"{PREFIX}message:{message_id}"


def _version(message_id: str) -> str:
    return f"{PREFIX}version:{message_id}"


def _job(job_id: str) -> str:
    return f"{PREFIX}job:{job_id}"


def _reaction(message_id: str, palette: str) -> str:
    return f"{PREFIX}reaction:{message_id}:{palette}"
