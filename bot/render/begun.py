"""A request in its first second: what is known of it when it is acknowledged, and what is known too late."""

from dataclasses import dataclass
from typing import Final

from bot.render.options import OptionOverrides, settle
from bot.replies.interactions import Interaction, can_reach, language
from jobs.lifecycle.job import NO_ID, PendingReply
from jobs.routes import TOKEN_S
from jobs.schema import Reply
from jobs.server_settings import GuildSettings
from jobs.text.choices import RenderOptions
from jobs.text.sentences import ServiceProblem

PRIVATE_DEADLINE_S: Final = 13 * 60
"""A private response can be reached by its token only: a job that begins at the last moment, and the sentence
of the reaper after it, must arrive before that ends."""

DEADLINE_S: Final = 60 * 60


@dataclass(frozen=True)
class Begun:
    """The settings if Redis gave them in time, and the message if Discord did."""

    settings: GuildSettings | None
    options: RenderOptions
    private: bool
    pending: PendingReply
    message_id: int | None = None


def begin(
    interaction: Interaction,
    overrides: OptionOverrides,
    received_at: float,
    settings: GuildSettings | None,
    *,
    private: bool | None,
    defaults: RenderOptions | None,
) -> Begun:
    """The pending reply to be; `settings` are None when Redis did not give them in time."""
    known = settings or GuildSettings()
    options = settle(overrides, defaults or known.drawing)
    private = known.private if private is None else private
    by_token_only = private or not can_reach(interaction)
    reply = Reply(
        application_id=str(interaction.application_id),
        channel_id=str(interaction.channel_id),
        message_id=NO_ID,
        token=interaction.token,
        token_expires_at=received_at + TOKEN_S,
        private=by_token_only,
        language=language(interaction),
    )
    deadline_at = received_at + (PRIVATE_DEADLINE_S if by_token_only else DEADLINE_S)
    pending = PendingReply(job_id=str(interaction.id), reply=reply, since=received_at, deadline_at=deadline_at)
    return Begun(settings, options, private, pending)


def late_options(
    settings: GuildSettings, overrides: OptionOverrides, *, private: bool | None, defaults: RenderOptions | None
) -> RenderOptions:
    """The options by settings that came after the acknowledgement.

    Raises ServiceProblem `queue_down` where they make results private: an answer that was begun for all to see
    stays so, and a next try may come in time.
    """
    if private is None and settings.private:
        raise ServiceProblem("queue_down", "the server's settings came too late for a private answer")
    return settle(overrides, defaults or settings.drawing)


def may_react(interaction: Interaction, options: RenderOptions, *, private: bool) -> bool:
    """Whether a reaction of the bot's would show anybody what can be had: the picture in pink."""
    allowed = interaction.app_permissions
    there = can_reach(interaction) and not private and options.palette != "pink"
    return there and (not interaction.guild_id or (allowed.add_reactions and allowed.read_message_history))
