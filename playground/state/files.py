"""Files: attachments at signed addresses that expire, and stickers.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

import hashlib
import hmac
import mimetypes
import secrets
from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from playground.request_body import Upload
from playground.state.clock import Clock
from playground.state.image_size import picture_size, picture_type
from playground.types import Json

URL_LIVES_S = 24 * 3600
PNG, APNG, LOTTIE, GIF = range(1, 5)
"""Kinds of stickers."""


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
    """https://docs.discord.com/developers/resources/sticker; at an address that needs no signature."""

    id: str
    name: str
    data: bytes
    tags: str = "art"
    description: str | None = None
    user_id: str | None = None

    @property
    def format_type(self) -> int:
        if self.data[:1] == b"{":
            return LOTTIE
        if picture_type(self.data) == "image/gif":
            return GIF
        return APNG if b"acTL" in self.data[:256] else PNG

    @property
    def extension(self) -> str:
        return {LOTTIE: "json", GIF: "gif"}.get(self.format_type, "png")

    def item_json(self) -> Json:
        return {"id": self.id, "name": self.name, "format_type": self.format_type}


@dataclass(frozen=True)
class Emoji:
    """One of the guild's own, or of the application."""

    id: str
    name: str
    data: bytes
    user_id: str | None = None
    roles: tuple[str, ...] = ()  # who may use it; nobody named is everybody
    of_application: bool = False

    def as_json(self) -> Json:
        """The emoji object, without the `user` who made it."""
        return {
            "id": self.id,
            "name": self.name,
            "roles": list(self.roles),
            "require_colons": True,
            "managed": False,
            "animated": self.moves,
            "available": True,
        }

    @property
    def moves(self) -> bool:
        return picture_type(self.data) == "image/gif"

    @property
    def text(self) -> str:
        """How it stands in a message."""
        return f"<{'a' if self.moves else ''}:{self.name}:{self.id}>"


EMOJIS: dict[str, Emoji] = {}
STICKERS: dict[str, Sticker] = {}
"""Of the one guild that a process has; new Files begin without any."""


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


class Files(UserDict[str, Attachment]):
    """Attachments by id."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.size = 0  # bytes of all
        self.stickers, self.emojis = STICKERS, EMOJIS
        STICKERS.clear()
        EMOJIS.clear()
        self.cdn_base = ""
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def __setitem__(self, key: str, attachment: Attachment) -> None:
        self.pop(key, None)
        self.size += len(attachment.data)
        super().__setitem__(key, attachment)

    def __delitem__(self, key: str) -> None:
        self.size -= len(self[key].data)
        super().__delitem__(key)

    def store(self, attachment: Attachment) -> None:
        self[attachment.id] = attachment

    def _signature(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._key, f"{path}?{expires}&{issued}".encode(), hashlib.sha256).hexdigest()

    @staticmethod
    def _path(attachment: Attachment) -> str:
        return f"/{attachment.kind}/{attachment.channel_id}/{attachment.id}/{safe_filename(attachment.filename)}"

    def url(self, attachment: Attachment) -> str:
        path = self._path(attachment)
        now = int(self._clock.now())
        expires, issued = f"{now + URL_LIVES_S:x}", f"{now:x}"
        signature = self._signature(path, expires, issued)
        return f"{self.cdn_base}{quote(path)}?ex={expires}&is={issued}&hm={signature}&"

    def proxied(self, attachment: Attachment, address: str) -> str:
        """Where Discord's proxy has what is at an address of another site: here, the file that stands for it."""
        scheme, _, rest = address.partition("://")
        signature, quoted = self._proxy_signature(attachment.id), quote(rest, errors="replace")
        return f"{self.cdn_base}/external/{attachment.id}/{signature}/{scheme}/{quoted}"

    def _proxy_signature(self, file_id: str) -> str:
        return hmac.new(self._key, f"/external/{file_id}".encode(), hashlib.sha256).hexdigest()

    def by_proxy(self, file_id: str, signature: str) -> Attachment | None:
        """The file of an address that `proxied` has made, which never expires; None for any other."""
        wanted = self._proxy_signature(file_id)
        return self.get(file_id) if hmac.compare_digest(wanted.encode(), signature.encode()) else None

    def by_url(self, file_id: str, path: str, query: Mapping[str, str]) -> Attachment | None:
        """The file at a CDN path (/attachments/1/2/cat.png); None when unknown, wrongly signed or expired."""
        attachment = self.get(file_id)
        if attachment is None or self._path(attachment) != path:
            return None
        expires, issued, given = (query.get(key, "") for key in ("ex", "is", "hm"))
        wanted = self._signature(self._path(attachment), expires, issued)
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            return None
        return attachment if int(expires, 16) > self._clock.now() else None

    def as_json(self, attachment: Attachment) -> Json:
        url = self.url(attachment)
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
