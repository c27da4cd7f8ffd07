"""What belongs to the application: role connection metadata, and what it sells, which is nothing here.

https://docs.discord.com/developers/resources/application
"""

from typing import Any

from playground.api.application_of import check_application
from playground.api.commands import GUILD_COMMANDS
from playground.api.fields import Fields
from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.errors import ApiError, invalid_form, unknown
from playground.types import Json

ONE = "/applications/{application_id}"
METADATA = ONE + "/role-connections/metadata"
MOST_METADATA = 5


@route("GET", METADATA)
def get_metadata(call: Call) -> Response:
    check_application(call)
    return Response(call.world.role_metadata)


@route("PUT", METADATA)
def put_metadata(call: Call) -> Response:
    """What a connection to a role is asked for; all of it is replaced."""
    check_application(call)
    wanted: Any = call.body.payload or []
    if not isinstance(wanted, list) or len(wanted) > MOST_METADATA:
        raise invalid_form({"_": ("BASE_TYPE_MAX_LENGTH", f"Must be {MOST_METADATA} or fewer in length.")})
    call.world.role_metadata = [_metadata(entry, i) for i, entry in enumerate(wanted)]
    return Response(call.world.role_metadata)


def _metadata(entry: Any, index: int) -> Json:
    fields = Fields(entry if isinstance(entry, dict) else {}, f"{index}/")
    found: Json = {
        "type": fields.choice("type", range(1, 9), needed=True),
        "key": fields.text("key", 1, 50, needed=True),
        "name": fields.text("name", 1, 100, needed=True),
        "description": fields.text("description", 1, 200, needed=True),
    }
    for key in ("name_localizations", "description_localizations"):
        if isinstance(fields.body.get(key), dict):
            found[key] = fields.body[key]
    fields.done()
    return found


@route("GET", ONE + "/entitlements")
def list_entitlements(call: Call) -> Response:
    check_application(call)
    return Response([])


@route("GET", ONE + "/entitlements/{entitlement_id}")
def get_entitlement(call: Call) -> Response:
    check_application(call)
    raise unknown(10029)


@route("GET", ONE + "/skus")
def list_skus(call: Call) -> Response:
    check_application(call)
    return Response([])


@route("GET", "/skus/{sku_id}/subscriptions")
def list_subscriptions(_call: Call) -> Response:
    raise unknown(10027)


@route("GET", GUILD_COMMANDS + "/permissions")
def list_command_permissions(call: Call) -> Response:
    """Nobody has set any: the playground's own list of who may use a command is not Discord's."""
    check_application(call)
    check_guild(call)
    return Response([])


@route("GET", GUILD_COMMANDS + "/{command_id}/permissions")
def get_command_permissions(call: Call) -> Response:
    check_application(call)
    check_guild(call)
    raise unknown(10066)


@route("PUT", GUILD_COMMANDS + "/{command_id}/permissions")
def put_command_permissions(_call: Call) -> Response:
    """Discord lets people alone do this, with a token of theirs."""
    raise ApiError(403, 20001, "Bots cannot use this endpoint")
