"""Messages of ours: the request behind each, so that a reaction or a button works after any restart.

- message -> its request, written by the bot before it enqueues.
- message -> versions: counts the jobs aimed at it; only the newest may write to it.
- user -> messages, for `/forget`.
"""

from typing import Any, Final

from redis import Redis
from redis.exceptions import WatchError

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import read_record, versions_key
from jobs.schema import RenderRequest

KEEP_S: Final = 30 * 24 * 3600

# The same job gets the same version however often it is asked for (two bots, a repeated event).
_VERSION: Final = """
local version = redis.call('HGET', KEYS[1], ARGV[1])
local first = not version
if first then
  version = redis.call('HINCRBY', KEYS[1], 'newest', 1)
  redis.call('HSET', KEYS[1], ARGV[1], version)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {tonumber(version), first and 1 or 0}
"""


class Messages:
    """Reads and writes the records above; a method is one round trip or two."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._version = redis.register_script(_VERSION)

    def register(self, request: RenderRequest) -> RenderRequest:
        """Write down whose message it is, so that no worker meets one that nobody knows.

        Returns the request with its version, the same however often it is registered.
        """
        version = self.version_of(request.reply.message_id, request.job_id)
        request = request.model_copy(update={"message_version": version})
        self.remember(request)
        return request

    def remember(self, request: RenderRequest) -> None:
        """Keep which request a message belongs to, without the interaction's token."""
        reply = request.reply.model_copy(update={"token": None})
        record = request.model_copy(update={"reply": reply})
        mine, now = _user(request.user_id), clock.now()
        pipe = self._redis.pipeline()
        pipe.set(_message(request.reply.message_id), record.model_dump_json(), ex=KEEP_S)
        pipe.zadd(mine, {request.reply.message_id: now})
        pipe.zremrangebyscore(mine, "-inf", now - KEEP_S)
        pipe.expire(mine, KEEP_S)
        pipe.execute()

    def replace(self, before: RenderRequest, after: RenderRequest) -> bool:
        """Let `after` be the request behind a message, if that is still `before`; whether it was."""
        key = _message(before.reply.message_id)
        pipe: Any  # redis-py gives `watch` no types
        with self._redis.pipeline() as pipe:
            pipe.watch(key)
            if read_record(RenderRequest, pipe.get(key)) != before:
                return False
            pipe.multi()
            pipe.set(key, after.model_dump_json(), keepttl=True)
            try:
                pipe.execute()
            except WatchError:
                return False
        return True

    def request_of(self, message_id: str) -> RenderRequest | None:
        """The request behind one of our messages; None for any other message."""
        return read_record(RenderRequest, self._redis.get(_message(message_id)))

    def lost(self, message_ids: list[str]) -> set[str]:
        """Of which of these messages nothing is known, as after a fail-over; `forget` leaves their versions."""
        pipe = self._redis.pipeline(transaction=False)
        for message_id in message_ids:
            pipe.exists(_message(message_id), versions_key(message_id))
        found = pipe.execute() if message_ids else []
        return {message_id for message_id, there in zip(message_ids, found, strict=True) if not there}

    def forget(self, user_id: str) -> list[RenderRequest]:
        """Delete what is remembered of a user's requests, and return them.

        How a job ended stays, without a word of who asked for it, so that nothing is posted twice.
        """
        members: list[Any] = self._redis.zrange(_user(user_id), 0, -1)
        ids = [member.decode(errors="replace") for member in members]
        found = self._redis.mget([_message(message_id) for message_id in ids]) if ids else []
        requests = [read_record(RenderRequest, data) for data in found]
        # A reply that somebody else's reaction has had filled anew is theirs.
        theirs = [request for request in requests if request is not None and request.user_id == user_id]
        pipe = self._redis.pipeline()
        pipe.delete(_user(user_id), *(_message(request.reply.message_id) for request in theirs))
        pipe.execute()
        return theirs

    def version_of(self, message_id: str, job_id: str) -> int:
        """A job's place among those aimed at a message: 1 for the first, and always the same for one job."""
        return self._ask_version(message_id, job_id)[0]

    def is_first(self, message_id: str, job_id: str) -> bool:
        """The same, but whether nobody has asked for that version before; of several at once, one is the first."""
        return bool(self._ask_version(message_id, job_id)[1])

    def has_version(self, message_id: str, job_id: str) -> bool:
        """Whether somebody has asked for that version."""
        return bool(self._redis.hexists(versions_key(message_id), job_id))

    def is_newest(self, request: RenderRequest) -> bool:
        """Whether no later job is aimed at the request's message."""
        data = self._redis.hget(versions_key(request.reply.message_id), "newest")
        if not isinstance(data, bytes) or not data.isdigit() or len(data) >= 20:
            return True
        return int(data) <= request.message_version

    def _ask_version(self, message_id: str, job_id: str) -> tuple[int, int]:
        """The version, and 1 if it is new."""
        version, first = self._version(keys=[versions_key(message_id)], args=[job_id, KEEP_S])
        return int(version), int(first)


def _message(message_id: str) -> str:
    return f"{PREFIX}message:{message_id}"


def _user(user_id: str) -> str:
    return f"{PREFIX}user:{user_id}"
