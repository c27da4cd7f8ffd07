"""Slow mode: how long somebody must wait until they may write again.

https://docs.discord.com/developers/resources/channel#channel-object-channel-structure (rate_limit_per_user)
"""

from collections.abc import Collection

from playground.errors import ApiError
from playground.state.message import Message
from playground.state.permissions import BYPASS_SLOWMODE, MANAGE_CHANNELS, MANAGE_MESSAGES, MANAGE_THREADS
from playground.state.seed import CHANNELS, THREADS, permissions


def check_slow_mode(user_id: str, channel_id: str, messages: Collection[Message], now: float) -> None:
    """Raise ApiError 20016 for a person who has written in the channel too lately; bots are not held up."""
    thread, channel = THREADS.get(channel_id), CHANNELS.get(channel_id)
    pause = thread.rate_limit_per_user if thread is not None else 0
    if channel is not None:
        pause = channel.settings.get("rate_limit_per_user") or 0
    exempt = BYPASS_SLOWMODE | MANAGE_MESSAGES | MANAGE_CHANNELS | (MANAGE_THREADS if thread is not None else 0)
    if not pause or permissions(user_id, channel_id) & exempt:
        return
    last = max(
        (one.created for one in messages if (one.author_id, one.channel_id) == (user_id, channel_id)), default=0
    )
    left = last + pause - now
    if left > 0:
        problem = "This action cannot be performed due to slowmode rate limit"
        raise ApiError(429, 20016, problem, extra={"retry_after": round(left, 3)})
