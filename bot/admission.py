"""Whether somebody may have a picture now: the checks in their order, before anything is fetched or promised.

Synchronous, one or two round trips to Redis; the sentence of a refusal says when to come back.
"""

import time
from dataclasses import dataclass

from bot.services import Services
from jobs import queue
from jobs.problems import ServiceProblem
from jobs.progress import in_words, seconds_per_job
from jobs.quota import Limits, Refused


@dataclass(frozen=True)
class Asker:
    """Who asks, where, for which job, and until when (Unix seconds) it may last."""

    job_id: str
    user_id: str
    guild_id: str | None
    until: float


class Admission:
    """Asks before every job, however it was ordered."""

    def __init__(self, services: Services, limits: Limits, queue_limit: int) -> None:
        self._services = services
        self._limits = limits
        self._queue_limit = queue_limit

    def check(self, asker: Asker) -> None:
        """Charge the job. Raises ServiceProblem `queue_full` or a reason of jobs.quota's; asking again is free."""
        redis = self._services.redis
        waiting = queue.length(redis)
        if waiting >= self._queue_limit:
            workers = max(1, len(self._services.fleet.serving()))
            pace = seconds_per_job(redis) or 1.0
            raise ServiceProblem("queue_full", f"{waiting} jobs", about=in_words(waiting * pace / workers))
        refused = self._services.quota.charge(
            asker.job_id, user_id=asker.user_id, guild_id=asker.guild_id, lasts_s=asker.until - time.time(),
            limits=self._limits,
        )  # fmt: skip
        if refused is not None:
            raise _problem(refused, self._limits)

    def give_back(self, asker: Asker) -> None:
        """Nothing was promised after all."""
        self._services.quota.give_back(asker.job_id)


def _problem(refused: Refused, limits: Limits) -> ServiceProblem:
    most = {
        "in_flight": limits.user_in_flight, "daily": limits.user_daily, "server_daily": limits.server_daily,
    }.get(refused.reason, 0)  # fmt: skip
    return ServiceProblem(refused.reason, f"limit {most}", most=most, about=in_words(refused.wait_s))
