"""What writing in a thread does to it, and not writing: it is opened again, or archived.

https://docs.discord.com/developers/topics/threads#active--archived-threads
"""

from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.message import RECIPIENT_ADD, RECIPIENT_REMOVE, THREAD_STARTER, Message
from playground.state.messages import Messages
from playground.state.seed import BOT_ID, MEMBERS, THREADS
from playground.state.thread import Thread
from playground.state.thread_members import ThreadMembers, may_invite


class ThreadActivity:
    def __init__(self, clock: Clock, events: Events, messages: Messages, members: ThreadMembers) -> None:
        self._clock, self._events, self._members = clock, events, members
        messages.on_add.append(self._written)
        messages.on_remove.append(self._unwritten)

    def changed(self, thread: Thread) -> None:
        """Tell everyone what a thread is now."""
        self._events.emit("THREAD_UPDATE", thread.seen_by(BOT_ID))
        self._events.changed("thread", thread.state_json())

    def watch(self, thread: Thread) -> None:
        """Archive the thread once nobody has written for as long as it says."""

        def rest() -> None:
            if THREADS.get(thread.id) is not thread or thread.archived or thread.due != due:
                return
            if self._clock.now() < thread.active + 60 * thread.auto_archive_minutes:
                self.watch(thread)
                return
            thread.archived, thread.archived_changed = True, self._clock.now()
            self.changed(thread)

        if not thread.archived:
            due = thread.due = thread.active + 60 * thread.auto_archive_minutes
            self._clock.at(due, rest)

    def _written(self, message: Message) -> None:
        """Open it again, count, make members of the author and of those whom the message mentions."""
        thread = THREADS.get(message.channel_id)
        if thread is None or message.ephemeral_to is not None:
            return
        thread.active = self._clock.now()
        if thread.archived:
            thread.archived, thread.archived_changed = False, thread.active
            self.changed(thread)
            self.watch(thread)
        message.position = thread.messages
        if message.type != THREAD_STARTER and message.id != thread.id:
            thread.messages += 1
            thread.sent += 1
        if message.type not in (RECIPIENT_ADD, RECIPIENT_REMOVE):
            mentioned = message.mentions if may_invite(message.author_id, thread) else []
            whom = [message.author_id, *mentioned]
            self._members.join(thread, [user for user in whom if user in MEMBERS])

    @staticmethod
    def _unwritten(message: Message) -> None:
        thread = THREADS.get(message.channel_id)
        if thread is not None and message.type != THREAD_STARTER and message.id != thread.id:
            thread.messages = max(0, thread.messages - 1)
