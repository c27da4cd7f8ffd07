"""The bot's decisions that need no client: who is an admin, which reaction counts, when commands differ."""

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands

from bot.commands.admins import is_admin, owners_of
from bot.commands.ascii import Ascii
from bot.commands.registration import comparable
from bot.components.reaction_click import click_of, look_of
from bot.components.reaction_reply import nonce_of
from bot.replies.interactions import role_ids
from bot.settings import BotSettings, parse_looks
from jobs.lifecycle.reactions import Attempt

OWNER, ADMIN, OTHER, ROLE = 1, 2, 3, 9


@pytest.mark.parametrize(
    ("user", "roles", "admin_users", "admin_roles", "allowed"),
    [
        (OWNER, [], set(), set(), True),
        (OTHER, [ROLE], set(), set(), False),
        (ADMIN, [], {ADMIN}, set(), True),
        (OTHER, [], {ADMIN}, set(), False),
        (OWNER, [], {ADMIN}, set(), False),
        (OTHER, [ROLE, 8], set(), {ROLE}, True),
        (OTHER, [8], set(), {ROLE}, False),
        (OWNER, [], set(), {ROLE}, False),
        (ADMIN, [], {ADMIN}, {ROLE}, True),
    ],
)
def test_the_settings_name_the_admins_and_else_the_owner_is_one(
    user: int, roles: list[int], admin_users: set[int], admin_roles: set[int], allowed: bool
) -> None:
    answer = is_admin(
        user,
        roles,
        admin_users=frozenset(admin_users),
        admin_roles=frozenset(admin_roles),
        owners=frozenset({OWNER}),
    )
    assert answer is allowed


def an_application(team: Any) -> Any:
    return SimpleNamespace(owner=SimpleNamespace(id=OWNER), team=team)


@pytest.mark.parametrize(
    ("role", "state", "counts"),
    [
        ("admin", 2, True),
        ("developer", 2, True),
        ("read_only", 2, False),
        ("admin", 1, False),
        ("developer", 1, False),
        ("a role of next year", 2, False),
        ("", 2, False),
    ],
)
def test_a_teams_application_is_owned_by_those_who_may_change_it(role: str, state: int, counts: bool) -> None:
    """As Discord sends a team: https://docs.discord.com/developers/topics/teams."""
    user = {"username": "a", "discriminator": "0", "avatar": None}
    members: list[Any] = [
        {"user": {"id": "3", **user}, "team_id": "1", "membership_state": 2, "role": ""},  # the owner has none
        {"user": {"id": "4", **user}, "team_id": "1", "membership_state": state, "role": role},
    ]
    team: Any = {"id": "1", "name": "us", "icon": None, "owner_user_id": "3", "members": members}
    owned = owners_of(an_application(discord.Team(cast(Any, None), team)))
    assert owned == ({3, 4} if counts else {3})
    assert owners_of(an_application(None)) == {OWNER}
    assert owners_of(an_application(None)) == {OWNER}
    assert owners_of(None) == frozenset()


LOOKS = parse_looks(BotSettings.model_fields["reaction_palettes"].default)


def test_hearts_ask_for_looks_with_or_without_a_variation_selector() -> None:
    assert {look_of(emoji, LOOKS) for emoji in ("🩷", "🩷\ufe0f", "💗", "💖")} == {("pink", None)}
    assert [look_of(emoji, LOOKS) for emoji in "💙💚🧡🖤🤍🌈"] == [
        ("blue", None),
        ("green", None),
        ("amber", None),
        ("mono", "light"),
        ("mono", "dark"),
        ("photo", None),
    ]
    assert {look_of(emoji, LOOKS) for emoji in ("❤️", "👍", "pink", "", None)} == {None}


@pytest.mark.parametrize("text", ["🩷", "🩷=plaid", "=pink", "🩷=pink:grey", "🩷=#0000ff-#ff69b4"])
def test_a_reaction_that_asks_for_nothing_that_there_is_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="emoji=palette"):
        parse_looks(text)


@pytest.mark.parametrize(
    ("user", "author", "bot", "counts"),
    [
        (3, 77, False, True),
        (3, None, False, True),
        (3, 78, False, False),
        (77, 77, None, False),
        (3, 77, True, False),
        (3, 77, None, True),
    ],
)
def test_only_people_and_only_our_messages_count(
    user: int, author: int | None, bot: bool | None, counts: bool
) -> None:
    member = None if bot is None else SimpleNamespace(bot=bot)
    payload: Any = SimpleNamespace(
        user_id=user,
        message_author_id=author,
        member=member,
        emoji=SimpleNamespace(name="🩷"),
        message_id=1,
        channel_id=2,
        guild_id=None,
    )
    assert (click_of(payload, own_id=77, looks=LOOKS) is not None) is counts


def test_a_members_roles_are_known_before_their_server_has_come() -> None:
    """After a start Discord names servers without their roles first; who asks then has the roles of the payload."""
    state = discord.Client(intents=discord.Intents.none())._connection
    guild = discord.Guild(data=cast(Any, {"id": "5", "unavailable": True}), state=state)
    user = {"id": "3", "username": "a", "discriminator": "0", "avatar": None}
    data: Any = {"user": user, "roles": ["9"], "flags": 0, "joined_at": None}
    member = discord.Member(data=data, guild=guild, state=state)
    assert set(role_ids(member)) == {"5", "9"}, "with the role that everybody has"
    payload: Any = SimpleNamespace(
        user_id=3,
        message_author_id=77,
        member=member,
        emoji=SimpleNamespace(name="🩷"),
        message_id=1,
        channel_id=2,
        guild_id=5,
    )
    click = click_of(payload, own_id=77, looks=LOOKS)
    assert click is not None and set(click.role_ids) == {"5", "9"}


def test_a_nonce_is_stable_distinct_and_short_enough() -> None:
    largest = Attempt(message_id="9" * 20, palette="a" * 40)
    others = [
        largest.model_copy(update=change) for change in ({"palette": "green"}, {"message_id": "1"}, {"number": 2})
    ]
    assert nonce_of(largest) == nonce_of(largest.model_copy(update={"held_until": 5.0, "reply_id": "8"}))
    assert len({nonce_of(attempt) for attempt in (largest, *others)}) == 4
    assert len(nonce_of(largest)) <= 25


def tree_with(description: str) -> dict[str, Any]:
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)
    nothing: Any = None  # never invoked here
    (command,) = Ascii(nothing, nothing).get_app_commands()
    command.description = description
    tree.add_command(command)
    payload: dict[str, Any] = command.to_dict(tree)
    return payload


def as_registered(payload: dict[str, Any]) -> dict[str, Any]:
    """The command as Discord gives it back: with ids and versions, defaults left out, lists in its own order."""
    options = [
        {key: value for key, value in option.items() if value not in (False, [], None)}
        for option in payload["options"]
    ]
    return payload | {
        "id": "1",
        "application_id": "2",
        "version": "3",
        "default_member_permissions": None,
        "name_localizations": None,
        "dm_permission": False,
        "options": options,
        "contexts": payload["contexts"][::-1],
    }


async def test_a_command_that_discord_gives_back_equals_ours_until_something_changes() -> None:
    ours = tree_with("Draw a picture")
    assert comparable(as_registered(ours)) == comparable(ours)
    assert comparable(as_registered(tree_with("Draw it"))) != comparable(ours)
    without_choice = as_registered(ours)
    without_choice["options"][4]["choices"] = without_choice["options"][4]["choices"][1:]
    assert comparable(without_choice) != comparable(ours)
    optional = as_registered(ours)
    optional["options"][0]["required"] = True
    assert comparable(optional) != comparable(ours)


def test_permissions_are_compared_as_numbers() -> None:
    assert comparable({"default_member_permissions": 32}) == comparable({"default_member_permissions": "32"})
    assert comparable({"default_member_permissions": 32}) != comparable({"default_member_permissions": "8"})
    assert comparable({"default_member_permissions": 0}) != comparable({"default_member_permissions": None})
