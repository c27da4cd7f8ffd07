"""What a message says before its last state. The last state wins: each such edit asks for the right to it, and is
either there in time or never sent.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import discord

from bot.gateway.retries import is_trouble
from bot.replies.interactions import UNDELIVERED
from jobs.lifecycle.job import Jobs
from jobs.observability.logs import describe_error

log = logging.getLogger(__name__)

SAY_S: Final = 2.0
"""For one edit, well within NOTICE_S: what was sent until then has time left to take effect."""


async def say(jobs: Jobs, job_id: str, edit: Callable[[], Awaitable[object]]) -> bool:
    """Carry out an edit of a job's message that is not its last, unless that is being written or is there.

    Whoever writes the last state waits for it (`Jobs.claim`). False if it was not said, or not for certain. Raises
    discord.HTTPException where Discord itself refuses, and what Redis does.
    """
    begun = time.monotonic()
    if not await asyncio.to_thread(jobs.begin_notice, job_id):
        return False
    left = begun + SAY_S - time.monotonic()
    if left <= 0:
        return False  # this process stood still; what is said late could cover the last state
    refusal = None
    try:
        async with asyncio.timeout(left):
            await edit()
    except (*UNDELIVERED, TimeoutError) as error:
        log.info("notice not delivered job=%s detail=%s", job_id, describe_error(error))
        if not isinstance(error, discord.HTTPException) or is_trouble(error):
            return False  # it may still take effect, so its time is left to run out
        refusal = error
    await asyncio.to_thread(jobs.end_notice, job_id)
    if refusal is not None:
        raise refusal
    return True
