"""The address of Redis, whose password may be anything, and of which nobody is ever shown the password."""

import re
from typing import Final
from urllib.parse import quote, urlsplit

from redis.connection import parse_url

SCHEMES: Final = ("redis", "rediss", "unix")
_HALF_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUERY: Final = re.compile(r"\w+=")

NO_ADDRESS: Final = "it must be an address that starts with redis://, rediss:// or unix://, and names a server"
ESCAPE: Final = (
    "a password in an address has %2F for /, %23 for #, %3F for ?, %40 for @ and %25 for %; or leave it out there, "
    "and put it into REDIS_PASSWORD as it is"
)


def check_redis_url(value: str) -> str:
    """An address that redis-py understands as it is meant. Raises ValueError, which never holds any of the value.

    A `/` or `#` in a password ends the part that names the server, so redis-py would go to another one.
    """
    if value.partition("://")[0] not in SCHEMES:
        raise ValueError(NO_ADDRESS)
    try:
        parts = urlsplit(value)
        user = parts.netloc.rpartition("@")[0]
        parse_url(value)  # type: ignore[no-untyped-call]
        whole = bool(parts.path if parts.scheme == "unix" else parts.hostname)
    except (ValueError, TypeError):
        whole, user = False, ""
    else:
        # What an address may have behind the server's name has no @ in it, but for a query such as ssl_ca_certs=….
        query = "" if _QUERY.match(parts.query) else parts.query
        whole = whole and "@" not in user + parts.path + parts.fragment + query and not _HALF_ESCAPE.search(user)
    if not whole:
        raise ValueError(ESCAPE if "@" in value else NO_ADDRESS)
    return value


def with_password(url: str, password: str) -> str:
    """The address with a password in it, unless it has one."""
    scheme, _, rest = url.partition("://")
    # Another @ may stand in the query.
    user, _, server = rest.rpartition("@") if "@" in urlsplit(url).netloc else ("", "", rest)
    name, _, own = user.partition(":")
    if own or "password=" in server:
        return url
    return f"{scheme}://{name}:{quote(password, safe='')}@{server}"


def without_password(url: str) -> str:
    """The address as it may be shown."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def refusal(url: str) -> str:
    """What to say when Redis refuses the password in an address; never the password."""
    where = without_password(url)
    if not urlsplit(url).password:
        return f"Redis at {where} wants a password: put it into REDIS_PASSWORD."
    escape = " In REDIS_URL, % begins an escape: a % itself is %25 there." if "%" in urlsplit(url).netloc else ""
    return f"Redis at {where} refuses the password of REDIS_PASSWORD or REDIS_URL.{escape}"
