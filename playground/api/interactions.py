"""Answers to interactions: first by callback, then by webhook. Other webhooks come by the same routes."""

from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.api.webhook_messages import change, execute, remove, show, webhook_of
from playground.errors import invalid_form, unknown
from playground.rules.commands import choice_problems
from playground.rules.component_checks import check_form
from playground.rules.components import numbered
from playground.state.interaction import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from playground.state.message import CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, DEFAULT, REPLY, Message
from playground.state.seed import BOT_ID
from playground.types import Json

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, FORM = range(4, 10)
ANSWERS_TO = {
    COMMAND: (MESSAGE, DEFERRED, FORM),
    COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, FORM),
    AUTOCOMPLETE: (CHOICES,),
    MODAL: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE),
}
ONLY_ON_A_MESSAGE = (DEFERRED_UPDATE, UPDATE)


@route("POST", "/interactions/{interaction_id}/{token}/callback", limit=None, bot_only=False)
def post_callback(call: Call) -> Response:
    interaction = call.world.interactions.acknowledge(call.params["interaction_id"], call.params["token"])
    payload = call.body.object()
    kind = payload.get("type")
    data = payload.get("data") or {}
    allowed = [k for k in ANSWERS_TO[interaction.type] if interaction.message_id or k not in ONLY_ON_A_MESSAGE]
    if kind not in allowed:
        problem = f"Value must be one of {tuple(allowed)}."
        raise invalid_form({"type": ("BASE_TYPE_CHOICES", problem)})
    message: Message | None = None
    if kind in (MESSAGE, DEFERRED):
        message = call.world.messages.post(
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
            call.world.messages.edit(message, data, call.body.files, size_limit=interaction.attachment_size_limit)
    else:
        interaction.response_data = _choices(interaction, data) if kind == CHOICES else _form(data)
    interaction.acknowledged, interaction.response_type = True, kind
    call.world.interactions.tell(interaction)
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
            "message": call.world.messages.as_json(message),
        }
    return Response(body)


def _answer_type(interaction: Interaction) -> int:
    if interaction.type == COMMAND:
        return CONTEXT_MENU_COMMAND if "target_id" in interaction.data else CHAT_INPUT_COMMAND
    return REPLY if interaction.message_id else DEFAULT


def _choices(interaction: Interaction, data: Json) -> Json:
    choices = data.get("choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise invalid_form({"data/choices": ("BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length.")})
    if problems := choice_problems(choices, "data/choices", _focused_type(interaction.data["options"]) or 0):
        raise invalid_form(problems)
    return data


def _focused_type(options: list[Json]) -> int | None:
    """The type of the option that somebody types into, which may be a subcommand's."""
    for option in options:
        found = option["type"] if option.get("focused") else _focused_type(option.get("options") or [])
        if found is not None:
            return int(found)
    return None


def _form(data: Json) -> Json:
    check_form(data)
    return {**data, "components": numbered(data["components"])}


WEBHOOK = "/webhooks/{webhook_id}/{token}"
WEBHOOK_LIMIT = (5, 2.0)


def _webhook(call: Call) -> Interaction:
    return call.world.interactions.by_token(call.params["webhook_id"], call.params["token"])


def _original(call: Call, interaction: Interaction) -> Message:
    message = call.world.messages.get(interaction.response_message_id or "")
    if message is None:
        raise unknown(10008)
    return message


def _webhook_message(call: Call) -> tuple[Interaction, Message]:
    """The message of the path, by its id or as @original, if this interaction made it. Raises ApiError 10008."""
    interaction = _webhook(call)
    wanted = call.params.get("message_id")
    if wanted in (None, interaction.response_message_id):
        return interaction, _original(call, interaction)
    if wanted not in interaction.followup_ids or wanted not in call.world.messages:
        raise unknown(10008)
    return interaction, call.world.messages[wanted]


@route("GET", WEBHOOK + "/messages/@original", limit=WEBHOOK_LIMIT, bot_only=False)
@route("GET", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def get_webhook_message(call: Call) -> Response:
    if (webhook := webhook_of(call)) is not None:
        return show(call, webhook)
    return Response(call.world.messages.as_json(_webhook_message(call)[1]))


@route("PATCH", WEBHOOK + "/messages/@original", limit=WEBHOOK_LIMIT, bot_only=False)
@route("PATCH", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def patch_webhook_message(call: Call) -> Response:
    if (webhook := webhook_of(call)) is not None:
        return change(call, webhook)
    interaction, message = _webhook_message(call)
    limit = interaction.attachment_size_limit
    call.world.messages.edit(message, call.body.object(), call.body.files, size_limit=limit)
    return Response(call.world.messages.as_json(message))


@route("DELETE", WEBHOOK + "/messages/@original", limit=WEBHOOK_LIMIT, bot_only=False)
@route("DELETE", WEBHOOK + "/messages/{message_id}", limit=WEBHOOK_LIMIT, bot_only=False)
def delete_webhook_message(call: Call) -> Response:
    if (webhook := webhook_of(call)) is not None:
        return remove(call, webhook)
    call.world.messages.delete(_webhook_message(call)[1])
    return NO_CONTENT


@route("POST", WEBHOOK, limit=WEBHOOK_LIMIT, bot_only=False)
def post_followup(call: Call) -> Response:
    if (webhook := webhook_of(call)) is not None:
        return execute(call, webhook)
    interaction = _webhook(call)
    payload, limit = call.body.object(), interaction.attachment_size_limit
    original = call.world.messages.get(interaction.response_message_id or "")
    if original is not None and original.loading:
        # The first follow-up of a deferred answer fills it, as Discord still does for old clients.
        call.world.messages.edit(original, payload, call.body.files, size_limit=limit)
        return Response(call.world.messages.as_json(original))
    message = call.world.messages.post(
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
    return Response(call.world.messages.as_json(message))
