"""The message object as Discord shows it to the bot."""

from collections.abc import Mapping
from typing import Any

from playground.rules.components import FILE
from playground.rules.emoji import emoji_json
from playground.rules.messages import COMPONENTS_V2, HAS_THREAD, SUPPRESS_EMBEDS
from playground.state.clock import iso
from playground.state.files import Attachment, Files
from playground.state.message import CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, REPLY, THREAD_STARTER, Message
from playground.state.seed import BOT_ID, IN_BOT_DM, THREADS, USERS, context_of, guild_part
from playground.types import Json

SHOW_REFERENCED = (REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, THREAD_STARTER)
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


def message_json(
    message: Message, messages: Mapping[str, Message], files: Files, *, full: bool = False, nested: bool = False
) -> Json:
    """The message object for the bot. Other people's content is blank unless they mention it or write to it
    directly (the application has no message content intent); `full` shows it all the same."""
    theirs = BOT_ID not in (message.author_id, message.application_id, *message.mentions)
    hidden = theirs and not full and context_of(message.channel_id) != IN_BOT_DM
    in_embeds: set[str] = set()
    bare = hidden or message.flags & SUPPRESS_EMBEDS
    embeds = [] if bare else _with_files(message.embeds, message, files, in_embeds)
    components = [] if hidden else _with_files(message.components, message, files, in_embeds)
    shown = [] if hidden else [a for a in message.attachments if a.id not in in_embeds]
    data: Json = {
        "id": message.id,
        "channel_id": message.channel_id,
        "type": message.type,
        "author": message.author or USERS[message.author_id].as_json(),
        "content": "" if hidden else message.content,
        "timestamp": iso(message.created),
        "edited_timestamp": iso(message.edited) if message.edited is not None else None,
        "tts": False,
        "mention_everyone": message.mention_everyone,
        "mentions": [USERS[user].as_json() for user in message.mentions],
        "mention_roles": message.mention_roles,
        "attachments": [files.as_json(a) for a in shown],
        "embeds": embeds,
        "components": components,
        "pinned": message.pinned_at is not None,
        "flags": message.flags,
    }
    if message.reactions and not nested:
        data["reactions"] = [_reaction_json(e, users) for e, users in message.reactions.items()]
    data.update(_about(message))
    if message.poll is not None and not hidden:
        data["poll"] = message.poll.as_json(BOT_ID)
    if message.forwarded is not None:
        data["message_reference"] = _reference_json(1, message.forwarded)
        if not hidden:
            data["message_snapshots"] = [{"message": _snapshot_json(message.forwarded, messages, files)}]
    elif message.reference_id is not None or message.reference_channel_id is not None:
        where = message.reference_channel_id or message.channel_id
        data["message_reference"] = {"type": 0, "channel_id": where, **guild_part(message.channel_id)}
        if message.reference_id is not None:
            data["message_reference"]["message_id"] = message.reference_id
        if not nested and message.reference_id is not None and message.type in SHOW_REFERENCED:
            target = messages.get(message.reference_id)
            data["referenced_message"] = target and message_json(target, messages, files, full=full, nested=True)
    return data


def _about(message: Message) -> Json:
    """The fields that only some messages have."""
    data: Json = {
        "nonce": message.nonce,
        "webhook_id": BOT_ID if message.webhook else message.webhook_id,
        "application_id": BOT_ID if message.webhook else message.application_id,
        "position": message.position,
        "interaction_metadata": message.metadata,
    }
    if message.flags & HAS_THREAD and message.id in THREADS:
        data["thread"] = THREADS[message.id].as_json()
    if message.stickers:
        data["sticker_items"] = [sticker.item_json() for sticker in message.stickers]
    return {key: value for key, value in data.items() if value is not None}


def _reference_json(kind: int, target: Message) -> Json:
    where = {"channel_id": target.channel_id, "message_id": target.id, **guild_part(target.channel_id)}
    return {"type": kind, **where}


def _snapshot_json(copied: Message, messages: Mapping[str, Message], files: Files) -> Json:
    """What a forwarded message shows of the original: its content, not who wrote it."""
    whole = message_json(copied, messages, files, full=True, nested=True)
    return {key: whole[key] for key in SNAPSHOT_KEYS if key in whole}


def _reaction_json(emoji: str, users: list[str]) -> Json:
    return {
        "emoji": emoji_json(emoji),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me_burst": False,
        "me": BOT_ID in users,
    }


def _named(address: Any, message: Message) -> Attachment | None:
    """The file that attachment://NAME means."""
    if not isinstance(address, str) or not address.startswith("attachment://"):
        return None
    return next((a for a in message.attachments if a.filename == address[13:]), None)


def _with_files(value: Any, message: Message, files: Files, used: set[str]) -> Any:
    """Embeds or components with attachment://name turned into the file's address.

    Where that is the proxy_url, the file is what Discord's proxy has of the other site's address in url."""
    if isinstance(value, list):
        return [_with_files(item, message, files, used) for item in value]
    if not isinstance(value, dict):
        return value
    data = {key: _with_files(item, message, files, used) for key, item in value.items()}
    v2 = bool(message.flags & COMPONENTS_V2)
    url = str(data.get("url"))
    if (file := _named(data.get("proxy_url"), message)) is not None:
        used.add(file.id)
        data.update({"proxy_url": files.proxied(file, url), "width": file.width or 64, "height": file.height or 64})
        if v2:
            data.update({"id": file.id, "content_type": file.content_type})
    elif (file := _named(url, message)) is not None:
        used.add(file.id)
        details = files.as_json(file)
        data.update({key: details[key] for key in ("url", "proxy_url", "width", "height") if key in details})
        if v2:
            data.update({"id": file.id, "attachment_id": file.id, "content_type": file.content_type})
    if data.get("type") == FILE and data.get("file", {}).get("attachment_id") in files:
        file = files[data["file"]["attachment_id"]]
        data.update({"name": file.filename, "size": file.size})
    return data
