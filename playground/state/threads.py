"""All threads: started, joined, archived and deleted as Discord does it, everyone told.

https://docs.discord.com/developers/topics/threads. What somebody may not do is refused (50013).
"""

from playground.errors import ApiError, invalid_form, missing_access, missing_permissions
from playground.request_body import Upload
from playground.rules.messages import HAS_THREAD
from playground.rules.threads import DEFAULT_ARCHIVE_AFTER, PINNED, check_thread, chosen_tags
from playground.state import permissions as bits
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.message import CHANNEL_NAME_CHANGE, NOT_DELETABLE, THREAD_CREATED, THREAD_STARTER, Message
from playground.state.messages import Messages
from playground.state.seed import ANNOUNCEMENT, BOT_ID, CHANNELS, GUILD_ID, MEMBERS, TEXT, THREADS, permissions
from playground.state.snowflake import Snowflakes
from playground.state.thread import ANNOUNCEMENT_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, Thread
from playground.state.thread_activity import ThreadActivity
from playground.state.thread_members import ThreadMembers
from playground.state.webhooks import Webhook
from playground.state.writable import archived
from playground.types import Json

KINDS_IN = {TEXT: (PUBLIC_THREAD, PRIVATE_THREAD), ANNOUNCEMENT: (ANNOUNCEMENT_THREAD,)}
MOST_ACTIVE = 1000
FIELDS = {
    "name": "name",
    "archived": "archived",
    "locked": "locked",
    "invitable": "invitable",
    "auto_archive_duration": "auto_archive_minutes",
    "rate_limit_per_user": "rate_limit_per_user",
    "applied_tags": "tags",
    "flags": "flags",
}
"""A PATCH's fields, and what they are called here."""


class Threads:
    """What happens to THREADS."""

    def __init__(self, clock: Clock, ids: Snowflakes, events: Events, messages: Messages, audit: AuditLog) -> None:
        self._clock, self._ids, self._events, self._messages = clock, ids, events, messages
        self._audit = audit
        self.members = ThreadMembers(clock, events, messages)
        self._activity = ThreadActivity(clock, events, messages, self.members)
        events.on_event.append(self._channel_gone)

    def start_from(self, message: Message, act: Act, payload: Json) -> Thread:
        """A thread about a message. Raises ApiError 50035, 50013, 50024, 50021, 160004 or 160006."""
        by = act.by
        check_thread(payload, needs_name=True)
        kind = self._kind(message.channel_id, None)
        _need(by, message.channel_id, bits.CREATE_PUBLIC_THREADS)
        if message.id in THREADS:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        if message.type in (*NOT_DELETABLE, THREAD_CREATED):
            raise ApiError(400, 50021, "Cannot execute action on a system message")
        thread = self._new(message.id, message.channel_id, by, payload, kind)
        self._begin(thread, act)
        message.flags |= HAS_THREAD
        self._messages.updated(message)
        where = {"reference_id": message.id, "reference_channel_id": message.channel_id}
        self._messages.add_system(thread.id, by, THREAD_STARTER, **where)
        return thread

    def start(self, channel_id: str, act: Act, payload: Json) -> Thread:
        """A thread about nothing yet: private unless `type` says otherwise. Raises ApiError."""
        by = act.by
        check_thread(payload, needs_name=True)
        kind = self._kind(channel_id, payload.get("type") or PRIVATE_THREAD)
        private = kind == PRIVATE_THREAD
        _need(by, channel_id, bits.CREATE_PRIVATE_THREADS if private else bits.CREATE_PUBLIC_THREADS)
        thread = self._new(self._ids.next(), channel_id, by, payload, kind)
        if payload.get("invitable") is not None:
            thread.invitable = payload["invitable"]
        self._begin(thread, act)
        if not private:
            about = {"content": thread.name, "reference_channel_id": thread.id}
            self._messages.add_system(channel_id, by, THREAD_CREATED, **about)
        return thread

    def post(
        self,
        forum_id: str,
        act: Act,
        payload: Json,
        files: dict[int, Upload],
        *,
        webhook: Webhook | None = None,
        author: Json | None = None,
    ) -> tuple[Thread, Message]:
        """A post in a forum: a thread and the message that it begins with. With a `webhook` it is by that, which
        needs no permissions, and shows `author`. Raises ApiError."""
        by = act.by
        check_thread(payload, needs_name=True)
        if webhook is None:
            _need(by, forum_id, bits.SEND_MESSAGES | (bits.ATTACH_FILES if files else 0))
        moderates = webhook is None and bool(permissions(by, forum_id) & bits.MANAGE_THREADS)
        tags = chosen_tags(payload.get("applied_tags"), CHANNELS[forum_id].as_json(), moderates=moderates)
        thread = self._new(self._ids.next(), forum_id, by, payload, PUBLIC_THREAD)
        thread.tags = tags
        THREADS[thread.id] = thread  # for the message to have a place; it may yet be refused
        try:
            message = self._messages.made(
                thread.id, by, payload.get("message") or {}, files, id_=thread.id, author=author
            )
        except Exception:
            del THREADS[thread.id]
            raise
        if webhook is not None:
            message.webhook_id, message.application_id = webhook.id, webhook.application_id
        self._begin(thread, act)
        self._messages.add(message)
        CHANNELS[forum_id].last_message_id = thread.id
        return thread, message

    def edit(self, thread: Thread, act: Act, changes: Json) -> None:
        """Apply a PATCH. Raises ApiError 50035, 50013, 50083, 160006, 30047, or what `chosen_tags` does."""
        check_thread(changes, needs_name=False)
        changes = {key: value for key, value in changes.items() if value is not None}
        reopens = thread.archived and changes.get("archived") is False
        if thread.archived and not reopens:
            raise archived()
        moderates = self._check_edit(thread, act.by, changes, reopens=reopens)
        if reopens:
            self._check_room()
        if "applied_tags" in changes:
            forum = CHANNELS[thread.parent_id].as_json()
            changes["applied_tags"] = chosen_tags(changes["applied_tags"], forum, moderates=moderates)
        if changes.get("flags", 0) & PINNED and any(
            other.parent_id == thread.parent_id and other.flags & PINNED and other is not thread
            for other in THREADS.values()
        ):
            raise ApiError(400, 30047, "Maximum number of pinned threads in a forum channel has been reached (1)")
        renamed, before = changes.get("name", thread.name) != thread.name, _logged(thread)
        for key, name in FIELDS.items():
            if key in changes:
                setattr(thread, name, changes[key])
        if "archived" in changes and (reopens or changes["archived"]):
            thread.archived_changed = thread.active = self._clock.now()
        self._activity.changed(thread)
        self._audit.add(act, Action.THREAD_UPDATE, thread.id, changed(before, _logged(thread)))
        self._activity.watch(thread)
        if renamed and not thread.archived:
            self._messages.add_system(thread.id, act.by, CHANNEL_NAME_CHANGE, content=thread.name)

    @staticmethod
    def _check_edit(thread: Thread, by: str, changes: Json, *, reopens: bool) -> bool:
        """Whether `by` moderates threads here. Raises ApiError 50013 for changes that they may not make."""
        held = permissions(by, thread.id)
        if held & bits.MANAGE_THREADS:
            return True
        only_reopens = reopens and set(changes) == {"archived"} and held & bits.SEND_MESSAGES_IN_THREADS
        own = by == thread.owner_id and not set(changes) & {"locked", "rate_limit_per_user", "flags"}
        if thread.locked or not (only_reopens or own):
            raise missing_permissions()
        return False

    def delete(self, thread: Thread, act: Act) -> None:
        """With everything in it. Raises ApiError 50013."""
        _need(act.by, thread.id, bits.MANAGE_THREADS)
        where = {"id": thread.id, "guild_id": GUILD_ID, "parent_id": thread.parent_id, "type": thread.kind}
        self._events.emit("THREAD_DELETE", where)
        self._audit.add(act, Action.THREAD_DELETE, thread.id, changed(_logged(thread), {}))
        self._forget(thread)

    def _forget(self, thread: Thread) -> None:
        del THREADS[thread.id]
        for message in [m for m in self._messages.values() if m.channel_id == thread.id]:
            self._messages.drop(message)
        self._events.changed("thread_delete", {"id": thread.id, "parent_id": thread.parent_id})

    def _kind(self, channel_id: str, wanted: object) -> int:
        """The kind of a new thread in a channel. Raises ApiError 50024 where there are none, 50035 for another."""
        channel = CHANNELS.get(channel_id)
        kinds = KINDS_IN.get(channel.kind) if channel is not None else None
        if kinds is None:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        if wanted is None:
            return kinds[0]
        if wanted not in kinds:
            raise invalid_form({"type": ("BASE_TYPE_CHOICES", f"Value must be one of {kinds}.")})
        return int(str(wanted))

    @staticmethod
    def _check_room() -> None:
        if sum(not thread.archived for thread in THREADS.values()) >= MOST_ACTIVE:
            raise ApiError(400, 160006, "Maximum number of active threads reached")

    def _new(self, id_: str, parent_id: str, by: str, payload: Json, kind: int) -> Thread:
        self._check_room()
        usual = CHANNELS[parent_id].settings
        minutes = payload.get("auto_archive_duration") or usual.get("default_auto_archive_duration")
        pause = payload.get("rate_limit_per_user")
        now = self._clock.now()
        return Thread(
            id=id_,
            guild_id=GUILD_ID,
            parent_id=parent_id,
            owner_id=by,
            name=payload["name"].strip(),
            created=now,
            kind=kind,
            auto_archive_minutes=minutes or DEFAULT_ARCHIVE_AFTER,
            rate_limit_per_user=usual.get("default_thread_rate_limit_per_user", 0) if pause is None else pause,
            archived_changed=now,
            active=now,
            members={by: now} if by in MEMBERS else {},
        )

    def _begin(self, thread: Thread, act: Act) -> None:
        """Put a new thread in its place, with whoever began it as its member, and tell everyone."""
        THREADS[thread.id] = thread
        self._events.emit("THREAD_CREATE", {**thread.seen_by(BOT_ID), "newly_created": True})
        self._events.changed("thread", thread.state_json())
        if thread.owner_id in thread.members:
            self.members.tell(thread, [thread.owner_id], [])
        self._audit.add(act, Action.THREAD_CREATE, thread.id, changed({}, _logged(thread)))
        self._activity.watch(thread)

    def _channel_gone(self, name: str, data: Json) -> None:
        """A channel's threads go with it, without a word of their own."""
        if name == "CHANNEL_DELETE":
            for thread in [thread for thread in THREADS.values() if thread.parent_id == data["id"]]:
                self._forget(thread)


def _logged(thread: Thread) -> Json:
    about = thread.as_json()["thread_metadata"]
    kept = {key: about[key] for key in ("archived", "locked", "auto_archive_duration", "invitable") if key in about}
    pause = thread.rate_limit_per_user
    return {"name": thread.name, "type": thread.kind, **kept, "rate_limit_per_user": pause, "flags": thread.flags}


def _need(by: str, channel_id: str, needed: int) -> None:
    """Raise ApiError 50001 or 50013 when somebody may not do that there."""
    held = permissions(by, channel_id)
    if not held & bits.VIEW_CHANNEL:
        raise missing_access()
    if needed & ~held:
        raise missing_permissions()
