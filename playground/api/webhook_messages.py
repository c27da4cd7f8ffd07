"""What a webhook sends, and what becomes of it: asked for by interactions.py, which shares these routes with it.

https://docs.discord.com/developers/resources/webhook#execute-webhook
"""

import hashlib

from playground.api.fields import Fields
from playground.api.routing import NO_CONTENT, Call, Response
from playground.api.webhooks import webhook_name
from playground.errors import ApiError, invalid_form, unknown
from playground.json_bytes import as_json
from playground.state.audit_log import Act
from playground.state.message import Message
from playground.state.seed import CHANNELS, FORUM, MEDIA, THREADS
from playground.state.thread import Thread
from playground.state.webhooks import Webhook

IGNORED = ("message_reference", "nonce", "enforce_nonce", "sticker_ids")


def webhook_of(call: Call) -> Webhook | None:
    """The webhook of the path; None where it is an interaction's. Raises ApiError 50027."""
    if call.params["webhook_id"] not in call.world.webhooks:
        return None
    return call.world.webhooks.by_token(call.params["webhook_id"], call.params["token"])


def execute(call: Call, webhook: Webhook) -> Response:
    """Raises ApiError 50035, 50006, 40005, 10003, 220001, 220002 or 220003."""
    body = {key: value for key, value in call.body.object().items() if key not in IGNORED}
    fields = Fields(body)
    username = fields.read("username", webhook_name)
    address, thread_name = fields.text("avatar_url", 0, 2048), fields.text("thread_name", 0, 100)
    fields.done()
    if body.get("components") and webhook.application_id is None:
        if not call.flag("with_components"):
            body.pop("components")
        else:
            _check_still(body["components"])
    # The picture at that address is not fetched: nothing leaves this machine.
    avatar = hashlib.md5(as_json(address), usedforsecurity=False).hexdigest() if address else None
    author = webhook.author(username, avatar)
    thread = _thread(call, webhook, thread_name)
    if thread is None and CHANNELS[webhook.channel_id].kind in (FORUM, MEDIA):
        wanted = {"name": thread_name, "applied_tags": body.get("applied_tags"), "message": body}
        files = call.body.files
        _, message = call.world.threads.post(
            webhook.channel_id, Act(webhook.id), wanted, files, webhook=webhook, author=author
        )
    else:
        channel_id = webhook.channel_id if thread is None else thread.id
        message = call.world.messages.made(channel_id, webhook.id, body, call.body.files, author=author)
        message.webhook_id, message.application_id = webhook.id, webhook.application_id
        call.world.messages.add(message)
    if not call.flag("wait"):
        return NO_CONTENT
    return Response(call.world.messages.as_json(message, full=True))


def _thread(call: Call, webhook: Webhook, thread_name: str | None) -> Thread | None:
    """The thread to write in. Raises ApiError for one that is not there, or where another is needed."""
    thread_id, in_forum = call.query.get("thread_id"), CHANNELS[webhook.channel_id].kind in (FORUM, MEDIA)
    if thread_id is not None and thread_name:
        raise ApiError(
            400, 220002, "Webhooks posted to forum channels can not have both a thread_name and thread_id"
        )
    if thread_id is not None:
        thread = THREADS.get(thread_id)
        if thread is None or thread.parent_id != webhook.channel_id:
            raise unknown(10003)
        return thread
    if thread_name and not in_forum:
        raise ApiError(400, 220003, "Webhooks can only create threads in forum channels")
    if in_forum and not thread_name:
        raise ApiError(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
    return None


def _check_still(components: object) -> None:
    """Raise ApiError 50035 for components that somebody could use: only an application's webhook may send those."""
    found = [components]
    while found:
        one = found.pop()
        if isinstance(one, list):
            found.extend(one)
        elif isinstance(one, dict):
            if "custom_id" in one:
                problem = "Only webhooks of an application can send interactive components"
                raise invalid_form({"components": ("COMPONENT_TYPE_INVALID", problem)})
            found.extend(one.values())


def message_of_webhook(call: Call, webhook: Webhook) -> Message:
    """The message of the path, if this webhook sent it. Raises ApiError 10008."""
    message = call.world.messages.get(call.params.get("message_id", ""))
    where = call.query.get("thread_id") or webhook.channel_id
    if message is None or message.webhook_id != webhook.id or message.channel_id != where:
        raise unknown(10008)
    return message


def show(call: Call, webhook: Webhook) -> Response:
    return Response(call.world.messages.as_json(message_of_webhook(call, webhook), full=True))


def change(call: Call, webhook: Webhook) -> Response:
    message = message_of_webhook(call, webhook)
    call.world.messages.edit(message, call.body.object(), call.body.files)
    return Response(call.world.messages.as_json(message, full=True))


def remove(call: Call, webhook: Webhook) -> Response:
    call.world.messages.delete(message_of_webhook(call, webhook))
    return NO_CONTENT
