"""Emojis of the guild and of the application.

https://docs.discord.com/developers/resources/emoji
"""

from typing import Any

from playground.api.application_of import check_application
from playground.api.fields import Fields
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.state.expressions import need_to_make
from playground.state.files import Emoji
from playground.state.permissions import CREATE_GUILD_EXPRESSIONS, MANAGE_GUILD_EXPRESSIONS
from playground.state.seed import BOT_ID, USERS, guild_permissions
from playground.types import Json

OF_GUILD = "/guilds/{guild_id}/emojis"
OF_APPLICATION = "/applications/{application_id}/emojis"
LARGEST = 256 * 1024


def emoji_json(emoji: Emoji) -> Json:
    """Who made it is told to those who manage them."""
    data = emoji.as_json()
    manages = guild_permissions(BOT_ID) & (CREATE_GUILD_EXPRESSIONS | MANAGE_GUILD_EXPRESSIONS)
    if emoji.user_id is not None and (manages or emoji.of_application):
        data["user"] = USERS[emoji.user_id].as_json()
    return data


def _emoji(call: Call, *, of_application: bool = False) -> Emoji:
    return call.world.expressions.emoji(call.params["emoji_id"], of_application=of_application)


def _name(fields: Fields, *, needed: bool) -> str:
    """Letters, digits and underscores, two of them at least."""
    name = fields.text("name", 2, 32, needed=needed) or ""
    if name and not (name.isascii() and name.replace("_", "a").isalnum()):
        fields.problems["name"] = ("STRING_TYPE_REGEX", "String value did not match validation regex.")
    return name


def _made(call: Call, *, of_application: bool) -> Response:
    fields = Fields(call.body.object())
    name, data = _name(fields, needed=True), fields.picture("image", needed=True) or b""
    roles = tuple(fields.snowflakes("roles", 250) or ())
    if len(data) > LARGEST:
        fields.problems["image"] = ("BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.")
    fields.done()
    made = call.world.expressions.add_emoji(call.act, name, data, roles, of_application=of_application)
    return Response(emoji_json(made), 201)


def _edited(call: Call, emoji: Emoji) -> Response:
    fields = Fields(call.body.object())
    changes: dict[str, Any] = {}
    if "name" in fields:
        changes["name"] = _name(fields, needed=True)
    if "roles" in fields and not emoji.of_application:
        changes["roles"] = tuple(fields.snowflakes("roles", 250) or ())
    fields.done()
    return Response(emoji_json(call.world.expressions.edit_emoji(call.act, emoji, changes)))


@route("GET", OF_GUILD)
def list_emojis(call: Call) -> Response:
    check_guild(call)
    return Response([emoji_json(emoji) for emoji in call.world.expressions.emojis(of_application=False)])


@route("GET", OF_GUILD + "/{emoji_id}")
def get_emoji(call: Call) -> Response:
    check_guild(call)
    return Response(emoji_json(_emoji(call)))


@route("POST", OF_GUILD)
def post_emoji(call: Call) -> Response:
    check_guild(call)
    need_to_make(BOT_ID)
    return _made(call, of_application=False)


@route("PATCH", OF_GUILD + "/{emoji_id}")
def patch_emoji(call: Call) -> Response:
    check_guild(call)
    return _edited(call, _emoji(call))


@route("DELETE", OF_GUILD + "/{emoji_id}")
def delete_emoji(call: Call) -> Response:
    check_guild(call)
    call.world.expressions.delete_emoji(call.act, _emoji(call))
    return NO_CONTENT


@route("GET", OF_APPLICATION)
def list_application_emojis(call: Call) -> Response:
    check_application(call)
    return Response({"items": [emoji_json(emoji) for emoji in call.world.expressions.emojis(of_application=True)]})


@route("GET", OF_APPLICATION + "/{emoji_id}")
def get_application_emoji(call: Call) -> Response:
    check_application(call)
    return Response(emoji_json(_emoji(call, of_application=True)))


@route("POST", OF_APPLICATION)
def post_application_emoji(call: Call) -> Response:
    check_application(call)
    return _made(call, of_application=True)


@route("PATCH", OF_APPLICATION + "/{emoji_id}")
def patch_application_emoji(call: Call) -> Response:
    check_application(call)
    return _edited(call, _emoji(call, of_application=True))


@route("DELETE", OF_APPLICATION + "/{emoji_id}")
def delete_application_emoji(call: Call) -> Response:
    check_application(call)
    call.world.expressions.delete_emoji(call.act, _emoji(call, of_application=True))
    return NO_CONTENT
