"""`/ascii`: a picture in, a job on the queue, and the deferred response as the place where the result appears."""

import asyncio
import logging
import time
from typing import Any, Final

import discord
from discord import app_commands

from bot.answers import InFlight, Interaction, defer, edit
from bot.intake import Intake
from bot.keeper import Keeper
from bot.services import Services
from jobs.intake import sniff
from jobs.options import DEFAULT_PALETTE, PALETTES
from jobs.problems import SENTENCES
from jobs.promises import UNTOLD, Promise
from jobs.schema import RenderRequest, Reply

log = logging.getLogger(__name__)

TOKEN_S: Final = 14.5 * 60
"""An interaction's token lasts 15 minutes; half a minute is kept for the last request to arrive."""

PRIVATE_DEADLINE_S: Final = 13 * 60
"""A private response can be reached by its token only: a job that begins at the last moment, and the sentence
of the sweep after it, must arrive before that ends."""

DEADLINE_S: Final = 60 * 60

CHOICES: Final = [app_commands.Choice(name=palette.label, value=name) for name, palette in PALETTES.items()]


def ascii_command(
    services: Services, intake: Intake, in_flight: InFlight, keeper: Keeper
) -> app_commands.Command[Any, ..., None]:
    """The `/ascii` command over the given services."""

    @app_commands.command(name="ascii", description="Draw a picture in readable characters")
    @app_commands.describe(
        image="The picture: PNG, JPEG, GIF, WebP or BMP",
        palette="The colours of the characters",
        private="Show the result to you alone",
    )
    @app_commands.choices(palette=CHOICES)
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def command(
        interaction: Interaction,
        image: discord.Attachment,
        palette: str = DEFAULT_PALETTE,
        private: bool = False,
    ) -> None:
        received_at = time.time()
        deadline_at = received_at + (PRIVATE_DEADLINE_S if private else DEADLINE_S)
        reply = Reply(
            application_id=str(interaction.application_id),
            channel_id=str(interaction.channel_id),
            message_id=UNTOLD,
            token=interaction.token,
            token_expires_at=received_at + TOKEN_S,
            private=private,
        )
        promise = Promise(job_id=str(interaction.id), reply=reply, since=received_at, deadline_at=deadline_at)
        await keeper.foretell(promise)
        # Before anything else that can wait: Discord gives three seconds, and a download may take longer.
        message_id = await defer(interaction, private=private)
        async with in_flight.track():
            where = f"interaction={interaction.id} user={interaction.user.id}"
            async with keeper.promised(promise, where) as kept:
                kept.shared = message_id is None
                if message_id is None:
                    message_id = (await interaction.original_response()).id
                reply = reply.model_copy(update={"message_id": str(message_id)})
                kept.promise = promise.model_copy(update={"reply": reply})
                await keeper.write_down(kept)
                async with intake.fetch(image.url, image.size) as data:
                    info = await asyncio.to_thread(sniff, data)
                    picture = await asyncio.to_thread(services.pictures.put, data)
                request = RenderRequest(
                    job_id=promise.job_id,
                    origin="command",
                    picture=picture,
                    palette=palette,
                    user_id=str(interaction.user.id),
                    guild_id=str(interaction.guild_id) if interaction.guild_id else None,
                    reply=reply,
                    upload_limit=interaction.filesize_limit,
                    created_at=received_at,
                    deadline_at=deadline_at,
                )
                awake = await asyncio.to_thread(services.fleet.serving)
                if not awake and not kept.shared:
                    # Before the job is on the queue, so that this can never overwrite a worker's result. And
                    # not where a second bot may have acknowledged, whose job may be drawn by now.
                    await edit(interaction, SENTENCES["queued_no_worker"])
                request = await asyncio.to_thread(services.prepare, request)
                kept.on_its_way = True
                await asyncio.to_thread(services.enqueue, request)
                log.info(
                    "queued interaction=%d user=%s guild=%s format=%s size=%dx%d bytes=%d palette=%s private=%s "
                    "workers=%d ms=%.0f",
                    interaction.id, request.user_id, request.guild_id, info.format, info.width, info.height,
                    image.size, palette, private, len(awake), 1000 * (time.time() - received_at),
                )  # fmt: skip

    return command
