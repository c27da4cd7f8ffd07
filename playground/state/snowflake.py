"""Ids as Discord makes them: milliseconds since 2015 in the upper 42 bits, unique and rising.

https://docs.discord.com/developers/reference#snowflakes
"""

from playground.state.clock import Clock

DISCORD_EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        ms = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        self._last = max(ms << 22, self._last + 1)
        return str(self._last)


def created_at(snowflake: str) -> float:
    """Seconds since 1970 at which an id was made."""
    return ((int(snowflake) >> 22) + DISCORD_EPOCH_MS) / 1000
