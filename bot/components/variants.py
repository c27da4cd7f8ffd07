"""The buttons under variants: one of them becomes the whole result, on the same message.

The file is there already, at its full size, so nothing is drawn, waited for or counted again.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

import discord
from prometheus_client import Counter

from bot.components.component import Component
from bot.components.ownership import check_theirs, request_under
from bot.replies.interactions import ALREADY_ACKNOWLEDGED, QUIET, Interaction, acknowledge
from bot.services import Services
from jobs import clock
from jobs.observability.metrics import PREFIX
from jobs.schema import RenderRequest, RenderResult, Variant
from jobs.text.buttons import result_rows
from jobs.text.choices import palette_name
from jobs.text.sentences import ServiceProblem
from jobs.variants import kind_of, variant_name

log = logging.getLogger(__name__)

TAKEN: Final = Counter(
    f"{PREFIX}variants_taken_total",
    "Variants that somebody took, by what they differ in (styles, paper, focus) and which it was; a style that "
    "does not come with the program counts as other.",
    ["kind", "choice"],
)
SHIPPED_STYLES: Final = ("classic", "lines", "pixels")


@dataclass(frozen=True)
class Taken:
    """A request that has become that of one of its variants, and what its message shows from then on."""

    request: RenderRequest
    content: str
    attachments: list[discord.Attachment]


class Variants:
    """Answers the buttons."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(self, interaction: Interaction, argument: str) -> None:
        """Keep one variant; for who asked for them.

        The record changes first, so that no button of the result meets one of several.
        """
        message = interaction.message
        if message is None:
            return
        messages, message_id, choice = self._services.messages, str(message.id), f"take-{interaction.id}"
        request = await request_under(self._services, interaction)
        check_theirs(interaction, request)
        # Another process may have heard of this click as well, and is then the one that answers it.
        if await asyncio.to_thread(messages.has_version, message_id, choice):
            return
        taken = taken_of(request, argument, message)
        variant = variant_of(request, argument)
        # Of a worker that may still repeat its edit, this is the newer version of the message.
        if not await asyncio.to_thread(messages.is_first, message_id, choice):
            return
        if not await asyncio.to_thread(self._keep, request, taken.request):
            raise ServiceProblem("already_taken", f"message={message_id} number={argument}")
        try:
            await acknowledge(
                interaction,
                lambda: interaction.response.edit_message(
                    content=taken.content,
                    attachments=taken.attachments,
                    view=_view(taken.request),
                    allowed_mentions=QUIET,
                ),
            )
        except BaseException as error:
            # With that code, Discord has heard of it from another process.
            if not isinstance(error, discord.HTTPException) or error.code != ALREADY_ACKNOWLEDGED:
                await asyncio.to_thread(messages.replace, taken.request, request)
            raise
        TAKEN.labels(kind_of(variant), choice_of(variant)).inc()
        log.info("taken message=%s kind=%s choice=%s", message_id, kind_of(variant), choice_of(variant))

    def _keep(self, request: RenderRequest, taken: RenderRequest) -> bool:
        """Write down what was chosen; False where another choice was faster."""
        services = self._services
        if not services.messages.replace(request, taken):
            return False
        # Who chose saw the drawings. Their worker may have died before it wrote that down, and the one that repeats
        # the job would find it stale: then no reaction to what was chosen would be answered.
        if services.jobs.result_of(request.job_id) is None:
            posted = RenderResult(
                job_id=request.job_id, outcome="posted", palette=request.options.palette, finished_at=clock.now()
            )
            services.jobs.finish(posted)
        return True


def variant_of(request: RenderRequest, number: str) -> Variant:
    """The variant of that number, from 1. Raises ServiceProblem `already_taken` where there is no such choice."""
    index = int(number) - 1 if number.isascii() and number.isdigit() else -1
    picture = request.pictures[index] if 0 <= index < len(request.pictures) else None
    if picture is None or picture.variant is None:
        raise ServiceProblem("already_taken", f"message={request.reply.message_id} number={number[:8]}")
    return picture.variant


def taken_of(request: RenderRequest, number: str, message: discord.Message) -> Taken:
    """What taking a variant makes of its request and message. Raises ServiceProblem `already_taken`."""
    variant, language = variant_of(request, number), request.reply.language
    picture = request.pictures[int(number) - 1].model_copy(update={"variant": None})
    options = variant.applied_to(request.options)
    kept = [file for file in message.attachments if file.filename.rpartition(".")[0].endswith(f"-{number}")]
    if not kept:
        raise ServiceProblem("already_taken", f"message={request.reply.message_id} number={number}")
    content = f"{palette_name(options.palette, language)} · {variant_name(variant, language)}"
    return Taken(request.model_copy(update={"pictures": (picture,), "options": options}), content, kept)


def choice_of(variant: Variant) -> str:
    """A variant as a label of a metric, of which there are only so many."""
    if variant.background is not None:
        return variant.background
    if variant.focus is not None:
        return f"{variant.focus:g}"
    return variant.style if variant.style in SHIPPED_STYLES else "other"


def _view(request: RenderRequest) -> discord.ui.View:
    """The buttons of a result, as discord.py sends them."""
    view = discord.ui.View(timeout=None)
    for row in result_rows(request.options, request.reply.language, comparable=request.own):
        for data in row["components"]:
            item: discord.ui.Button[Any] = discord.ui.Button(
                label=data["label"], emoji=data["emoji"]["name"], custom_id=data["custom_id"]
            )
            view.add_item(Component(item, data["custom_id"].split(":")[1]))
    return view
