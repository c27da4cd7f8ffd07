"""Which threads the bot sees, and THREAD_LIST_SYNC when it comes to see more.

https://docs.discord.com/developers/events/gateway-events#thread-list-sync
"""

from playground.state.events import Events
from playground.state.permissions import VIEW_CHANNEL
from playground.state.seed import BOT_ID, CHANNELS, GUILD_ID, THREADS, permissions
from playground.state.thread import Thread
from playground.types import Json

CHANGES_ACCESS = (
    "CHANNEL_CREATE",
    "CHANNEL_UPDATE",
    "GUILD_ROLE_UPDATE",
    "GUILD_ROLE_DELETE",
    "GUILD_MEMBER_UPDATE",
)


def active_threads(channel_id: str | None = None) -> list[Thread]:
    """Those not archived that the bot sees, in one channel or in all, newest first."""
    found = [
        thread
        for thread in THREADS.values()
        if not thread.archived
        and channel_id in (None, thread.parent_id)
        and permissions(BOT_ID, thread.id) & VIEW_CHANNEL
    ]
    return sorted(found, key=lambda thread: int(thread.id), reverse=True)


def listed(threads: list[Thread]) -> Json:
    """Threads, and what the bot is in those that it is in, as lists of threads have them."""
    mine = [thread.member_json(BOT_ID) for thread in threads if BOT_ID in thread.members]
    return {"threads": [thread.as_json() for thread in threads], "members": mine}


def visible_channels() -> set[str]:
    return {channel for channel in CHANNELS if permissions(BOT_ID, channel) & VIEW_CHANNEL}


class ThreadAccess:
    """Notes which channels the bot sees, and sends what is in those that it gains."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._seen = visible_channels()
        events.on_event.append(self._hear)

    def _hear(self, name: str, _: Json) -> None:
        if name not in CHANGES_ACCESS:
            return
        now = visible_channels()
        gained, self._seen = now - self._seen, now
        for channel in sorted(gained):
            threads = active_threads(channel)
            if threads:
                data = {"guild_id": GUILD_ID, "channel_ids": [channel], **listed(threads)}
                self._events.emit("THREAD_LIST_SYNC", data)
