"""A message and its files, and what Discord demands of one before it takes it.

https://docs.discord.com/developers/resources/message
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import Any

from playground.components import check_components
from playground.errors import ApiError, empty_message, invalid_form, too_large, too_long
from playground.forms import Upload
from playground.imagesize import picture_size, picture_type

Json = dict[str, Any]

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS, HAS_SNAPSHOT, COMPONENTS_V2 = (
    1 << 2,
    1 << 6,
    1 << 7,
    1 << 12,
    1 << 14,
    1 << 15,
)
SETTABLE_ON_CREATE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 0, 19, 20, 23


@dataclass
class Attachment:
    """A stored file. size, content_type and filename are what Discord says of it, `data` what it really is."""

    id: str
    channel_id: str
    filename: str
    data: bytes
    size: int
    content_type: str | None
    kind: str = "attachments"  # or "ephemeral-attachments"
    width: int | None = None
    height: int | None = None
    description: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Sticker:
    """https://docs.discord.com/developers/resources/sticker; a picture at an address that needs no signature."""

    id: str
    name: str
    data: bytes

    @property
    def format_type(self) -> int:
        return 4 if picture_type(self.data) == "image/gif" else 1

    @property
    def extension(self) -> str:
        return "gif" if self.format_type == 4 else "png"

    def item_json(self) -> Json:
        return {"id": self.id, "name": self.name, "format_type": self.format_type}


@dataclass
class Message:
    id: str
    channel_id: str
    author_id: str
    created: float
    type: int = DEFAULT
    content: str = ""
    flags: int = 0
    edited: float | None = None
    edits: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji -> user ids, oldest first
    mentions: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    reference_id: str | None = None
    forwarded: Message | None = None  # a copy of what it forwards, as it was then
    stickers: list[Sticker] = field(default_factory=list)
    nonce: str | int | None = None
    interaction_id: str | None = None
    metadata: Json | None = None  # interaction_metadata
    webhook: bool = False  # sent through an interaction's token
    ephemeral_to: str | None = None

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)


def make_attachment(id_: str, channel_id: str, upload: Upload, meta: Json, *, ephemeral: bool) -> Attachment:
    """An attachment as Discord describes it: name made safe, type by name or content, size in pixels by header."""
    filename = safe_filename(str(meta.get("filename") or upload.filename))
    size = picture_size(upload.data)
    guessed = picture_type(upload.data) or mimetypes.guess_type(filename)[0]
    if guessed and guessed.startswith("text/"):
        guessed += "; charset=utf-8"
    return Attachment(
        id=id_,
        channel_id=channel_id,
        filename=filename,
        data=upload.data,
        size=len(upload.data),
        content_type=guessed,
        kind="ephemeral-attachments" if ephemeral else "attachments",
        width=size[0] if size else None,
        height=size[1] if size else None,
        description=meta.get("description"),
        title=meta.get("title"),
    )


def safe_filename(name: str) -> str:
    """Letters, digits, dot, dash and underscore survive, as in Discord's CDN addresses."""
    kept = "".join(ch if ch.isalnum() or ch in "._-" else "_" for ch in name)
    return kept.lstrip(".")[:200] or "unknown"


def check_message(payload: Json, files: dict[int, Upload], *, size_limit: int, v2: bool = False) -> None:
    """Raise what Discord would raise for this body: 50035 with the field, or 40005 for a file over `size_limit`."""
    content = payload.get("content")
    if content is not None and not isinstance(content, str):
        raise invalid_form({"content": ("BASE_TYPE_BAD_STRING", "Must be a string.")})
    if len(content or "") > 2000:
        raise too_long("content", 2000)
    nonce = payload.get("nonce")
    if nonce is not None and len(str(nonce)) > 25:
        raise too_long("nonce", 25)
    embeds = payload.get("embeds")
    if embeds is not None:
        _check_embeds(embeds)
    flags = payload.get("flags")
    if flags is not None and not isinstance(flags, int):
        raise invalid_form({"flags": ("NUMBER_TYPE_COERCE", f'Value "{flags}" is not int.')})
    v2 = v2 or bool((flags or 0) & COMPONENTS_V2)
    if v2 and (content or embeds):
        raise invalid_form(
            {
                "content": (
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
            }
        )
    if payload.get("components") is not None:
        check_components(payload["components"], v2=v2)
    _check_mentions(payload.get("allowed_mentions"))
    if len(files) > 10:
        raise ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")
    if any(len(upload.data) > size_limit for upload in files.values()):
        raise too_large()
    meta = payload.get("attachments")
    if meta is not None and not (isinstance(meta, list) and all(isinstance(a, dict) for a in meta)):
        raise invalid_form({"attachments": ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")})


def _check_embeds(embeds: Any) -> None:
    if not isinstance(embeds, list) or not all(isinstance(embed, dict) for embed in embeds):
        raise invalid_form({"embeds": ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")})
    if len(embeds) > 10:
        raise invalid_form({"embeds": ("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")})
    total = 0
    for i, embed in enumerate(embeds):
        for key, limit in (("title", 256), ("description", 4096)):
            if len(embed.get(key) or "") > limit:
                raise too_long(f"embeds/{i}/{key}", limit)
            total += len(embed.get(key) or "")
        if len(embed.get("fields") or []) > 25:
            raise too_long(f"embeds/{i}/fields", 25)
        for entry in embed.get("fields") or []:
            total += len(entry.get("name", "")) + len(entry.get("value", ""))
        total += len((embed.get("footer") or {}).get("text") or "")
        total += len((embed.get("author") or {}).get("name") or "")
    if total > 6000:
        raise invalid_form({"embeds": ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")})


def _check_mentions(allowed: Any) -> None:
    if allowed is None:
        return
    if not isinstance(allowed, dict):
        raise invalid_form({"allowed_mentions": ("MODEL_TYPE_CONVERT", "Must be an object.")})
    for key in ("users", "roles"):
        if allowed.get(key) and key in (allowed.get("parse") or []):
            problem = f"parse:['{key}'] and {key}: [ids...] are mutually exclusive."
            raise invalid_form({"allowed_mentions": ("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", problem)})


def check_not_empty(message: Message) -> None:
    if not (
        message.content
        or message.embeds
        or message.components
        or message.attachments
        or message.stickers
        or message.forwarded
    ):
        raise empty_message()
