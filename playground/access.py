"""Who is let in: loopback alone, or by password and token; and never another site's page."""

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import BasicAuth, web

from playground.state.seed import TOKEN

SHORTEST_PASSWORD = 12
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_public(host: str, password: str | None, token: str) -> None:
    """Raise ValueError for an address that others could reach, unless password and token can keep them out."""
    if is_loopback(host):
        return
    if password is None:
        raise ValueError(
            f"--host {host} would let others in: set PLAYGROUND_PASSWORD to a password of {SHORTEST_PASSWORD} "
            "characters or more, or use 127.0.0.1, ::1 or localhost"
        )
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"PLAYGROUND_PASSWORD has fewer than {SHORTEST_PASSWORD} characters: take a longer one")
    if token == TOKEN:
        raise ValueError(f"--host {host} would let others in by the token that everybody knows: choose --token")


@dataclass
class Access:
    """The check of every request. `hosts` are the names that are ours, and `url` what to use instead of others."""

    password: str | None
    hosts: frozenset[str] = LOOPBACK_NAMES
    url: str = ""

    def refusal(self, request: web.Request) -> str | None:
        """Why a browser must not make this request: a name not ours (DNS rebinding), or another site's page."""
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        if host not in self.hosts and self.password is None:
            return f"this playground does not answer to the name {host!r}; use {self.url}"
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return "requests from other sites are refused"
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return "requests from other sites are refused"
        return None

    def is_known(self, request: web.Request) -> bool:
        """Whether the page and the controls may be used: with a password, by those who send it (HTTP Basic).

        Bots have their token; interactions, webhooks and files have addresses that cannot be guessed."""
        is_page = request.path == "/" and request.headers.get("Upgrade", "").lower() != "websocket"
        if self.password is None or not (is_page or request.path.startswith(("/playground", "/page"))):
            return True
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8").password
        except ValueError:
            return False
        return hmac.compare_digest(given.encode(), self.password.encode())
