"""Stickers of the guild; of Discord's own there are none here.

https://docs.discord.com/developers/resources/sticker
"""

from typing import Any

from playground.api.fields import REQUIRED, Fields
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, unknown
from playground.state.expressions import need_to_make
from playground.state.files import Sticker
from playground.state.guild_objects import sticker_json
from playground.state.image_size import picture_type
from playground.state.permissions import CREATE_GUILD_EXPRESSIONS, MANAGE_GUILD_EXPRESSIONS
from playground.state.seed import BOT_ID, USERS, guild_permissions
from playground.types import Json

OF_GUILD = "/guilds/{guild_id}/stickers"
LARGEST = 512 * 1024


def _with_user(sticker: Sticker) -> Json:
    """Who made it is told to those who manage them."""
    data = sticker_json(sticker)
    manages = guild_permissions(BOT_ID) & (CREATE_GUILD_EXPRESSIONS | MANAGE_GUILD_EXPRESSIONS)
    if sticker.user_id is not None and manages:
        data["user"] = USERS[sticker.user_id].as_json()
    return data


@route("GET", "/stickers/{sticker_id}")
def get_sticker(call: Call) -> Response:
    return Response(sticker_json(call.world.expressions.sticker(call.params["sticker_id"])))


@route("GET", "/sticker-packs")
def list_packs(_call: Call) -> Response:
    return Response({"sticker_packs": []})


@route("GET", "/sticker-packs/{pack_id}")
def get_pack(_call: Call) -> Response:
    raise unknown(10061)


@route("GET", OF_GUILD)
def list_stickers(call: Call) -> Response:
    check_guild(call)
    return Response([_with_user(sticker) for sticker in call.world.files.stickers.values()])


@route("GET", OF_GUILD + "/{sticker_id}")
def get_guild_sticker(call: Call) -> Response:
    check_guild(call)
    return Response(_with_user(call.world.expressions.sticker(call.params["sticker_id"])))


@route("POST", OF_GUILD)
def post_sticker(call: Call) -> Response:
    """A PNG, APNG or GIF; Lottie is for partnered and verified servers."""
    check_guild(call)
    need_to_make(BOT_ID)
    fields = Fields(call.body.object())
    name, tags = fields.text("name", 2, 30, needed=True), fields.text("tags", 1, 200, needed=True)
    description = fields.text("description", 0, 100)
    if call.body.file is None:
        fields.problems["file"] = REQUIRED
    elif len(call.body.file.data) > LARGEST:
        fields.problems["file"] = ("BINARY_TYPE_MAX_SIZE", "File cannot be larger than 512.0 kb.")
    fields.done()
    data = call.body.file.data if call.body.file is not None else b""
    if picture_type(data) not in ("image/png", "image/gif"):
        raise ApiError(400, 50046, "Invalid file uploaded")
    made = call.world.expressions.add_sticker(call.act, name or "", data, tags or "", description or None)
    return Response(_with_user(made), 201)


@route("PATCH", OF_GUILD + "/{sticker_id}")
def patch_sticker(call: Call) -> Response:
    check_guild(call)
    sticker = call.world.expressions.sticker(call.params["sticker_id"])
    fields = Fields(call.body.object())
    changes: dict[str, Any] = {}
    if "name" in fields:
        changes["name"] = fields.text("name", 2, 30, needed=True)
    if "tags" in fields:
        changes["tags"] = fields.text("tags", 1, 200, needed=True)
    if "description" in fields:
        changes["description"] = fields.text("description", 0, 100) or None
    fields.done()
    return Response(_with_user(call.world.expressions.edit_sticker(call.act, sticker, changes)))


@route("DELETE", OF_GUILD + "/{sticker_id}")
def delete_sticker(call: Call) -> Response:
    check_guild(call)
    sticker = call.world.expressions.sticker(call.params["sticker_id"])
    call.world.expressions.delete_sticker(call.act, sticker)
    return NO_CONTENT
