"""The `/model` commands: which models there are, and changing them on all workers while they draw.

Discord shows them to a server's administrators alone, who can show them to others. Those need not be the bot's
admins, so each command checks who asks, and writes down who did what or was refused.
"""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands
from redis.exceptions import RedisError

from bot.commands.admins import is_from_admin
from bot.commands.model_text import NOT_VERIFIED, code, list_text, reload_text, status_text, verification_text
from bot.commands.suggestions import Choices, suggest_models
from bot.components.component import button
from bot.render.download import AttachmentDownloader
from bot.render.options import SUGGESTIONS
from bot.replies.interactions import QUIET, UNDELIVERED, InFlight, Interaction, edit, language
from bot.services import Services
from bot.settings import BotSettings
from jobs.observability.logs import describe_error
from jobs.registry import audit
from jobs.registry.verification import Verification, enqueue_verification, verification_of
from jobs.registry.weights import SHORT, Version, check_name, check_weights_size
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate

log = logging.getLogger(__name__)

NOW_DEFAULT: Final = "{model} is now the default model. Workers switch within seconds."
VERIFYING: Final = "{model} version {version}: a worker is verifying it…"
USE: Final = "Use this version of {model}"

ACTIVATE: Final = "activate"
MOVE_S: Final = 90.0
"""A reload is decided within its own deadline, and carried out a moment later."""
VERIFY_S: Final = 120.0
POLL_S: Final = 0.3
EDIT_EVERY_S: Final = 1.2
"""Discord takes five edits in five seconds."""


@app_commands.guild_only()
@app_commands.default_permissions()
@app_commands.allowed_installs(guilds=True, users=False)
class ModelAdmin(commands.GroupCog, name="model", description="Manage the models that draw (admins)"):
    """The `/model` commands, and the button under an uploaded model (`activate`)."""

    def __init__(
        self, services: Services, downloader: AttachmentDownloader, in_flight: InFlight, settings: BotSettings
    ) -> None:
        self._services = services
        self._downloader = downloader
        self._in_flight = in_flight
        self._settings = settings
        self._notes: set[asyncio.Task[None]] = set()

    @app_commands.command(name="list", description="List the models and their versions (admins)")
    async def list_models(self, interaction: Interaction) -> None:
        async with self._as_admin(interaction, "list"):
            store = self._services.weights
            models, versions, default = await asyncio.to_thread(
                lambda: (store.models(), store.versions(), store.default())
            )
            await edit(interaction, list_text(models, versions, default, language(interaction)))

    @app_commands.command(name="status", description="Show the workers and their models (admins)")
    async def status(self, interaction: Interaction) -> None:
        async with self._as_admin(interaction, "status"):
            reports = await asyncio.to_thread(self._services.fleet.alive)
            default = await asyncio.to_thread(self._services.weights.default)
            await edit(interaction, status_text(reports, default, language(interaction)))

    @app_commands.command(name="reload", description="Load a model's new file or a stored version (admins)")
    @app_commands.describe(name="The model (default: the default model)", version="A version from /model list")
    async def reload(self, interaction: Interaction, name: str | None = None, version: str | None = None) -> None:
        async with self._as_admin(interaction, "reload", f"name={name} version={version}"):
            await self._change(interaction, name, version=version.strip().lower() if version else None)

    @app_commands.command(name="rollback", description="Undo a model's last change (admins)")
    @app_commands.describe(name="The model (default: the default model)")
    async def rollback(self, interaction: Interaction, name: str | None = None) -> None:
        async with self._as_admin(interaction, "rollback", f"name={name}"):
            await self._change(interaction, name, back=True)

    @app_commands.command(name="default", description="Set the default model (admins)")
    @app_commands.describe(name="The model")
    async def default(self, interaction: Interaction, name: str) -> None:
        async with self._as_admin(interaction, "default", f"name={name}"):
            await asyncio.to_thread(self._services.weights.set_default, name)
            await edit(interaction, translate(NOW_DEFAULT, language(interaction), model=code(name)))

    @app_commands.command(
        name="upload", description="Upload a weights file; it is verified before it is used (admins)"
    )
    @app_commands.describe(file="A .safetensors file, at most 16 MB", name="The model's name (default: the file's)")
    async def upload(self, interaction: Interaction, file: discord.Attachment, name: str | None = None) -> None:
        chosen = (name or file.filename.removesuffix(".safetensors")).strip()
        async with self._as_admin(interaction, "upload", f"name={name} bytes={file.size}"):
            check_name(chosen)
            check_weights_size(file.size)
            async with self._downloader.fetch(file.url, file.size) as data:
                put = partial(
                    self._services.weights.put, data, chosen, origin="upload", by=str(interaction.user.id)
                )
                version = await asyncio.to_thread(put)
            facts = {"model": code(chosen), "version": code(version.short)}
            await edit(interaction, translate(VERIFYING, language(interaction), **facts))
            found, png = await self._verified(version, language(interaction))
            if found.refused:
                await asyncio.to_thread(self._services.weights.drop, version)
            await _show(interaction, version, found, png)

    @reload.autocomplete("name")
    @rollback.autocomplete("name")
    @default.autocomplete("name")
    @upload.autocomplete("name")
    async def _names(self, interaction: Interaction, typed: str) -> Choices:
        return await suggest_models(self._services, typed) if is_from_admin(interaction, self._settings) else []

    @reload.autocomplete("version")
    async def _kept(self, interaction: Interaction, typed: str) -> Choices:
        if not is_from_admin(interaction, self._settings):
            return []
        try:
            name = getattr(interaction.namespace, "name", None)
            name = name or await asyncio.to_thread(self._services.weights.default)
            versions = await asyncio.to_thread(self._services.weights.versions, name)
        except RedisError:
            return []
        found = [version.short for version in versions if version.sha256.startswith(typed.strip().lower())]
        return [app_commands.Choice(name=short, value=short) for short in found[:SUGGESTIONS]]

    async def activate(self, interaction: Interaction, argument: str) -> None:
        """The button under an uploaded model. Older ones name the version alone, by the whole of its hash."""
        sha256, _, name = argument.partition("-")
        async with self._as_admin(interaction, "activate", f"name={name or None} version={sha256[:SHORT]}"):
            found = await asyncio.to_thread(self._services.weights.version, name or None, sha256)
            await self._change(interaction, found.model, version=found.sha256)

    @asynccontextmanager
    async def _as_admin(self, interaction: Interaction, action: str, detail: str = "") -> AsyncIterator[None]:
        """Record who asks for what, and acknowledge; the answer comes inside. Raises ServiceProblem `not_admin`."""
        allowed = is_from_admin(interaction, self._settings)
        by = str(interaction.user.id)
        # Beside the answer: Discord waits three seconds for that, and Redis may take two.
        writing = asyncio.create_task(
            asyncio.to_thread(audit.record, self._services.redis, by, f"model {action}", detail, allowed=allowed)
        )
        self._notes.add(writing)
        writing.add_done_callback(self._notes.discard)
        if not allowed:
            raise ServiceProblem("not_admin", f"command=model-{action}")
        async with self._in_flight.answering(interaction):
            yield

    async def _change(self, interaction: Interaction, name: str | None, **what: Any) -> None:
        """Start a change, and show each worker's progress until it is over."""
        services, loop = self._services, asyncio.get_running_loop()
        if name is None:
            name = await asyncio.to_thread(services.weights.default)
        if name is None:
            raise ServiceProblem("no_worker")
        reload = await asyncio.to_thread(partial(services.reloads.begin, name, str(interaction.user.id), **what))
        log.info("reload begun id=%s model=%s workers=%d", reload.id, name, len(reload.expected))
        until, shown, shown_at = loop.time() + MOVE_S, "", 0.0
        while True:
            reload, votes, over = await asyncio.to_thread(services.reloads.status, reload)
            text = reload_text(reload, votes, language(interaction))
            if over or loop.time() > until:
                break
            if text != shown and loop.time() > shown_at + EDIT_EVERY_S:
                shown, shown_at = text, loop.time()
                await edit(interaction, text)
            await asyncio.sleep(POLL_S)
        log.info("reload over id=%s phase=%s reason=%r", reload.id, reload.phase, reload.reason)
        await edit(interaction, text)

    async def _verified(self, version: Version, reader: str) -> tuple[Verification, bytes]:
        services, loop = self._services, asyncio.get_running_loop()
        request = await asyncio.to_thread(enqueue_verification, services.redis, version.model, version.sha256)
        until = loop.time() + VERIFY_S
        while loop.time() < until:
            found, png = await asyncio.to_thread(verification_of, services.redis, request)
            if found is not None:
                return found, png
            await asyncio.sleep(POLL_S)
        return Verification(id=request.id, worker="", error=translate(NOT_VERIFIED, reader)), b""


async def _show(interaction: Interaction, version: Version, found: Verification, png: bytes) -> None:
    reader = language(interaction)
    text = verification_text(version, found, reader)
    if found.error:
        await edit(interaction, text)
        return
    label = translate(USE, reader, model=version.model)
    view = button(ACTIVATE, f"{version.short}-{version.model}", label, discord.ButtonStyle.success)
    files = [discord.File(io.BytesIO(png), f"{version.model}-{version.short}.png")] if png else []
    try:
        await interaction.edit_original_response(content=text, attachments=files, view=view, allowed_mentions=QUIET)
    except UNDELIVERED as error:
        log.warning("not told interaction=%d detail=%s", interaction.id, describe_error(error))
