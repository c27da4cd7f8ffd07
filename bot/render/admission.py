"""Whether somebody may have a picture now: the checks in their order, before anything is fetched or acknowledged.

Synchronous, a few round trips to Redis; the sentence of a refusal says where or when to ask instead.
"""

from dataclasses import dataclass

from bot.replies.interactions import Interaction, is_age_restricted, parent_of, role_ids
from bot.services import Services
from jobs import clock
from jobs.lifecycle.progress import seconds_per_job
from jobs.lifecycle.quota import QuotaLimits, Refused
from jobs.rq_adapter import queue
from jobs.server_settings import GuildSettings
from jobs.text.sentences import ServiceProblem

NAMED: int = 5
"""As many channels as a refusal names."""


@dataclass(frozen=True)
class Asker:
    """Who asks, where, for which job of how many pictures, and until when (Unix seconds) it may last.

    `guild_id` is set in servers that have the bot; `channel_ids` holds a thread's channel too.
    """

    job_id: str
    user_id: str
    guild_id: str | None
    until: float
    channel_ids: frozenset[str] = frozenset()
    role_ids: frozenset[str] = frozenset()
    age_restricted: bool = False
    pictures: int = 1


def asker_of(interaction: Interaction, until: float, pictures: int = 1) -> Asker:
    """Who used an interaction."""
    channel, user = interaction.channel, interaction.user
    return Asker(
        job_id=str(interaction.id),
        user_id=str(user.id),
        guild_id=str(interaction.guild_id) if interaction.is_guild_integration() else None,
        until=until,
        channel_ids=frozenset(filter(None, (str(interaction.channel_id), parent_of(channel)))),
        role_ids=frozenset(role_ids(user)),
        age_restricted=is_age_restricted(channel),
        pictures=pictures,
    )


class Admission:
    """Asks before every job, however it was asked for."""

    def __init__(self, services: Services, limits: QuotaLimits, queue_limit: int) -> None:
        self._services = services
        self._limits = limits
        self._queue_limit = queue_limit

    def check(self, asker: Asker) -> GuildSettings:
        """Charge the job and return the server's settings; asking again for the same job is free.

        Raises ServiceProblem: one of `allow`'s, `queue_full`, or a reason of jobs.lifecycle.quota's.
        """
        settings, redis = self._services.guilds.get(asker.guild_id), self._services.redis
        allow(settings, asker)
        waiting = queue.length(redis)
        if waiting >= self._queue_limit and not self._services.quota.is_charged(asker.job_id):
            workers = max(1, len(self._services.fleet.serving()))
            pace = seconds_per_job(redis) or 1.0
            raise ServiceProblem("queue_full", f"{waiting} jobs", seconds=waiting * pace / workers)
        refused = self._services.quota.charge(
            asker.job_id,
            user_id=asker.user_id,
            guild_id=asker.guild_id,
            lasts_s=asker.until - clock.now(),
            limits=self._limits,
            pictures=asker.pictures,
        )
        if refused is not None:
            raise _problem(refused, self._limits)
        return settings


def allow(settings: GuildSettings, asker: Asker) -> None:
    """Raise ServiceProblem `blocked`, `wrong_channel`, `age_restricted_only` or `wrong_role`; or do nothing."""
    if asker.user_id in settings.blocked:
        raise ServiceProblem("blocked")
    if settings.channels and asker.channel_ids.isdisjoint(settings.channels):
        named = sorted(settings.channels, key=int)
        more = ", …" if len(named) > NAMED else ""
        raise ServiceProblem("wrong_channel", channels=", ".join(f"<#{one}>" for one in named[:NAMED]) + more)
    if settings.age_restricted_only and not asker.age_restricted:
        raise ServiceProblem("age_restricted_only")
    if settings.roles and asker.role_ids.isdisjoint(settings.roles):
        raise ServiceProblem("wrong_role")


def _problem(refused: Refused, limits: QuotaLimits) -> ServiceProblem:
    most = {
        "in_flight": limits.user_in_flight,
        "daily": limits.user_daily,
        "server_daily": limits.server_daily,
    }.get(refused.reason.removesuffix("_rest"), 0)
    return ServiceProblem(refused.reason, f"limit {most}", count=most, seconds=refused.wait_s)
