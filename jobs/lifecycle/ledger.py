"""What was promised and what was posted: the memory that makes an at-least-once queue exactly-once in effect.

- message -> its request: written by the bot before it enqueues, so that a reaction can be answered after any
  restart.
- message -> versions: counts the jobs aimed at a message; only the newest may write to it.
- job -> ending: who has begun to give the message its last state, a worker or a bot; the other keeps off.
- job -> reason: why there will be no picture, in the words its user is to read, for whoever gets to say it.
- job -> interim: that a bot is telling how long it will take; whoever ends the job waits until that is said.
- job -> result: how it ended, written once Discord has taken the message's final state.
- reaction -> attempt: one reply per message and palette, however many people click; a failed one may be tried
  again.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal

from redis import Redis

from jobs.connection import PREFIX
from jobs.lifecycle import promises
from jobs.lifecycle.quota import Quota
from jobs.records import Record, Snowflake, read_record
from jobs.schema import Click, Outcome, RenderRequest, RenderResult

KEEP_S: Final = 30 * 24 * 3600
CLAIM_S: Final = 30
"""A reaction whose claimant died before it enqueued is free again after this many seconds."""
LAST_WRITE_S: Final = 45
"""No worker writes to a message later than this after it began to: a job that runs longer ends its process."""

INTERIM_S: Final = 4
"""What is said while somebody waits must be said within this time; the bot gives up on it well before."""

Begun = Literal["first", "again", "other"]

# One step, so that of a worker and a bot that end the same job at the same moment exactly one goes on. The
# time is Redis's own, since bots and workers may disagree about it.
_BEGIN: Final = """
local by, guard, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(redis.call('TIME')[1])
local held = redis.call('GET', KEYS[1])
local who, since = string.match(held or '', '^(%a+):(%d+)$')
if who and who ~= by and not (who == 'worker' and now - tonumber(since) > guard) then return {'other', 0} end
redis.call('SET', KEYS[1], by .. ':' .. now, 'EX', keep)
return {who and 'again' or 'first', redis.call('EXISTS', KEYS[2])}
"""

# Nothing is said over a message whose last state is being written: after BEGIN, this says no.
_INTERIM: Final = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
redis.call('SET', KEYS[3], 1, 'EX', ARGV[1])
return 1
"""

# The same job gets the same version however often it is asked for (two bots, a repeated event).
_VERSION: Final = """
local version = redis.call('HGET', KEYS[1], ARGV[1])
if not version then
  version = redis.call('HINCRBY', KEYS[1], 'newest', 1)
  redis.call('HSET', KEYS[1], ARGV[1], version)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return tonumber(version)
"""

_TAKE: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
return 1
"""


class Reason(Record):
    """Why a job ends without a picture: its outcome, a code of `jobs.text.sentences`, and the sentence for its
    user."""

    outcome: Outcome
    code: str
    sentence: str


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


class Ledger:
    """Reads and writes the records above; almost every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._quota = Quota(redis)
        self._begin = redis.register_script(_BEGIN)
        self._interim = redis.register_script(_INTERIM)
        self._version = redis.register_script(_VERSION)
        self._take = redis.register_script(_TAKE)

    def promise(self, request: RenderRequest) -> None:
        """Remember which request a message belongs to. The interaction's token is not kept."""
        reply = request.reply.model_copy(update={"token": None})
        record = request.model_copy(update={"reply": reply})
        mine, now = _user(request.user_id), time.time()
        pipe = self._redis.pipeline()
        pipe.set(_message(request.reply.message_id), record.model_dump_json(), ex=KEEP_S)
        pipe.zadd(mine, {request.reply.message_id: now})
        pipe.zremrangebyscore(mine, "-inf", now - KEEP_S)
        pipe.expire(mine, KEEP_S)
        pipe.execute()

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

    def request_of(self, message_id: str) -> RenderRequest | None:
        """The request behind one of our messages; None for any other message."""
        return read_record(RenderRequest, self._redis.get(_message(message_id)))

    def version_of(self, message_id: str, job_id: str) -> int:
        """A job's place among those aimed at a message: 1 for the first, and always the same for one job."""
        return int(self._version(keys=[_versions(message_id)], args=[job_id, KEEP_S]))

    def is_newest(self, request: RenderRequest) -> bool:
        """Whether no later job is aimed at the request's message."""
        data = self._redis.hget(_versions(request.reply.message_id), "newest")
        if not isinstance(data, bytes) or not data.isdigit() or len(data) >= 20:
            return True
        return int(data) <= request.message_version

    def begin_ending(self, job_id: str, by: Literal["worker", "bot"]) -> Begun:
        """Ask, right before the first write to a job's message, whether we are the one to write.

        `first`: nobody has begun. `again`: our side has, perhaps in a process that died, so the message may
        have its last state already. `other`: the other side has; write nothing. A bot may take over from a
        worker that began more than LAST_WRITE_S ago; a worker never takes over from a bot.

        Returns only when nobody is telling how long it will take (see `begin_interim`).
        """
        answer = self._begin(keys=[_ending(job_id), _said(job_id)], args=[by, LAST_WRITE_S, promises.KEEP_S])
        begun: Begun = answer[0].decode()
        being_told, over = bool(answer[1]), time.monotonic() + INTERIM_S
        while being_told and time.monotonic() < over:
            time.sleep(0.02)
            being_told = bool(self._redis.exists(_said(job_id)))
        return begun

    def begin_interim(self, job_id: str) -> bool:
        """Ask whether something may be said on a job's message that is not its last state.

        After True it must be said within INTERIM_S seconds, and `end_interim` called once Discord has answered,
        but not when it is unknown whether Discord will still carry it out. False: the job is ending or has ended.
        """
        return bool(self._interim(keys=[_ending(job_id), _job(job_id), _said(job_id)], args=[INTERIM_S]))

    def end_interim(self, job_id: str) -> None:
        """It is said."""
        self._redis.delete(_said(job_id))

    def is_ending(self, job_id: str) -> bool:
        """Whether anybody has begun to write a job's last state. Asking does not begin anything."""
        return bool(self._redis.exists(_ending(job_id)))

    def note_reason(self, job_id: str, reason: Reason) -> None:
        """Keep what a user is to be told, before that is tried: somebody else may have to say it."""
        self._redis.set(_reason(job_id), reason.model_dump_json(), ex=promises.KEEP_S)

    def reason_of(self, job_id: str) -> Reason | None:
        """The latest reason noted for a job."""
        return read_record(Reason, self._redis.get(_reason(job_id)))

    def record(self, result: RenderResult, *, also: Callable[[Any], None] | None = None) -> None:
        """Remember how a job ended, close its promise, and settle what it was charged.

        `also` may add to the transaction.
        """
        pipe = self._redis.pipeline()
        pipe.set(_job(result.job_id), result.model_dump_json(), ex=KEEP_S)
        promises.close(pipe, result.job_id)
        self._quota.settle(pipe, result)
        if also is not None:
            also(pipe)
        pipe.execute()

    def result_of(self, job_id: str) -> RenderResult | None:
        """How a job ended, or None while it has not."""
        return read_record(RenderResult, self._redis.get(_job(job_id)))

    def ended(self, job_ids: list[str]) -> set[str]:
        """Which of these jobs have ended."""
        found = self._redis.mget([_job(job_id) for job_id in job_ids]) if job_ids else []
        return {job_id for job_id, data in zip(job_ids, found, strict=True) if data is not None}

    def take_reaction(self, click: Click) -> Attempt | None:
        """The right, for CLAIM_S seconds, to answer a reaction; None when it is answered or in hand.

        The click is kept until `settle_reaction` or `release_reaction`, so that another process can go on
        with it. Taken over after a death, the attempt is the same one: same nonce, same job.
        """
        key = _reaction(click.message_id, click.look)
        old = self._redis.get(key)
        last, now = read_record(Attempt, old), time.time()
        if last is None:
            if old is not None:
                return None
            last = Attempt(message_id=click.message_id, palette=click.look, held_until=now)
        if last.held_until is not None and last.held_until > now:
            return None
        number = last.number
        while (result := self.result_of(last.job_id)) is not None:
            if result.outcome == "posted":
                return None
            last = last.model_copy(update={"number": last.number + 1, "takes": 0})
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
        result = self.result_of(attempt.job_id)
        return attempt.reply_id if result is not None and result.outcome == "posted" else None

    def settle_reaction(self, attempt: Attempt, reply_id: str) -> None:
        """The reply exists, and its job is on the queue or its reason on the reply."""
        self._keep(attempt.model_copy(update={"reply_id": reply_id, "held_until": None}), None)

    def release_reaction(self, attempt: Attempt, click: Click, *, again: bool) -> None:
        """Give an attempt back after a failure: to the next click or, with `again`, to whoever sweeps next."""
        self._keep(attempt.model_copy(update={"held_until": time.time()}), click if again else None)

    def forget_reaction(self, attempt: Attempt) -> None:
        """The same without writing anything, for a Redis whose memory is full."""
        pipe = self._redis.pipeline()
        pipe.delete(_reaction(attempt.message_id, attempt.palette))
        pipe.hdel(_CLICKS, f"{attempt.message_id}:{attempt.palette}")
        pipe.execute()

    def _keep(self, attempt: Attempt, click: Click | None) -> None:
        pipe = self._redis.pipeline()
        pipe.set(_reaction(attempt.message_id, attempt.palette), attempt.model_dump_json(), ex=KEEP_S)
        if click is None:
            pipe.hdel(_CLICKS, f"{attempt.message_id}:{attempt.palette}")
        else:
            pipe.hset(_CLICKS, _field(click), click.model_dump_json())
        pipe.execute()

    def clicks(self) -> list[Click]:
        """The reactions that are being answered, or whose answerer died."""
        found = self._redis.hvals(_CLICKS)
        return [click for data in found if (click := read_record(Click, data)) is not None]

    def drop_click(self, click: Click) -> None:
        """Answer a reaction no more. Unless its job is on its way or over, its charge is given back."""
        attempt = read_record(Attempt, self._redis.get(_reaction(click.message_id, click.look)))
        self._redis.hdel(_CLICKS, _field(click))
        if attempt is not None and attempt.held_until is not None and self.result_of(attempt.job_id) is None:
            self._quota.give_back(attempt.job_id)


_CLICKS: Final = f"{PREFIX}clicks"


def _field(click: Click) -> str:
    return f"{click.message_id}:{click.look}"


def _message(message_id: str) -> str:
    return f"{PREFIX}message:{message_id}"


def _user(user_id: str) -> str:
    return f"{PREFIX}user:{user_id}"


def _versions(message_id: str) -> str:
    return f"{PREFIX}versions:{message_id}"


def _ending(job_id: str) -> str:
    return f"{PREFIX}ending:{job_id}"


def _reason(job_id: str) -> str:
    return f"{PREFIX}reason:{job_id}"


def _said(job_id: str) -> str:
    return f"{PREFIX}interim:{job_id}"


def _job(job_id: str) -> str:
    return f"{PREFIX}job:{job_id}"


def _reaction(message_id: str, palette: str) -> str:
    return f"{PREFIX}reaction:{message_id}:{palette}"
