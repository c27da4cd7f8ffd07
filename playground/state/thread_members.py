"""Who is in a thread.

https://docs.discord.com/developers/resources/channel#thread-member-object
"""

from playground.errors import ApiError, missing_access, missing_permissions
from playground.state import permissions as bits
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.guild_objects import member_json
from playground.state.message import RECIPIENT_ADD, RECIPIENT_REMOVE
from playground.state.messages import Messages
from playground.state.seed import BOT_ID, THREADS, permissions
from playground.state.thread import Thread
from playground.state.writable import check_not_archived
from playground.types import Json

MOST_MEMBERS = 1000


class ThreadMembers:
    """Joining and leaving threads."""

    def __init__(self, clock: Clock, events: Events, messages: Messages) -> None:
        self._clock, self._events, self._messages = clock, events, messages
        events.on_event.append(self._left_guild)

    def _left_guild(self, name: str, data: Json) -> None:
        """Who leaves the guild leaves its threads, without an event of their own."""
        if name == "GUILD_MEMBER_REMOVE":
            for thread in THREADS.values():
                if thread.members.pop(data["user"]["id"], None) is not None:
                    self._events.changed("thread", thread.state_json())

    def add(self, thread: Thread, user_id: str, by: str) -> None:
        """Somebody joins, or is added by another. Raises ApiError 50083, 50013 or 30033."""
        check_not_archived(thread.id)
        if user_id in thread.members:
            return
        held = permissions(by, thread.id)
        if not held & bits.VIEW_CHANNEL:
            raise missing_access()
        if by != user_id:
            if not held & bits.SEND_MESSAGES_IN_THREADS or not may_invite(by, thread):
                raise missing_permissions()
            if not permissions(user_id, thread.parent_id) & bits.VIEW_CHANNEL:
                raise missing_access()
        if len(thread.members) >= MOST_MEMBERS:
            raise ApiError(400, 30033, f"Maximum number of thread participants has been reached ({MOST_MEMBERS})")
        self.join(thread, [user_id])
        if by != user_id:
            self._messages.add_system(thread.id, by, RECIPIENT_ADD, mentions=[user_id])

    def remove(self, thread: Thread, user_id: str, by: str) -> None:
        """Somebody leaves, or is removed by another. Raises ApiError 50083 or 50013."""
        check_not_archived(thread.id)
        may = permissions(by, thread.id) & bits.MANAGE_THREADS or (thread.private and by == thread.owner_id)
        if by != user_id and not may:
            raise missing_permissions()
        if user_id not in thread.members:
            return
        self.tell(thread, [], [user_id])
        if by != user_id:
            self._messages.add_system(thread.id, by, RECIPIENT_REMOVE, mentions=[user_id])

    def join(self, thread: Thread, users: list[str]) -> None:
        """Make members of those who are none yet and can see its channel."""
        new = [
            user
            for user in dict.fromkeys(users)
            if user not in thread.members and permissions(user, thread.parent_id) & bits.VIEW_CHANNEL
        ]
        if not new:
            return
        for user in new:
            thread.members[user] = self._clock.now()
        if thread.private and BOT_ID in new:  # it had not known that there is one
            self._events.emit("THREAD_CREATE", thread.seen_by(BOT_ID))
        self.tell(thread, new, [])

    def tell(self, thread: Thread, added: list[str], removed: list[str]) -> None:
        """THREAD_MEMBERS_UPDATE, and for the bot itself THREAD_MEMBER_UPDATE; those removed are members till then,
        so that one who cannot see the thread afterwards still hears of it."""
        left = [user for user in thread.members if user not in removed]
        data: Json = {"id": thread.id, "guild_id": thread.guild_id, "member_count": min(len(left), 50)}
        if added:
            data["added_members"] = [
                {**thread.member_json(user), "member": member_json(user), "presence": None} for user in added
            ]
        if removed:
            data["removed_member_ids"] = removed
        self._events.emit("THREAD_MEMBERS_UPDATE", data)
        if BOT_ID in added:
            me = {**thread.member_json(BOT_ID), "guild_id": thread.guild_id}
            self._events.emit("THREAD_MEMBER_UPDATE", me)
        for user in removed:
            del thread.members[user]
        self._events.changed("thread", thread.state_json())


def may_invite(user_id: str, thread: Thread) -> bool:
    """Whether somebody in the thread may bring others: in a private one that is up to `invitable`."""
    if not thread.private or thread.invitable or user_id == thread.owner_id:
        return True
    return bool(permissions(user_id, thread.id) & bits.MANAGE_THREADS)
