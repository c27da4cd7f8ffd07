"""Redis' address: any password gets there; one that would lead to another server is refused, and never shown."""

import pytest
from pydantic import SecretStr, ValidationError
from redis.connection import parse_url

from jobs.redis_url import check_redis_url, with_password, without_password
from jobs.setting_errors import explain
from jobs.settings import RegistrySettings

PASSWORDS = ["pa/ss", "pa#ss", "pa@ss", "pa%ss", "pa?ss", "12/ss", "12#ss", "pa%zz", "[pa", "p@s/s#w%o?rd", "12?ss"]


@pytest.mark.parametrize("user", ["", "ada"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_that_has_to_be_escaped_is_refused_in_one_sentence(password: str, user: str) -> None:
    with pytest.raises(ValidationError) as error:
        RegistrySettings(redis_url=f"redis://{user}:{password}@cache.example:6379/0")
    line = explain(error.value)
    assert line.startswith("REDIS_URL is wrong: ") and "REDIS_PASSWORD" in line and "\n" not in line
    assert password not in line and "cache.example" not in line


@pytest.mark.parametrize("password", [*PASSWORDS, "%", "a b", "p:w", "ünï", "%41"])
def test_any_password_can_stand_by_itself(password: str) -> None:
    settings = RegistrySettings(
        redis_url="rediss://cache.example:6379/0?ssl_ca_certs=/a@b.pem", redis_password=SecretStr(password)
    )
    read = parse_url(check_redis_url(settings.redis_url))  # type: ignore[no-untyped-call]
    assert (read["password"], read["host"], read["port"]) == (password, "cache.example", 6379)
    assert without_password(settings.redis_url) == "rediss://cache.example:6379/0"


def test_an_addresses_own_password_comes_first_and_a_user_stays() -> None:
    assert with_password("redis://:own@host/0", "other") == "redis://:own@host/0"
    assert with_password("redis://ada@host/0", "p/w") == "redis://ada:p%2Fw@host/0"
    assert with_password("unix:///run/redis.sock?db=1", "pw") == "unix://:pw@/run/redis.sock?db=1"


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://:pa%2Fss@host:6379/0",
        "redis://ada:p:w@host",
        "unix:///run/redis.sock",
        "unix://:pw@/run/redis.sock?db=1",
        "redis://[::1]:6379/0",
        "rediss://host:1/0?ssl_ca_certs=/a@b.pem",
    ],
)
def test_addresses_that_are_whole_are_taken(url: str) -> None:
    assert check_redis_url(url) == url


@pytest.mark.parametrize(
    "url", ["localhost:6379", "redis://", "redis://:6379", "redis://host:first", "http://host", "unix://"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="names a server"):
        check_redis_url(url)
