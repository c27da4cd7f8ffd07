"""The bot's own first reaction on a result, beside the drawing of the next.

A channel takes one reaction in a quarter of a second, which is as long as several pictures take to draw: a worker
that waited for its turn would stand still.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Final

from jobs.schema import RenderRequest
from worker.delivery.rest_client import Discord

_log = logging.getLogger(__name__)

MOST: Final = 4
"""Reactions that may wait; where pictures come faster than a channel takes hearts, some go without."""


class AutomaticReactions:
    """One thread that reacts, one message after another. Nothing depends on it."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._thread = ThreadPoolExecutor(1, "automatic-reactions")
        self._room = BoundedSemaphore(MOST)

    def add(self, request: RenderRequest) -> None:
        """React to the request's message soon, with the emoji it names."""
        if not self._room.acquire(blocking=False):
            _log.info("no automatic reaction id=%s status=waits", request.job_id)
            return
        self._thread.submit(self._react, request).add_done_callback(lambda _: self._room.release())

    def close(self) -> None:
        """Finish what waits, a few seconds for each at most; `add` is not to be called again."""
        self._thread.shutdown()

    def _react(self, request: RenderRequest) -> None:
        reply = request.reply
        answer = self._discord.react(reply.channel_id, reply.message_id, request.first_reaction)
        if answer is None or answer.status >= 300:
            _log.info("no automatic reaction id=%s status=%s", request.job_id, answer.status if answer else "none")
