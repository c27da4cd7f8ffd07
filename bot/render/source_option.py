"""What `/ascii` draws besides an attachment: the option `source`, a choice or a custom emoji.

Free text with suggestions, since Discord lets nobody type what is not among fixed choices.
"""

from functools import cache, partial
from typing import Final

from bot.render.attachments import Attachment, Find, asset_picture, emoji_picture
from bot.render.latest_picture import check_can_look, latest_picture
from bot.render.markdown import Emoji, marks
from bot.replies.interactions import Interaction
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import ENGLISH, LANGUAGES, translate

LATEST, AVATAR, ICON, BANNER = "latest", "avatar", "server_icon", "server_banner"
SOURCES: Final[dict[str, str]] = {
    LATEST: "The latest picture here",
    AVATAR: "My avatar",
    ICON: "The server's icon",
    BANNER: "The server's banner",
}
LATEST_UNSEEN: Final = "The latest picture in a message that mentions me"
"""What `latest` is where the bot may read no other messages: on servers, without the message content intent."""
SOURCE_HELP: Final = "What to draw without `image`: the latest picture here, an avatar, an icon, a custom emoji"
SOURCE_HELP_UNSEEN: Final = "What to draw without `image`: an avatar, an icon, a custom emoji"


def suggest_sources(typed: str, language: str = ENGLISH, *, unseen: bool = False) -> list[tuple[str, str]]:
    """(label, value) to offer while somebody types; an emoji speaks for itself. `unseen`: see LATEST_UNSEEN."""
    emojis = _emojis(typed)
    if emojis:
        return [(f":{emoji.name}:", typed.strip()[:100]) for emoji in emojis[:1]]
    labels = {name: translate(label, language) for name, label in SOURCES.items()}
    if unseen:
        labels[LATEST] = translate(LATEST_UNSEEN, language)
    return [(label, name) for name, label in labels.items() if typed.strip().casefold() in label.casefold()]


def picture_from(interaction: Interaction, source: str | None) -> Attachment | Find:
    """Raises ServiceProblem `unknown_source`, `cannot_look`, `no_server`, `no_icon` or `no_banner`."""
    if source is not None and (emojis := _emojis(source)):
        return emoji_picture(emojis[0]).attachment
    match _named(source):
        case "latest":
            check_can_look(interaction)
            return partial(latest_picture, interaction)
        case "avatar":
            return asset_picture(interaction.user.display_avatar)
        case "server_icon" | "server_banner" as which:
            guild = interaction.guild
            if guild is None or not interaction.is_guild_integration():
                raise ServiceProblem("no_server", f"source={which}")
            asset = guild.icon if which == ICON else guild.banner
            if asset is None:
                raise ServiceProblem("no_icon" if which == ICON else "no_banner", f"guild={guild.id}")
            return asset_picture(asset)
        case _:
            raise ServiceProblem("unknown_source", f"source {(source or '')[:40]!r}")


def _emojis(text: str) -> list[Emoji]:
    return [mark.what for mark in marks(text) if isinstance(mark.what, Emoji)]


def _named(source: str | None) -> str | None:
    typed = (source or LATEST).strip().casefold()
    return next((name for name in SOURCES if typed in _words(name)), None)


@cache
def _words(name: str) -> frozenset[str]:
    """What a source is called in all languages: somebody may type it and choose no suggestion."""
    languages = (ENGLISH, *LANGUAGES.values())
    found = {translate(SOURCES[name], language) for language in languages}
    if name == LATEST:
        found |= {translate(LATEST_UNSEEN, language) for language in languages}
    return frozenset({name, *map(str.casefold, found)})
