"""`/forget`: whatever is kept of one person goes, and nothing of anybody else.

`/privacy` names all that stays, and for how long; a test looks through every key for whatever it does not name.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.commands import picture_lists
from bot.commands.registration import everywhere
from bot.replies.errors import Failure, failure_of
from bot.replies.interactions import QUIET, Interaction, defer, language
from bot.replies.pending import PendingReplies
from bot.services import Services
from jobs.lifecycle.job import PendingReply
from jobs.registry import audit
from jobs.rq_adapter import queue
from jobs.schema import RenderRequest
from jobs.text.translation import translate_count

log = logging.getLogger(__name__)

FORGOTTEN_ONE: Final = (
    "Deleted: one picture and the records of your requests. Reactions and buttons under those results no "
    "longer work, except **Delete**; under a reply to a reaction only moderators can still use that one. The "
    "messages stay until somebody deletes them."
)
FORGOTTEN: Final = (
    "Deleted: {count} pictures and the records of your requests. Reactions and buttons under those results no "
    "longer work, except **Delete**; under a reply to a reaction only moderators can still use that one. The "
    "messages stay until somebody deletes them."
)


class Forgetting(commands.Cog):
    """The command."""

    def __init__(self, services: Services, pending: PendingReplies) -> None:
        self._services = services
        self._pending = pending

    @app_commands.command(name="forget", description="Delete your pictures and the records I keep of your requests")
    @everywhere
    async def forget(self, interaction: Interaction) -> None:
        await defer(interaction, private=True)
        reader = language(interaction)
        deleted = await forget(self._services, self._pending, str(interaction.user.id), reader)
        log.info("forgot user=%d pictures=%d", interaction.user.id, deleted)
        words = translate_count(FORGOTTEN_ONE, FORGOTTEN, deleted, reader)
        await interaction.edit_original_response(content=words, allowed_mentions=QUIET)


async def forget(services: Services, pending: PendingReplies, user_id: str, language: str) -> int:
    """Delete a person's pictures and records, and cancel what they wait for; how many pictures it was.

    Who waits reads so. A job that a worker has begun ends between two of its stages.
    """
    pending.forget(user_id)
    failure = failure_of("cancelled", language, "asked to forget everything")
    deleted, waiting = await asyncio.to_thread(_forget, services, pending, user_id, failure)
    await asyncio.gather(*(pending.end_called_off(one, failure) for one in waiting))
    return deleted


def _forget(
    services: Services, pending: PendingReplies, user_id: str, failure: Failure
) -> tuple[int, list[PendingReply]]:
    """How many pictures were deleted, and who waits for a job that nobody will do."""
    jobs = services.jobs
    # First, so that nothing is stored any more for those that are on their way to the queue.
    unfinished = services.quota.in_flight(user_id)
    requests = services.messages.forget(user_id)
    unfinished |= {request.job_id for request in requests} - jobs.ended([request.job_id for request in requests])
    waiting = [job_id for job_id in unfinished if pending.call_off(job_id, failure)]
    services.reactions.forget_clicks(user_id)
    deleted = services.pictures.forget(user_id, _sent(requests))
    queue.forget(services.redis, [request.job_id for request in requests])
    picture_lists.forget(services.redis, user_id)
    services.guilds.forget(user_id)
    audit.forget(services.redis, user_id)
    return deleted, jobs.pending(waiting)


def _sent(requests: Collection[RenderRequest]) -> set[str]:
    """The pictures that these brought; a reaction or a button draws what somebody has sent before."""
    brought = [one for request in requests if request.origin in ("command", "menu") for one in request.pictures]
    return {sha for one in brought for sha in (one.sha, one.still) if sha is not None}
