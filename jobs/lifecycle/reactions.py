"""Reactions that ask for a picture, each answered with one reply however many people click.

- reaction -> attempt: one reply per message and look; a failed one may be tried again.
- clicks: the reactions that are being answered, so that another process can go on with one whose answerer died.
"""

from typing import Final

from redis import Redis

from jobs import clock
from jobs.connection import PREFIX
from jobs.lifecycle.job import Jobs
from jobs.records import Record, Snowflake, read_record
from jobs.schema import Click

KEEP_S: Final = 30 * 24 * 3600
CLAIM_S: Final = 30
"""A reaction whose claimant died before it enqueued is free again after this many seconds."""

_CLICKS: Final = f"{PREFIX}clicks"

_TAKE: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
return 1
"""

# Whoever has lost an attempt to another meanwhile changes nothing of it any more.
_KEEP: Final = """
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if ARGV[5] == '' then redis.call('HDEL', KEYS[2], ARGV[4]) else redis.call('HSET', KEYS[2], ARGV[4], ARGV[5]) end
return 1
"""


class Attempt(Record):
    """One try at answering a reaction. `palette` is the click's look.

    `reply_id` is the reply of an earlier try, to be used again; `takes` says how often this try was begun, and so
    whether a reply may exist that nobody has noted. `held_until` (Unix seconds) is when another may take the try
    over; None once its reply exists and its job is on the queue.
    """

    message_id: Snowflake
    palette: str
    number: int = 1
    takes: int = 0
    reply_id: Snowflake | None = None
    held_until: float | None = None

    @property
    def job_id(self) -> str:
        """`<message>-<palette>`, and from the second try on with its number: RQ remembers ids of failed jobs."""
        return f"{self.message_id}-{self.palette}" + (f"-{self.number}" if self.number > 1 else "")


class Reactions:
    """The attempts of all bots; almost every method is one round trip."""

    def __init__(self, redis: Redis, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs
        self._take = redis.register_script(_TAKE)
        self._replace = redis.register_script(_KEEP)

    def take(self, click: Click, *, deleted: str | None = None) -> Attempt | None:
        """The right, for CLAIM_S seconds, to answer a reaction; None when it is answered or in hand.

        A picture on a reply that is `deleted` answers nobody: then there is a new one, on a new reply.
        The click is kept until `settle` or `release`, so that another process can go on
        with it. Taken over after a death, the attempt is the same one: same nonce, same job.
        """
        key = _reaction(click.message_id, click.look)
        old = self._redis.get(key)
        last, now = read_record(Attempt, old), clock.now()
        if last is None:
            if old is not None:
                return None
            last = Attempt(message_id=click.message_id, palette=click.look, held_until=now)
        if last.held_until is not None and last.held_until > now:
            return None
        number = last.number
        while (result := self._jobs.result_of(last.job_id)) is not None:
            reply_id = last.reply_id
            if result.outcome == "posted":
                if deleted is None or reply_id != deleted:
                    return None
                reply_id = None
            last = last.model_copy(update={"number": last.number + 1, "takes": 0, "reply_id": reply_id})
        if last.held_until is None and last.number == number:
            return None
        attempt = last.model_copy(update={"held_until": now + CLAIM_S, "takes": last.takes + 1})
        args = [old or "", attempt.model_dump_json(), KEEP_S, _field(click), click.model_dump_json()]
        return attempt if self._take(keys=[key, _CLICKS], args=args) else None

    def answered_with(self, message_id: str, look: str) -> str | None:
        """The reply that shows a message in that look already; None where there is none (yet)."""
        attempt = read_record(Attempt, self._redis.get(_reaction(message_id, look)))
        if attempt is None or attempt.reply_id is None:
            return None
        result = self._jobs.result_of(attempt.job_id)
        return attempt.reply_id if result is not None and result.outcome == "posted" else None

    def holds(self, attempt: Attempt) -> bool:
        """Whether a taken attempt is still who took it's to answer.

        Also where Redis has lost that it was taken: then nobody else can have begun to answer it, and may not know
        that anybody clicked.
        """
        there = self._redis.get(_reaction(attempt.message_id, attempt.palette))
        return there in (None, attempt.model_dump_json().encode()) and clock.now() < (attempt.held_until or 0)

    def settle(self, attempt: Attempt, reply_id: str) -> None:
        """The reply exists, and its job is on the queue or its reason on the reply."""
        self._keep(attempt, attempt.model_copy(update={"reply_id": reply_id, "held_until": None}), None)

    def release(self, attempt: Attempt, click: Click, *, again: bool, until: float | None = None) -> None:
        """Give an attempt back after a failure: to the next click or, with `again`, to the reaper.

        The next click comes to an attempt of which nothing was made, from `until` on (Unix seconds; at once); the
        reaper to one whose reply may exist.
        """
        takes = attempt.takes if again else attempt.takes - 1
        free = attempt.model_copy(update={"takes": takes, "held_until": until or clock.now()})
        self._keep(attempt, free, click if again else None)

    def forget(self, attempt: Attempt) -> None:
        """The same without writing anything, for a Redis whose memory is full."""
        pipe = self._redis.pipeline()
        pipe.delete(_reaction(attempt.message_id, attempt.palette))
        pipe.hdel(_CLICKS, f"{attempt.message_id}:{attempt.palette}")
        pipe.execute()

    def _keep(self, taken: Attempt, now: Attempt, click: Click | None) -> None:
        keys = [_reaction(now.message_id, now.palette), _CLICKS]
        field, value = f"{now.message_id}:{now.palette}", "" if click is None else click.model_dump_json()
        self._replace(keys=keys, args=[taken.model_dump_json(), now.model_dump_json(), KEEP_S, field, value])

    def clicks(self) -> list[Click]:
        """The reactions that are being answered, or whose answerer died."""
        found = self._redis.hvals(_CLICKS)
        return [click for data in found if (click := read_record(Click, data)) is not None]

    def drop_click(self, click: Click) -> None:
        """Answer a reaction no more. Unless its job is on its way or over, its charge is given back."""
        attempt = read_record(Attempt, self._redis.get(_reaction(click.message_id, click.look)))
        self._redis.hdel(_CLICKS, _field(click))
        if attempt is not None and attempt.held_until is not None and self._jobs.result_of(attempt.job_id) is None:
            self._jobs.refund(attempt.job_id)

    def forget_clicks(self, user_id: str) -> None:
        """Answer a person's reactions no more."""
        for click in self.clicks():
            if click.user_id == user_id:
                self.drop_click(click)


def _field(click: Click) -> str:
    return f"{click.message_id}:{click.look}"


def _reaction(message_id: str, palette: str) -> str:
    return f"{PREFIX}reaction:{message_id}:{palette}"
