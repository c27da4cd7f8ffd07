"""Where nothing can be written or changed: in forums, and in threads that are archived or locked.

https://docs.discord.com/developers/topics/threads
"""

from playground.errors import ApiError
from playground.state.permissions import MANAGE_THREADS
from playground.state.seed import CATEGORY, CHANNELS, FORUM, MEDIA, THREADS, permissions


def check_writable(channel_id: str, author_id: str | None) -> None:
    """Raise ApiError where no message can go: 50008 in a forum, 160005 or 50083 in a locked thread.

    `author_id` is None for the answer to an interaction, which a lock does not hold up."""
    channel = CHANNELS.get(channel_id)
    if channel is not None and channel.kind in (CATEGORY, FORUM, MEDIA):
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    thread = THREADS.get(channel_id)
    if thread is None or not thread.locked or author_id is None:
        return
    if not permissions(author_id, channel_id) & MANAGE_THREADS:
        raise archived() if thread.archived else ApiError(400, 160005, "This thread is locked")


def check_not_archived(channel_id: str) -> None:
    """Raise ApiError 50083 in an archived thread; writing would open it again, but no other change does."""
    thread = THREADS.get(channel_id)
    if thread is not None and thread.archived:
        raise archived()


def archived() -> ApiError:
    return ApiError(400, 50083, "Thread is archived")
