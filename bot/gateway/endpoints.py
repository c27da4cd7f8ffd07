"""Where Discord is: the origins that attachments may be fetched from, and discord.py's own addresses.

discord.py has no option for those. The attributes that `point_at` sets are where every REST call (commands,
interactions and webhooks alike), the first gateway connection and a sticker take their address from; a test holds
them to the installed version. A resumed session goes to the `resume_gateway_url` of READY, as on Discord itself.
"""

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port (its scheme's own where the address has none): exact, so that no other host
can be named."""


def parse_origins(hosts: str) -> frozenset[Origin]:
    """Origins from a comma-separated list; an entry without a scheme means https.

    Raises ValueError for an entry that is more or less than an origin.
    """
    entries = [entry.strip() for entry in hosts.split(",") if entry.strip()]
    if not entries:
        raise ValueError("it must name at least one host")
    return frozenset(_origin(entry) for entry in entries)


def _origin(entry: str) -> Origin:
    url = URL(entry if "://" in entry else f"https://{entry}")
    bare = url.path in ("", "/") and not url.query_string and not url.fragment and url.user is None
    origin = _origin_of(url)
    if origin is None or not bare:
        raise ValueError("an entry must be a host name, or http(s):// with a host and perhaps a port")
    return origin


def is_allowed(address: str, origins: frozenset[Origin]) -> bool:
    """Whether an attachment's address lies on one of the origins (scheme, host and port all count)."""
    try:
        url = URL(address, encoded=True)  # as it is going to be asked
        return url.user is None and url.password is None and _origin_of(url) in origins
    except ValueError:
        return False


def _origin_of(url: URL) -> Origin | None:
    # The host as it goes to DNS: as people read it, it has to be decoded, and not every `xn--…` can be.
    if url.scheme not in ("http", "https") or not url.raw_host or url.port is None:
        return None
    return url.scheme, url.raw_host.lower(), url.port


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
