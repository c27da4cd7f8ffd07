"""What `/settings` says: the settings in words, and each change as the log channel has it."""

from collections.abc import Collection
from typing import Final

from jobs.server_settings import GuildSettings
from jobs.text.choices import FOCUSES, FORMATS, BackgroundChoice, focus_name, palette_name
from jobs.text.translation import translate

SHOWN: Final = 20
"""As many channels, roles or people as an answer names."""

SAVED: Final = "Saved."
EXPORTED: Final = "The current settings. Restore them with `/settings import`."
ASK_RESET: Final = (
    "Reset **all** settings of this server to their defaults? That also clears the lists of channels, roles and "
    "blocked users, and the log channel. `/settings export` saves them first."
)
ERASE_ALL: Final = "Reset all settings"
KEEP_THEM: Final = "Keep them"
KEPT: Final = "Nothing was changed."

# For the log channel.
ALLOWED: Final = "{by} allowed {what}"
UNLISTED: Final = "{by} removed {what} from the list"
DEFAULTS: Final = "{by} set the defaults: {what}"
LETS_ALL: Final = "{by} opened reactions and buttons to everyone"
LETS_ASKER: Final = "{by} limited reactions and buttons to the requester"
ADULTS: Final = "{by} limited drawing to age-restricted channels"
ALL_AGES: Final = "{by} lifted the limit to age-restricted channels"
BLOCKED: Final = "{by} blocked {what}"
UNBLOCKED: Final = "{by} unblocked {what}"
LOGS: Final = "{by} set the log channel to {what}"
NO_LOG: Final = "{by} turned the log off"
IMPORTED: Final = "{by} imported settings from a file"
RESET: Final = "{by} reset the settings"

# What is in force, a line each.
CHANNELS: Final = "**Channels:** {list}"
EVERYWHERE: Final = "**Channels:** all"
ROLES: Final = "**Roles:** {list}"
EVERYBODY: Final = "**Roles:** all"
BANNED: Final = "**Blocked:** {list}"
NOBODY: Final = "**Blocked:** nobody"
REACTORS: Final = {
    "everyone": "**Reactions and buttons:** everyone",
    "requester": "**Reactions and buttons:** only the requester",
}
LOOK: Final[dict[BackgroundChoice, str]] = {
    "auto": "**Palette:** {palette}, background chosen for each picture",
    "light": "**Palette:** {palette}, light background",
    "dark": "**Palette:** {palette}, dark background",
}
FOCUS: Final = "**Focus:** {focus}"
COLUMNS: Final = "**Columns:** {columns}"
ANY_COLUMNS: Final = "**Columns:** as many as suit the picture"
FORMAT: Final = "**Format:** {format}"
STYLE: Final = "**Style:** {style}"
ANY_STYLE: Final = "**Style:** the bot's default"
MOTION: Final = {True: "**Animations:** stay animated", False: "**Animations:** drawn as a still picture"}
SHARED: Final = {False: "**Results:** visible to everyone", True: "**Results:** visible only to the requester"}
HIDDEN: Final = {False: "**Spoiler:** not hidden", True: "**Spoiler:** hidden until clicked"}
AGES: Final = {False: "**Age-restricted channels only:** no", True: "**Age-restricted channels only:** yes"}
LOG: Final = "**Log:** {list}"
SILENT: Final = "**Log:** none"
MORE: Final = "{list} and {count} more"


def settings_text(settings: GuildSettings, language: str) -> str:
    """What is in force, a line each."""

    def listed(text: str, none: str, ids: Collection[str], mark: str) -> str:
        if not ids:
            return translate(none, language)
        shown = " ".join(f"<{mark}{one}>" for one in sorted(ids, key=int)[:SHOWN])
        if len(ids) > SHOWN:
            shown = translate(MORE, language, list=shown, count=len(ids) - SHOWN)
        return translate(text, language, list=shown)

    return "\n".join(
        (
            listed(CHANNELS, EVERYWHERE, settings.channels, "#"),
            listed(ROLES, EVERYBODY, settings.roles, "@&"),
            listed(BANNED, NOBODY, settings.blocked, "@"),
            translate(REACTORS[settings.reactors], language),
            translate(LOOK[settings.background], language, palette=palette_name(settings.palette, language)),
            translate(FOCUS, language, focus=translate(FOCUSES[focus_name(settings.focus)].label, language)),
            translate(COLUMNS if settings.columns else ANY_COLUMNS, language, columns=settings.columns),
            translate(FORMAT, language, format=translate(FORMATS[settings.format].label, language)),
            translate(STYLE if settings.style else ANY_STYLE, language, style=settings.style),
            translate(MOTION[settings.animate], language),
            translate(SHARED[settings.private], language),
            translate(HIDDEN[settings.spoiler], language),
            translate(AGES[settings.age_restricted_only], language),
            listed(LOG, SILENT, [settings.log_channel] if settings.log_channel else [], "#"),
        )
    )
