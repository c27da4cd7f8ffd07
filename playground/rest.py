"""REST API v10: the routes, each a small function from a Call to a Reply.

https://docs.discord.com/developers/reference. What happens to a request around its route (faults, authorization,
rate limits, the record) is in api.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from playground.components import check_form, numbered
from playground.errors import ApiError, invalid_form, unknown
from playground.forms import Body
from playground.gateway import Gateway
from playground.guild import (
    APPLICATION_ID,
    ATTACH_FILES,
    BOT_ID,
    CHANNELS,
    DIRECTS,
    GUILD_ID,
    MANAGE_MESSAGES,
    READ_MESSAGE_HISTORY,
    ROLES,
    SEND_MESSAGES,
    USERS,
    VIEW_CHANNEL,
    application_json,
    channel_json,
    guild_json,
    member_json,
    permissions,
)
from playground.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from playground.limits import Limit
from playground.messages import CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, DEFAULT, REPLY, Message
from playground.world import World, check_emoji

Json = dict[str, Any]


@dataclass
class Call:
    """One request on its way to a route."""

    world: World
    gateway: Gateway
    params: dict[str, str]
    query: dict[str, str]
    body: Body

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdigit() or not low <= int(text) <= high:
            problem = f"int value should be between {low} and {high}."
            raise invalid_form({name: ("NUMBER_TYPE_MIN" if text.isdigit() else "NUMBER_TYPE_COERCE", problem)})
        return int(text)


@dataclass(frozen=True)
class Reply:
    """body None with status 204 is no body at all."""

    body: Any = None
    status: int = 200


NO_CONTENT = Reply(None, 204)


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    answer: Callable[[Call], Reply]
    limit: Limit | None
    bot_only: bool  # needs the bot's token; else the path's own token is enough
    pattern: re.Pattern[str] = field(compare=False)

    def major(self, params: dict[str, str]) -> str:
        return "/".join(params.get(key, "") for key in ("channel_id", "guild_id", "webhook_id", "token"))


ROUTES: list[Route] = []
ORDINARY_LIMIT = (50, 1.0)


def route(
    method: str,
    template: str,
    *,
    limit: tuple[int, float] | None = ORDINARY_LIMIT,
    shared: str | None = None,
    bot_only: bool = True,
) -> Callable[[Callable[[Call], Reply]], Callable[[Call], Reply]]:
    """Register a route. `limit` is (requests, seconds); routes with one `shared` name share the bucket."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + r"\Z")
    bucket = Limit(shared or f"{method} {template}", *limit) if limit else None

    def register(answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        ROUTES.append(Route(method, template, answer, bucket, bot_only, pattern))
        return answer

    return register


def find_route(method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
    """The route of a still percent-encoded path. Raises ApiError 404 or 405."""
    other_method = False
    for candidate in ROUTES:
        if found := candidate.pattern.match(raw_path):
            if candidate.method == method:
                return candidate, {key: unquote(value) for key, value in found.groupdict().items()}
            other_method = True
    if other_method:
        raise ApiError(405, 0, "405: Method Not Allowed")
    raise ApiError(404, 0, "404: Not Found")


# Who and where


@route("GET", "/users/@me")
def get_me(call: Call) -> Reply:
    me = USERS[BOT_ID].as_json()
    return Reply({**me, "mfa_enabled": True, "locale": "en-US", "email": None, "verified": True})


@route("GET", "/users/@me/guilds")
def get_my_guilds(call: Call) -> Reply:
    guild = guild_json()
    mine = {key: guild[key] for key in ("id", "name", "icon", "banner", "features")}
    bits = permissions(BOT_ID, next(iter(CHANNELS)))
    return Reply([{**mine, "owner": False, "permissions": str(bits)}])


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Reply:
    user = USERS.get(call.params["user_id"])
    if user is None:
        raise unknown(10013)
    return Reply(user.as_json())


@route("GET", "/applications/@me")
@route("GET", "/oauth2/applications/@me")
def get_application(call: Call) -> Reply:
    return Reply(application_json())


@route("GET", "/gateway", bot_only=False)
def get_gateway(call: Call) -> Reply:
    return Reply({"url": call.gateway.url})


@route("GET", "/gateway/bot")
def get_gateway_bot(call: Call) -> Reply:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return Reply({"url": call.gateway.url, "shards": 1, "session_start_limit": limit})


def _guild(call: Call) -> None:
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Reply:
    _guild(call)
    counts = {"approximate_member_count": len(USERS), "approximate_presence_count": len(USERS)}
    return Reply({**guild_json(), **(counts if call.flag("with_counts") else {})})


@route("GET", "/guilds/{guild_id}/channels")
def get_guild_channels(call: Call) -> Reply:
    _guild(call)
    return Reply([channel.as_json() for channel in CHANNELS.values()])


@route("GET", "/guilds/{guild_id}/roles")
def get_guild_roles(call: Call) -> Reply:
    _guild(call)
    return Reply([role.as_json() for role in ROLES.values()])


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(call: Call) -> Reply:
    _guild(call)
    if call.params["user_id"] not in USERS:
        raise unknown(10007)
    return Reply(member_json(call.params["user_id"]))


def _channel(call: Call, needed: int = VIEW_CHANNEL) -> str:
    """The channel of the path. Raises 10003, 50001 when the bot cannot see it, 50013 when it may not do that."""
    channel_id = call.params["channel_id"]
    if channel_id not in CHANNELS and channel_id not in DIRECTS:
        raise unknown(10003)
    held = permissions(BOT_ID, channel_id)
    if not held & VIEW_CHANNEL:
        raise ApiError(403, 50001, "Missing Access")
    if needed & ~held:
        raise ApiError(403, 50013, "Missing Permissions")
    return channel_id


@route("GET", "/channels/{channel_id}")
def get_channel(call: Call) -> Reply:
    return Reply(channel_json(_channel(call)))


@route("POST", "/users/@me/channels", limit=(10, 10.0))
def open_direct(call: Call) -> Reply:
    """The conversation with someone; it is always there."""
    wanted = (str(call.body.object().get("recipient_id")), BOT_ID)
    if wanted[0] not in USERS:
        raise unknown(10013)
    found = next((direct for direct in DIRECTS.values() if direct.people == wanted), None)
    if found is None:
        raise ApiError(400, 50007, "Cannot send messages to this user")
    return Reply(found.as_json())


@route("POST", "/channels/{channel_id}/typing", limit=(5, 5.0))
def type_in(call: Call) -> Reply:
    call.world.changed("typing", {"channel_id": _channel(call, SEND_MESSAGES), "user_id": BOT_ID})
    return NO_CONTENT


# Application commands


def _application(call: Call) -> str | None:
    """The scope of the path's commands: the guild's id, or None for global."""
    if call.params["application_id"] != APPLICATION_ID:
        raise unknown(10002)
    guild_id = call.params.get("guild_id")
    if guild_id not in (None, GUILD_ID):
        raise ApiError(403, 50001, "Missing Access")
    return guild_id


GLOBAL_COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def _tell_commands(call: Call) -> None:
    call.world.changed("commands", {})


@route("GET", GLOBAL_COMMANDS)
@route("GET", GUILD_COMMANDS)
def list_commands(call: Call) -> Reply:
    return Reply(call.world.commands.all(_application(call)))


@route("PUT", GLOBAL_COMMANDS, limit=(10, 10.0))
@route("PUT", GUILD_COMMANDS, limit=(10, 10.0))
def put_commands(call: Call) -> Reply:
    commands = call.world.commands.put(_application(call), call.body.payload)
    _tell_commands(call)
    return Reply(commands)


@route("POST", GLOBAL_COMMANDS, limit=(5, 20.0))
@route("POST", GUILD_COMMANDS, limit=(5, 20.0))
def post_command(call: Call) -> Reply:
    command, is_new = call.world.commands.create(_application(call), call.body.object())
    _tell_commands(call)
    return Reply(command, 201 if is_new else 200)


@route("GET", GLOBAL_COMMANDS + "/{command_id}")
@route("GET", GUILD_COMMANDS + "/{command_id}")
def get_command(call: Call) -> Reply:
    return Reply(call.world.commands.get(_application(call), call.params["command_id"]))


@route("PATCH", GLOBAL_COMMANDS + "/{command_id}", limit=(5, 20.0))
@route("PATCH", GUILD_COMMANDS + "/{command_id}", limit=(5, 20.0))
def patch_command(call: Call) -> Reply:
    command = call.world.commands.edit(_application(call), call.params["command_id"], call.body.object())
    _tell_commands(call)
    return Reply(command)


@route("DELETE", GLOBAL_COMMANDS + "/{command_id}", limit=(5, 20.0))
@route("DELETE", GUILD_COMMANDS + "/{command_id}", limit=(5, 20.0))
def delete_command(call: Call) -> Reply:
    call.world.commands.delete(_application(call), call.params["command_id"])
    _tell_commands(call)
    return NO_CONTENT


# Answers to interactions

PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, FORM = 1, 4, 5, 6, 7, 8, 9
ANSWERS_TO = {
    COMMAND: (MESSAGE, DEFERRED, FORM),
    COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, FORM),
    AUTOCOMPLETE: (CHOICES,),
    MODAL: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE),
}
ONLY_ON_A_MESSAGE = (DEFERRED_UPDATE, UPDATE)


@route("POST", "/interactions/{interaction_id}/{token}/callback", limit=None, bot_only=False)
def post_callback(call: Call) -> Reply:
    interaction = call.world.acknowledge(call.params["interaction_id"], call.params["token"])
    payload = call.body.object()
    kind = payload.get("type")
    data = payload.get("data") or {}
    allowed = [k for k in ANSWERS_TO[interaction.type] if interaction.message_id or k not in ONLY_ON_A_MESSAGE]
    if kind not in allowed:
        problem = f"Value must be one of {tuple(allowed)}."
        raise invalid_form({"type": ("BASE_TYPE_CHOICES", problem)})
    message: Message | None = None
    if kind in (MESSAGE, DEFERRED):
        message = call.world.post(
            interaction.channel_id,
            BOT_ID,
            data if kind == MESSAGE else {"flags": data.get("flags") or 0},
            call.body.files,
            interaction=interaction,
            kind=_answer_type(interaction),
            reference_id=interaction.message_id,
            size_limit=interaction.attachment_size_limit,
            loading=kind == DEFERRED,
        )
        interaction.response_message_id = message.id
    elif kind in (DEFERRED_UPDATE, UPDATE):
        interaction.response_message_id = interaction.message_id
        if kind == UPDATE:
            message = _original(call, interaction)
            call.world.edit(message, data, call.body.files, size_limit=interaction.attachment_size_limit)
    else:
        interaction.response_data = _choices(data) if kind == CHOICES else _form(data)
    interaction.acknowledged, interaction.response_type = True, kind
    call.world.changed("interaction", call.world.interaction_json(interaction))
    if not call.flag("with_response"):
        return NO_CONTENT
    about: Json = {"id": interaction.id, "type": interaction.type}
    body: Json = {"interaction": about}
    if interaction.response_message_id is not None:
        about["response_message_id"] = interaction.response_message_id
    if message is not None:
        about["response_message_loading"] = message.loading
        about["response_message_ephemeral"] = message.ephemeral_to is not None
        # The published schema knows a resource for types 4 and 7 only; a deferred answer is a message of type 4's.
        body["resource"] = {
            "type": UPDATE if kind == UPDATE else MESSAGE,
            "message": call.world.message_json(message),
        }
    return Reply(body)


def _answer_type(interaction: Interaction) -> int:
    if interaction.type == COMMAND:
        return CONTEXT_MENU_COMMAND if "target_id" in interaction.data else CHAT_INPUT_COMMAND
    return REPLY if interaction.message_id else DEFAULT


def _choices(data: Json) -> Json:
    choices = data.get("choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise invalid_form({"data/choices": ("BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length.")})
    for i, choice in enumerate(choices):
        if not isinstance(choice, dict) or not 1 <= len(str(choice.get("name") or "")) <= 100:
            where = f"data/choices/{i}/name"
            raise invalid_form({where: ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")})
    return data


def _form(data: Json) -> Json:
    check_form(data)
    return {**data, "components": numbered(data["components"])}


WEBHOOK = "/webhooks/{webhook_id}/{token}"
WEBHOOK_LIMIT = (5, 2.0)


def _webhook(call: Call) -> Interaction:
    return call.world.by_token(call.params["webhook_id"], call.params["token"])


def _original(call: Call, interaction: Interaction) -> Message:
    message = call.world.messages.get(interaction.response_message_id or "")
    if message is None:
        raise unknown(10008)
    return message


def _webhook_message(call: Call) -> tuple[Interaction, Message]:
    """The message of the path, if this interaction made it. Raises ApiError 10008."""
    interaction = _webhook(call)
    wanted = call.params["message_id"]
    if wanted in ("@original", interaction.response_message_id):
        return interaction, _original(call, interaction)
    if wanted not in interaction.followup_ids or wanted not in call.world.messages:
        raise unknown(10008)
    return interaction, call.world.messages[wanted]


@route("GET", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def get_webhook_message(call: Call) -> Reply:
    return Reply(call.world.message_json(_webhook_message(call)[1]))


@route("PATCH", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def patch_webhook_message(call: Call) -> Reply:
    interaction, message = _webhook_message(call)
    limit = interaction.attachment_size_limit
    call.world.edit(message, call.body.object(), call.body.files, size_limit=limit)
    return Reply(call.world.message_json(message))


@route("DELETE", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def delete_webhook_message(call: Call) -> Reply:
    call.world.delete(_webhook_message(call)[1])
    return NO_CONTENT


@route("POST", WEBHOOK, limit=WEBHOOK_LIMIT, bot_only=False)
def post_followup(call: Call) -> Reply:
    interaction = _webhook(call)
    payload, limit = call.body.object(), interaction.attachment_size_limit
    original = call.world.messages.get(interaction.response_message_id or "")
    if original is not None and original.loading:
        # The first follow-up of a deferred answer fills it, as Discord still does for old clients.
        call.world.edit(original, payload, call.body.files, size_limit=limit)
        return Reply(call.world.message_json(original))
    message = call.world.post(
        interaction.channel_id,
        BOT_ID,
        payload,
        call.body.files,
        interaction=interaction,
        kind=REPLY if original is not None else DEFAULT,
        reference_id=original.id if original is not None else None,
        size_limit=limit,
    )
    interaction.followup_ids.append(message.id)
    return Reply(call.world.message_json(message))


# Messages

MESSAGES = "/channels/{channel_id}/messages"
ONE = MESSAGES + "/{message_id}"


def _message(call: Call, needed: int = VIEW_CHANNEL | READ_MESSAGE_HISTORY) -> Message:
    return call.world.find_message(_channel(call, needed), call.params["message_id"])


@route("GET", MESSAGES, limit=(5, 1.0))
def list_messages(call: Call) -> Reply:
    channel_id = _channel(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY)
    limit = call.number("limit", 50, 1, 100)
    before, after, around = (call.number(key, 0, 0, 1 << 64) for key in ("before", "after", "around"))
    found = [m for m in call.world.messages.values() if m.channel_id == channel_id and not m.ephemeral_to]
    if around:
        found.sort(key=lambda m: abs(int(m.id) - around))
        found = found[:limit]
    elif after:
        found = [m for m in found if int(m.id) > after][:limit]
    elif before:
        found = [m for m in found if int(m.id) < before]
    found.sort(key=lambda m: int(m.id), reverse=True)
    return Reply([call.world.message_json(m) for m in found[:limit]])


@route("POST", MESSAGES, limit=(5, 5.0))
def create_message(call: Call) -> Reply:
    payload = call.body.object()
    channel_id = _channel(call, SEND_MESSAGES | (ATTACH_FILES if call.body.files else 0))
    message = call.world.post(channel_id, BOT_ID, payload, call.body.files)
    return Reply(call.world.message_json(message))


@route("GET", ONE, limit=(5, 1.0))
def get_message(call: Call) -> Reply:
    return Reply(call.world.message_json(_message(call)))


@route("PATCH", ONE, limit=(5, 5.0))
def patch_message(call: Call) -> Reply:
    message = _message(call, VIEW_CHANNEL)
    if message.author_id != BOT_ID:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    call.world.edit(message, call.body.object(), call.body.files)
    return Reply(call.world.message_json(message))


@route("DELETE", ONE, limit=(5, 1.0))
def delete_message(call: Call) -> Reply:
    message = _message(call, VIEW_CHANNEL)
    if message.author_id != BOT_ID and not permissions(BOT_ID, message.channel_id) & MANAGE_MESSAGES:
        raise ApiError(403, 50013, "Missing Permissions")
    call.world.delete(message)
    return NO_CONTENT


@route("POST", MESSAGES + "/bulk-delete", limit=(1, 1.0))
def bulk_delete(call: Call) -> Reply:
    channel_id = _channel(call, MANAGE_MESSAGES)
    ids = call.body.object().get("messages")
    if not isinstance(ids, list) or not 2 <= len(ids) <= 100:
        raise ApiError(
            400, 50016, "Provided too few or too many messages to delete. Must provide 2 to 100 messages."
        )
    found = [call.world.messages.get(str(key)) for key in ids]
    call.world.delete_many(channel_id, [m for m in found if m is not None and m.channel_id == channel_id])
    return NO_CONTENT


@route("GET", "/stickers/{sticker_id}")
def get_sticker(call: Call) -> Reply:
    sticker = call.world.stickers.get(call.params["sticker_id"])
    if sticker is None:
        raise unknown(10060)
    about = {"tags": "art", "type": 2, "description": None, "available": True, "guild_id": GUILD_ID}
    return Reply({**sticker.item_json(), **about})


# Reactions

REACTIONS = ONE + "/reactions"
REACTION_LIMIT = (1, 0.25)


@route("PUT", REACTIONS + "/{emoji}/@me", limit=REACTION_LIMIT, shared="reactions")
def put_reaction(call: Call) -> Reply:
    call.world.react(_message(call), call.params["emoji"], BOT_ID)
    return NO_CONTENT


@route("DELETE", REACTIONS + "/{emoji}/@me", limit=REACTION_LIMIT, shared="reactions")
def delete_my_reaction(call: Call) -> Reply:
    call.world.unreact(_message(call), call.params["emoji"], BOT_ID)
    return NO_CONTENT


@route("DELETE", REACTIONS + "/{emoji}/{user_id}", limit=REACTION_LIMIT, shared="reactions")
def delete_reaction_of(call: Call) -> Reply:
    user_id = call.params["user_id"]
    message = _message(call, VIEW_CHANNEL | (0 if user_id == BOT_ID else MANAGE_MESSAGES))
    if user_id not in USERS:
        raise unknown(10013)
    call.world.unreact(message, call.params["emoji"], user_id)
    return NO_CONTENT


@route("GET", REACTIONS + "/{emoji}", limit=(5, 1.0))
def list_reactions(call: Call) -> Reply:
    users = _message(call).reactions.get(check_emoji(call.params["emoji"]), [])
    after, limit = call.number("after", 0, 0, 1 << 64), call.number("limit", 25, 1, 100)
    wanted = sorted((user for user in users if int(user) > after), key=int)[:limit]
    if call.query.get("type") == "1":  # burst reactions, of which there are none
        wanted = []
    return Reply([USERS[user].as_json() for user in wanted])


@route("DELETE", REACTIONS + "/{emoji}", limit=REACTION_LIMIT, shared="reactions")
def delete_reactions_of(call: Call) -> Reply:
    call.world.clear_reactions(_message(call, VIEW_CHANNEL | MANAGE_MESSAGES), call.params["emoji"])
    return NO_CONTENT


@route("DELETE", REACTIONS, limit=REACTION_LIMIT, shared="reactions")
def delete_all_reactions(call: Call) -> Reply:
    call.world.clear_reactions(_message(call, VIEW_CHANNEL | MANAGE_MESSAGES))
    return NO_CONTENT
