"""Which attachment addresses are fetched."""

import random

import pytest

from bot.gateway.endpoints import is_allowed, parse_origins
from bot.render.attachments import _key, _page
from bot.render.download import _host

ORIGINS = parse_origins("cdn.discordapp.com, media.discordapp.net, http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.discordapp.com/ephemeral-attachments/1/2/cat.png?ex=1&is=2&hm=3",
        "https://CDN.discordapp.com/a",
        "https://cdn.discordapp.com:443/a",
        "https://media.discordapp.net/a",
        "http://127.0.0.1:8080/attachments/1/2/cat.png",
    ],
)
def test_discords_own_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, ORIGINS)


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn.discordapp.com/a",
        "https://cdn.discordapp.com:8443/a",
        "https://cdn.discordapp.com.evil.example/a",
        "https://evil.example/cdn.discordapp.com",
        "https://cdn.discordapp.com@evil.example/a",
        "https://user:pass@cdn.discordapp.com/a",
        "https://evil.example\\@cdn.discordapp.com/a",
        "https://x.cdn.discordapp.com/a",
        "http://127.0.0.1:6379/a",
        "http://127.0.0.1/a",
        "http://localhost:8080/a",
        "file:///etc/passwd",
        "//cdn.discordapp.com/a",
        "cdn.discordapp.com/a",
        "https://[::1/a",
        "",
        "https://xn--/a",
        "https://xn--a/a",
        "https://xn--zzzz.example/a",
        "https://xn--\u0e01/a",
        f"https://xn--{'h' * 80}/a",
        "https://\uff43dn.discordapp.com/a",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_allowed(address, ORIGINS)


PIECES = (
    *(
        "http",
        "https",
        "://",
        "//",
        "@",
        ":",
        "/",
        "?",
        "#",
        "[",
        "]",
        "\\",
        "%",
        "%2e",
        ".",
        "..",
        "-",
        "--",
        " ",
        "\r\n",
    ),
    *("xn--", "xn--a", "xn--0ca", "XN--", "cdn.discordapp.com", "discordapp", "evil.example", "127.0.0.1", "8080"),
    *(
        "443",
        "99999",
        "-1",
        "\u0e01",
        "\u3002",
        "\u00df",
        "\u200d",
        "\ud800",
        "\x00",
        "\u202e",
        "user",
        "::1",
        "\uff43",
    ),
)


def test_no_address_makes_the_check_fail_and_none_gets_past_it() -> None:
    """Pieces of addresses in any order: what is let through begins with one of the origins, and ends there."""
    chance, allowed = random.Random(20), 0
    for _ in range(5_000):
        begin = chance.choice(
            ("", "https://", "https://xn--", "https://cdn.discordapp.com", "http://127.0.0.1:8080")
        )
        address = begin + "".join(chance.choices(PIECES, k=chance.randint(0, 6)))
        _key(address), _page(address), _host(address)
        if is_allowed(address, ORIGINS):
            allowed += 1
            rest = address.partition("//")[2].removeprefix("@")
            for cut in "/?#":
                rest = rest.partition(cut)[0]
            known = {"cdn.discordapp.com", "cdn.discordapp.com:443", "media.discordapp.net", "127.0.0.1:8080"}
            assert rest.replace("\r\n", "").strip().removesuffix(":") in known, ascii(address)
    assert allowed > 100
