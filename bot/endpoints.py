"""Point discord.py at the REST API and the gateway that the settings name.

discord.py has no option for this. These two attributes are where every REST call (commands, interactions and
webhooks alike) and the first gateway connection take their address from; a test holds them to the installed
version. A resumed session goes to the `resume_gateway_url` of READY, as on Discord itself.
"""

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL


def point_at(api_base: str, gateway_url: str | None) -> None:
    """Set the REST base (no trailing slash) and, unless None, the gateway's address, for this process."""
    Route.BASE = api_base
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
