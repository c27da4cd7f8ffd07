"""The bot's admins: the users and roles in the settings, else the owners of the application."""

from collections.abc import Iterable

import discord

from bot.replies.interactions import Interaction, role_ids
from bot.settings import BotSettings


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
    """The application's owner, or the members of the team that owns it."""
    if application is None:
        return frozenset()
    if application.team is not None:
        return frozenset(
            member.id
            for member in application.team.members
            if member.membership_state is discord.TeamMembershipState.accepted
        )
    return frozenset({application.owner.id})


def is_from_admin(interaction: Interaction, settings: BotSettings) -> bool:
    """Whether an interaction is an admin's."""
    return is_admin(
        interaction.user.id,
        map(int, role_ids(interaction.user)),
        admin_users=settings.admin_user_ids,
        admin_roles=settings.admin_role_ids,
        owners=owners_of(interaction.client.application),
    )
