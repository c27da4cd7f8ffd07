"""Webhooks themselves; what they send is in webhook_messages.py.

https://docs.discord.com/developers/resources/webhook
"""

from typing import Any

from playground.api.channels import channel_of
from playground.api.fields import Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, missing_permissions, unknown
from playground.state.permissions import MANAGE_WEBHOOKS
from playground.state.seed import ANNOUNCEMENT, BOT_ID, CHANNELS, FORUM, MEDIA, STAGE, TEXT, VOICE, permissions
from playground.state.webhooks import Webhook

OF_CHANNEL = "/channels/{channel_id}/webhooks"
ONE = "/webhooks/{webhook_id}"
BY_TOKEN = ONE + "/{token}"
TAKE_WEBHOOKS = (TEXT, VOICE, ANNOUNCEMENT, STAGE, FORUM, MEDIA)
FORBIDDEN = ("clyde", "discord")


def webhook_name(value: Any) -> str:
    """A name that a webhook may bear. Raises Mistake."""
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 80:
        raise Mistake("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    for word in FORBIDDEN:
        if word in value.lower():
            raise Mistake("USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    return value.strip()


def _channel(call: Call, channel_id: str) -> str:
    """A channel where the bot may have webhooks. Raises 10003, 50001, 50013 or 50024."""
    found = channel_of(Call(call.world, call.gateway, {"channel_id": channel_id}, {}, call.body), MANAGE_WEBHOOKS)
    if found not in CHANNELS or CHANNELS[found].kind not in TAKE_WEBHOOKS:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return found


def _mine(call: Call) -> Webhook:
    """The webhook of the path, for a bot that may manage it: its own always. Raises 10015 or 50013."""
    webhook = call.world.webhooks.find(call.params["webhook_id"])
    if webhook.application_id is None and not permissions(BOT_ID, webhook.channel_id) & MANAGE_WEBHOOKS:
        raise missing_permissions()
    return webhook


def _with_token(call: Call) -> Webhook:
    return call.world.webhooks.by_token(call.params["webhook_id"], call.params["token"])


def _shown(call: Call, webhook: Webhook, *, with_user: bool = True) -> Response:
    return Response(webhook.as_json(call.world.site, with_user=with_user))


@route("POST", OF_CHANNEL, limit=(5, 10.0))
def create_webhook(call: Call) -> Response:
    channel_id, fields = _channel(call, call.params["channel_id"]), Fields(call.body.object())
    name, avatar = fields.read("name", webhook_name, needed=True), fields.picture("avatar")
    fields.done()
    return _shown(call, call.world.webhooks.create(channel_id, name or "", avatar, call.act))


@route("GET", OF_CHANNEL)
def list_of_channel(call: Call) -> Response:
    channel_id = _channel(call, call.params["channel_id"])
    hooks = [hook for hook in call.world.webhooks.values() if hook.channel_id == channel_id]
    return Response([hook.as_json(call.world.site) for hook in hooks])


@route("GET", "/guilds/{guild_id}/webhooks")
def list_of_guild(call: Call) -> Response:
    check_guild(call, MANAGE_WEBHOOKS)
    return Response([hook.as_json(call.world.site) for hook in call.world.webhooks.values()])


@route("GET", ONE)
def get_webhook(call: Call) -> Response:
    return _shown(call, _mine(call))


@route("GET", BY_TOKEN, bot_only=False)
def get_by_token(call: Call) -> Response:
    return _shown(call, _with_token(call), with_user=False)


@route("PATCH", ONE, limit=(5, 10.0))
def patch_webhook(call: Call) -> Response:
    webhook, changes = _mine(call), _changes(call)
    fields = Fields(call.body.object())
    channel_id = fields.snowflake("channel_id")
    fields.done()
    if channel_id is not None:
        changes["channel_id"] = _channel(call, channel_id)
    call.world.webhooks.edit(webhook, changes, call.act)
    return _shown(call, webhook)


@route("PATCH", BY_TOKEN, limit=(5, 10.0), bot_only=False)
def patch_by_token(call: Call) -> Response:
    webhook = _with_token(call)
    call.world.webhooks.edit(webhook, _changes(call), call.act)
    return _shown(call, webhook, with_user=False)


def _changes(call: Call) -> dict[str, Any]:
    fields = Fields(call.body.object())
    changes: dict[str, Any] = {"name": fields.read("name", webhook_name)}
    if "avatar" in fields:
        changes["avatar"] = fields.picture("avatar")
    fields.done()
    return changes


@route("DELETE", ONE)
def delete_webhook(call: Call) -> Response:
    call.world.webhooks.delete(_mine(call), call.act)
    return NO_CONTENT


@route("DELETE", BY_TOKEN, bot_only=False)
def delete_by_token(call: Call) -> Response:
    call.world.webhooks.delete(_with_token(call), call.act)
    return NO_CONTENT


@route("POST", "/channels/{channel_id}/followers")
def follow(call: Call) -> Response:
    """Have what is published here come into another channel too."""
    source_id, fields = channel_of(call), Fields(call.body.object())
    wanted = fields.snowflake("webhook_channel_id", needed=True)
    fields.done()
    if source_id not in CHANNELS or CHANNELS[source_id].kind != ANNOUNCEMENT:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    if wanted not in CHANNELS:
        raise unknown(10003)
    webhook = call.world.publishing.follow(source_id, _channel(call, wanted), call.act)
    return Response({"channel_id": source_id, "webhook_id": webhook.id})
