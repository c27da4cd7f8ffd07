"""Which addresses an attachment may be fetched from: exact origins, so that no other host can be named."""

from yarl import URL

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port (its scheme's own where the address has none)."""


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
        url = URL(address)
    except ValueError:
        return False
    return url.user is None and url.password is None and _origin_of(url) in origins


def _origin_of(url: URL) -> Origin | None:
    if url.scheme not in ("http", "https") or not url.host or url.port is None:
        return None
    return url.scheme, url.host, url.port
