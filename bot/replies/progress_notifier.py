"""Tells those who wait how many are before them, how long it takes, how many frames are drawn; lets them cancel.

Only messages that an interaction's token reaches: an edit as the bot would take from what workers need to post
pictures in that channel. The last state wins: each edit asks first, and whoever ends the job waits for an edit that
is under way.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import discord

from bot.replies.interactions import QUIET
from bot.replies.messages import ORIGINAL, Seen, seen_on
from bot.replies.notices import say
from bot.replies.pending import REDIS_LOST, PendingReplies, SendState, Tracked
from bot.services import Services
from jobs import clock
from jobs.lifecycle.job import NO_ID, NOTICE_S, PendingReply
from jobs.lifecycle.progress import seconds_per_job, standings, words

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
PATIENCE_S: Final = 3.0
"""Nobody is told anything before this: most pictures are there by then. Nor twice within it."""
AT_ONCE: Final = 8
MOST: Final = 200
"""Messages looked at in one round."""


@dataclass(frozen=True)
class Said:
    """What a message says, and since when (on time.monotonic()'s clock)."""

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
        self._said = {job_id: said for job_id, said in self._said.items() if job_id in self._pending.mine}
        due = {
            job_id: tracked.pending.reply.language
            for job_id, tracked in self._pending.mine.items()
            if is_due(tracked, self._said.get(job_id), now)
        }
        if not due:
            return
        texts = await asyncio.to_thread(self._texts, dict(list(due.items())[:MOST]))
        changed = [
            (job_id, text)
            for job_id, text in texts.items()
            if (said := self._said.get(job_id)) is None or said.text != text
        ]
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(job_id: str, text: str) -> None:
            async with slots:
                tracked = self._pending.mine.get(job_id)
                if tracked is not None:
                    await self._say(tracked.pending, text)

        await asyncio.gather(*(one(job_id, text) for job_id, text in changed))

    def _texts(self, languages: dict[str, str]) -> dict[str, str]:
        """What each job's message should say in its language, in a thread."""
        redis = self._services.redis
        workers, pace = len(self._services.fleet.serving()), seconds_per_job(redis)
        found = {
            job_id: words(standing, workers=workers, pace=pace, language=language)
            for (job_id, language), standing in zip(
                languages.items(), standings(redis, list(languages)), strict=True
            )
        }
        return {job_id: text for job_id, text in found.items() if text is not None}

    async def _say(self, pending: PendingReply, text: str) -> None:
        job_id, reply = pending.job_id, pending.reply
        hook = discord.Webhook.partial(int(reply.application_id), reply.token or "", client=self._client)
        # What Discord did not take is not said again at once either.
        self._said[job_id] = Said(text, time.monotonic())

        async def look_and_edit() -> None:
            # A fail-over may have made Redis forget that the job has ended, and it waits there once more.
            if seen_on(await hook.fetch_message(ORIGINAL)) is Seen.UNFILLED:
                view = self._cancel_view(job_id, reply.language)
                await hook.edit_message(ORIGINAL, content=text, view=view, allowed_mentions=QUIET)

        with suppress(discord.HTTPException):
            await say(self._services.jobs, job_id, look_and_edit)


def is_due(tracked: Tracked, said: Said | None, now: float) -> bool:
    """Whether something may be said of a job at `now` (time.monotonic()): nobody is told too early or too often."""
    reply, age = tracked.pending.reply, clock.now() - tracked.pending.since
    if tracked.state is not SendState.SENT or tracked.shared or tracked.failure or reply.message_id == NO_ID:
        return False
    if reply.token is None or clock.now() + NOTICE_S > reply.token_expires_at:
        return False
    return age >= PATIENCE_S and (said is None or now - said.at >= PATIENCE_S)
