"""Every "working on it" that this process has said, until it is known how it ended.

A promise stands in Redis as well, where it survives this process; the list here survives Redis. Whatever goes
wrong between the promise and the queue is said here, and what cannot be said now is left to the sweeper.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import discord

from bot.replies.errors import Failure, failure_from, report
from bot.replies.interactions import UNDELIVERED
from bot.replies.messages import Seen, look, put_sentence
from bot.services import Services
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.lifecycle.promises import Promise
from jobs.observability.logs import describe_error
from jobs.schema import Click, Outcome, RenderResult
from jobs.text.sentences import PictureProblem

log = logging.getLogger(__name__)

WORKING_S: Final = 30.0
"""Nobody else looks at a promise while its bot works on it; the bot says so more often than this."""

SAY_S: Final = 20.0
"""Longest that one message may keep the bot from the others, in seconds."""

REDIS_LOST: Final = REDIS_DOWN + REDIS_FULL


@dataclass
class Kept:
    """One promise of this process. `failure` is what its user is to hear instead of getting a picture."""

    promise: Promise
    working: bool = True
    on_its_way: bool = False
    """The job has been sent to the queue, so without an answer it may be there."""
    shared: bool = False
    """Another process may have sent it: a second bot, or one that died on this click before us."""
    failure: Failure | None = None


class Keeper:
    """The promises of this process by job id, and the reactions that wait for Redis to come back."""

    def __init__(self, client: discord.Client, services: Services) -> None:
        self._client = client
        self._services = services
        self.mine: dict[str, Kept] = {}
        self.clicks: deque[Click] = deque(maxlen=1000)

    @asynccontextmanager
    async def promised(self, promise: Promise, where: str) -> AsyncIterator[Kept]:
        """Keep a promise during the work on it; `write_down` is to be the first thing inside.

        An error inside is reported and said, and does not leave the block; a cancellation is said and leaves it.
        """
        kept = self.mine[promise.job_id] = Kept(promise)
        try:
            yield kept
        except Exception as error:
            await self._break_off(kept, error, where)
        except asyncio.CancelledError as error:
            await self._break_off(kept, error, where)
            raise
        finally:
            kept.working = False

    def foretell(self, promise: Promise) -> None:
        """Write down what is about to be promised, so that dying right after saying it leaves nobody waiting.

        For a thread. Whether it worked is found out by `write_down`.
        """
        with suppress(*REDIS_LOST):
            self._services.promises.foretell(promise, look_at=time.time() + WORKING_S)

    async def write_down(self, kept: Kept) -> None:
        """Let the promise outlive this process. Raises what REDIS_LOST names."""
        look_at = time.time() + WORKING_S
        await asyncio.to_thread(self._services.promises.open, [kept.promise], look_at=look_at)

    async def _break_off(self, kept: Kept, error: BaseException, where: str) -> None:
        kept.failure = failure_from(error, kept.promise.reply.language)
        report(kept.failure, error, where)
        # A job sent to a Redis that did not answer may have arrived, and its picture may be on the message any
        # moment. A sentence written now could cover it; so then the sweeper decides, once Redis can be asked.
        # The same for a cancelled task, whose thread may still be sending.
        sent = kept.on_its_way and isinstance(error, (*REDIS_DOWN, asyncio.CancelledError))
        unknown = sent or kept.shared
        try:
            free = await asyncio.to_thread(self._services.may_end, kept.promise.job_id)
        except REDIS_LOST:
            free = not unknown
        if free:
            outcome: Outcome = "refused" if isinstance(error, PictureProblem) else "failed"
            # A job that somebody may have sent may be drawn, too, by one who died before that was written down.
            nothing_there = not (kept.on_its_way or kept.shared)
            await self.end(kept.promise, kept.failure, outcome=outcome, nothing_there=nothing_there)
        else:
            kept.failure = None
            log.warning("left to the queue job=%s", kept.promise.job_id)

    async def end(
        self, promise: Promise, failure: Failure, *, outcome: Outcome = "failed", nothing_there: bool = False
    ) -> bool:
        """Say what went wrong, unless the message has its last state, and write down how the job ended.

        Only after `Services.may_end` has said yes, or where no worker can be writing. False when Discord did
        not take it; then it is to be tried again.
        """
        try:
            async with asyncio.timeout(SAY_S):
                seen = Seen.WAITING if nothing_there else await look(self._client, promise.reply)
                told = seen is Seen.WAITING
                if told:
                    seen = await put_sentence(self._client, promise.reply, failure.sentence)
        except UNDELIVERED as error:
            log.warning("not told yet job=%s code=%s detail=%r", promise.job_id, failure.code, error)
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
        log.info("ended job=%s outcome=%s code=%s", promise.job_id, outcome, code or "-")
        self.mine.pop(promise.job_id, None)
        result = RenderResult(job_id=promise.job_id, outcome=outcome, code=code, finished_at=time.time())
        try:
            await asyncio.to_thread(self._services.ledger.record, result)
        except REDIS_LOST as error:
            # The promise stands in Redis still; the sweep that finds it there will look at the message first.
            log.info("not written down job=%s detail=%r", promise.job_id, describe_error(error))
        return True
