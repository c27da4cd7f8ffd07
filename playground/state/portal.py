"""What an application's owner sets in Discord's developer portal: its privileged intents and how it may start.

https://docs.discord.com/developers/events/gateway#privileged-intents
"""

from dataclasses import dataclass, field
from typing import Final

from playground.state.clock import Clock
from playground.types import Json

LIMITED_FLAGS: Final = {"presences": 1 << 13, "members": 1 << 15, "message_content": 1 << 19}
"""The application's flag for each privileged intent: GATEWAY_…_LIMITED, as in fewer than 100 servers."""
STARTS_A_DAY: Final = 1000
DAY_S: Final = 86_400.0
IDENTIFY_WINDOW_S: Final = 5.0


@dataclass
class Portal:
    clock: Clock
    intents: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(LIMITED_FLAGS, False))
    max_concurrency: int | None = None
    """How many shards may identify in five seconds. Discord says 1 and holds clients to it; unless it is set, 1 is
    said and nobody held to it, so that a test may start its bot as often as it likes."""
    _starts: int = 0
    _day_ends: float = 0.0
    _identified: dict[int, float] = field(default_factory=dict)

    def flags(self) -> int:
        """The application's flags."""
        return sum(flag for name, flag in LIMITED_FLAGS.items() if self.intents[name])

    def grant(self, flags: int) -> None:
        """Set the privileged intents as the application's flags say."""
        self.intents = {name: bool(flags & flag) for name, flag in LIMITED_FLAGS.items()}

    def start_limit(self) -> Json:
        """session_start_limit, as GET /gateway/bot tells it; reset_after in milliseconds."""
        left_s = max(0.0, self._day_ends - self.clock.now())
        return {
            "total": STARTS_A_DAY,
            "remaining": STARTS_A_DAY - (self._starts if left_s else 0),
            "reset_after": round(left_s * 1000),
            "max_concurrency": self.max_concurrency or 1,
        }

    def may_start(self, shard: int) -> bool:
        """Count one IDENTIFY; False when the shards of its bucket have identified within the last five seconds."""
        now = self.clock.now()
        if self.max_concurrency is not None:
            bucket = shard % self.max_concurrency
            if now - self._identified.get(bucket, -IDENTIFY_WINDOW_S) < IDENTIFY_WINDOW_S:
                return False
            self._identified[bucket] = now
        if now >= self._day_ends:
            self._starts, self._day_ends = 0, now + DAY_S
        self._starts += 1
        return True

    def used_up(self) -> bool:
        """Whether all of a day's starts are used: Discord then resets the bot's token."""
        return self.clock.now() < self._day_ends and self._starts >= STARTS_A_DAY
