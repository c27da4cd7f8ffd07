"""What happens to the guild's own settings and pictures.

https://docs.discord.com/developers/resources/guild#modify-guild
"""

from typing import Any

from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.guild_objects import guild_json
from playground.state.guild_settings import GUILD
from playground.state.looks import ICON, LOOKS
from playground.state.seed import GUILD_ID
from playground.types import Json

LOGGED = (*GUILD, "icon")


class Guild:
    def __init__(self, events: Events, audit: AuditLog) -> None:
        self._events, self._audit = events, audit
        events.on_event.append(self._channel_gone)

    def edit(
        self, act: Act, settings: dict[str, Any], icon: bytes | None = None, *, takes_icon: bool = False
    ) -> None:
        """Set what is given, and with `takes_icon` the icon, None for none; everybody is told of a change."""
        before = guild_json()
        GUILD.update(settings)
        if takes_icon:
            LOOKS.set(ICON, icon)
        after = guild_json()
        if after == before:
            return
        self._events.emit("GUILD_UPDATE", after)
        self._events.changed("looks", {})
        told = changed({key: before[key] for key in LOGGED}, {key: after[key] for key in LOGGED})
        self._audit.add(act, Action.GUILD_UPDATE, GUILD_ID, told)

    def _channel_gone(self, name: str, data: Json) -> None:
        """With a channel go the settings that name it."""
        of_channels = [key for key in GUILD if key.endswith("_channel_id")]
        if name == "CHANNEL_DELETE" and (naming := [key for key in of_channels if GUILD[key] == data["id"]]):
            GUILD.update(dict.fromkeys(naming))
            self._events.emit("GUILD_UPDATE", guild_json())
