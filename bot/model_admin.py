"""`/model reload`: every worker loads its weights again, and the admin sees what each of them made of it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from discord import app_commands, utils

from bot.answers import InFlight, Interaction, defer, edit
from bot.services import Services
from jobs.fleet import ReloadAnswer
from jobs.problems import ServiceProblem

log = logging.getLogger(__name__)

WAIT_S: Final = 60.0
POLL_S: Final = 0.3
NO_WORKER: Final = "No worker is awake, so there is nothing to reload. A worker loads the weights when it starts."
MESSAGE_LIMIT: Final = 1900
"""Characters, safely under Discord's 2,000."""


class ModelAdmin(app_commands.Group):
    """The `/model` commands. All can see them; each checks who asks."""

    def __init__(self, services: Services, in_flight: InFlight, is_admin: Callable[[Interaction], bool]) -> None:
        super().__init__(
            name="model",
            description="Look after the model that draws (admins)",
            guild_only=True,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        self._services = services
        self._in_flight = in_flight
        self._is_admin = is_admin

    @app_commands.command(name="reload", description="Make every worker load its weights again (admins)")
    async def reload(self, interaction: Interaction) -> None:
        """Order, wait for the answers, report."""
        if not self._is_admin(interaction):
            raise ServiceProblem("not_admin", "command=model-reload")
        await defer(interaction, private=True)
        async with self._in_flight.answering(interaction):
            expected = {worker.name for worker in await asyncio.to_thread(self._services.fleet.alive)}
            if not expected:
                await edit(interaction, NO_WORKER)
                return
            answers = await self._order(interaction, expected)
            await edit(interaction, reload_report(expected, answers))

    async def _order(self, interaction: Interaction, expected: set[str]) -> dict[str, ReloadAnswer]:
        fleet = self._services.fleet
        order = await asyncio.to_thread(fleet.order_reload, str(interaction.user.id))
        log.info("reload ordered number=%d user=%d workers=%d", order.number, interaction.user.id, len(expected))
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_S
        while True:
            answers = await asyncio.to_thread(fleet.answers, order)
            alive = {worker.name for worker in await asyncio.to_thread(fleet.alive)}
            # A worker that has stopped meanwhile will not answer; it is named in the report.
            if not (expected & alive) - answers.keys() or loop.time() > until:
                break
            await asyncio.sleep(POLL_S)
        failed = sum(bool(answer.error) for answer in answers.values())
        log.info("reload answered number=%d answers=%d failed=%d", order.number, len(answers), failed)
        return answers


def reload_report(expected: set[str], answers: dict[str, ReloadAnswer]) -> str:
    """One line a worker: what it runs now, or why it kept what it had, or that it has not answered."""
    names = sorted(expected | answers.keys())
    good = sum(not answer.error for answer in answers.values())
    text = f"{good} of {len(names)} {'worker' if len(names) == 1 else 'workers'} loaded the weights again."
    for index, name in enumerate(names):
        line = _line(name, answers.get(name))
        if len(text) + len(line) > MESSAGE_LIMIT:
            return f"{text}\n… and {len(names) - index} more, see the log."
        text = f"{text}\n{line}"
    return text


def _line(name: str, answer: ReloadAnswer | None) -> str:
    worker = _code(name)
    if answer is None:
        return f"⏳ {worker} has not answered"
    runs = f"{_code(answer.model)} version {_code(answer.model_version)}"
    if answer.error:
        return f"❌ {worker} still runs {runs}: {_plain(answer.error)}"
    return f"✅ {worker} runs {runs} ({answer.took_ms / 1000:.1f} s)"


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', '').split())[:40] or '?'}`"


def _plain(text: str) -> str:
    clipped = " ".join(text.split())[:200]
    return utils.escape_mentions(utils.escape_markdown(clipped))
