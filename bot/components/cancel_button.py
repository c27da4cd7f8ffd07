"""The button under a message that waits: who asked for the picture may call it off."""

import asyncio
import logging

import discord

from bot.components.component import button
from bot.components.ownership import check_theirs, message_under
from bot.replies.errors import Failure, failure_of
from bot.replies.interactions import Interaction, defer
from bot.replies.pending import WORKING_S, PendingReplies
from bot.services import Services
from jobs import clock
from jobs.lifecycle.job import PendingReply
from jobs.routes import TOKEN_S
from jobs.text.buttons import CANCEL, LABELS
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import language_of, translate

log = logging.getLogger(__name__)


def cancel_view(job_id: str, language: str) -> discord.ui.View:
    """The button, for a message about this job."""
    return button(CANCEL, job_id, translate(LABELS[CANCEL], language), discord.ButtonStyle.secondary)


class CancelButton:
    """Answers the button."""

    def __init__(self, services: Services, pending: PendingReplies) -> None:
        self._services = services
        self._pending = pending

    async def handle(self, interaction: Interaction, job_id: str) -> None:
        """End the job if the one who asked for it wants that: at once if it waits, else between two stages."""
        request = await asyncio.to_thread(self._services.messages.request_of, message_under(interaction))
        if request is None or request.job_id != job_id:
            raise ServiceProblem("nothing_to_cancel", f"job={job_id}")
        check_theirs(interaction, request)
        await defer(interaction, thinking=False)
        log.info("cancel job=%s user=%d", job_id, interaction.user.id)
        # This interaction's token leads to the same message, and lives longer than the first one's; the reply to a
        # reaction has none of its own.
        reply = request.reply.model_copy(
            update={"token": interaction.token, "token_expires_at": clock.now() + TOKEN_S}
        )
        pending = PendingReply(
            job_id=job_id, reply=reply, since=request.created_at, deadline_at=request.deadline_at
        )
        failure = failure_of("cancelled", language_of(interaction.locale.value), "cancelled while it waited")
        if not await asyncio.to_thread(self._cancel, pending, failure):
            return
        await self._pending.end_called_off(pending, failure)

    def _cancel(self, pending: PendingReply, failure: Failure) -> bool:
        """Cancel the job; whether nobody else has it, so that the last word is ours.

        Else its worker leaves it to a bot, which reaches who cancelled by what is written down here; or a bot is
        saying the last word, as after a double click.
        """
        ours = self._pending.call_off(pending.job_id, failure)
        if not ours:
            self._services.jobs.open(pending, look_at=clock.now() + WORKING_S)
        return ours
