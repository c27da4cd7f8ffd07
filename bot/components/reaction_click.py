"""What a reaction asks for, as Discord tells of it: a click on one of our messages, in a palette and a paper."""

from collections.abc import Mapping
from typing import Final

import discord

from bot.replies.interactions import Interaction, is_age_restricted, parent_of, role_ids
from bot.settings import VARIATION_SELECTOR, Look
from jobs import clock
from jobs.schema import Click, RenderRequest

YOUNG_S: Final = 60.0
KNOWN_S: Final = 20.0
"""A message's bot notices in its next round, at most REAP_S and an outage's back-off later, that Redis lost it."""

Looks = Mapping[str, Look]


def look_of(emoji: str | None, looks: Looks) -> Look | None:
    """The palette and paper that an emoji asks for, with or without its variation selector."""
    return looks.get((emoji or "").removesuffix(VARIATION_SELECTOR))


def click_of(
    payload: discord.RawReactionActionEvent, own_id: int, looks: Looks, channel: object = None
) -> Click | None:
    """The click that a reaction is, if a person (not a bot, not we) reacted to what may be ours.

    `channel` is where, if the client knows it.
    """
    look = look_of(payload.emoji.name, looks)
    if look is None or payload.user_id == own_id or (payload.member is not None and payload.member.bot):
        return None
    if payload.message_author_id not in (None, own_id):
        return None
    palette, background = look
    return Click(
        message_id=str(payload.message_id),
        channel_id=str(payload.channel_id),
        guild_id=str(payload.guild_id) if payload.guild_id else None,
        user_id=str(payload.user_id),
        palette=palette,
        background=background,
        role_ids=role_ids(payload.member),
        parent_id=parent_of(channel),
        age_restricted=is_age_restricted(channel),
        at=clock.now(),
    )


def pink_click(interaction: Interaction, request: RenderRequest) -> Click:
    """The button Pink as the 🩷 under the same picture would be."""
    user, channel = interaction.user, interaction.channel
    return Click(
        message_id=request.reply.message_id,
        channel_id=request.reply.channel_id,
        guild_id=request.guild_id,
        user_id=str(user.id),
        palette="pink",
        role_ids=role_ids(user),
        parent_id=parent_of(channel),
        age_restricted=is_age_restricted(channel),
        at=clock.now(),
    )


def is_new(click: Click) -> bool:
    """Whether a message was made shortly before a click on it, and the click just now."""
    made_at = discord.utils.snowflake_time(int(click.message_id)).timestamp()
    return click.at - made_at < YOUNG_S and clock.now() - click.at < KNOWN_S
