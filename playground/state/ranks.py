"""Who stands above whom: what a member may do to roles and to other members.

https://docs.discord.com/developers/topics/permissions#permission-hierarchy
"""

from playground.errors import missing_permissions
from playground.state.people import Role
from playground.state.permissions import ADMINISTRATOR, ALL_PERMISSIONS
from playground.state.seed import ADA_ID, EVERYONE_ROLE, MEMBERS, ROLES, guild_permissions

Rank = tuple[int, int]
TOP: Rank = (1 << 31, 0)


def rank_of_role(role: Role) -> Rank:
    """Of two roles at one position the older stands above."""
    return (role.position, -int(role.id))


def rank(user_id: str) -> Rank:
    """The highest role's; the owner stands above all, and who is no member below."""
    if user_id == ADA_ID:
        return TOP
    member = MEMBERS.get(user_id)
    roles = [EVERYONE_ROLE, *(member.roles if member is not None else [])]
    return max(rank_of_role(ROLES[role]) for role in roles)


def need(user_id: str, permissions: int) -> None:
    """Raise ApiError 50013 unless the user has all of these in the guild."""
    if permissions & ~guild_permissions(user_id):
        raise missing_permissions()


def need_above(user_id: str, other_id: str) -> None:
    """Raise ApiError 50013 unless the user stands above the other member."""
    if rank(user_id) <= rank(other_id):
        raise missing_permissions()


def need_above_role(user_id: str, role: Role) -> None:
    """Raise ApiError 50013 unless the user stands above the role, as whoever hands it out or changes it must."""
    if rank(user_id) <= rank_of_role(role):
        raise missing_permissions()


def need_to_grant(user_id: str, permissions: int) -> None:
    """Raise ApiError 50013 for permissions that the user can neither give nor take, not having them."""
    held = guild_permissions(user_id)
    if held != ALL_PERMISSIONS and permissions & ~held:
        raise missing_permissions()


def is_administrator(user_id: str) -> bool:
    return bool(guild_permissions(user_id) & ADMINISTRATOR)
