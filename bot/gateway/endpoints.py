"""Point discord.py at the REST API, the gateway and the CDN that the settings name.

discord.py has no option for this. These attributes are where every REST call (commands, interactions and
webhooks alike), the first gateway connection and a sticker take their address from; a test holds them to the
installed version. A resumed session goes to the `resume_gateway_url` of READY, as on Discord itself.
"""

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.render.cdn import Origin


def point_at(api_base: str, gateway_url: str | None, cdn: frozenset[Origin] = frozenset()) -> None:
    """Set the REST base (no trailing slash) and, unless None, the gateway's address, for this process.

    Where `cdn` names one origin alone, stickers are there too; Discord itself has several.
    """
    if len(cdn) == 1:
        ((scheme, host, port),) = cdn
        Asset.BASE = str(URL.build(scheme=scheme, host=host, port=port)).rstrip("/")
    Route.BASE = api_base
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
