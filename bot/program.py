"""The bot as a program: settings in, an exit code out (glyphcord.exit_codes)."""

import asyncio
import gc
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import aiohttp
import discord
import uvloop

from bot.client import GlyphcordClient
from bot.gateway.endpoints import point_at
from bot.observability.probes import PortTaken, observed
from bot.settings import BotSettings
from glyphcord.escaping import say_error
from glyphcord.exit_codes import DONE, REFUSED, UNREACHABLE, UNUSABLE
from jobs.observability import logs
from jobs.observability import tracing as trace
from jobs.setting_errors import UnusableSettings, read_settings
from jobs.setting_names import misspelt
from jobs.undumpable import make_undumpable

_log = logging.getLogger("bot")

THREADS: Final = 32
"""For Redis and header checks: a Redis that hangs holds a thread for seconds, and others must get through."""

GARBAGE: Final = 10_000
"""Objects made and kept since the last look for unreachable ones; Python's own number is 700, later 2,000."""

CLOSED_FOR_GOOD: Final = {
    4004: (REFUSED, "Discord's gateway refuses DISCORD_TOKEN. Was it reset a moment ago?"),
    4011: (REFUSED, "Discord wants more shards for so many servers. Raise SHARD_COUNT, or leave it empty."),
}
"""What to say of the gateway's close codes that starting again would not mend."""


async def serve(settings: BotSettings) -> None:
    """Run until a signal. Raises what discord.py raises when it cannot log in or loses the gateway for good."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "bot"))
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    async with GlyphcordClient(settings) as client, observed(client, client.services.redis, settings):
        running = asyncio.create_task(client.start(settings.discord_token.get_secret_value()))
        stop = asyncio.create_task(asked.wait())
        await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await client.stop()
            running.cancel()
            await asyncio.wait({running})
            return
        stop.cancel()
        await running


def why(error: BaseException, api_base: str) -> tuple[int, str]:
    """The exit code and the line for an end that could be foreseen."""
    match error:
        case discord.LoginFailure():
            return REFUSED, "Discord refuses DISCORD_TOKEN. Copy it again from the developer portal, page Bot."
        case discord.PrivilegedIntentsRequired():
            return REFUSED, "Discord refuses the bot's intents. Check the developer portal, page Bot."
        case discord.ConnectionClosed(code=code):
            lost = UNREACHABLE, f"Discord's gateway closed the connection for good (code {code})."
            return CLOSED_FOR_GOOD.get(code, lost)
        case discord.HTTPException(status=status):
            return UNREACHABLE, f"Discord answered the login with status {status}. Please try again later."
    return UNREACHABLE, f"Discord cannot be reached at {api_base}."


def run() -> int:
    """Read the settings, run, and turn every foreseeable end into one line and an exit code."""
    make_undumpable()
    try:
        settings = read_settings(BotSettings)
    except UnusableSettings as error:
        say_error(error)
        return UNUSABLE
    logs.set_up("bot", settings.discord_token.get_secret_value(), settings.log_level, settings.log_format)
    for complaint in misspelt():
        _log.warning("%s", complaint)
    try:
        trace.set_up(settings.otel_exporter_otlp_endpoint, "bot")
    except trace.TraceUnavailable as unavailable:
        say_error(unavailable)
        return UNUSABLE
    point_at(settings.discord_api_base, settings.discord_gateway_url, settings.discord_cdn_hosts)
    # Collecting as often as Python does costs a burst of commands a tenth of its time; what is loaded by now stays.
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)
    try:
        uvloop.run(serve(settings))
    except PortTaken as taken:
        say_error(taken)
        return UNUSABLE
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        code, line = why(error, settings.discord_api_base)
        say_error(line)
        return code
    return DONE
