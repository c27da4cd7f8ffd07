"""The whole fleet's share of Discord's global limit: 50 requests a second as the bot, whichever process asks.

Each process knows the limits of single routes from Discord's own headers; how much the others ask it cannot know.
So before each request that bears the bot's token, bots and workers take a turn here. Requests by an interaction's
token count towards no limit of the bot's, and need none.
"""

from typing import Final

from redis import Redis

from jobs.connection import PREFIX

PER_SECOND: Final = 40
AT_ONCE: Final = 5
"""Turns that need not wait after a quiet time: so there are never more than 45 in any second, and the rest is for
requests that the network brings together."""

_NEXT: Final = f"{PREFIX}discord:next"

# The key holds when the last turn given would be due, were none given early, in ms of Redis's clock.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local pause, at_once, most = 1000 / tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + pause
local wait = math.max(0, due - now - at_once * pause)
if wait > most then return -1 end
redis.call('SET', KEYS[1], string.format('%.3f', due), 'PX', math.ceil(due - now) + 1000)
return math.ceil(wait)
"""

_HOLD: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local pause, at_once, most = 1000 / tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(now + most + (at_once - 1) * pause, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.3f', due), 'PX', math.ceil(due - now) + 1000)
"""


class RateLimiter:
    """The turns of every process on one Redis; a method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._take = redis.register_script(_TAKE)
        self._hold = redis.register_script(_HOLD)

    def take(self, most_s: float) -> float | None:
        """Seconds to wait before asking Discord; None, and no turn is taken, where that is more than `most_s`."""
        wait_ms = int(self._take(keys=[_NEXT], args=[PER_SECOND, AT_ONCE, int(1000 * most_s)]))
        return None if wait_ms < 0 else wait_ms / 1000

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long: Discord has refused one of us by its global limit."""
        self._hold(keys=[_NEXT], args=[PER_SECOND, AT_ONCE, int(1000 * seconds)])
