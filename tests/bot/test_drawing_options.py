"""No option of `/ascii` is forgotten where a server sets its defaults, nor the other way round."""

from dataclasses import fields
from typing import Any

import pytest

from bot.commands.drawing_options import CHOICES, HELP, overrides_from
from bot.render.options import OptionOverrides
from jobs.server_settings import GuildSettings
from jobs.text.choices import AUTO
from models.options import RenderOptions
from tests.bot.test_locales import payloads

ONE_PICTURES = {"image", "source", "variants"}
"""Options of `/ascii` that say what to draw and how often, not how."""
SERVERS = {"spoiler"}
"""What only a server decides."""


async def test_a_server_has_a_default_for_every_option_of_a_drawing() -> None:
    commands = {payload["name"]: payload for payload in await payloads()}
    ascii = {option["name"]: option for option in commands["ascii"]["options"]}
    settings = {option["name"]: option for option in commands["settings"]["options"]}
    defaults = {option["name"]: option for option in settings["defaults"]["options"]}
    assert ascii.keys() - ONE_PICTURES == defaults.keys() - SERVERS == HELP.keys()
    for name in HELP:
        for part in ("type", "choices", "autocomplete", "name_localizations"):
            assert ascii[name].get(part) == defaults[name].get(part), (name, part)
        assert bool(ascii[name].get("choices")) == (name in CHOICES)


def test_what_can_be_asked_for_is_what_is_drawn_and_what_a_server_keeps() -> None:
    def named(kind: Any) -> set[str]:
        return {field.name for field in fields(kind)}

    assert named(OptionOverrides) | {"private"} == set(HELP)
    assert named(RenderOptions) == named(OptionOverrides)
    assert named(RenderOptions) | {"private"} <= set(GuildSettings.model_fields)


@pytest.mark.parametrize(
    ("typed", "style"),
    [
        ("auto", AUTO),
        ("Auto", AUTO),
        (" AUTO ", AUTO),
        ("Auto (the bot's default)", AUTO),
        ("Automatisch", AUTO),
        ("авто", AUTO),
        ("自動", AUTO),
        ("自动（机器人的默认值）", AUTO),
        (" lines ", "lines"),
        ("autos", "autos"),
        (" ", None),
        (None, None),
    ],
)
def test_a_style_that_is_typed_may_be_auto_by_any_of_its_names(typed: str | None, style: str | None) -> None:
    said = overrides_from(
        palette=None, columns=None, background=None, focus=None, format=None, style=typed, animate=None
    )
    assert said.style == style
