"""Every reply of this process that somebody waits for, until it is known how its job ended.

A pending reply stands in Redis as well, where it survives this process; the list here survives Redis. Whatever goes
wrong between the acknowledgement and the queue is said here, and what cannot be said now is left to the reaper.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import discord

from bot.replies.errors import Failure, failure_from, report
from bot.replies.interactions import UNDELIVERED
from bot.replies.messages import Seen, find_reply, look, put_sentence, say_privately
from bot.services import Services
from jobs import clock
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.lifecycle.job import PendingReply
from jobs.observability.logs import describe_error
from jobs.routes import Route, routes
from jobs.rq_adapter import queue
from jobs.schema import Click, Outcome, RenderRequest, RenderResult, Reply
from jobs.text.sentences import PictureProblem, ServiceProblem, is_ours

log = logging.getLogger(__name__)

WORKING_S: Final = 30.0
"""Nobody else looks at a pending reply while its bot works on it; the bot says so more often than this."""

SAY_S: Final = 20.0
"""Longest that one message may keep the bot from the others, in seconds; with NOTICE_S less than BOT_CLAIM_S."""

AGAIN_S: Final = 10.0
"""Until the next try at a message that Discord does not let us end."""

OVER_S: Final = 30.0
"""Longer than a replica may be behind, a fail-over takes, and the reaper's rounds are apart while Redis is lost."""

REDIS_LOST: Final = REDIS_DOWN + REDIS_FULL


class SendState(Enum):
    """How far this process is with a job. From `SENDING` on it may be on the queue, even without an answer."""

    PREPARING = auto()
    SENDING = auto()
    SENT = auto()
    UNSENT = auto()


@dataclass
class Tracked:
    """One pending reply of this process. `failure` is what its user is to hear instead of getting a picture."""

    pending: PendingReply
    state: SendState = SendState.PREPARING
    request: RenderRequest | None = None
    """Once it is being sent."""
    shared: bool = False
    """Another process may have sent the job: a second bot, or one that died on this click before us."""
    failure: Failure | None = None

    @property
    def working(self) -> bool:
        return self.state in (SendState.PREPARING, SendState.SENDING)

    @property
    def sent(self) -> bool:
        """Whether the job may be on the queue, because of this process or another."""
        return self.shared or self.state in (SendState.SENDING, SendState.SENT)


class PendingReplies:
    """The pending replies of this process by job id, and the reactions that wait for Redis to come back."""

    def __init__(self, client: discord.Client, services: Services) -> None:
        self._client = client
        self._services = services
        self.mine: dict[str, Tracked] = {}
        self.over: dict[str, tuple[Tracked, float]] = {}
        """Those that have ended since OVER_S ago at most, with when that was seen (time.monotonic())."""
        self.clicks: deque[Click] = deque(maxlen=1000)

    @asynccontextmanager
    async def track(self, pending: PendingReply, where: str) -> AsyncIterator[Tracked]:
        """Track a pending reply during the work on it; `write_down` is to be the first thing inside.

        An error inside is reported and said, and does not leave the block; a cancellation is said and leaves it.
        """
        tracked = self.mine[pending.job_id] = Tracked(pending)
        try:
            yield tracked
        except Exception as error:
            await self._break_off(tracked, error, where)
        except asyncio.CancelledError as error:
            await self._break_off(tracked, error, where)
            raise
        finally:
            tracked.state = SendState.SENT if tracked.state is SendState.SENDING else SendState.UNSENT

    def announce(self, pending: PendingReply) -> None:
        """Write down what is about to be acknowledged, so that dying right after that leaves nobody waiting.

        For a thread. Whether it worked is found out by `write_down`.
        """
        with suppress(*REDIS_LOST):
            self._services.jobs.open(pending, look_at=clock.now() + WORKING_S, once=True)

    async def write_down(self, tracked: Tracked) -> None:
        """Let the pending reply outlive this process. Raises what REDIS_LOST names."""
        look_at = clock.now() + WORKING_S
        await asyncio.to_thread(self._services.jobs.open, tracked.pending, look_at=look_at)

    def forget(self, user_id: str) -> None:
        """Write nothing of a person's again that Redis has no more: they wanted it so."""
        for tracked in (*self.mine.values(), *(kept for kept, _ in self.over.values())):
            if tracked.request is not None and tracked.request.user_id == user_id:
                tracked.request = None

    def note_ended(self, job_ids: Collection[str]) -> None:
        """Those have ended. They are remembered a little longer: a fail-over may undo what was written last."""
        now = time.monotonic()
        self.over = {job_id: kept for job_id, kept in self.over.items() if now - kept[1] < OVER_S}
        self.over |= {job_id: (tracked, now) for job_id in job_ids if (tracked := self.mine.pop(job_id, None))}

    def date_clicks(self) -> None:
        """Those that were made before Redis could be asked for the time are from now on."""
        now = clock.now()
        self.clicks = deque((click.model_copy(update={"at": now}) for click in self.clicks), self.clicks.maxlen)

    async def send(self, tracked: Tracked, request: RenderRequest) -> RenderRequest:
        """Put a job on the queue; the request with its version. Raises ServiceProblem `cancelled` if it is."""
        if await asyncio.to_thread(self._services.jobs.progress, request.job_id):
            raise ServiceProblem("cancelled", "called off on its way to the queue")
        request = tracked.request = await asyncio.to_thread(self._services.messages.register, request)
        tracked.state = SendState.SENDING
        await asyncio.to_thread(queue.enqueue, self._services.redis, request)
        return request

    async def _break_off(self, tracked: Tracked, error: BaseException, where: str) -> None:
        job_id = tracked.pending.job_id
        tracked.failure = failure_from(error, tracked.pending.reply.language)
        report(tracked.failure, error, where)
        # A job sent to a Redis that did not answer may have arrived, and its picture may be on the message any
        # moment. A sentence written now could cover it; so then the reaper decides, once Redis can be asked.
        # The same for a cancelled task, whose thread may still be sending.
        unsure = isinstance(error, (*REDIS_DOWN, asyncio.CancelledError))
        unknown = tracked.shared or (tracked.state is SendState.SENDING and unsure)
        try:
            free = (await asyncio.to_thread(self._services.jobs.claim_unqueued, job_id)).may_write
        except REDIS_LOST:
            free = not unknown
        if free:
            outcome: Outcome = "refused" if isinstance(error, PictureProblem) else "failed"
            if tracked.failure.code == "cancelled":
                outcome = "cancelled"
            # A job that somebody may have sent may be drawn, too, by one who died before that was written down.
            await self.end(tracked.pending, tracked.failure, outcome=outcome, nothing_there=not tracked.sent)
        else:
            tracked.failure = None
            log.warning("left to the queue job=%s", job_id)

    def call_off(self, job_id: str, failure: Failure) -> bool:
        """Cancel a job, and take it off the queue; whether nobody else has it, so that its last word is ours.

        For a thread. Then `end_called_off` says it.
        """
        if not self._services.jobs.cancel(job_id, failure.as_reason("cancelled")).may_write:
            return False
        queue.withdraw(self._services.redis, job_id)
        return True

    async def end_called_off(self, pending: PendingReply, failure: Failure) -> None:
        """Say that a job is cancelled; what Discord does not take now, the reaper says later."""
        if tracked := self.mine.get(pending.job_id):
            tracked.failure = failure
        await self.end(pending, failure, outcome="cancelled")

    async def end(
        self, pending: PendingReply, failure: Failure, *, outcome: Outcome = "failed", nothing_there: bool = False
    ) -> bool:
        """Say what went wrong, unless the message has its last state, and write down how the job ended.

        Only after a claim has been granted, or where no worker can be writing. False when Discord did not take it,
        or has refused every way to the message for less than a minute; then the claim is given back, and the reaper
        of whatever bot tries again.
        """
        ended = await self._end(pending, failure, outcome, nothing_there)
        if not ended:
            with suppress(*REDIS_LOST):  # else the claim ends by itself
                look_at = clock.now() + AGAIN_S
                await asyncio.to_thread(self._services.jobs.release, pending.job_id, look_at=look_at)
        return ended

    async def _end(self, pending: PendingReply, failure: Failure, outcome: Outcome, nothing_there: bool) -> bool:
        try:
            async with asyncio.timeout(SAY_S):
                reply = pending.reply
                seen = Seen.UNFILLED if nothing_there else await look(self._client, reply)
                if seen is Seen.OUT_OF_REACH and (found := await find_reply(self._client, pending)) is not None:
                    reply, seen = found, await look(self._client, found)
                told = False
                if seen in (Seen.UNFILLED, Seen.GONE):
                    seen, told = await self._say(pending.job_id, reply, failure, outcome, seen)
        except (*UNDELIVERED, TimeoutError) as error:
            log.warning(
                "not told yet job=%s code=%s detail=%s", pending.job_id, failure.code, describe_error(error)
            )
            return False
        if seen in (Seen.GONE, Seen.OUT_OF_REACH) and not await self._is_final(pending):
            log.info("refused job=%s seen=%s; trying again", pending.job_id, seen.value)
            return False
        code = failure.code if told else "told_before"
        match seen:
            case Seen.PICTURE:
                outcome, code = "posted", ""
            case Seen.GONE:
                outcome = "gone"
            case Seen.OUT_OF_REACH:
                outcome, code = "failed", "unreachable"
            case _:
                pass
        log.info("ended job=%s outcome=%s code=%s", pending.job_id, outcome, code or "-")
        self.mine.pop(pending.job_id, None)
        result = RenderResult(job_id=pending.job_id, outcome=outcome, code=code, finished_at=clock.now())
        try:
            await asyncio.to_thread(self._services.jobs.finish, result)
        except REDIS_LOST as error:
            # It stands in Redis still; the round that finds it there will look at the message first.
            log.info("not written down job=%s detail=%r", pending.job_id, describe_error(error))
        return True

    async def _say(
        self, job_id: str, reply: Reply, failure: Failure, outcome: Outcome, seen: Seen
    ) -> tuple[Seen, bool]:
        """What stands on the message afterwards, and whether anything was said.

        What is not our fault is said to who asked alone, as long as the interaction's token lasts. What is ours
        stays where everybody saw us at work, in one request that can be repeated.
        """
        if not is_ours(failure.code) and Route.TOKEN in routes(reply, clock.now()):
            reason = failure.as_reason(outcome)
            with suppress(*REDIS_LOST):
                # Dying after the message is gone must leave nobody without a word: the reaper repeats it.
                await asyncio.to_thread(self._services.jobs.note_reason, job_id, reason)
            private = await say_privately(self._client, reply, failure.sentence)
            if private is not Seen.OUT_OF_REACH:
                return private, private is Seen.SENTENCE
        if seen is Seen.UNFILLED:
            return await put_sentence(self._client, reply, failure.sentence), True
        return seen, False

    async def _is_final(self, pending: PendingReply) -> bool:
        """Whether a message that was not reached never will be."""
        if not routes(pending.reply, clock.now()):
            return True
        try:
            return (await asyncio.to_thread(self._services.jobs.refused, pending.job_id))[0]
        except REDIS_LOST:
            return False
