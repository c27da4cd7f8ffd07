"""Addresses that a message may give: of pages, pictures, and files that come with it."""

import re
from typing import Final
from urllib.parse import urlsplit

from playground.errors import Problem

SCHEMES: Final = ("http", "https", "attachment")
NOT_IN_A_HOST: Final = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%]")


def address_problem(address: str, schemes: tuple[str, ...] = SCHEMES) -> Problem | None:
    """What Discord says of an address that is none; None for one that may be there."""
    scheme, separator, rest = address.strip().partition("://")
    if not separator or not rest:
        return "URL_TYPE_INVALID_URL", "Not a well formed URL."
    if scheme.lower() not in schemes:
        return "URL_TYPE_INVALID_SCHEME", f'Scheme "{scheme.lower()}" must be one of {schemes}.'
    if scheme.lower().startswith("http") and not _has_host(address.strip()):
        return "URL_TYPE_INVALID_URL", "Not a well formed URL."
    return None


def _has_host(address: str) -> bool:
    """Whether a browser would find a host in it, and a port where there is to be one."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and (":" in host or NOT_IN_A_HOST.search(host) is None)
