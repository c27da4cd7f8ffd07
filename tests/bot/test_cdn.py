"""Which attachment addresses are fetched."""

import pytest

from bot.gateway.endpoints import is_allowed, parse_origins

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
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_allowed(address, ORIGINS)
