"""The real discord.py client as moderator and builder: members, roles, channels, emojis, events, the audit log."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

import discord
import pytest_asyncio

from playground.server import Playground
from playground.state.permissions import ADMINISTRATOR
from playground.state.seed import ADA_ID, MIA_ID, MODERATOR_ROLE, SAM_ID, TOKEN
from tests.playground.bot import Bot, picture, running
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import control, empower, eventually


class Listening(Bot):
    """Hears of members, moderation, emojis and scheduled events as well."""

    def __init__(self) -> None:
        super().__init__()
        self._connection._intents.value |= 1 << 1 | 1 << 2 | 1 << 3 | 1 << 16

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        self.seen.append((event, args[-1] if args else None))
        super().dispatch(event, *args, **kwargs)


@pytest_asyncio.fixture
async def bot(playground: Playground, pointed: None) -> AsyncIterator[Listening]:
    playground.world.portal.intents["members"] = True
    empower(ADMINISTRATOR, 9)
    async with running(Listening(), TOKEN) as logged_in:
        assert isinstance(logged_in, Listening)
        yield logged_in


async def test_members(playground: Playground, bot: Listening) -> None:
    (guild,) = bot.guilds
    mia = await guild.fetch_member(int(MIA_ID))
    assert len([member async for member in guild.fetch_members(limit=None)]) == 5
    assert [found.id for found in await guild.query_members("mi")] == [mia.id]
    role = guild.get_role(int(MODERATOR_ROLE))
    assert role is not None
    await mia.edit(nick="Mimi", roles=[role], reason="helps a lot")
    await eventually(lambda: bot.events("member_update"))
    cached = guild.get_member(mia.id)
    assert cached is not None and cached.display_name == "Mimi" and cached.roles[-1] == role
    await cached.remove_roles(role)
    await cached.timeout(datetime.timedelta(minutes=5), reason="calm down")
    await eventually(cached.is_timed_out)
    await cached.timeout(None)
    await guild.me.edit(nick="Scribe")
    await eventually(lambda: guild.me.nick == "Scribe")
    await cached.kick(reason="once more")
    await eventually(lambda: bot.events("member_remove"))
    await guild.ban(discord.Object(int(SAM_ID)), reason="spam", delete_message_seconds=60)
    await eventually(lambda: bot.events("member_ban"))
    assert [(ban.user.id, ban.reason) async for ban in guild.bans()] == [(int(SAM_ID), "spam")]
    await guild.unban(discord.Object(int(SAM_ID)))
    await eventually(lambda: bot.events("member_unban"))
    await control(playground, "POST", "/join", {"username": "zoe"})
    await eventually(lambda: bot.events("member_join"))
    assert await guild.estimate_pruned_members(days=7) == 0
    kinds = [entry.action.name async for entry in guild.audit_logs()]
    assert kinds[:3] == ["unban", "ban", "kick"] and "member_role_update" in kinds
    (first,) = [entry async for entry in guild.audit_logs(limit=1, action=discord.AuditLogAction.kick)]
    assert first.reason == "once more" and isinstance(first.target, discord.User | discord.Object | discord.Member)
    await eventually(lambda: bot.events("audit_log_entry_create"))


async def test_roles_and_channels(bot: Listening) -> None:
    (guild,) = bot.guilds
    role = await guild.create_role(name="Poet", colour=discord.Colour.red(), hoist=True)
    await eventually(lambda: guild.get_role(role.id))
    await role.edit(permissions=discord.Permissions(manage_messages=True), name="Bard", position=2)
    await eventually(lambda: guild.get_role(role.id) and guild.get_role(role.id).name == "Bard")  # type: ignore[union-attr]
    assert (await guild.fetch_role(role.id)).permissions.manage_messages
    category = await guild.create_category(
        "Rooms", overwrites={role: discord.PermissionOverwrite(view_channel=False)}
    )
    text = await category.create_text_channel("Fine Arts", topic="t", slowmode_delay=5)
    assert text.name == "fine-arts" and text.overwrites_for(role).view_channel is False
    await eventually(lambda: guild.get_channel(text.id))
    voice = await guild.create_voice_channel("Talk", user_limit=5)
    forum = await guild.create_forum("Ideas", available_tags=[discord.ForumTag(name="wild")])
    assert voice.user_limit == 5 and [tag.name for tag in forum.available_tags] == ["wild"]
    await text.edit(name="arts", nsfw=True, position=1)
    await text.set_permissions(role, send_messages=True, reason="may write")
    await eventually(lambda: text.overwrites_for(role).send_messages or bot.events("guild_channel_update"))
    await text.set_permissions(role, overwrite=None)
    await text.move(end=True, sync_permissions=True)
    for channel in (voice, forum, text, category):
        await channel.delete()
    await eventually(lambda: guild.get_channel(category.id) is None)
    await role.delete()
    await eventually(lambda: guild.get_role(role.id) is None)


async def test_the_server_itself(bot: Listening) -> None:
    (guild,) = bot.guilds
    edited = await guild.edit(name="Atelier", icon=PNG_3X2, verification_level=discord.VerificationLevel.medium)
    assert edited.name == "Atelier" and edited.icon is not None and edited.owner_id == int(ADA_ID)
    await eventually(lambda: guild.name == "Atelier")
    emoji = await guild.create_custom_emoji(name="lemur", image=PNG_3X2)
    await eventually(lambda: guild.emojis)
    assert await emoji.read() == PNG_3X2
    await (await emoji.edit(name="maki")).delete()
    mine = await bot.create_application_emoji(name="mine", image=PNG_3X2)
    assert [found.id for found in await bot.fetch_application_emojis()] == [mine.id]
    sticker = await guild.create_sticker(name="lemur", description="It looks.", emoji="🐒", file=picture("l.png"))
    await eventually(lambda: guild.stickers)
    assert await sticker.read() == PNG_3X2
    start = discord.utils.utcnow() + datetime.timedelta(hours=1)
    event = await guild.create_scheduled_event(
        name="Vernissage",
        start_time=start,
        end_time=start + datetime.timedelta(hours=1),
        entity_type=discord.EntityType.external,
        privacy_level=discord.PrivacyLevel.guild_only,
        location="The hall",
    )
    await eventually(lambda: guild.scheduled_events)
    await (await event.start()).end()
    assert [found.name for found in await guild.fetch_scheduled_events()] == ["Vernissage"]
    assert [found.name for found in await guild.integrations()] == ["glyphcord"]
    assert await guild.templates() == [] and await guild.fetch_automod_rules() == []
    assert (await bot.fetch_guild_preview(guild.id)).name == "Atelier"
    assert [found.name async for found in bot.fetch_guilds(limit=None)] == ["Atelier"]
    assert bot.user is not None
    await bot.user.edit(username="scribe", avatar=PNG_3X2)
    await eventually(lambda: bot.user is not None and bot.user.name == "scribe")
