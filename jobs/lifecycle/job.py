"""A job, from its pending reply to how it ended: one record, whose every change is one atomic step.

The states and who may change them stand in transitions.lua beside this file, and as a table in docs/reliability.md:

    unknown -> pending   `open`: a bot owns a message
    pending -> writing   `claim`, `abandon`, `cancel`: a worker or a bot is about to write the message's last state
    writing -> writing   another try, or a bot after a worker silent for TAKE_OVER_S or a bot for BOT_CLAIM_S
    any     -> ended     `finish`: the message has its last state, and the result says which

Only one side writes at a time, so an at-least-once queue has an effect that happens once. What stays `pending` or
`writing` belongs to somebody who would wait for ever; `due` finds it.
"""

import time
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from redis import Redis

from jobs import clock
from jobs.connection import PREFIX
from jobs.records import JobId, Record, read_record, record_key, versions_key
from jobs.rq_adapter.queue import NO_ARGUMENTS, UNFINISHED, job_key
from jobs.schema import Outcome, RenderRequest, RenderResult, Reply

PENDING_S: Final = 24 * 3600
"""Longer than any request may wait; records that nobody ever looks at again go by themselves."""
ENDED_S: Final = 30 * 24 * 3600
TAKE_OVER_S: Final = 45
"""No worker writes to a message later than this after its claim: a job that runs longer ends its process."""
BOT_CLAIM_S: Final = 30
"""A bot that has claimed says its sentence, or gives up, within this time; then another bot may."""
NOTICE_S: Final = 4
"""A notice must be on its message within this time; the bot gives up on it well before."""
REFUSED_S: Final = 60
REFUSALS: Final = 3
"""A message is out of reach once Discord has refused every way to it so often, over so many seconds: one
wrong answer costs nobody a picture."""
PACE_OF: Final = 50
"""Jobs, the latest, whose time is kept."""

BOT: Final = "bot"
"""The holder that all bots are together: what one of them claimed, another may write BOT_CLAIM_S later."""
NO_ID: Final = "0"
"""In place of a message's id that Discord has not told yet; only the interaction's token leads there."""

PICTURES: Final = "pictures"
"""After the progress of a job that counts them, and not frames."""

PENDING: Final = f"{PREFIX}pending"
PACE: Final = f"{PREFIX}pace"


def _quoted(data: bytes) -> str:
    """Bytes as Lua writes them."""
    return "'" + "".join(f"\\{byte:03d}" for byte in data) + "'"


_CONSTANTS: Final = (
    f"local TAKE_OVER_S, BOT_CLAIM_S, NOTICE_S = {TAKE_OVER_S}, {BOT_CLAIM_S}, {NOTICE_S}\n"
    f"local PENDING_S, ENDED_S = {PENDING_S}, {ENDED_S}\n"
    f"local NO_ARGUMENTS = {_quoted(NO_ARGUMENTS)}\n"
    f"local REFUSED_S, REFUSALS, PACE_OF, PREFIX = {REFUSED_S}, {REFUSALS}, {PACE_OF}, '{PREFIX}'\n"
)
_SCRIPT: Final = _CONSTANTS + Path(__file__).with_name("transitions.lua").read_text(encoding="utf-8")
_UNFINISHED: Final = f",{','.join(sorted(UNFINISHED))},"


class PendingReply(Record):
    """The message that somebody watches, and the job that is to fill it. Times are Unix seconds."""

    job_id: JobId
    reply: Reply
    since: float
    deadline_at: float


class EndReason(Record):
    """Why a job ends without a picture: its outcome, a code of jobs.text.sentences, and its user's sentence."""

    outcome: Outcome
    code: str
    sentence: str


class Claim(StrEnum):
    """May the asker write the message's last state?

    `again`: yes, but an earlier try may have written it already, so only the same state or what a look at the
    message allows. `taken`: the other side is writing, or another bot. `left`: so a sentence is left to a bot,
    which looks first. `queued`: a worker has the job or will have it.
    """

    GRANTED = "granted"
    AGAIN = "again"
    TAKEN = "taken"
    LEFT = "left"
    QUEUED = "queued"
    STALE = "stale"
    ENDED = "ended"

    @property
    def may_write(self) -> bool:
        return self in (Claim.GRANTED, Claim.AGAIN)


class Jobs:
    """The records of all jobs; almost every method is one round trip. Nothing else changes their state."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_SCRIPT)

    # --- transitions ------------------------------------------------------------------------------------

    def open(self, pending: PendingReply, *, look_at: float, once: bool = False) -> None:
        """Write down who waits, to be looked at from Unix time `look_at` on; `once`: what is known stays."""
        self._change("open", pending.job_id, pending.model_dump_json(), look_at, int(once))

    def claim(self, job_id: str, holder: str, *, request: RenderRequest | None = None) -> Claim:
        """Ask, right before the first write, for the right to write a message's last state.

        A worker's is never given back; a bot's ends after BOT_CLAIM_S, or with `release`. `holder` is BOT, or names
        one try of a worker. A worker gives its request, which is `stale` if a later job is aimed at its message.
        Returns only when no notice is on its way to the message.
        """
        version, message_id = _aim(request)
        return self._claim("claim", job_id, holder, version, 0, message_id=message_id)

    def claim_unqueued(self, job_id: str) -> Claim:
        """The same for a bot, unless a worker has the job or will have it."""
        return self._claim("claim", job_id, BOT, 0, 1)

    def abandon(
        self, job_id: str, holder: str, reason: EndReason | None = None, *, request: RenderRequest | None = None
    ) -> Claim:
        """Give the picture up, and ask for the right to say why.

        Where an earlier try may have posted the picture a bot must look first. It finds the `reason` here.
        """
        told = "" if reason is None else reason.model_dump_json()
        version, message_id = _aim(request)
        return self._claim("abandon", job_id, holder, version, told, message_id=message_id)

    def leave(self, job_id: str, holder: str, reason: EndReason, *, request: RenderRequest | None = None) -> Claim:
        """Give it up, for a bot to tell who asked alone; `holder` must write no more. Or `stale`, or `ended`."""
        version, message_id = _aim(request)
        answer, _ = self._change("leave", job_id, holder, version, reason.model_dump_json(), message_id=message_id)
        return Claim(answer.decode())

    def note_reason(self, job_id: str, reason: EndReason) -> None:
        """Write down what a bot is about to say, so that another can say it in its place."""
        self._change("reason", job_id, reason.model_dump_json())

    def release(self, job_id: str, *, look_at: float) -> None:
        """A bot has claimed and could not say it: from Unix time `look_at` on any bot may try again."""
        self._change("release", job_id, look_at)

    def cancel(self, job_id: str, reason: EndReason | None = None, *, take_over: bool = True) -> Claim:
        """Ask for a job to end without a picture; `queued`: its worker will see that between two stages.

        Else no worker has it, and a bot that cancels it (`take_over`) may write so, for that `reason`. RQ's own
        way of stopping a job needs a worker that forks, and nothing can interrupt native code.
        """
        told = "" if reason is None else reason.model_dump_json()
        return self._claim("cancel", job_id, int(take_over), told)

    def begin(self, job_id: str) -> None:
        """A worker begins a try: what an earlier one had drawn is lost."""
        self._change("begin", job_id)

    def progress(
        self, job_id: str, frames: tuple[int, int] | None = None, *, pictures: tuple[int, int] | None = None
    ) -> bool:
        """A worker says how many frames of how many are done, or at which picture of several it is.

        Returns whether the job is cancelled.
        """
        done = "" if frames is None else f"{frames[0]}/{frames[1]}"
        if pictures is not None:
            done = f"{pictures[0]}/{pictures[1]} {PICTURES}"
        return bool(self._change("progress", job_id, done)[0] == b"cancelled")

    def begin_notice(self, job_id: str) -> bool:
        """Ask whether something may be said on a job's message that is not its last state.

        After True it must be said within NOTICE_S seconds, and `end_notice` called once Discord has answered; not
        when it is unknown whether Discord will still carry it out. False: the end is being written, or is there.
        """
        return bool(self._change("notice", job_id)[0] == b"granted")

    def end_notice(self, job_id: str) -> None:
        """It is said."""
        self._change("noticed", job_id)

    def refused(self, job_id: str) -> tuple[bool, int]:
        """Count that Discord has refused every way to the message just now.

        Whether that is final, REFUSED_S after the first time; and how often it has happened.
        """
        answer, times = self._change("refused", job_id)
        return answer == b"final", int(times)

    def finish(self, result: RenderResult, *, seconds: float | None = None) -> None:
        """Record how a job ended, and settle what it was charged; `seconds` is what a worker took to draw it."""
        refund = int(result.outcome in ("failed", "cancelled", "stale"))
        took = "" if seconds is None else f"{seconds:.3f}"
        self._change("finish", result.job_id, result.outcome, result.model_dump_json(), refund, took)

    def refund(self, job_id: str) -> None:
        """Undo a charge: nothing came of the job. Doing it twice changes nothing."""
        self._change("refund", job_id)

    # --- reading ----------------------------------------------------------------------------------------

    def result_of(self, job_id: str) -> RenderResult | None:
        """How a job ended, or None while it has not."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hget(record_key(job_id), "result")
        pipe.get(f"{PREFIX}job:{job_id}")  # where the version before wrote it, for 30 days
        new, old = pipe.execute()
        return read_record(RenderResult, new or old)

    def reason_of(self, job_id: str) -> EndReason | None:
        """Why the job was abandoned, if it was."""
        return read_record(EndReason, self._redis.hget(record_key(job_id), "reason"))

    def given_up(self, job_ids: Collection[str]) -> set[str]:
        """Which of these jobs a worker has left to a bot, whatever RQ says of them."""
        return {job_id for job_id, left in self._each(job_ids, "left") if left}

    def ended(self, job_ids: Collection[str]) -> set[str]:
        """Which of these jobs have ended."""
        return {job_id for job_id, state in self._each(job_ids, "state") if state == b"ended"}

    def _each(self, job_ids: Collection[str], field: str) -> list[tuple[str, Any]]:
        pipe = self._redis.pipeline(transaction=False)
        for job_id in job_ids:
            pipe.hget(record_key(job_id), field)
        return list(zip(job_ids, pipe.execute() if job_ids else [], strict=True))

    # --- pending replies --------------------------------------------------------------------------------

    def due(self, *, most: int) -> list[PendingReply]:
        """Pending replies whose time to be looked at has come, the longest due first."""
        found: list[Any] = self._redis.zrangebyscore(PENDING, "-inf", clock.now(), start=0, num=most)
        ids = [job_id.decode(errors="replace") for job_id in found]
        read = [read_record(PendingReply, data) for _, data in self._each(ids, "reply")]
        if unreadable := [job_id for job_id, pending in zip(ids, read, strict=True) if pending is None]:
            self._redis.zrem(PENDING, *unreadable)
        return [pending for pending in read if pending is not None]

    def pending(self, job_ids: Collection[str]) -> list[PendingReply]:
        """Who waits for these jobs; those that have ended are left out."""
        read = [read_record(PendingReply, data) for _, data in self._each(job_ids, "reply")]
        return [reply for reply in read if reply is not None]

    def look_later(self, job_ids: Collection[str], *, look_at: float) -> None:
        """Let nobody look at these before `look_at`; those that have ended stay so."""
        if job_ids:
            self._redis.zadd(PENDING, dict.fromkeys(job_ids, look_at), xx=True)

    def still_pending(self, job_ids: Collection[str]) -> set[str]:
        """Which of these somebody waits for; the others have ended, or Redis has lost them."""
        ids = list(job_ids)
        # By their times, not by the records: a bot asks this for thousands of its own every few seconds.
        times: list[float | None] = self._redis.zmscore(PENDING, ids) if ids else []
        return {job_id for job_id, at in zip(ids, times, strict=True) if at is not None}

    def adopt(self) -> None:
        """Take over whom the version before had written down as waiting; a bot looks at their messages first."""
        older = f"{PREFIX}open"
        for data in self._redis.hvals(older):
            if (pending := read_record(PendingReply, data)) is not None:
                self.open(pending, look_at=clock.now() + TAKE_OVER_S, once=True)
        self._redis.delete(older, f"{older}:look_at")

    def count_pending(self) -> int:
        """How many people wait."""
        return int(self._redis.zcard(PENDING))

    def _claim(self, event: str, job_id: str, *arguments: str | float, message_id: str = "") -> Claim:
        answer, notice_ms = self._change(event, job_id, *arguments, message_id=message_id)
        end = time.monotonic() + notice_ms / 1000
        while time.monotonic() < end and self._redis.hexists(record_key(job_id), "notice_until"):
            time.sleep(0.02)
        return Claim(answer.decode())

    def _change(self, event: str, job_id: str, *arguments: str | float, message_id: str = "") -> list[Any]:
        keys = [record_key(job_id), PENDING, versions_key(message_id), job_key(job_id), PACE]
        found: list[Any] = self._script(keys=keys, args=[event, job_id, _UNFINISHED, *arguments])
        return found


def _aim(request: RenderRequest | None) -> tuple[int, str]:
    """A request's version and the id of its message; nothing newer can be known of a job without one."""
    return (0, "") if request is None else (request.message_version, request.reply.message_id)
