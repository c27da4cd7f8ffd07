"""What `/forget` does: whatever is kept of one person goes, and nothing of anybody else.

`/privacy` names all that stays, and for how long; a test looks through every key for whatever it does not name.
"""

import asyncio
import logging
from collections.abc import Collection

from bot.commands import picture_lists
from bot.replies.errors import Failure, failure_of
from bot.replies.pending import PendingReplies
from bot.services import Services
from jobs.lifecycle.job import PendingReply
from jobs.registry import audit
from jobs.rq_adapter import queue
from jobs.schema import RenderRequest

log = logging.getLogger(__name__)


async def forget(services: Services, pending: PendingReplies, user_id: str, language: str) -> int:
    """Delete a person's pictures and records, and cancel what they wait for; how many pictures it was.

    Who waits reads so. A job that a worker has begun ends between two of its stages.
    """
    pending.forget(user_id)
    failure = failure_of("cancelled", language, "asked to forget everything")
    deleted, waiting = await asyncio.to_thread(_forget, services, user_id, failure)
    # What Discord does not take now, the reaper says later.
    await asyncio.gather(*(_say(pending, one, failure) for one in waiting))
    return deleted


def _forget(services: Services, user_id: str, failure: Failure) -> tuple[int, list[PendingReply]]:
    """How many pictures were deleted, and who waits for a job that nobody will do."""
    jobs = services.jobs
    # First, so that nothing is stored any more for those that are on their way to the queue.
    unfinished = services.quota.in_flight(user_id)
    requests = services.messages.forget(user_id)
    unfinished |= {request.job_id for request in requests} - jobs.ended([request.job_id for request in requests])
    waiting = []
    for job_id in unfinished:
        if jobs.cancel(job_id, failure.as_reason("cancelled")).may_write:
            queue.withdraw(services.redis, job_id)
            waiting.append(job_id)
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


async def _say(pending: PendingReplies, reply: PendingReply, failure: Failure) -> None:
    if tracked := pending.mine.get(reply.job_id):
        tracked.failure = failure
    await pending.end(reply, failure, outcome="cancelled")
