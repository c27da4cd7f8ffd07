"""The bot's ends of everything it shares with workers, opened once.

All of it is synchronous: call it in a thread (`asyncio.to_thread`), so that a slow Redis never delays the
event loop and with it the three seconds that Discord gives a command.
"""

from dataclasses import dataclass
from typing import Self

from redis import Redis

from bot.settings import BotSettings
from jobs.connection import connect
from jobs.fleet import Fleet
from jobs.ledger import Ledger
from jobs.pictures import PictureStore
from jobs.queue import enqueue
from jobs.schema import RenderRequest


@dataclass(frozen=True)
class Services:
    """Stored pictures, the ledger, the fleet and the queue, over one connection pool."""

    redis: Redis
    pictures: PictureStore
    ledger: Ledger
    fleet: Fleet

    @classmethod
    def open(cls, settings: BotSettings) -> Self:
        """Connects at first use, so the bot starts although Redis is down."""
        redis = connect(settings.redis_url)
        pictures = PictureStore(redis, settings.picture_ttl_s, settings.picture_budget_mb * 2**20)
        return cls(redis, pictures, Ledger(redis), Fleet(redis))

    def submit(self, request: RenderRequest) -> bool:
        """Promise, then enqueue: a worker never meets a message that the ledger does not know.

        The request gets its message's next version. False if a job of that id is on the queue already.
        """
        version = self.ledger.next_version(request.reply.message_id)
        request = request.model_copy(update={"message_version": version})
        self.ledger.promise(request)
        return enqueue(self.redis, request)
