"""Tells those who wait how many are before them, how long it takes, how many frames are drawn; lets them cancel.

An interaction's token has a bucket of its own for each message. The reply to a reaction can only be edited as the
bot, and a channel takes five such edits in five seconds, which workers need for pictures; so of those in one
channel one is told something every CHANNEL_S seconds. The last state wins: each edit asks first, and whoever ends
the job waits for an edit that is under way.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.replies.interactions import QUIET
from bot.replies.messages import edit_waiting
from bot.replies.notices import say
from bot.replies.pending import REDIS_LOST, PendingReplies, SendState, Tracked
from bot.services import Services
from jobs import clock
from jobs.lifecycle.job import NO_ID, NOTICE_S, PendingReply
from jobs.lifecycle.progress import seconds_per_job, standings, words
from jobs.registry.fleet import takes_jobs

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
PATIENCE_S: Final = 3.0
"""Nobody is told anything before this: most pictures are there by then. Nor twice within it."""
CHANNEL_S: Final = 3.0
"""Between two edits as the bot in a channel."""
AT_ONCE: Final = 8
MOST: Final = 200
"""Messages looked at in one round."""


@dataclass(frozen=True)
class Said:
    """What a message says, "" where that was not said for certain, and since when (on time.monotonic()'s clock)."""

    text: str
    at: float


class ProgressNotifier:
    """`run` until cancelled."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        pending: PendingReplies,
        cancel_view: Callable[[str, str], discord.ui.View],
    ) -> None:
        """`cancel_view` makes the button under a notice, from a job's id and a language."""
        self._client = client
        self._services = services
        self._pending = pending
        self._cancel_view = cancel_view
        self._said: dict[str, Said] = {}
        self._looked: dict[str, float] = {}
        """When each job was last looked at, on time.monotonic()'s clock."""
        self._as_bot: dict[str, float] = {}
        """When each channel was last taken for an edit as the bot, on time.monotonic()'s clock."""

    async def run(self) -> None:
        """Look every LOOK_S at the jobs that this process has sent."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._round()
            except REDIS_LOST:
                continue  # the reaper says so in the log
            except Exception:
                log.exception("telling how long failed")

    async def _round(self) -> None:
        now = time.monotonic()
        due = self._due(now)
        if not due:
            return
        texts = await asyncio.to_thread(self._texts, due)
        changed = [
            (job_id, text)
            for job_id, text in texts.items()
            if (said := self._said.get(job_id)) is None or said.text != text
        ]
        changed = self._with_room(changed, now)
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(job_id: str, text: str) -> None:
            async with slots:
                tracked = self._pending.mine.get(job_id)
                if tracked is not None:
                    await self._say(tracked.pending, text)

        await asyncio.gather(*(one(job_id, text) for job_id, text in changed))

    def _due(self, now: float) -> dict[str, str]:
        """The jobs of which something may be said, with their languages: MOST of them, in their turn."""
        mine = self._pending.mine
        self._said = {job_id: said for job_id, said in self._said.items() if job_id in mine}
        due = [job_id for job_id, tracked in mine.items() if is_due(tracked, self._said.get(job_id), now)]
        # Not by what was said: of most there is nothing new to say, and those behind them would never be looked at.
        turn = sorted(due, key=lambda job_id: self._looked.get(job_id, 0.0))[:MOST]
        self._looked = {job_id: at for job_id, at in self._looked.items() if job_id in mine}
        self._looked |= dict.fromkeys(turn, now)
        return {job_id: mine[job_id].pending.reply.language for job_id in turn}

    def _with_room(self, changed: list[tuple[str, str]], now: float) -> list[tuple[str, str]]:
        """Those that can be said now: where only the bot's own edit leads, the one that has waited longest."""
        self._as_bot = {channel: at for channel, at in self._as_bot.items() if now - at < CHANNEL_S}
        found = []
        for job_id, text in sorted(changed, key=lambda one: said.at if (said := self._said.get(one[0])) else 0.0):
            tracked = self._pending.mine.get(job_id)
            if tracked is None:
                continue
            reply = tracked.pending.reply
            if reply.token is None:
                if reply.channel_id in self._as_bot:
                    continue
                self._as_bot[reply.channel_id] = now
            found.append((job_id, text))
        return found

    def _texts(self, languages: dict[str, str]) -> dict[str, str]:
        """What each job's message should say in its language, in a thread."""
        redis = self._services.redis
        alive, pace = self._services.fleet.alive(), seconds_per_job(redis)
        workers, names = sum(map(takes_jobs, alive)), frozenset(report.name for report in alive)
        found = {
            job_id: words(standing, workers=workers, pace=pace, language=language, alive=names)
            for (job_id, language), standing in zip(
                languages.items(), standings(redis, list(languages)), strict=True
            )
        }
        return {job_id: text for job_id, text in found.items() if text is not None}

    async def _say(self, pending: PendingReply, text: str) -> None:
        job_id, reply = pending.job_id, pending.reply
        state: dict[str, Any] = {
            "content": text,
            "view": self._cancel_view(job_id, reply.language),
            "allowed_mentions": QUIET,
        }
        # Whether it is said or not, nothing is said again at once.
        self._said[job_id] = Said("", time.monotonic())
        try:
            # A fail-over may have made Redis forget that the job has ended, and it waits there once more.
            over = await say(self._services.jobs, job_id, lambda: edit_waiting(self._client, reply, **state))
        except discord.HTTPException:
            over = True  # what Discord refused, it would refuse again
        if over:
            self._said[job_id] = Said(text, time.monotonic())


def is_due(tracked: Tracked, said: Said | None, now: float) -> bool:
    """Whether something may be said of a job at `now` (time.monotonic()): nobody is told too early or too often."""
    reply, age = tracked.pending.reply, clock.now() - tracked.pending.since
    if tracked.state is not SendState.SENT or tracked.shared or tracked.failure or reply.message_id == NO_ID:
        return False
    if reply.token is not None and clock.now() + NOTICE_S > reply.token_expires_at:
        return False
    return age >= PATIENCE_S and (said is None or now - said.at >= PATIENCE_S)
