"""Roles of the guild.

https://docs.discord.com/developers/resources/guild#create-guild-role
"""

from typing import Any

from playground.api.fields import Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, invalid_form
from playground.state.permissions import MANAGE_ROLES
from playground.state.roles import role_of
from playground.state.seed import EVERYONE_ROLE, MEMBERS, ROLES
from playground.types import Json

ROLES_OF = "/guilds/{guild_id}/roles"
ONE = ROLES_OF + "/{role_id}"
NEEDS_BOOSTS = ("icon", "unicode_emoji")
MOST_COLOR = 0xFFFFFF


def _all() -> list[Json]:
    return [role.as_json() for role in ROLES.values()]


def _attributes(body: Json) -> dict[str, Any]:
    """What a body asks of a role. Raises ApiError 50035, or 50101 for what a server must be boosted for."""
    fields = Fields(body)
    found: dict[str, Any] = {
        "name": fields.text("name", 1, 100),
        "permissions": fields.whole("permissions", 0, (1 << 63) - 1),
        "color": fields.whole("color", 0, MOST_COLOR),
        "hoist": fields.flag("hoist"),
        "mentionable": fields.flag("mentionable"),
    }
    fields.text("unicode_emoji", 0, 100)
    boosted = any(body.get(key) is not None for key in NEEDS_BOOSTS)
    if (colors := fields.read("colors", _colors)) is not None:
        found["color"] = colors[0]
        boosted = boosted or colors[1] is not None or colors[2] is not None
    fields.done()
    if boosted:
        raise ApiError(400, 50101, "This server needs more boosts to perform this action")
    return {key: value for key, value in found.items() if value is not None}


def _colors(value: Any) -> tuple[int, int | None, int | None]:
    if not isinstance(value, dict):
        raise Mistake("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    fields = Fields(value)
    first, second, third = (
        fields.whole(f"{name}_color", 0, MOST_COLOR) for name in ("primary", "secondary", "tertiary")
    )
    if fields.problems:
        raise Mistake(*next(iter(fields.problems.values())))
    return first or 0, second, third


@route("GET", ROLES_OF)
def list_roles(call: Call) -> Response:
    check_guild(call)
    return Response(_all())


@route("GET", ROLES_OF + "/member-counts")
def count_members(call: Call) -> Response:
    """How many members have each role; @everyone's are not counted."""
    check_guild(call)
    counts = {role: sum(role in member.roles for member in MEMBERS.values()) for role in ROLES}
    return Response({role: count for role, count in counts.items() if role != EVERYONE_ROLE})


@route("GET", ONE)
def get_role(call: Call) -> Response:
    check_guild(call)
    return Response(role_of(call.params["role_id"]).as_json())


@route("POST", ROLES_OF)
def post_role(call: Call) -> Response:
    check_guild(call, MANAGE_ROLES)
    return Response(call.world.roles.create(call.act, _attributes(call.body.object())).as_json())


@route("PATCH", ONE)
def patch_role(call: Call) -> Response:
    check_guild(call, MANAGE_ROLES)
    role = role_of(call.params["role_id"])
    call.world.roles.edit(call.act, role, _attributes(call.body.object()))
    return Response(role.as_json())


@route("DELETE", ONE)
def delete_role(call: Call) -> Response:
    check_guild(call, MANAGE_ROLES)
    call.world.roles.delete(call.act, role_of(call.params["role_id"]))
    return NO_CONTENT


@route("PATCH", ROLES_OF)
def move_roles(call: Call) -> Response:
    check_guild(call, MANAGE_ROLES)
    if not isinstance(call.body.payload, list):
        raise invalid_form({"_": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")})
    positions: dict[str, int] = {}
    for i, entry in enumerate(call.body.payload):
        fields = Fields(entry if isinstance(entry, dict) else {}, f"{i}/")
        role_id, position = fields.snowflake("id", needed=True), fields.whole("position", 0, 1 << 31)
        fields.done()
        if role_id is not None and position is not None:
            positions[role_id] = position
    call.world.roles.move(call.act, positions)
    return Response(_all())
