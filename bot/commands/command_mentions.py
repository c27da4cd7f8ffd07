"""Commands in a text as one can click them: Discord knows each by the number that it got when it was registered.

https://docs.discord.com/developers/reference#message-formatting
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jobs.text.translation import NAME, translate_in

CHAT_INPUT: Final = 1
NAMED: Final = ("ascii", "settings", "help", "privacy", "forget")
"""What texts name in braces."""


class CommandIds:
    """The numbers of our slash commands by their names, once they are registered."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def note(self, registered: Iterable[Mapping[str, Any]]) -> None:
        """Take them from Discord's list of our commands."""
        self._ids = {one["name"]: one["id"] for one in registered if one.get("type", CHAT_INPUT) == CHAT_INPUT}

    def mention(self, command: str, language: str) -> str:
        """A command, or one of its subcommands, by its name in a language; plain while it has no number yet."""
        words = " ".join(translate_in(NAME, word, language) for word in command.split())
        number = self._ids.get(command.partition(" ")[0])
        return f"`/{words}`" if number is None else f"</{words}:{number}>"

    def mentions(self, language: str) -> dict[str, str]:
        """Each of NAMED, to fill a text's braces."""
        return {name: self.mention(name, language) for name in NAMED}
