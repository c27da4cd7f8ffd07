"""Whose picture a button or form is about, and who may use it: asked in one place for all of them.

Under which message something was used is Discord's word; a number in an id is only their client's.
"""

import asyncio

from bot.replies.interactions import Interaction, can_reach
from bot.services import Services
from jobs.schema import RenderRequest
from jobs.text.sentences import ServiceProblem


def message_under(interaction: Interaction) -> str:
    """The id of the message that something was used under; "0" where there is none."""
    return str(interaction.message.id if interaction.message else 0)


async def request_under(services: Services, interaction: Interaction) -> RenderRequest:
    """The request behind that message. Raises ServiceProblem `forgotten`."""
    return await known_request(services, message_under(interaction))


async def known_request(services: Services, message_id: str) -> RenderRequest:
    """The request behind a message. Raises ServiceProblem `forgotten`."""
    request = await asyncio.to_thread(services.messages.request_of, message_id)
    if request is None:
        raise ServiceProblem("forgotten", f"message={message_id}")
    return request


def is_theirs(interaction: Interaction, request: RenderRequest) -> bool:
    """Whether who uses something is who asked for the picture."""
    return request.user_id == str(interaction.user.id)


def check_theirs(interaction: Interaction, request: RenderRequest) -> None:
    """Raises ServiceProblem `not_yours` for anybody else."""
    if not is_theirs(interaction, request):
        raise ServiceProblem("not_yours", f"message={request.reply.message_id}")


async def check_may_use(
    services: Services, interaction: Interaction, request: RenderRequest, *, shown: bool = False
) -> None:
    """Raises ServiceProblem `not_yours` for a picture that the person does not see, and where the server leaves the
    buttons to who asked for the picture. `shown`: they have seen it, or would not have been asked."""
    if is_theirs(interaction, request):
        return
    guild_id = str(interaction.guild_id) if interaction.is_guild_integration() else None
    settings = await asyncio.to_thread(services.guilds.get, guild_id)
    if not (settings.others_may_react and (shown or sees(interaction, request))):
        raise ServiceProblem("not_yours", f"message={request.reply.message_id}")


async def check_may_delete(services: Services, interaction: Interaction) -> str | None:
    """The id of who asked for the picture under which something was used; None where nobody knows any more.

    Of one that was forgotten, Discord's word counts: it says who used the command or the button that a message
    answers, though nobody for the reply to a reaction. Raises ServiceProblem `not_yours` for who neither asked for
    it nor may delete messages there, and `forgotten` where whoever asked can no longer be told from others.
    """
    message, message_id = interaction.message, message_under(interaction)
    request = await asyncio.to_thread(services.messages.request_of, message_id)
    moderates = interaction.guild_id is not None and interaction.permissions.manage_messages
    if request is not None:
        asker, seen = request.user_id, sees(interaction, request)
    elif message is not None and message.interaction_metadata is not None:
        asker, seen = str(message.interaction_metadata.user.id), not message.flags.ephemeral
    elif moderates or interaction.guild_id is None:  # in a direct message nobody else reacts
        return None
    else:
        raise ServiceProblem("forgotten", f"message={message_id}")
    if asker != str(interaction.user.id) and not (moderates and seen):
        raise ServiceProblem("not_yours", f"message={message_id}")
    return asker


def sees(interaction: Interaction, request: RenderRequest) -> bool:
    """Whether what somebody uses stands under that very picture, or is a form opened from there.

    What is for one person's eyes is under nobody else's.
    """
    message = interaction.message
    if message is None or str(message.id) != request.reply.message_id or message.flags.ephemeral:
        return False
    # Where the bot is no member everything is reached by the interaction's token only, what all may see too.
    return not (request.reply.private and can_reach(interaction))


def is_hidden(interaction: Interaction, request: RenderRequest) -> bool:
    """Whether the picture that somebody clicked under is for them alone."""
    message = interaction.message
    there = message is not None and str(message.id) == request.reply.message_id
    return message.flags.ephemeral if message is not None and there else request.reply.private
