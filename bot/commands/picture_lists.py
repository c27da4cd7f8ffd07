"""The lists of pictures that people pick from, in Redis for a quarter of an hour, each under who asked for it.

So nobody picks from another's list, whatever number they send.
"""

from typing import Any, Final, Self

from redis import Redis

from bot.render.attachments import Attachment, FoundPicture
from jobs import clock
from jobs.connection import PREFIX
from jobs.records import Record, read_record
from jobs.text.sentences import ONLY_STILL

KEEP_S: Final = 15 * 60
MOST: Final = 10
"""Lists of one person, the latest."""


class Offered(Record):
    """One picture of a list. `still` is taken where a moving picture cannot be had."""

    url: str
    size: int
    spoiler: bool
    still: str = ""

    @classmethod
    def of(cls, one: FoundPicture) -> Self:
        """A picture as it is kept."""
        shown = one.attachment
        still = shown.otherwise.url if shown.otherwise else ""
        return cls(url=shown.url, size=shown.size, spoiler=shown.spoiler, still=still)

    def attachment(self) -> Attachment:
        """The same as it was."""
        still = Attachment(self.still, spoiler=self.spoiler, note=ONLY_STILL) if self.still else None
        return Attachment(self.url, self.size, self.spoiler, still)


class PictureList(Record):
    """A list of pictures to pick from; `id` is the interaction's, `at` in Unix seconds."""

    id: str
    at: float
    pictures: list[Offered]


def keep(redis: Redis, user_id: str, list_id: str, pictures: list[FoundPicture]) -> None:
    """Keep a person's list."""
    made = PictureList(id=list_id, at=clock.now(), pictures=[Offered.of(one) for one in pictures])
    pipe = redis.pipeline()
    pipe.lpush(_key(user_id), made.model_dump_json())
    pipe.ltrim(_key(user_id), 0, MOST - 1)
    pipe.expire(_key(user_id), KEEP_S)
    pipe.execute()


def find(redis: Redis, user_id: str, list_id: str) -> PictureList | None:
    """A list of that person's; None once it has expired."""
    kept: list[Any] = redis.lrange(_key(user_id), 0, -1)
    for data in kept:
        found = read_record(PictureList, data)
        if found is not None and found.id == list_id and clock.now() - found.at < KEEP_S:
            return found
    return None


def forget(redis: Redis, user_id: str) -> None:
    """Delete all of a person's."""
    redis.delete(_key(user_id))


def _key(user_id: str) -> str:
    return f"{PREFIX}list:{user_id}"
