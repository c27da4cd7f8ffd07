"""The bot's ends of everything it shares with workers, opened once.

All of it is synchronous: call it in a thread (`asyncio.to_thread`), so that a slow Redis never delays the
event loop and with it the three seconds that Discord gives a command.
"""

from dataclasses import dataclass
from typing import Self

from redis import Redis

from bot.settings import BotSettings
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.quota import Quota
from jobs.lifecycle.reactions import Reactions
from jobs.pictures import PictureStore
from jobs.rate_limiter import RateLimiter
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads
from jobs.registry.weights import WeightsStore
from jobs.server_settings import GuildStore


@dataclass(frozen=True)
class Services:
    """Stored pictures, jobs, messages, the fleet, models and limits, over one connection pool."""

    redis: Redis
    pictures: PictureStore
    jobs: Jobs
    messages: Messages
    reactions: Reactions
    fleet: Fleet
    weights: WeightsStore
    reloads: Reloads
    quota: Quota
    guilds: GuildStore
    rate_limiter: RateLimiter

    @classmethod
    def open(cls, settings: BotSettings) -> Self:
        """Connects at first use, so the bot starts although Redis is down."""
        redis = connect(settings.redis_url)
        pictures = PictureStore(redis, settings.picture_ttl_s, settings.picture_budget_mb * 2**20)
        fleet, weights = Fleet(redis), WeightsStore(redis, settings.weights_budget_mb * 2**20)
        reloads, jobs = Reloads(redis, weights, fleet), Jobs(redis)
        return cls(
            redis,
            pictures,
            jobs,
            Messages(redis),
            Reactions(redis, jobs),
            fleet,
            weights,
            reloads,
            Quota(redis),
            GuildStore(redis),
            RateLimiter(redis),
        )
