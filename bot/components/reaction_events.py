"""Reactions as Discord sends them, on their way to bot.components.reactions."""

import logging

import discord
from discord.ext import commands

from bot.components.reactions import Looks, answer_click, click_of
from bot.render.admission import Admission
from bot.replies.interactions import InFlight
from bot.replies.pending import PendingReplies
from bot.services import Services
from jobs.observability import logs
from jobs.schema import Click
from jobs.text.sentences import ServiceProblem

log = logging.getLogger(__name__)


class ReactionEvents(commands.Cog):
    """Answers each reaction that asks for a picture; `answer` is also for those that had to wait."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        admission: Admission,
        pending: PendingReplies,
        in_flight: InFlight,
        *,
        looks: Looks,
    ) -> None:
        self._client = client
        self._services = services
        self._admission = admission
        self._pending = pending
        self._in_flight = in_flight
        self._looks = looks

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        user, channel = self._client.user, self._client.get_channel(payload.channel_id)
        click = click_of(payload, user.id, self._looks, channel) if user else None
        if click is None:
            return
        try:
            async with self._in_flight.track():
                await self.answer(click)
        except ServiceProblem as problem:
            log.info("reaction ignored message=%d code=%s", payload.message_id, problem.code)

    async def answer(self, click: Click) -> ServiceProblem | None:
        """The reason, if there is no picture for it now."""
        # The reaper answers one after another: what is bound for one must not stay for the next.
        with logs.about(None):
            return await answer_click(self._client, self._services, self._admission, self._pending, click)
