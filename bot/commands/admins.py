"""The bot's admins: the users and roles in the settings, else the owners of the application."""

from collections.abc import Iterable
from typing import Final

import discord

from bot.replies.interactions import Interaction, role_ids
from bot.settings import BotSettings

CHANGING: Final = frozenset({discord.TeamMemberRole.admin, discord.TeamMemberRole.developer})
"""The roles in a team that may change its applications; `read_only` may not."""


def is_admin(
    user_id: int,
    role_ids: Iterable[int],
    *,
    admin_users: frozenset[int],
    admin_roles: frozenset[int],
    owners: frozenset[int],
) -> bool:
    """The owners count only where the settings name nobody."""
    if admin_users or admin_roles:
        return user_id in admin_users or not admin_roles.isdisjoint(role_ids)
    return user_id in owners


def owners_of(application: discord.AppInfo | None) -> frozenset[int]:
    """The application's owner, or those of the team that owns it who may change the application."""
    if application is None:
        return frozenset()
    if (team := application.team) is not None:
        return frozenset(member.id for member in team.members if _may_change(member, team.owner_id))
    return frozenset({application.owner.id})


def _may_change(member: discord.TeamMember, owner_id: int | None) -> bool:
    """Whether a member of a team has accepted, and has a role with more than reading in it.

    The team's owner has no role of their own. Of a role that is not known here, nothing is concluded.
    """
    accepted = member.membership_state is discord.TeamMembershipState.accepted
    return accepted and (member.id == owner_id or member.role in CHANGING)


def is_from_admin(interaction: Interaction, settings: BotSettings) -> bool:
    """Whether an interaction is an admin's."""
    return is_admin(
        interaction.user.id,
        map(int, role_ids(interaction.user)),
        admin_users=settings.admin_user_ids,
        admin_roles=settings.admin_role_ids,
        owners=owners_of(interaction.client.application),
    )
