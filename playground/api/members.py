"""Members: listed, searched and changed.

https://docs.discord.com/developers/resources/guild
"""

from typing import Any

from playground.api.fields import REQUIRED, Fields
from playground.api.guild_access import check_guild, check_members_intent
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, invalid_form, missing_permissions
from playground.state.audit_log import Action
from playground.state.guild_objects import member_json
from playground.state.looks import LOOKS
from playground.state.members import member_of
from playground.state.people import Member
from playground.state.permissions import (
    BAN_MEMBERS,
    CHANGE_NICKNAME,
    DEAFEN_MEMBERS,
    KICK_MEMBERS,
    MANAGE_GUILD,
    MANAGE_NICKNAMES,
    MANAGE_ROLES,
    MODERATE_MEMBERS,
    MOVE_MEMBERS,
    MUTE_MEMBERS,
)
from playground.state.ranks import need, need_above
from playground.state.seed import BOT_ID, MEMBERS, USERS, guild_permissions
from playground.types import Json

MEMBERS_OF = "/guilds/{guild_id}/members"
ONE = MEMBERS_OF + "/{user_id}"
LONGEST_TIMEOUT_S = 28 * 86_400
BYPASSES_VERIFICATION = 1 << 2
EDIT_LIMIT = (10, 10.0)
VOICE = {"mute": MUTE_MEMBERS, "deaf": DEAFEN_MEMBERS, "channel_id": MOVE_MEMBERS}


@route("GET", MEMBERS_OF, limit=(10, 10.0))
def list_members(call: Call) -> Response:
    """Raises 50001 for an application that is not granted the members intent."""
    check_guild(call)
    check_members_intent(call)
    limit, after = call.number("limit", 1, 1, 1000), call.number("after", 0, 0, 1 << 64)
    wanted = sorted((user for user in MEMBERS if int(user) > after), key=int)
    return Response([member_json(user) for user in wanted[:limit]])


@route("GET", MEMBERS_OF + "/search", limit=(10, 10.0))
def search_members(call: Call) -> Response:
    """Whose name or nickname begins with the query."""
    check_guild(call)
    query, limit = call.query.get("query", "").lower(), call.number("limit", 1, 1, 1000)
    if not query:
        raise invalid_form({"query": REQUIRED})
    if len(query) > 100:
        raise invalid_form({"query": ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")})
    found = [user for user, member in MEMBERS.items() if any(n.startswith(query) for n in _names(user, member))]
    return Response([member_json(user) for user in found[:limit]])


def _names(user_id: str, member: Member) -> list[str]:
    user = USERS[user_id]
    return [name.lower() for name in (user.username, user.global_name, member.nick) if name]


@route("GET", ONE)
def get_member(call: Call) -> Response:
    check_guild(call)
    member_of(call.params["user_id"])
    return Response(member_json(call.params["user_id"]))


@route("PATCH", ONE, limit=EDIT_LIMIT)
def patch_member(call: Call) -> Response:
    check_guild(call)
    user_id = call.params["user_id"]
    member_of(user_id)
    fields = Fields(call.body.object())
    changes: dict[str, Any] = {}
    if "nick" in fields:
        changes["nick"] = fields.text("nick", 0, 32) or None
    if "roles" in fields:
        changes["roles"] = sorted(set(fields.snowflakes("roles", 350) or []), key=int)
    if "flags" in fields:
        changes["flags"] = (fields.whole("flags", 0, 1 << 31) or 0) & BYPASSES_VERIFICATION
    if "communication_disabled_until" in fields:
        changes["timeout_until"] = fields.moment("communication_disabled_until")
        if (changes["timeout_until"] or 0) > call.world.clock.now() + LONGEST_TIMEOUT_S:
            fields.problems["communication_disabled_until"] = (
                "COMMUNICATION_DISABLED_UNTIL_INVALID",
                "Must be within 28 days from now.",
            )
    fields.done()
    _check(call, user_id, changes)
    for key, needed in VOICE.items():
        if fields.body.get(key) is not None or (key == "channel_id" and key in fields):
            need(BOT_ID, needed)
            raise ApiError(400, 40032, "Target user is not connected to voice.")
    call.world.members.edit(call.act, user_id, changes)
    return Response(member_json(user_id))


def _check(call: Call, user_id: str, changes: dict[str, Any]) -> None:
    """Raise ApiError 10011, 50013 or 50028 for a change that the bot may not make."""
    if "nick" in changes and user_id == BOT_ID:
        need(BOT_ID, CHANGE_NICKNAME)
    elif "nick" in changes:
        need(BOT_ID, MANAGE_NICKNAMES)
        need_above(BOT_ID, user_id)
    if "roles" in changes:
        call.world.members.check_roles(call.act, user_id, changes["roles"])
    if "timeout_until" in changes:
        call.world.members.check_timeout(call.act, user_id)
    if "flags" in changes:
        held, moderator = guild_permissions(BOT_ID), MODERATE_MEMBERS | KICK_MEMBERS | BAN_MEMBERS
        if not held & (MANAGE_GUILD | MANAGE_ROLES) and held & moderator != moderator:
            raise missing_permissions()


@route("PATCH", MEMBERS_OF + "/@me", limit=EDIT_LIMIT)
def patch_me(call: Call) -> Response:
    """The bot's own nickname, and its avatar and banner in this guild."""
    check_guild(call)
    fields = Fields(call.body.object())
    nick = fields.text("nick", 0, 32)
    pictures = {key: fields.picture(key) for key in ("avatar", "banner") if key in fields}
    fields.text("bio", 0, 190)
    fields.done()
    if "nick" in fields:
        need(BOT_ID, CHANGE_NICKNAME)
    before = member_json(BOT_ID)
    for key, data in pictures.items():
        LOOKS.set({"avatar": "server:", "banner": "server-banner:"}[key] + BOT_ID, data)
    call.world.members.edit(call.act, BOT_ID, {"nick": nick or None} if "nick" in fields else {}, before)
    return Response({**member_json(BOT_ID), "permissions": str(guild_permissions(BOT_ID))})


@route("PATCH", MEMBERS_OF + "/@me/nick", limit=EDIT_LIMIT)
def patch_my_nick(call: Call) -> Response:
    """What older clients call for a nickname alone."""
    return Response({"nick": patch_me(call).body["nick"]})


@route("PUT", ONE + "/roles/{role_id}", limit=EDIT_LIMIT)
def put_member_role(call: Call) -> Response:
    roles, role_id = _roles(call)
    call.world.members.edit(call.act, call.params["user_id"], {"roles": sorted({*roles, role_id}, key=int)})
    return NO_CONTENT


@route("DELETE", ONE + "/roles/{role_id}", limit=EDIT_LIMIT)
def delete_member_role(call: Call) -> Response:
    roles, role_id = _roles(call)
    call.world.members.edit(call.act, call.params["user_id"], {"roles": [one for one in roles if one != role_id]})
    return NO_CONTENT


def _roles(call: Call) -> tuple[list[str], str]:
    """The roles of the path's member, and the one that the bot may give or take. Raises ApiError."""
    check_guild(call, MANAGE_ROLES)
    roles = member_of(call.params["user_id"]).roles
    call.world.members.check_role(call.act, call.params["role_id"])
    return roles, call.params["role_id"]


@route("DELETE", ONE, limit=EDIT_LIMIT)
def kick_member(call: Call) -> Response:
    check_guild(call)
    call.world.bans.kick(call.act, call.params["user_id"])
    return NO_CONTENT


PRUNE = "/guilds/{guild_id}/prune"


@route("GET", PRUNE, partly="nobody counts as inactive")
def count_to_prune(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD | KICK_MEMBERS)
    call.number("days", 7, 1, 30)
    return Response({"pruned": 0})


@route("POST", PRUNE, partly="nobody counts as inactive")
def prune(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD | KICK_MEMBERS)
    fields = Fields(call.body.object())
    days, count = fields.whole("days", 1, 30), fields.flag("compute_prune_count")
    fields.done()
    options: Json = {"delete_member_days": str(days or 7), "members_removed": "0"}
    call.world.audit_log.add(call.act, Action.MEMBER_PRUNE, None, options=options)
    return Response({"pruned": None if count is False else 0})
