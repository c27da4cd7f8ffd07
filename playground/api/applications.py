"""The application: what it says of itself, role connection metadata, and what it sells, which is nothing here.

https://docs.discord.com/developers/resources/application
"""

from typing import Any

from playground.api.application_of import check_application
from playground.api.commands import GUILD_COMMANDS
from playground.api.fields import Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.errors import ApiError, invalid_form, unknown
from playground.state.application_settings import APPLICATION
from playground.state.guild_objects import application_json
from playground.state.looks import APPLICATION_ICON, LOOKS
from playground.types import Json

ONE = "/applications/{application_id}"
METADATA = ONE + "/role-connections/metadata"
MOST_METADATA = 5


@route("GET", "/applications/@me")
@route("GET", "/oauth2/applications/@me")
def get_application(call: Call) -> Response:
    return Response(application_json(call.world.portal.flags()))


@route("PATCH", "/applications/@me", partly="interactions and events come by the gateway alone")
def patch_application(call: Call) -> Response:
    """Of the flags, those of the privileged intents can be set."""
    fields = Fields(call.body.object())
    found: Json = {}
    if "description" in fields:
        found["description"] = fields.text("description", 0, 400) or ""
    if "role_connections_verification_url" in fields:
        found["role_connections_verification_url"] = fields.read("role_connections_verification_url", _address)
    if (address := fields.read("custom_install_url", _address)) is not None:
        found["custom_install_url"] = address
    if "tags" in fields:
        found["tags"] = fields.read("tags", _tags) or []
    for key in ("install_params", "integration_types_config"):
        if isinstance(fields.body.get(key), dict):
            found[key] = fields.body[key]
    for key in ("interactions_endpoint_url", "event_webhooks_url"):
        if fields.body.get(key) is not None:
            fields.problems[key] = ("APPLICATION_URL_INVALID", "The playground calls no address: use the gateway.")
    flags, icon = fields.whole("flags", 0, 1 << 31), fields.picture("icon")
    fields.done()
    APPLICATION.update(found)
    if flags is not None:
        call.world.portal.grant(flags)
    if "icon" in fields:
        LOOKS.set(APPLICATION_ICON, icon)
    return get_application(call)


@route("GET", ONE)
def get_one(call: Call) -> Response:
    check_application(call)
    return get_application(call)


@route("PATCH", ONE, partly="interactions and events come by the gateway alone")
def patch_one(call: Call) -> Response:
    check_application(call)
    return patch_application(call)


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")) or len(value) > 2048:
        raise Mistake("URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
    return value


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 5 or not all(isinstance(tag, str) for tag in value):
        raise Mistake("BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    if any(not 1 <= len(tag) <= 20 for tag in value):
        raise Mistake("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 20 in length.")
    return value


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
