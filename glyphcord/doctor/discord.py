"""Whether Discord takes the token."""

import asyncio

import aiohttp

from glyphcord.doctor.finding import Finding, broken, note, ok
from jobs.settings import SharedSettings

TIMEOUT_S = 10


def token(settings: SharedSettings) -> Finding:
    """Ask Discord who the token is for."""
    where = settings.discord_api_base
    try:
        status, body = asyncio.run(_me(where, settings.discord_token.get_secret_value()))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = str(error) or "no answer in time"
        return broken(
            "token",
            f"Discord cannot be reached at {where}: {reason}",
            "check this machine's network, its proxy and firewall, and DISCORD_API_BASE",
        )
    if status == 200 and isinstance(body, dict) and "username" in body:
        return ok("token", f"Discord knows it: {body['username']} (id {body.get('id')}), at {where}")
    if status == 401:
        return broken(
            "token",
            f"Discord refuses it, at {where}",
            "developer portal, your application, page Bot: Reset Token, and put the new one into DISCORD_TOKEN",
        )
    if status == 429:
        return note("token", "Discord has had too many requests from here (429)", "ask again in some minutes")
    return broken(
        "token", f"{where} answers with status {status}", "is DISCORD_API_BASE right? Else try again later"
    )


async def _me(base: str, secret: str) -> tuple[int, object]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    # As discord.py, it takes no proxy from the environment.
    asked, header = f"{base}/users/@me", {"Authorization": f"Bot {secret}"}
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(asked, headers=header) as answer:
        try:
            return answer.status, await answer.json(content_type=None)
        except ValueError:
            return answer.status, None
