"""All messages: made, edited and deleted as Discord does it, everyone told."""

from collections import UserDict
from collections.abc import Callable
from typing import Any

from playground.errors import ApiError, invalid_form, unknown
from playground.request_body import Upload
from playground.rules.components import numbered
from playground.rules.messages import (
    COMPONENTS_V2,
    EPHEMERAL,
    HAS_SNAPSHOT,
    LOADING,
    SETTABLE_ON_CREATE,
    SUPPRESS_EMBEDS,
    check_message,
)
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.files import Attachment, Files, Sticker, make_attachment
from playground.state.guild_objects import member_json
from playground.state.interaction import Interaction
from playground.state.mentions import find_mentions
from playground.state.message import DEFAULT, REPLY, Message, check_not_empty
from playground.state.message_json import message_json
from playground.state.poll import new_poll
from playground.state.portal import Portal
from playground.state.references import forwarded_message, replied_to
from playground.state.seed import MEMBERS, channel_json, guild_part, in_guild, place
from playground.state.snowflake import Snowflakes
from playground.state.writable import check_not_archived, check_writable
from playground.types import Json

NONCE_LIVES_S = 5 * 60
MOST_MESSAGES = 20_000
MOST_BYTES = 1024**3
"""Of files; beyond either the oldest messages go, as if they had never been."""
DEFAULT_SIZE_LIMIT = 10 * 1024 * 1024


class Messages(UserDict[str, Message]):
    """Messages by id, oldest first."""

    def __init__(self, clock: Clock, ids: Snowflakes, files: Files, events: Events, portal: Portal) -> None:
        super().__init__()
        self.size_limit = DEFAULT_SIZE_LIMIT
        self._clock, self._ids, self._files, self._events = clock, ids, files, events
        self._portal = portal
        self._nonces: dict[tuple[str, str, str], tuple[float, str]] = {}
        self.on_add: list[Callable[[Message], None]] = []
        self.on_remove: list[Callable[[Message], None]] = []

    def _message_event(self, name: str, message: Message) -> None:
        if message.ephemeral_to is None:
            where = channel_json(message.channel_id)
            data = {**self.as_json(message), **guild_part(message.channel_id), "channel_type": where["type"]}
            if not message.webhook and in_guild(message.channel_id) and message.author_id in MEMBERS:
                data["member"] = member_json(message.author_id, with_user=False)
            self._events.emit(name, data)
        self._events.changed("message", self.state_json(message))

    def as_json(self, message: Message, *, full: bool = False) -> Json:
        """The message object for the bot; `full` shows it also what other users wrote to each other."""
        return message_json(message, self, self._files, full=full or self._portal.intents["message_content"])

    def state_json(self, message: Message) -> Json:
        """For the page and tests: the whole message and what only the playground knows of it."""
        return {
            **self.as_json(message, full=True),
            "ephemeral_to": message.ephemeral_to,
            "loading": message.loading,
            "interaction_id": message.interaction_id,
            "edits": message.edits,
            "votes": {} if message.poll is None else message.poll.votes,
            "reacted": {emoji: list(users) for emoji, users in message.reactions.items()},
        }

    def find(self, channel_id: str, message_id: str) -> Message:
        """A message that everyone in the channel sees. Raises ApiError 10008."""
        message = self.get(message_id)
        if message is None or message.channel_id != channel_id or message.ephemeral_to is not None:
            raise unknown(10008)
        return message

    def post(
        self,
        channel_id: str,
        author_id: str,
        payload: Json,
        files: dict[int, Upload],
        *,
        interaction: Interaction | None = None,
        **more: Any,
    ) -> Message:
        """Make a message and tell everyone; `more` is for `made`. Raises ApiError for a body that Discord would
        refuse."""
        if payload.get("enforce_nonce") and payload.get("nonce") is not None and interaction is None:
            earlier = self._by_nonce(channel_id, author_id, str(payload["nonce"]))
            if earlier is not None:
                return earlier
        message = self.made(channel_id, author_id, payload, files, interaction=interaction, **more)
        if message.nonce is not None:
            self._nonces.pop(key := (channel_id, author_id, str(message.nonce)), None)  # the newest are last
            self._nonces[key] = (message.created, message.id)
            while self._nonces[(oldest := next(iter(self._nonces)))][0] < message.created - NONCE_LIVES_S:
                del self._nonces[oldest]
        return self.add(message)

    def made(
        self,
        channel_id: str,
        author_id: str,
        payload: Json,
        files: dict[int, Upload],
        *,
        interaction: Interaction | None = None,
        kind: int = DEFAULT,
        reference_id: str | None = None,
        size_limit: int | None = None,
        loading: bool = False,
        id_: str | None = None,
        author: Json | None = None,
    ) -> Message:
        """A message of a body, not yet in its channel. Raises ApiError for one that Discord would refuse."""
        check_writable(channel_id, author_id if interaction is None and author is None else None)
        check_message(payload, files, size_limit=size_limit or self.size_limit)
        forwarded: Message | None = None
        reference = payload.get("message_reference")
        if isinstance(reference, dict) and reference.get("type") == 1:
            forwarded = forwarded_message(author_id, reference, payload, self, self._ids)
        elif reference_id is None and isinstance(reference, dict):
            reference_id, kind = replied_to(channel_id, reference, self), REPLY
            if reference_id is None:
                kind = DEFAULT
        flags = (payload.get("flags") or 0) & SETTABLE_ON_CREATE
        ephemeral = interaction is not None and bool((payload.get("flags") or 0) & EPHEMERAL)
        message = Message(
            id=id_ or self._ids.next(),
            channel_id=channel_id,
            author_id=author_id,
            created=self._clock.now(),
            type=kind,
            content=payload.get("content") or "",
            flags=flags
            | (EPHEMERAL if ephemeral else 0)
            | (LOADING if loading else 0)
            | (HAS_SNAPSHOT if forwarded else 0),
            embeds=[{"type": "rich", **embed} for embed in payload.get("embeds") or []],
            components=numbered(payload.get("components") or []),
            reference_id=reference_id,
            forwarded=forwarded,
            stickers=self._stickers(payload.get("sticker_ids") or []),
            nonce=payload.get("nonce") if interaction is None else None,
            webhook=interaction is not None,
            author=author,
            poll=new_poll(payload.get("poll"), self._clock.now()),
        )
        if interaction is not None:
            message.interaction_id = interaction.id
            message.metadata = interaction.metadata()
            message.ephemeral_to = interaction.user_id if ephemeral else None
        message.attachments = self._new_files(message, payload, files)
        if not loading:
            check_not_empty(message)
        find_mentions(message, payload.get("allowed_mentions"), self)
        return message

    def add(self, message: Message) -> Message:
        """Put a finished message where it belongs, and tell everyone."""
        for attachment in [*message.attachments, *(message.forwarded.attachments if message.forwarded else [])]:
            self._files.store(attachment)
        for listener in self.on_add:
            listener(message)
        self[message.id] = message
        if (where := place(message.channel_id)) is not None and message.ephemeral_to is None:
            where.last_message_id = message.id
        self._message_event("MESSAGE_CREATE", message)
        while len(self) > MOST_MESSAGES or (self._files.size > MOST_BYTES and len(self) > 1):
            self.drop(next(iter(self.values())))
        return message

    def add_system(self, channel_id: str, author_id: str, kind: int, **more: Any) -> Message:
        """A message that Discord itself writes of what somebody did; `more` are fields of Message."""
        now = self._clock.now()
        return self.add(Message(self._ids.next(), channel_id, author_id, now, kind, **more))

    def updated(self, message: Message) -> None:
        """Tell everyone of a change that no PATCH made."""
        self._message_event("MESSAGE_UPDATE", message)

    def _by_nonce(self, channel_id: str, author_id: str, nonce: str) -> Message | None:
        made, message_id = self._nonces.get((channel_id, author_id, nonce), (0.0, ""))
        return self.get(message_id) if self._clock.now() - made < NONCE_LIVES_S else None

    def _stickers(self, ids: Any) -> list[Sticker]:
        """Raises ApiError 50081 for one that is not known, 50035 for more than three."""
        if not isinstance(ids, list) or len(ids) > 3:
            raise invalid_form({"sticker_ids": ("BASE_TYPE_MAX_LENGTH", "Must be 3 or fewer in length.")})
        if any(str(key) not in self._files.stickers for key in ids):
            raise ApiError(400, 50081, "Invalid sticker sent")
        return [self._files.stickers[str(key)] for key in ids]

    def _new_files(self, message: Message, payload: Json, files: dict[int, Upload]) -> list[Attachment]:
        """The attachments a body leaves on the message: those it keeps by id and those it brings as files[n].

        Listed ones only, when it lists any; else those there were, then every file."""
        existing = {a.id: a for a in message.attachments}
        if "attachments" not in payload:
            listed: list[Json] = [{"id": key} for key in existing] + [{"id": n} for n in files]
        else:
            listed = payload["attachments"] or []
        result: list[Attachment] = []
        for i, entry in enumerate(listed):
            key = str(entry.get("id"))
            if key in existing:
                kept = existing[key]
                if "description" in entry:
                    kept.description = entry["description"]
                result.append(kept)
            elif key.isdigit() and int(key) in files:
                upload = files[int(key)]
                hidden = message.ephemeral_to is not None
                made = make_attachment(self._ids.next(), message.channel_id, upload, entry, ephemeral=hidden)
                result.append(made)
            else:
                problem = f"Attachment {key} is neither on this message nor among the files sent."
                raise invalid_form({f"attachments/{i}/id": ("ATTACHMENT_NOT_FOUND", problem)})
        if len(result) > 10:
            raise ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")
        return result

    def edit(
        self, message: Message, payload: Json, files: dict[int, Upload], *, size_limit: int | None = None
    ) -> Message:
        """Apply a PATCH: what the body does not name stays. Raises ApiError and then changes nothing."""
        check_not_archived(message.channel_id)
        if message.poll is not None:
            raise ApiError(400, 520003, "Cannot edit a poll message")
        v2 = bool(message.flags & COMPONENTS_V2)
        check_message(payload, files, size_limit=size_limit or self.size_limit, v2=v2)
        attachments = self._new_files(message, payload, files)
        old = (message.content, message.embeds, message.components, message.attachments, message.flags)
        message.attachments = attachments
        if "content" in payload:
            message.content = payload["content"] or ""
        if "embeds" in payload:
            message.embeds = [{"type": "rich", **embed} for embed in payload["embeds"] or []]
        if "components" in payload:
            message.components = numbered(payload["components"] or [])
        if payload.get("flags") is not None:
            asked = payload["flags"]
            message.flags = message.flags & ~SUPPRESS_EMBEDS | asked & (SUPPRESS_EMBEDS | COMPONENTS_V2)
        try:
            check_not_empty(message)
        except ApiError:
            message.content, message.embeds, message.components, message.attachments, message.flags = old
            raise
        find_mentions(message, payload.get("allowed_mentions"), self)
        for attachment in old[3]:
            if attachment not in attachments:
                self._files.pop(attachment.id, None)
        for attachment in attachments:
            self._files.store(attachment)
        if message.loading:
            message.flags &= ~LOADING
        else:
            message.edited = self._clock.now()
        message.edits += 1
        self._message_event("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        self._forget(message)
        where = {"id": message.id, "channel_id": message.channel_id, **guild_part(message.channel_id)}
        if message.ephemeral_to is None:
            self._events.emit("MESSAGE_DELETE", where)
        self._events.changed("message_delete", where)

    def delete_many(self, channel_id: str, messages: list[Message]) -> None:
        """What bulk delete does: one event for all."""
        for message in messages:
            self._forget(message)
            self._events.changed("message_delete", {"id": message.id, "channel_id": channel_id})
        ids = [message.id for message in messages]
        self._events.emit("MESSAGE_DELETE_BULK", {"ids": ids, "channel_id": channel_id, **guild_part(channel_id)})

    def drop(self, message: Message) -> None:
        """Lose a message without an event of its own: with its channel, or because it is old."""
        self._forget(message)
        self._events.changed("message_delete", {"id": message.id, "channel_id": message.channel_id})

    def _forget(self, message: Message) -> None:
        del self[message.id]
        for listener in self.on_remove:
            listener(message)
        for attachment in [*message.attachments, *(message.forwarded.attachments if message.forwarded else [])]:
            self._files.pop(attachment.id, None)
