"""Looks every few seconds for pending replies that nobody will fill, and ends them.

Their job is not on the queue (a bot died before it got there, Redis lost it, it failed and nobody could say
so), or it is there and nobody comes before its deadline. Whatever bot process comes first does it: its claim
keeps the others away for BOT_CLAIM_S, since a private answer is a new message each time it is said.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.replies.errors import Failure, failure_of
from bot.replies.interactions import InFlight
from bot.replies.pending import AGAIN_S, REDIS_LOST, WORKING_S, PendingReplies, Tracked
from bot.services import Services
from jobs import clock
from jobs.connection import PREFIX
from jobs.lifecycle.job import BOT, TAKE_OVER_S, EndReason, PendingReply
from jobs.observability import logs
from jobs.observability.logs import describe_error
from jobs.rq_adapter import queue
from jobs.schema import Click, RenderRequest
from jobs.text.sentences import ServiceProblem, is_ours, new_reference

log = logging.getLogger(__name__)

REAP_S: Final = 2.0
"""So long, too, waits who sent a picture that only a worker found out to be none."""
LONGEST_S: Final = 15.0
"""Between two rounds while Redis is lost."""

MOST: Final = 500
"""Pending replies looked at in one round."""

LOOK_AGAIN_S: Final = 20.0
"""A job that waits or runs is looked at again after so long: it may fail without anyone being able to say so."""

LONGEST_AGAIN_S: Final = 60.0
"""Between two tries at one that Discord does not let us end; AGAIN_S at first."""
AT_ONCE: Final = 32
CLICKS_AT_ONCE: Final = 8
ANSWER_S: Final = 40.0
"""Longest that one reaction is worked on: its claim lasts 30 s, and Redis may need some."""

CLICK_S: Final = 180.0
"""How long an unanswered reaction is tried again: Discord knows a nonce for "the past few minutes" only."""

_TURN: Final = f"{PREFIX}reaper"


@dataclass(frozen=True)
class Scan:
    """What one look into Redis showed: own jobs that are over, pending replies that are due with their jobs' state
    in RQ, and reactions."""

    over: set[str]
    due: list[tuple[PendingReply, str | None]]
    clicks: list[Click]


class Reaper:
    """`run` until cancelled. `answer` is what answers a reaction."""

    def __init__(
        self,
        services: Services,
        pending: PendingReplies,
        in_flight: InFlight,
        answer: Callable[[Click], Awaitable[object]],
    ) -> None:
        self._services = services
        self._pending = pending
        self._in_flight = in_flight
        self._answer = answer
        self._lost_since: float | None = None
        self._tries: Counter[str] = Counter()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._slots, self._click_slots = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(CLICKS_AT_ONCE)

    async def run(self) -> None:
        """Go round for ever; less often, and with one line in the log, while Redis is lost."""
        failures = 0
        while True:
            pause = min(LONGEST_S, REAP_S * 2 ** min(failures, 5))
            await asyncio.sleep(pause * random.uniform(0.75, 1.0))
            try:
                async with self._in_flight.track():
                    failures = 0 if await self._reap() else failures + 1
            except ServiceProblem:
                return  # the bot is stopping
            except Exception:
                log.exception("reaper failed")
                failures += 1

    async def _reap(self) -> bool:
        mine, over = dict(self._pending.mine), {job_id: kept for job_id, (kept, _) in self._pending.over.items()}
        undated = not clock.is_known()
        try:
            found = await asyncio.to_thread(self._look, mine, over)
        except REDIS_LOST as error:
            self._lost(error)
            self._without_redis(mine)
            return False
        self._back()
        if undated:
            self._pending.date_clicks()
        self._pending.note_ended(found.over)
        for pending, state in found.due:
            self._begin(pending.job_id, self._slots, partial(self._end, pending, state))
        waiting = [self._pending.clicks.popleft() for _ in range(len(self._pending.clicks))]
        for click in waiting + found.clicks:
            self._begin(f"{click.message_id}:{click.look}", self._click_slots, partial(self._click, click))
        return True

    def _begin(self, key: str, slots: asyncio.Semaphore, work: Callable[[], Awaitable[None]]) -> None:
        """Do it beside the rounds, unless it is under way: nobody waits for another's slow message."""
        if key in self._under_way:
            return

        async def run() -> None:
            try:
                async with slots, self._in_flight.track():
                    await work()
            except ServiceProblem:
                pass  # the bot is stopping
            except Exception:
                log.exception("reaper failed")
            finally:
                self._under_way.pop(key, None)

        self._under_way[key] = asyncio.create_task(run())

    async def _click(self, click: Click) -> None:
        if clock.now() - click.at >= CLICK_S:
            with suppress(*REDIS_LOST):  # else it is looked at again in the next round
                await asyncio.to_thread(self._services.reactions.drop_click, click)
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answer(click)
        except TimeoutError:
            # Redis knows it once it is claimed; before that, only we do.
            log.warning("reaction takes too long message=%s look=%s", click.message_id, click.look)
            self._pending.clicks.append(click)

    def _look(self, mine: dict[str, Tracked], over: dict[str, Tracked]) -> Scan:
        """One look into Redis, in a thread. Own pending replies that it has lost are written again.

        Those that are `over` too, so that their messages are known: a fail-over has undone their last seconds.
        """
        jobs, redis = self._services.jobs, self._services.redis
        clock.follow(redis)
        now = clock.now()
        own = over | mine
        gone = set(own) - jobs.still_pending(own)
        ended = jobs.ended(gone)
        self._tell_whose([tracked.request for tracked in own.values()])
        for job_id in gone - ended:
            # Redis was emptied, or a failing one never took it. A worker may have had the job in hand all the
            # same; in TAKE_OVER_S it will have written, and a look at the message will show it.
            tracked = own[job_id]
            pause = WORKING_S if tracked.working else 0.0 if tracked.failure else TAKE_OVER_S
            jobs.open(tracked.pending, look_at=now + pause)
        jobs.look_later([job_id for job_id in mine if mine[job_id].working], look_at=now + WORKING_S)
        if not redis.set(_TURN, 1, nx=True, px=int(REAP_S * 500)):
            return Scan(ended, [], [])
        jobs.adopt()
        due = jobs.due(most=MOST)
        states = queue.states(redis, [pending.job_id for pending in due])
        waiting = [one.job_id for one, state in zip(due, states, strict=True) if state in queue.UNFINISHED]
        given_up = jobs.given_up(waiting)
        left = []
        for pending, state in zip(due, states, strict=True):
            if state in queue.UNFINISHED and now < pending.deadline_at and pending.job_id not in given_up:
                jobs.look_later([pending.job_id], look_at=min(pending.deadline_at, now + LOOK_AGAIN_S))
            else:
                left.append((pending, state))
        return Scan(ended, left, self._services.reactions.clicks())

    def _tell_whose(self, requests: list[RenderRequest | None]) -> None:
        """Write down again whose messages these are, where Redis has lost that.

        It may know that the job has ended all the same: the worker's word came after the fail-over.
        """
        sent = [request for request in requests if request is not None]
        lost = self._services.messages.lost([request.reply.message_id for request in sent])
        for request in sent:
            if request.reply.message_id in lost:
                self._services.messages.register(request)

    async def _end(self, pending: PendingReply, state: str | None) -> None:
        """End a job that has vanished, failed, or waits past its deadline."""
        services, job_id = self._services, pending.job_id
        logs.bind(job_id)
        tracked = self._pending.mine.get(job_id)
        try:
            # Once this is granted no worker writes to the message: it asks the same before it does.
            if not (await asyncio.to_thread(services.jobs.claim, job_id, BOT)).may_write:
                await self._later(job_id)
                return
            if state in queue.UNFINISHED:
                await asyncio.to_thread(queue.withdraw, services.redis, job_id)
            reason = await asyncio.to_thread(services.jobs.reason_of, job_id)
            failure = (tracked.failure if tracked else None) or _failure(pending, state, reason)
            log.log(
                logging.WARNING if is_ours(failure.code) else logging.INFO,
                "reaping job=%s state=%s code=%s waited_s=%.0f reference=%s",
                job_id,
                state,
                failure.code,
                clock.now() - pending.since,
                failure.reference,
            )
            outcome = reason.outcome if reason is not None and reason.code == failure.code else "failed"
            if await self._pending.end(pending, failure, outcome=outcome):
                self._tries.pop(job_id, None)
            else:
                await self._later(job_id)
        except REDIS_LOST as error:
            self._lost(error)

    async def _later(self, job_id: str) -> None:
        pause = min(LONGEST_AGAIN_S, AGAIN_S * 2 ** min(self._tries[job_id], 5))
        if len(self._tries) > MOST:
            self._tries.clear()  # most of them another process has ended
        self._tries[job_id] += 1
        await asyncio.to_thread(self._services.jobs.look_later, [job_id], look_at=clock.now() + pause)

    def _without_redis(self, mine: dict[str, Tracked]) -> None:
        """Answer those of our own whom nobody else can be answering.

        A worker draws nothing past a job's deadline, and TAKE_OVER_S later it has ended.
        """
        for job_id, tracked in mine.items():
            pending = tracked.pending
            late = clock.now() > pending.deadline_at + TAKE_OVER_S
            if not tracked.working and (tracked.failure or late):
                self._begin(job_id, self._slots, partial(self._end_alone, tracked))

    async def _end_alone(self, tracked: Tracked) -> None:
        await self._pending.end(tracked.pending, tracked.failure or _failure(tracked.pending, None))

    def _lost(self, error: BaseException) -> None:
        if self._lost_since is None:
            self._lost_since = time.monotonic()
            log.warning("redis fails error=%r; looking again until it does not", describe_error(error))

    def _back(self) -> None:
        if self._lost_since is not None:
            log.info("redis works again after_s=%.1f", time.monotonic() - self._lost_since)
            self._lost_since = None


def _failure(pending: PendingReply, state: str | None, reason: EndReason | None = None) -> Failure:
    """What to say of a job in this state: it failed, nobody came before its deadline, or it is not there.

    A worker's `reason` that was not said, or not for certain, goes before what the state tells.
    """
    if reason is not None:
        detail = f"found by the reaper: {state}, with a reason"
        return Failure(reason.code, reason.sentence, new_reference(), detail)
    # An overdue job has left the queue when Discord takes the sentence at the second attempt only.
    late = clock.now() >= pending.deadline_at
    code = "internal" if state == "failed" else "expired" if late else "lost"
    return failure_of(code, pending.reply.language, f"found by the reaper: {state}")
