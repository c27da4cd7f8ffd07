"""Buttons and select menus of ours, whenever they were posted and by whichever process.

One dynamic item answers to every id that `jobs.text.buttons` makes, and hands it to the handler of its action; what
a handler raises becomes a sentence that only the person who clicked sees.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.replies.interactions import Interaction, explain
from jobs.observability import logs
from jobs.text.buttons import TEMPLATE, custom_id
from jobs.text.sentences import ServiceProblem

Handler = Callable[[Interaction, str], Awaitable[None]]
"""Gets the interaction and what the id is about (often nothing). A client's `handlers` has one for each action."""


class Component(discord.ui.DynamicItem[discord.ui.Item[Any]], template=TEMPLATE):
    """A button or select menu, made to be sent or found again from its id."""

    def __init__(self, item: discord.ui.Item[Any], action: str, argument: str = "") -> None:
        super().__init__(item)
        self.action, self.argument = action, argument

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "Component":
        """What discord.py calls for a click."""
        return cls(item, match["action"], match["argument"] or "")

    async def callback(self, interaction: Interaction) -> Any:
        """Hand the click on."""
        logs.bind(str(interaction.id))
        try:
            if not _is_there(interaction):
                raise ServiceProblem("not_yours", f"component={self.action}")
            handler: Handler | None = interaction.client.handlers.get(self.action)
            if handler is not None:
                await handler(interaction, self.argument)
        except Exception as error:
            await explain(interaction, error)


def _is_there(interaction: Interaction) -> bool:
    """Whether the message has the component that was used: a client could name another id, of another's message."""
    used = cast(dict[str, Any], interaction.data or {}).get("custom_id")
    left = list[Any](interaction.message.components if interaction.message else [])
    while left:
        item = left.pop()
        if getattr(item, "custom_id", None) == used:
            return True
        left += [*getattr(item, "children", ()), *filter(None, [getattr(item, "accessory", None)])]
    return False


@dataclass(frozen=True)
class Labelled:
    """A button to be: what it does, to what, and how it is shown."""

    action: str
    argument: str
    label: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


def buttons(*wanted: Labelled) -> discord.ui.View:
    """Up to five buttons in a row."""
    view = discord.ui.View(timeout=None)
    for one in wanted:
        item: discord.ui.Button[Any] = discord.ui.Button(
            label=one.label[:80], style=one.style, custom_id=custom_id(one.action, one.argument)
        )
        view.add_item(Component(item, one.action, one.argument))
    return view


def button(action: str, argument: str, label: str, style: discord.ButtonStyle) -> discord.ui.View:
    """A button alone."""
    return buttons(Labelled(action, argument, label, style))


def select(action: str, argument: str, placeholder: str, choices: dict[str, str]) -> discord.ui.View:
    """A menu to choose one of up to 25 from, each a value and its label."""
    options = [discord.SelectOption(label=label[:100], value=value) for value, label in choices.items()]
    menu: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=custom_id(action, argument), placeholder=placeholder, options=options
    )
    view = discord.ui.View(timeout=None)
    view.add_item(Component(menu, action, argument))
    return view


def chosen(interaction: Interaction) -> str:
    """The value that was chosen from a menu made by `select`."""
    return cast(dict[str, list[str]], interaction.data)["values"][0]
