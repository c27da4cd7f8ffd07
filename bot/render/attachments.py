"""Where the pictures of a message are: attachments, components, embeds, stickers, emojis, and those of a forward.

Addresses come from Discord, and `bot.render.download` fetches from Discord's own hosts only; what an embed or a
component shows of another site is therefore taken from Discord's proxy, never from that site.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final, Literal, Protocol

import discord
from discord.asset import Asset
from yarl import URL

from bot.render.markdown import Emoji, Mark, marks
from jobs.picture_check import SUFFIXES, VIDEO_SUFFIXES
from jobs.text.sentences import ONLY_STILL

NO_TYPE: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""Content types that say nothing."""
DISCORDS_CDN: Final = "https://cdn.discordapp.com"


@dataclass(frozen=True)
class Attachment:
    """A picture that Discord holds: where, its stated size in bytes, and whether its sender hid it.

    `otherwise` is taken where this cannot be had, with its `note` (a code of jobs.text.sentences.CAPTIONS) on the
    result; without a note only where this turns out to be no picture, empty or too large.
    """

    url: str
    size: int = 0
    spoiler: bool = False
    otherwise: "Attachment | None" = None
    note: str = ""


Find = Callable[[], Awaitable[Attachment]]
"""Looks for the picture once the interaction is acknowledged; raises ServiceProblem when there is none."""


Kind = Literal["picture", "video", "file", "preview", "sticker", "emoji"]
TYPES: Final = {
    **{f"image/{name.lower()}": name for name in ("PNG", "JPEG", "GIF", "WebP", "BMP", "AVIF", "TIFF")},
    **{"video/mp4": "MP4", "video/quicktime": "MOV", "video/webm": "WebM"},
}


@dataclass(frozen=True)
class FoundPicture:
    """A picture on a message, and what a list says of it. Not `sure`: only its bytes tell whether it is one.

    Nothing of that is what somebody has named it: `details` are numbers, a type that we know, or the name of an
    emoji, which Discord lets consist of letters, digits and `_` only.
    """

    attachment: Attachment
    kind: Kind
    details: tuple[str, ...] = ()
    sure: bool = True


class Shown(Protocol):
    """What messages and the copies in forwards have in common."""

    content: str
    attachments: list[discord.Attachment]
    embeds: list[discord.Embed]
    stickers: list[discord.StickerItem]
    components: Any


def pictures_on(message: discord.Message, *, emojis: bool = True) -> list[FoundPicture]:
    """Every picture of a message, in the order in which it shows them, each once, and hidden if it is anywhere.

    Emojis count where the message shows nothing larger.
    """
    copies: list[Shown] = [message, *message.message_snapshots]
    found: dict[str, FoundPicture] = {}
    for one in (one for copy in copies for one in _of(copy)):
        before = found.setdefault(_key(one.attachment.url), one)
        if one.attachment.spoiler and not before.attachment.spoiler:
            found[_key(one.attachment.url)] = replace(before, attachment=replace(before.attachment, spoiler=True))
    if not found and emojis:
        found = {one.attachment.url: one for copy in reversed(copies) for one in _emojis(copy)}
    return list(found.values())


def has_lottie(message: discord.Message) -> bool:
    """Whether it has a sticker that is a program and no picture."""
    copies: list[Shown] = [message, *message.message_snapshots]
    stickers = [sticker for copy in copies for sticker in copy.stickers]
    return any(sticker.format is discord.StickerFormatType.lottie for sticker in stickers)


def emoji_picture(emoji: Emoji) -> FoundPicture:
    """A server's own emoji; one that moves comes as a GIF."""
    address = f"{Asset.BASE}/emojis/{emoji.id}.{'gif' if emoji.animated else 'png'}"
    return FoundPicture(Attachment(address), "emoji", (f":{emoji.name}:",) if emoji.name.isascii() else ())


def asset_picture(asset: Asset) -> Attachment:
    """An avatar, an icon or a banner, large; one that moves comes as a GIF, and smaller."""
    if "/embed/avatars/" in asset.url:  # Discord's own, of one size
        return Attachment(asset.url)
    still = Attachment(asset.replace(size=1024, format="png").url, note=ONLY_STILL if asset.is_animated() else "")
    return Attachment(asset.replace(size=512, format="gif").url, otherwise=still) if asset.is_animated() else still


def _key(address: str) -> str:
    """The same for every address of one file: signatures differ, and so do the hosts of an attachment."""
    url = _url(address)
    return url.path if "/attachments/" in url.path else str(url.with_query(None)) or address


def _url(address: str) -> URL:
    """Empty for one that cannot be read, such as one with port 99999: messages show addresses of other sites."""
    try:
        return URL(address)
    except ValueError:
        return URL()


def _of(message: Shown) -> Iterator[FoundPicture]:
    for file in message.attachments:
        yield from _file(Attachment(file.url, file.size, file.is_spoiler()), file.filename, file.content_type, file)
    yield from _components(message.components)
    links = [mark for mark in marks(message.content) if isinstance(mark.what, str)]
    for embed, hidden in zip(message.embeds, _hidden(message.embeds, links), strict=True):
        yield from _embed(embed, spoiler=hidden)
    for sticker in message.stickers:
        if sticker.format is not discord.StickerFormatType.lottie:
            yield FoundPicture(Attachment(_sticker(sticker)), "sticker")


def _file(attachment: Attachment, name: str, content_type: str | None, sized: Any) -> Iterator[FoundPicture]:
    """A file by what is claimed, as Discord's own client does; what it really is, `bot.render.intake` finds out."""
    claimed = (content_type or "").partition(";")[0].strip().lower()
    suffix = PurePosixPath(name.lower()).suffix
    known = suffix in SUFFIXES | VIDEO_SUFFIXES
    sure = claimed.startswith(("image/", "video/")) or known
    if sure or claimed in NO_TYPE:
        moves = claimed.startswith("video/") or suffix in VIDEO_SUFFIXES
        kind: Kind = "video" if moves else "picture" if sure else "file"
        yield FoundPicture(attachment, kind, _details(sized, claimed), sure=sure)


def _details(sized: Any, content_type: str | None = None) -> tuple[str, ...]:
    """How large something is shown to be, and of which type, as far as Discord says."""
    width, height = getattr(sized, "width", None), getattr(sized, "height", None)
    size = (f"{width}×{height}",) if isinstance(width, int) and isinstance(height, int) and width and height else ()
    return (*size, TYPES[content_type]) if content_type in TYPES else size


def _components(components: Iterable[discord.Component], *, spoiler: bool = False) -> Iterator[FoundPicture]:
    """https://docs.discord.com/developers/components/reference: what a container hides, it hides with all in it."""
    for component in components:
        match component:
            case discord.Container():
                yield from _components(component.children, spoiler=spoiler or component.spoiler)
            case discord.SectionComponent():
                yield from _components([component.accessory], spoiler=spoiler)
            case discord.MediaGalleryComponent():
                for item in component.items:
                    yield _media(item.media, spoiler=spoiler or item.spoiler)
            case discord.ThumbnailComponent():
                yield _media(component.media, spoiler=spoiler or component.spoiler)
            case discord.FileComponent():
                name = component.name or _url(component.media.url).name
                shown = _media(component.media, spoiler=spoiler or component.spoiler, name=name)
                attachment = replace(shown.attachment, size=component.size or 0)
                yield from _file(attachment, name, component.media.content_type, component.media)


def _media(media: discord.UnfurledMediaItem, *, spoiler: bool, name: str = "") -> FoundPicture:
    address = media.url if media.attachment_id else media.proxy_url or media.url
    name = name or _url(media.url).name
    kind: Kind = "video" if (media.content_type or "").startswith("video/") else "picture"
    hidden = spoiler or name.startswith("SPOILER_")
    return FoundPicture(Attachment(address, spoiler=hidden), kind, _details(media, media.content_type))


def _embed(embed: discord.Embed, *, spoiler: bool) -> Iterator[FoundPicture]:
    shown = [one for one in (embed.image, embed.thumbnail) if one]
    stills = [Attachment(_address(one), spoiler=spoiler) for one in shown]
    if _plays(embed):
        still = replace(stills[-1], note=ONLY_STILL) if stills else None
        moving = Attachment(_address(embed.video), spoiler=spoiler, otherwise=still)
        yield FoundPicture(moving, "video", _details(embed.video))
        return
    for one, still in zip(shown, stills, strict=True):
        yield FoundPicture(still, "preview", _details(one))


def _plays(embed: discord.Embed) -> bool:
    """Whether an embed's video is a file, and not another site's player."""
    video = embed.video
    if not _address(video):
        return False
    claimed = str(getattr(video, "content_type", None) or "")
    file = claimed.startswith("video/") or _url(video.url or _address(video)).suffix.lower() in VIDEO_SUFFIXES
    return embed.type == "gifv" or file


def _address(shown: Any) -> str:
    return str(shown.proxy_url or shown.url or "")


def _hidden(embeds: list[discord.Embed], links: list[Mark]) -> list[bool]:
    """Which embeds are of links that spoiler bars hide.

    An embed whose address stands nowhere in the text may be of a link that led on to it; while one of a hidden link
    is missing, such an embed is taken for it.
    """
    hidden = {_page(str(mark.what)) for mark in links if mark.spoiler}
    named = {_page(str(mark.what)) for mark in links}
    pages = [_page(embed.url) if embed.url else None for embed in embeds]
    missing = bool(hidden - set(pages))
    return [page in hidden or (page is not None and page not in named and missing) for page in pages]


def _page(address: str) -> str:
    """An address as the same page may be written in several ways."""
    url = _url(address)
    if not url.raw_host:
        return address
    query = "" if "/attachments/" in url.path else url.query_string
    return f"{url.raw_host.removeprefix('www.')}{url.path.rstrip('/')}?{query}"


def _sticker(sticker: discord.StickerItem) -> str:
    """discord.py names another of Discord's hosts for GIFs, where they are; a playground has one host for all."""
    return sticker.url if Asset.BASE == DISCORDS_CDN else Asset.BASE + URL(sticker.url).path


def _emojis(message: Shown) -> Iterator[FoundPicture]:
    for text in (message.content, *_words(message.components)):
        for mark in marks(text):
            if isinstance(mark.what, Emoji):
                found = emoji_picture(mark.what)
                yield replace(found, attachment=replace(found.attachment, spoiler=mark.spoiler))


def _words(components: Iterable[discord.Component]) -> Iterator[str]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        elif isinstance(component, (discord.Container, discord.SectionComponent)):
            yield from _words(component.children)
