"""Looks every few seconds for those who would wait for ever, and answers them.

Their job is not on the queue (a bot died before it got there, Redis lost it, it failed and nobody could say
so), or it is there and nobody comes before its deadline. Whatever bot process comes first sweeps; that two
sweep at once would do no harm, since the ledger lets one of them at a time end a job.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.replies.errors import Failure, failure_of
from bot.replies.interactions import InFlight
from bot.replies.pending import REDIS_LOST, WORKING_S, Keeper, Kept
from bot.services import Services
from jobs.connection import PREFIX
from jobs.lifecycle.ledger import LAST_WRITE_S, Reason
from jobs.lifecycle.promises import Promise
from jobs.observability import logs
from jobs.observability.logs import describe_error
from jobs.rq_adapter import queue
from jobs.schema import Click
from jobs.text.sentences import ServiceProblem, new_reference

log = logging.getLogger(__name__)

SWEEP_S: Final = 4.0
LONGEST_S: Final = 15.0
"""Between two sweeps while Redis is lost."""

MOST: Final = 500
"""Promises looked at in one sweep."""

WAITING_S: Final = 20.0
"""A job that waits or runs is looked at again after so long: it may fail without anyone being able to say so."""

AGAIN_S: Final = 10.0
AT_ONCE: Final = 8

CLICK_S: Final = 180.0
"""How long an unanswered reaction is tried again: Discord knows a nonce for "the past few minutes" only."""

_TURN: Final = f"{PREFIX}sweep"


@dataclass(frozen=True)
class Found:
    """What one look into Redis showed: own promises that are over, due ones with their jobs' state, reactions."""

    over: set[str]
    due: list[tuple[Promise, str | None]]
    clicks: list[Click]


class Sweeper:
    """`run` until cancelled. `answer` is what answers a reaction."""

    def __init__(
        self, services: Services, keeper: Keeper, in_flight: InFlight, answer: Callable[[Click], Awaitable[object]]
    ) -> None:
        self._services = services
        self._keeper = keeper
        self._in_flight = in_flight
        self._answer = answer
        self._lost_since: float | None = None

    async def run(self) -> None:
        """Sweep for ever; less often, and with one line in the log, while Redis is lost."""
        failures = 0
        while True:
            pause = min(LONGEST_S, SWEEP_S * 2 ** min(failures, 5))
            await asyncio.sleep(pause * random.uniform(0.75, 1.0))
            try:
                async with self._in_flight.track():
                    failures = 0 if await self._sweep() else failures + 1
            except ServiceProblem:
                return  # the bot is stopping
            except Exception:
                log.exception("sweep failed")
                failures += 1

    async def _sweep(self) -> bool:
        mine = dict(self._keeper.mine)
        try:
            found = await asyncio.to_thread(self._look, mine)
        except REDIS_LOST as error:
            self._lost(error)
            await self._without_redis(mine)
            return False
        self._back()
        for job_id in found.over:
            self._keeper.mine.pop(job_id, None)
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(promise: Promise, state: str | None) -> None:
            async with slots:
                await self._end(promise, state)

        await asyncio.gather(*(one(promise, state) for promise, state in found.due))
        waiting = [self._keeper.clicks.popleft() for _ in range(len(self._keeper.clicks))]
        for click in waiting + found.clicks:
            if time.time() - click.at < CLICK_S:
                await self._answer(click)
            else:
                await asyncio.to_thread(self._services.ledger.drop_click, click)
        return True

    def _look(self, mine: dict[str, Kept]) -> Found:
        """One look into Redis, in a thread. Own promises that it has lost are written again."""
        promises, ledger, now = self._services.promises, self._services.ledger, time.time()
        gone = set(mine) - promises.still_open(mine)
        over = ledger.ended(sorted(gone))
        for job_id in gone - over:
            # Redis was emptied, or a failing one never took the promise. A worker may have had the job in hand
            # all the same; in LAST_WRITE_S it will have written, and a look at the message will show it.
            kept = mine[job_id]
            pause = WORKING_S if kept.working else 0.0 if kept.failure else LAST_WRITE_S
            promises.open([kept.promise], look_at=now + pause)
        promises.look_later([job_id for job_id in mine if mine[job_id].working], look_at=now + WORKING_S)
        if not self._services.redis.set(_TURN, 1, nx=True, px=int(SWEEP_S * 500)):
            return Found(over, [], [])
        due = promises.due(most=MOST)
        ended = ledger.ended([promise.job_id for promise in due])
        promises.close(ended)
        due = [promise for promise in due if promise.job_id not in ended]
        states = queue.states(self._services.redis, [promise.job_id for promise in due])
        left = []
        for promise, state in zip(due, states, strict=True):
            if state in queue.WAITING and now < promise.deadline_at:
                promises.look_later([promise.job_id], look_at=min(promise.deadline_at, now + WAITING_S))
            else:
                left.append((promise, state))
        return Found(over, left, ledger.clicks())

    async def _end(self, promise: Promise, state: str | None) -> None:
        """End a job that has vanished, failed, or waits past its deadline."""
        services, job_id = self._services, promise.job_id
        logs.bind(job_id)
        kept = self._keeper.mine.get(job_id)
        try:
            # From here on no worker writes to the message: it asks the same question before it does.
            if await asyncio.to_thread(services.ledger.begin_ending, job_id, "bot") == "other":
                await self._later(job_id)
                return
            if state in queue.WAITING:
                await asyncio.to_thread(queue.withdraw, services.redis, job_id)
            reason = await asyncio.to_thread(services.ledger.reason_of, job_id)
            failure = (kept.failure if kept else None) or _failure(promise, state, reason)
            log.warning(
                "sweeping job=%s state=%s code=%s waited_s=%.0f reference=%s",
                job_id,
                state,
                failure.code,
                time.time() - promise.since,
                failure.reference,
            )
            outcome = reason.outcome if reason is not None and reason.code == failure.code else "failed"
            if not await self._keeper.end(promise, failure, outcome=outcome):
                await self._later(job_id)
        except REDIS_LOST as error:
            self._lost(error)

    async def _later(self, job_id: str) -> None:
        await asyncio.to_thread(self._services.promises.look_later, [job_id], look_at=time.time() + AGAIN_S)

    async def _without_redis(self, mine: dict[str, Kept]) -> None:
        """Answer those of our own whom nobody else can be answering.

        A worker draws nothing past a job's deadline, and LAST_WRITE_S later it has ended.
        """
        for kept in mine.values():
            late = time.time() > kept.promise.deadline_at + LAST_WRITE_S
            if not kept.working and (kept.failure or late):
                await self._keeper.end(kept.promise, kept.failure or _failure(kept.promise, None))

    def _lost(self, error: BaseException) -> None:
        if self._lost_since is None:
            self._lost_since = time.monotonic()
            log.warning("redis fails error=%r; looking again until it does not", describe_error(error))

    def _back(self) -> None:
        if self._lost_since is not None:
            log.info("redis works again after_s=%.1f", time.monotonic() - self._lost_since)
            self._lost_since = None


def _failure(promise: Promise, state: str | None, reason: Reason | None = None) -> Failure:
    """What to say of a job in this state: it failed, nobody came before its deadline, or it is not there.

    A worker's `reason` that was not said, or not for certain, goes before what the state tells.
    """
    if reason is not None:
        detail = f"found by the sweep: {state}, with a reason"
        return Failure(reason.code, reason.sentence, new_reference(), detail)
    # An overdue job has left the queue when Discord takes the sentence at the second attempt only.
    late = time.time() >= promise.deadline_at
    code = "internal" if state == "failed" else "expired" if late else "lost"
    return failure_of(code, promise.reply.language, f"found by the sweep: {state}")
