"""Registering application commands."""

from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import missing_access, unknown
from playground.state.seed import APPLICATION_ID, GUILD_ID


def _application(call: Call) -> str | None:
    """The scope of the path's commands: the guild's id, or None for global."""
    if call.params["application_id"] != APPLICATION_ID:
        raise unknown(10002)
    guild_id = call.params.get("guild_id")
    if guild_id not in (None, GUILD_ID):
        raise missing_access()
    return guild_id


GLOBAL_COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def _tell_commands(call: Call) -> None:
    call.world.events.changed("commands", {})


@route("GET", GLOBAL_COMMANDS)
@route("GET", GUILD_COMMANDS)
def list_commands(call: Call) -> Response:
    return Response(call.world.commands.all(_application(call)))


@route("PUT", GLOBAL_COMMANDS, limit=(10, 10.0))
@route("PUT", GUILD_COMMANDS, limit=(10, 10.0))
def put_commands(call: Call) -> Response:
    commands = call.world.commands.put(_application(call), call.body.payload)
    _tell_commands(call)
    return Response(commands)


@route("POST", GLOBAL_COMMANDS, limit=(5, 20.0))
@route("POST", GUILD_COMMANDS, limit=(5, 20.0))
def post_command(call: Call) -> Response:
    command, is_new = call.world.commands.create(_application(call), call.body.object())
    _tell_commands(call)
    return Response(command, 201 if is_new else 200)


@route("GET", GLOBAL_COMMANDS + "/{command_id}")
@route("GET", GUILD_COMMANDS + "/{command_id}")
def get_command(call: Call) -> Response:
    return Response(call.world.commands.get(_application(call), call.params["command_id"]))


@route("PATCH", GLOBAL_COMMANDS + "/{command_id}", limit=(5, 20.0))
@route("PATCH", GUILD_COMMANDS + "/{command_id}", limit=(5, 20.0))
def patch_command(call: Call) -> Response:
    command = call.world.commands.edit(_application(call), call.params["command_id"], call.body.object())
    _tell_commands(call)
    return Response(command)


@route("DELETE", GLOBAL_COMMANDS + "/{command_id}", limit=(5, 20.0))
@route("DELETE", GUILD_COMMANDS + "/{command_id}", limit=(5, 20.0))
def delete_command(call: Call) -> Response:
    call.world.commands.delete(_application(call), call.params["command_id"])
    _tell_commands(call)
    return NO_CONTENT
