"""All state of the playground in one place: messages, files, reactions, commands and interactions.

Every change is told to `on_event` (what Discord's gateway would dispatch) and to `on_change` (what the page shows).
Routes and controls only parse and answer; what happens, happens here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from playground.clock import Clock, iso
from playground.commands import Commands
from playground.components import FILE, numbered
from playground.errors import ApiError, ControlError, invalid_form, unknown
from playground.forms import Upload
from playground.guild import (
    ADD_REACTIONS,
    BOT_ID,
    CHANNELS,
    DIRECTS,
    IN_BOT_DM,
    READ_MESSAGE_HISTORY,
    USERS,
    VIEW_CHANNEL,
    context_of,
    guild_part,
    member_json,
    permissions,
)
from playground.imagesize import picture_type
from playground.interactions import ACKNOWLEDGE_WITHIN_S, TOKEN_LIVES_S, Interaction
from playground.messages import (
    COMPONENTS_V2,
    DEFAULT,
    EPHEMERAL,
    HAS_SNAPSHOT,
    LOADING,
    REPLY,
    SETTABLE_ON_CREATE,
    SUPPRESS_EMBEDS,
    Attachment,
    Message,
    Sticker,
    check_message,
    check_not_empty,
    make_attachment,
    safe_filename,
)
from playground.snowflake import Snowflakes

Json = dict[str, Any]
Listener = Callable[[str, Json], None]

URL_LIVES_S = 24 * 3600
NONCE_LIVES_S = 5 * 60
DEFAULT_SIZE_LIMIT = 10 * 1024 * 1024
MENTION = re.compile(r"<@!?(\d{1,20})>")
SNAPSHOT_KEYS = (
    "type",
    "content",
    "mentions",
    "mention_roles",
    "attachments",
    "embeds",
    "timestamp",
    "edited_timestamp",
    "flags",
    "components",
    "sticker_items",
)
CUSTOM_EMOJI = re.compile(r"(?:a:)?\w+:\d{1,20}\Z")


def check_emoji(emoji: str) -> str:
    """An emoji as reactions key it. Raises ApiError 10014 for what is neither unicode emoji nor name:id."""
    plain_text = not emoji or len(emoji) > 40 or any(ch.isascii() and ch not in "#*0123456789" for ch in emoji)
    if CUSTOM_EMOJI.match(emoji) is None and (plain_text or emoji.isascii() or emoji.isalpha()):
        raise ApiError(400, 10014, "Unknown Emoji")
    return emoji


def emoji_json(emoji: str) -> Json:
    if CUSTOM_EMOJI.match(emoji):
        name, _, id_ = emoji.removeprefix("a:").partition(":")
        return {"id": id_, "name": name}
    return {"id": None, "name": emoji}


class World:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.commands = Commands(self.ids)
        self.messages: dict[str, Message] = {}
        self.files: dict[str, Attachment] = {}
        self.stickers: dict[str, Sticker] = {}
        self.interactions: dict[str, Interaction] = {}
        self.locales: dict[str, str] = {}
        self.cdn_base = ""
        self.size_limit = DEFAULT_SIZE_LIMIT
        self.on_event: list[Listener] = []
        self.on_change: list[Listener] = []
        self._tokens: dict[str, Interaction] = {}
        self._nonces: dict[tuple[str, str, str], tuple[float, str]] = {}
        self._key = secrets.token_bytes(32)

    # What others hear of it

    def emit(self, name: str, data: Json) -> None:
        for listener in self.on_event:
            listener(name, data)

    def changed(self, what: str, data: Json) -> None:
        for listener in self.on_change:
            listener(what, data)

    def _message_event(self, name: str, message: Message) -> None:
        if message.ephemeral_to is None:
            data = {**self.message_json(message), **guild_part(message.channel_id)}
            if not message.webhook and message.channel_id in CHANNELS:
                data["member"] = member_json(message.author_id, with_user=False)
            self.emit(name, data)
        self.changed("message", self.state_json(message))

    # Files and their signed addresses

    def store(self, attachment: Attachment) -> Attachment:
        self.files[attachment.id] = attachment
        return attachment

    def _signature(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._key, f"{path}?{expires}&{issued}".encode(), hashlib.sha256).hexdigest()

    @staticmethod
    def _file_path(attachment: Attachment) -> str:
        return f"/{attachment.kind}/{attachment.channel_id}/{attachment.id}/{safe_filename(attachment.filename)}"

    def file_url(self, attachment: Attachment) -> str:
        path = self._file_path(attachment)
        now = int(self.clock.now())
        expires, issued = f"{now + URL_LIVES_S:x}", f"{now:x}"
        signature = self._signature(path, expires, issued)
        return f"{self.cdn_base}{quote(path)}?ex={expires}&is={issued}&hm={signature}&"

    def file_by_url(self, file_id: str, path: str, query: Mapping[str, str]) -> Attachment | None:
        """The file at a CDN path (/attachments/1/2/cat.png); None when unknown, wrongly signed or expired."""
        attachment = self.files.get(file_id)
        if attachment is None or self._file_path(attachment) != path:
            return None
        expires, issued, given = (query.get(key, "") for key in ("ex", "is", "hm"))
        wanted = self._signature(self._file_path(attachment), expires, issued)
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            return None
        return attachment if int(expires, 16) > self.clock.now() else None

    def attachment_json(self, attachment: Attachment) -> Json:
        url = self.file_url(attachment)
        data: Json = {
            "id": attachment.id,
            "filename": attachment.filename,
            "size": attachment.size,
            "url": url,
            "proxy_url": url,
        }
        optional = {
            "content_type": attachment.content_type,
            "width": attachment.width,
            "height": attachment.height,
            "description": attachment.description,
            "title": attachment.title,
        }
        data.update({key: value for key, value in optional.items() if value is not None})
        if attachment.kind == "ephemeral-attachments":
            data["ephemeral"] = True
        return data

    # Messages as JSON

    def message_json(self, message: Message, *, full: bool = False, nested: bool = False) -> Json:
        """The message object for the bot. Other people's content is blank unless they mention it or write to it
        directly (the application has no message content intent); `full` shows it all the same."""
        theirs = message.author_id != BOT_ID and BOT_ID not in message.mentions
        hidden = theirs and not full and context_of(message.channel_id) != IN_BOT_DM
        in_embeds: set[str] = set()
        embeds = [] if hidden else self._with_files(message.embeds, message, in_embeds)
        components = [] if hidden else self._with_files(message.components, message, in_embeds)
        shown = [] if hidden else [a for a in message.attachments if a.id not in in_embeds]
        data: Json = {
            "id": message.id,
            "channel_id": message.channel_id,
            "type": message.type,
            "author": USERS[message.author_id].as_json(),
            "content": "" if hidden else message.content,
            "timestamp": iso(message.created),
            "edited_timestamp": iso(message.edited) if message.edited is not None else None,
            "tts": False,
            "mention_everyone": message.mention_everyone,
            "mentions": [USERS[user].as_json() for user in message.mentions],
            "mention_roles": [],
            "attachments": [self.attachment_json(a) for a in shown],
            "embeds": embeds,
            "components": components,
            "pinned": False,
            "flags": message.flags,
        }
        if message.reactions and not nested:
            data["reactions"] = [self._reaction_json(e, users) for e, users in message.reactions.items()]
        if message.nonce is not None:
            data["nonce"] = message.nonce
        if message.webhook:
            data["webhook_id"] = data["application_id"] = BOT_ID
        if message.metadata is not None:
            data["interaction_metadata"] = message.metadata
        if message.stickers:
            data["sticker_items"] = [sticker.item_json() for sticker in message.stickers]
        if message.forwarded is not None:
            data["message_reference"] = self._reference_json(1, message.forwarded)
            if not hidden:
                data["message_snapshots"] = [{"message": self._snapshot_json(message.forwarded)}]
        elif message.reference_id is not None:
            data["message_reference"] = {
                "type": 0,
                "channel_id": message.channel_id,
                "message_id": message.reference_id,
                **guild_part(message.channel_id),
            }
            if not nested:
                target = self.messages.get(message.reference_id)
                data["referenced_message"] = target and self.message_json(target, full=full, nested=True)
        return data

    @staticmethod
    def _reference_json(kind: int, target: Message) -> Json:
        where = {"channel_id": target.channel_id, "message_id": target.id, **guild_part(target.channel_id)}
        return {"type": kind, **where}

    def _snapshot_json(self, copied: Message) -> Json:
        """What a forwarded message shows of the original: its content, not who wrote it."""
        whole = self.message_json(copied, full=True, nested=True)
        return {key: whole[key] for key in SNAPSHOT_KEYS if key in whole}

    @staticmethod
    def _reaction_json(emoji: str, users: list[str]) -> Json:
        return {
            "emoji": emoji_json(emoji),
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "burst_colors": [],
            "me_burst": False,
            "me": BOT_ID in users,
        }

    def _with_files(self, value: Any, message: Message, used: set[str]) -> Any:
        """Embeds or components with attachment://name turned into the file's address."""
        if isinstance(value, list):
            return [self._with_files(item, message, used) for item in value]
        if not isinstance(value, dict):
            return value
        data = {key: self._with_files(item, message, used) for key, item in value.items()}
        url = data.get("url")
        if isinstance(url, str) and url.startswith("attachment://"):
            file = next((a for a in message.attachments if a.filename == url[13:]), None)
            if file is not None:
                used.add(file.id)
                details = self.attachment_json(file)
                data.update(
                    {key: details[key] for key in ("url", "proxy_url", "width", "height") if key in details}
                )
                if message.flags & COMPONENTS_V2:
                    data.update({"id": file.id, "attachment_id": file.id, "content_type": file.content_type})
        if data.get("type") == FILE and data.get("file", {}).get("attachment_id") in self.files:
            file = self.files[data["file"]["attachment_id"]]
            data.update({"name": file.filename, "size": file.size})
        return data

    def state_json(self, message: Message) -> Json:
        """For people and tests: the whole message and what only the playground knows of it."""
        return {
            **self.message_json(message, full=True),
            "ephemeral_to": message.ephemeral_to,
            "loading": message.loading,
            "interaction_id": message.interaction_id,
            "edits": message.edits,
            "reacted": {emoji: list(users) for emoji, users in message.reactions.items()},
        }

    def interaction_json(self, interaction: Interaction) -> Json:
        files = [self.attachment_json(self.files[key]) for key in interaction.files if key in self.files]
        return {**interaction.as_json(), "files": files}

    # Messages

    def find_message(self, channel_id: str, message_id: str) -> Message:
        """A message that everyone in the channel sees. Raises ApiError 10008."""
        message = self.messages.get(message_id)
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
        kind: int = DEFAULT,
        reference_id: str | None = None,
        size_limit: int | None = None,
        loading: bool = False,
    ) -> Message:
        """Make a message and tell everyone. Raises ApiError for a body that Discord would refuse."""
        check_message(payload, files, size_limit=size_limit or self.size_limit)
        if payload.get("enforce_nonce") and payload.get("nonce") is not None and interaction is None:
            earlier = self._by_nonce(channel_id, author_id, str(payload["nonce"]))
            if earlier is not None:
                return earlier
        forwarded: Message | None = None
        reference = payload.get("message_reference")
        if isinstance(reference, dict) and reference.get("type") == 1:
            forwarded = self._forwarded(author_id, reference, payload)
        elif reference_id is None and isinstance(reference, dict):
            reference_id, kind = self._reference(channel_id, reference), REPLY
            if reference_id is None:
                kind = DEFAULT
        flags = (payload.get("flags") or 0) & SETTABLE_ON_CREATE
        ephemeral = interaction is not None and bool((payload.get("flags") or 0) & EPHEMERAL)
        message = Message(
            id=self.ids.next(),
            channel_id=channel_id,
            author_id=author_id,
            created=self.clock.now(),
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
        )
        if interaction is not None:
            message.interaction_id = interaction.id
            message.metadata = interaction.metadata()
            message.ephemeral_to = interaction.user_id if ephemeral else None
        message.attachments = self._new_files(message, payload, files)
        if not loading:
            check_not_empty(message)
        self._mention(message, payload.get("allowed_mentions"))
        for attachment in [*message.attachments, *(forwarded.attachments if forwarded else [])]:
            self.store(attachment)
        self.messages[message.id] = message
        if message.nonce is not None:
            self._nonces[channel_id, author_id, str(message.nonce)] = (message.created, message.id)
        self._message_event("MESSAGE_CREATE", message)
        return message

    def _by_nonce(self, channel_id: str, author_id: str, nonce: str) -> Message | None:
        made, message_id = self._nonces.get((channel_id, author_id, nonce), (0.0, ""))
        return self.messages.get(message_id) if self.clock.now() - made < NONCE_LIVES_S else None

    def _reference(self, channel_id: str, reference: Json) -> str | None:
        target = self.messages.get(str(reference.get("message_id")))
        if target is not None and target.channel_id == channel_id and target.ephemeral_to is None:
            return target.id
        if reference.get("fail_if_not_exists") is False:
            return None
        raise invalid_form({"message_reference": ("REPLIES_UNKNOWN_MESSAGE", "Unknown message")})

    def _forwarded(self, author_id: str, reference: Json, payload: Json) -> Message:
        """A copy of the message to forward, with files of its own. Raises ApiError."""
        target = self.messages.get(str(reference.get("message_id")))
        if target is None or target.ephemeral_to is not None:
            raise invalid_form({"message_reference": ("REPLIES_UNKNOWN_MESSAGE", "Unknown message")})
        needed = VIEW_CHANNEL | READ_MESSAGE_HISTORY
        if needed & ~permissions(author_id, target.channel_id):
            raise ApiError(403, 50001, "Missing Access")
        if payload.get("content") or payload.get("embeds") or payload.get("attachments"):
            raise ApiError(400, 160011, "Forward messages cannot have additional content")
        if target.forwarded is not None:  # a forward of a forward shows the first message
            target = target.forwarded
        return replace(target, attachments=[replace(a, id=self.ids.next()) for a in target.attachments])

    def _stickers(self, ids: Any) -> list[Sticker]:
        """Raises ApiError 50081 for one that is not known, 50035 for more than three."""
        if not isinstance(ids, list) or len(ids) > 3:
            raise invalid_form({"sticker_ids": ("BASE_TYPE_MAX_LENGTH", "Must be 3 or fewer in length.")})
        if any(str(key) not in self.stickers for key in ids):
            raise ApiError(400, 50081, "Invalid sticker sent")
        return [self.stickers[str(key)] for key in ids]

    def add_sticker(self, upload: Upload) -> Sticker:
        """A sticker made of a PNG or GIF. Raises ControlError."""
        if picture_type(upload.data) not in ("image/png", "image/gif"):
            raise ControlError(400, "a sticker is a PNG or a GIF")
        if len(upload.data) > 512 * 1024:
            raise ControlError(400, "a sticker has at most 512 KiB")
        sticker = Sticker(self.ids.next(), safe_filename(upload.filename).rsplit(".", 1)[0][:30], upload.data)
        self.stickers[sticker.id] = sticker
        return sticker

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
                made = make_attachment(self.ids.next(), message.channel_id, upload, entry, ephemeral=hidden)
                result.append(made)
            else:
                problem = f"Attachment {key} is neither on this message nor among the files sent."
                raise invalid_form({f"attachments/{i}/id": ("ATTACHMENT_NOT_FOUND", problem)})
        if len(result) > 10:
            raise ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")
        return result

    def _mention(self, message: Message, allowed: Json | None) -> None:
        parse = None if allowed is None else (allowed.get("parse") or [])
        named = [] if allowed is None else (allowed.get("users") or [])
        wanted = [user for user in MENTION.findall(message.content) if user in USERS]
        if parse is not None and "users" not in parse:
            wanted = [user for user in wanted if user in named]
        target = self.messages.get(message.reference_id or "")
        pings_author = allowed is None or bool(allowed.get("replied_user"))
        if target is not None and message.type == REPLY and not message.webhook and pings_author:
            wanted.insert(0, target.author_id)
        message.mentions = list(dict.fromkeys(wanted))
        everyone = "@everyone" in message.content or "@here" in message.content
        allowed_everyone = parse is None or "everyone" in parse
        may = permissions(message.author_id, message.channel_id) & 1 << 17
        message.mention_everyone = bool(everyone and allowed_everyone and may)

    def edit(
        self, message: Message, payload: Json, files: dict[int, Upload], *, size_limit: int | None = None
    ) -> Message:
        """Apply a PATCH: what the body does not name stays. Raises ApiError and then changes nothing."""
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
        self._mention(message, payload.get("allowed_mentions"))
        for attachment in old[3]:
            if attachment not in attachments:
                self.files.pop(attachment.id, None)
        for attachment in attachments:
            self.store(attachment)
        if message.loading:
            message.flags &= ~LOADING
        else:
            message.edited = self.clock.now()
        message.edits += 1
        self._message_event("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        del self.messages[message.id]
        self._forget(message)
        where = {"id": message.id, "channel_id": message.channel_id, **guild_part(message.channel_id)}
        if message.ephemeral_to is None:
            self.emit("MESSAGE_DELETE", where)
        self.changed("message_delete", where)

    def delete_many(self, channel_id: str, messages: list[Message]) -> None:
        """What bulk delete does: one event for all."""
        for message in messages:
            del self.messages[message.id]
            self._forget(message)
            self.changed("message_delete", {"id": message.id, "channel_id": channel_id})
        ids = [message.id for message in messages]
        self.emit("MESSAGE_DELETE_BULK", {"ids": ids, "channel_id": channel_id, **guild_part(channel_id)})

    def _forget(self, message: Message) -> None:
        for attachment in [*message.attachments, *(message.forwarded.attachments if message.forwarded else [])]:
            self.files.pop(attachment.id, None)

    # Reactions

    def react(self, message: Message, emoji: str, user_id: str) -> None:
        """Add a reaction; doing it twice changes nothing. Raises ApiError 10014, 30010, 50013 or 90001."""
        check_emoji(emoji)
        users = message.reactions.get(emoji)
        if users is None:
            if not permissions(user_id, message.channel_id) & ADD_REACTIONS:
                raise ApiError(403, 50013, "Missing Permissions")
            if len(message.reactions) >= 20:
                raise ApiError(400, 30010, "Maximum number of reactions reached (20)")
            users = message.reactions[emoji] = []
        if user_id in users:
            return
        users.append(user_id)
        data = self._reaction_event(message, emoji, user_id)
        if message.channel_id in CHANNELS:
            data["member"] = member_json(user_id)
        data["message_author_id"] = message.author_id
        data["burst_colors"] = []
        self.emit("MESSAGE_REACTION_ADD", data)
        self.changed("message", self.state_json(message))

    def unreact(self, message: Message, emoji: str, user_id: str) -> None:
        """Take a reaction back. Raises ApiError 10014 for text; a reaction that is not there changes nothing."""
        check_emoji(emoji)
        users = message.reactions.get(emoji, [])
        if user_id not in users:
            return
        users.remove(user_id)
        if not users:
            del message.reactions[emoji]
        self.emit("MESSAGE_REACTION_REMOVE", self._reaction_event(message, emoji, user_id))
        self.changed("message", self.state_json(message))

    def clear_reactions(self, message: Message, emoji: str | None = None) -> None:
        where = {"channel_id": message.channel_id, "message_id": message.id, **guild_part(message.channel_id)}
        if emoji is None:
            message.reactions.clear()
            self.emit("MESSAGE_REACTION_REMOVE_ALL", where)
        else:
            message.reactions.pop(check_emoji(emoji), None)
            self.emit("MESSAGE_REACTION_REMOVE_EMOJI", {**where, "emoji": emoji_json(emoji)})
        self.changed("message", self.state_json(message))

    @staticmethod
    def _reaction_event(message: Message, emoji: str, user_id: str) -> Json:
        return {
            "user_id": user_id,
            "channel_id": message.channel_id,
            "message_id": message.id,
            **guild_part(message.channel_id),
            "emoji": emoji_json(emoji),
            "burst": False,
            "type": 0,
        }

    # Interactions

    def open_interaction(self, interaction: Interaction) -> None:
        """Remember it; it failed when 3 s pass unanswered, or 15 min with nothing but a promise."""
        self.interactions[interaction.id] = interaction
        self._tokens[interaction.token] = interaction

        def give_up() -> None:
            if not interaction.acknowledged:
                interaction.failed = True
                self.changed("interaction", self.interaction_json(interaction))

        def expire() -> None:
            answer = self.messages.get(interaction.response_message_id or "")
            if answer is not None and answer.loading:
                interaction.failed = True
                self.changed("interaction", self.interaction_json(interaction))

        self.clock.at(interaction.created + ACKNOWLEDGE_WITHIN_S, give_up)
        self.clock.at(interaction.created + TOKEN_LIVES_S, expire)
        self.changed("interaction", self.interaction_json(interaction))

    def acknowledge(self, interaction_id: str, token: str) -> Interaction:
        """The interaction a callback may answer. Raises ApiError 10062 (unknown or late) or 40060."""
        interaction = self.interactions.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise unknown(10062)
        if interaction.acknowledged:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self.clock.now() - interaction.created > ACKNOWLEDGE_WITHIN_S:
            raise unknown(10062)
        return interaction

    def by_token(self, application_id: str, token: str) -> Interaction:
        """The interaction whose webhook this is. Raises ApiError 10015, or 50027 after 15 minutes."""
        interaction = self._tokens.get(token)
        if interaction is None or application_id != BOT_ID or not interaction.acknowledged:
            raise unknown(10015)
        if self.clock.now() - interaction.created > TOKEN_LIVES_S:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return interaction

    def person(self, user_id: str) -> str:
        """Checks the id of someone who is to act. Raises ControlError."""
        if user_id not in USERS or USERS[user_id].bot:
            people = ", ".join(f"{u.username} {u.id}" for u in USERS.values() if not u.bot)
            raise ControlError(404, f"nobody has the id {user_id!r}; people: {people}")
        return user_id

    def place(self, channel_id: str) -> str:
        """Checks the id of a channel or of a conversation. Raises ControlError."""
        if channel_id not in CHANNELS and channel_id not in DIRECTS:
            known = ", ".join(f"#{c.name} {c.id}" for c in CHANNELS.values())
            raise ControlError(404, f"no channel has the id {channel_id!r}; channels: {known}")
        return channel_id
