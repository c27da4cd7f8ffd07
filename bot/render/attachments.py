"""Where the pictures of a message are: attachments, embeds, stickers, and all three in what it forwards.

Addresses come from Discord, and `bot.render.download` fetches from Discord's own hosts only; an embed's picture is
therefore taken from Discord's proxy, never from the site that it shows.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import discord
from yarl import URL

from jobs.picture_check import SUFFIXES


@dataclass(frozen=True)
class Attachment:
    """A picture that Discord holds: where, its stated size in bytes, and whether its sender hid it."""

    url: str
    size: int = 0
    spoiler: bool = False


@dataclass(frozen=True)
class StoredPicture:
    """A picture that we still have, by its sha256."""

    sha: str


Find = Callable[[], Awaitable[Attachment]]
"""Looks for the picture once the interaction is acknowledged; raises ServiceProblem when there is none."""


@dataclass(frozen=True)
class NamedAttachment:
    """A picture on a message, and what to call it in a list."""

    attachment: Attachment
    name: str


def pictures_on(message: discord.Message) -> list[NamedAttachment]:
    """Every picture of a message, in the order in which it shows them, each once."""
    found = list(_of(message.attachments, message.embeds, message.stickers))
    for copy in message.message_snapshots:
        found += _of(copy.attachments, copy.embeds, copy.stickers)
    # The same file can be an attachment and stand in an embed; addresses differ in their signatures only.
    return list({URL(one.attachment.url).with_query(None): one for one in reversed(found)}.values())[::-1]


def _of(
    attachments: Iterable[discord.Attachment],
    embeds: Iterable[discord.Embed],
    stickers: Iterable[discord.StickerItem],
) -> Iterable[NamedAttachment]:
    for file in attachments:
        if _is_picture(file):
            yield NamedAttachment(Attachment(file.url, file.size, file.is_spoiler()), file.filename)
    for embed in embeds:
        for shown in (embed.image, embed.thumbnail):
            if address := shown.proxy_url or shown.url:
                yield NamedAttachment(Attachment(address), embed.title or embed.type)
    for sticker in stickers:
        if sticker.format is not discord.StickerFormatType.lottie:  # which is a program, not a picture
            yield NamedAttachment(Attachment(sticker.url), sticker.name)


def _is_picture(file: discord.Attachment) -> bool:
    """By what is claimed, as Discord's own client does; what it really is, `bot.render.download` finds out."""
    if file.content_type:
        return file.content_type.startswith("image/")
    return PurePosixPath(file.filename.lower()).suffix in SUFFIXES
