"""All checks in order: what is installed, settings, token, Redis, weights, GPU, ports, limits."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from glyphcord.arguments import version
from glyphcord.doctor.discord import token
from glyphcord.doctor.finding import Finding, broken, note, ok
from glyphcord.doctor.machine import file_limit, port
from glyphcord.doctor.redis import redis
from jobs.setting_errors import explain_kind
from jobs.setting_names import misspelt
from jobs.settings import SharedSettings

INSTALL: Final = (
    "pip install 'glyphcord[bot]' for a bot, 'glyphcord[worker-cpu]' for a worker "
    "(with an NVIDIA card 'glyphcord[worker-gpu]')"
)

Settings = TypeVar("Settings", bound=SharedSettings)


def examine(*, bot: bool, worker: bool) -> Iterator[Finding]:
    """Check what this machine has: a bot, a worker, both or neither."""
    yield _installed(bot=bot, worker=worker)
    yield from _settings(bot=bot, worker=worker)
    shared, wrong = _as_far_as_readable(SharedSettings)
    if shared is not None:
        if not wrong & {"discord_token", "discord_api_base"}:
            yield token(shared)
        if "redis_url" not in wrong:
            yield from redis(shared)
    if worker:
        yield from _drawing()
    if shared is not None:
        ports = [("BOT_HTTP_PORT", shared.bot_http_port)] if bot else []
        ports += [("WORKER_HTTP_PORT", shared.worker_http_port)] if worker else []
        yield from (port(name, shared.http_host, number) for name, number in ports if name.lower() not in wrong)
    yield file_limit()


def _installed(*, bot: bool, worker: bool) -> Finding:
    programs = " and ".join(name for name, there in (("the bot", bot), ("the worker", worker)) if there)
    here = f"glyphcord {version()}, Python {platform.python_version()}"
    if programs:
        return ok("installed", f"{here}; {programs} can run here")
    return broken("installed", f"{here}; neither the bot nor the worker can run here", INSTALL)


def _settings(*, bot: bool, worker: bool) -> Iterator[Finding]:
    """Each complaint once, though bot and worker share settings."""
    names = misspelt()
    yield from (note("settings", complaint, "correct the name, or remove it") for complaint in names)
    complaints: dict[str, None] = {}
    for kind in _kinds(bot=bot, worker=worker):
        complaints |= dict.fromkeys(explain_kind(kind))
    yield from (broken("settings", f"{line}.", "correct it in the environment or in .env") for line in complaints)
    if not names and not complaints:
        file = Path(".env").resolve()
        yield ok(
            "settings", f"from the environment{f' and {file}' if file.is_file() else '; no .env in this folder'}"
        )


def _drawing() -> Iterator[Finding]:
    from glyphcord.doctor.worker import decoder, gpu, weights  # noqa: PLC0415
    from worker.settings import WorkerSettings  # noqa: PLC0415

    settings, wrong = _as_far_as_readable(WorkerSettings)
    if settings is not None:
        if not wrong & {"model_weights", "weights_dir"}:
            yield weights(settings)
        if "device" not in wrong:
            yield gpu(settings.device)
    yield decoder()


def _as_far_as_readable(kind: type[Settings]) -> tuple[Settings | None, set[str]]:
    """The settings with the defaults of those that are wrong, and which these are; None where none can be read.

    They were complained of already; what is right is looked at all the same.
    """
    try:
        return kind(), set()  # type: ignore[call-arg]  # the token comes from the environment
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    except (SettingsError, UnicodeDecodeError, OSError):
        return None, set()
    given: dict[str, Any] = {name: kind.model_fields[name].get_default() for name in wrong}
    if "discord_token" in wrong:  # it has no default
        given["discord_token"] = SecretStr("none")
    return kind(**given), wrong


def _kinds(*, bot: bool, worker: bool) -> Iterator[type[SharedSettings]]:
    if bot:
        from bot.settings import BotSettings  # noqa: PLC0415

        yield BotSettings
    if worker:
        from worker.settings import WorkerSettings  # noqa: PLC0415

        yield WorkerSettings
    if not bot and not worker:
        yield SharedSettings
