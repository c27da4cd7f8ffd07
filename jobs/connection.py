"""One way to reach Redis: short timeouts for the bot, patient ones for a worker that blocks on the queue."""

from typing import Final

from redis import Redis
from redis._parsers.base import BaseParser
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry


class WritesRefused(RedisConnectionError):
    """Redis answers, and takes no writes: its replicas are gone, or its disk is full.

    To whoever asks that is an outage like any other, as "loading" is to redis-py; it knows no names for these.
    """


REFUSALS: Final = ("NOREPLICAS", "MISCONF")
for _code in REFUSALS:
    BaseParser.EXCEPTION_CLASSES[_code] = WritesRefused

REDIS_DOWN = (RedisConnectionError, RedisTimeoutError, ReadOnlyError)
"""What a caller catches to say "the queue cannot be reached" honestly (read-only: a fail-over is under way)."""

REDIS_FULL = (OutOfMemoryError,)
"""Redis is there, but its own `maxmemory` leaves no room for the write."""

PREFIX = "glyphcord:"
"""Every key of ours starts with this; RQ's own start with `rq:`."""

READ_TIMEOUT_S = 5
"""Seconds that a worker waits for an answer; longer than it lets the server wait for a job (1 s)."""


def connect(url: str, *, patient: bool = False) -> Redis:
    """A client for `url` (redis://, rediss:// or unix://); connects at first use.

    Impatient (the bot): a command gives up within about 2 s, so a user gets an answer. Patient (a worker): a
    lost connection is tried three times more, with jittered back-off. A silence of READ_TIMEOUT_S is not: the
    command may have been carried out (a job popped twice would be lost for a minute), and a worker that is
    told to end must not wait four times over for a server that hangs.

    After a fail-over the old server answers "read-only" while its name leads to the new one: that error is
    tried again on a new connection, which looks the name up again.
    """
    follow: list[type[Exception]] = [ReadOnlyError]
    if patient:
        retry = Retry(ExponentialWithJitterBackoff(base=0.2, cap=2.0), 3, (RedisConnectionError,))
        return Redis.from_url(
            url,
            socket_connect_timeout=5,
            socket_timeout=READ_TIMEOUT_S,
            health_check_interval=30,
            retry=retry,
            retry_on_error=follow,
        )
    retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.2), 1)
    return Redis.from_url(url, socket_connect_timeout=0.7, socket_timeout=1.0, retry=retry, retry_on_error=follow)
