"""What the bot makes of its environment, and what it says when it can make nothing of it."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.gateway.endpoints import parse_origins
from bot.settings import BotSettings
from glyphcord.exit_codes import UNREACHABLE, UNUSABLE
from jobs.setting_errors import explain
from tests.fork_server import Forked

TOKEN = "MTAwMA.secret.part"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _only_what_the_test_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in BotSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **env: str) -> BotSettings:
    for name, value in ({"DISCORD_TOKEN": TOKEN} | env).items():
        monkeypatch.setenv(name, value)
    return BotSettings()  # type: ignore[call-arg]


def test_a_token_is_enough_and_the_rest_is_discords_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert settings.discord_cdn_hosts == parse_origins(
        "cdn.discordapp.com,media.discordapp.net,images-ext-1.discordapp.net,images-ext-2.discordapp.net"
    )
    assert settings.discord_api_base == "https://discord.com/api/v10"
    assert settings.discord_gateway_url is None
    assert settings.admin_user_ids == settings.admin_role_ids == frozenset()
    assert TOKEN not in repr(settings)


def test_lists_are_comma_separated_and_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        ADMIN_USER_IDS="1, 22,",
        ADMIN_ROLE_IDS="",
        DISCORD_CDN_HOSTS="http://127.0.0.1:8080, cdn.example",
        DISCORD_API_BASE="http://127.0.0.1:8080/api/v10/",
        LOG_LEVEL="debug",
    )
    assert settings.admin_user_ids == {1, 22}
    assert settings.admin_role_ids == frozenset()
    assert settings.discord_cdn_hosts == {("http", "127.0.0.1", 8080), ("https", "cdn.example", 443)}
    assert settings.discord_api_base == "http://127.0.0.1:8080/api/v10"
    assert settings.log_level == "DEBUG"
    assert (settings.shard_count, settings.shard_ids) == (None, ())


def test_shards_are_within_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, SHARD_COUNT="16", SHARD_IDS="0-2, 15")
    assert (settings.shard_count, settings.shard_ids) == (16, (0, 1, 2, 15))
    with pytest.raises(ValidationError, match="numbered from 0"):
        read(monkeypatch, SHARD_COUNT="16", SHARD_IDS="16")


def test_an_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nADMIN_USER_IDS=7\nWORKERS_OWN=1\n")
    settings = BotSettings()  # type: ignore[call-arg]
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.admin_user_ids == {7}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", "two words"),
        ("DISCORD_TOKEN", "tökn"),
        ("DISCORD_API_BASE", "discord.com"),
        ("DISCORD_GATEWAY_URL", "http://discord.com"),
        ("DISCORD_CDN_HOSTS", "https://cdn.example/path"),
        ("DISCORD_CDN_HOSTS", "ftp://cdn.example"),
        ("DISCORD_CDN_HOSTS", ","),
        ("ADMIN_USER_IDS", "ada"),
        ("ADMIN_ROLE_IDS", "-5"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:first"),
        ("PICTURE_TTL_S", "0"),
        ("LOG_LEVEL", "loud"),
        ("SHARD_COUNT", "0"),
        ("SHARD_IDS", "few"),
        ("SHARD_IDS", "0"),  # of how many?
    ],
)
def test_a_wrong_value_is_named_and_shown_unless_it_is_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError) as error:
        read(monkeypatch, **{name: value})
    line = explain(error.value)
    secret = name in ("DISCORD_TOKEN", "REDIS_URL")
    assert line.startswith(f"{name} is wrong: " if secret else f"{name} is {value!r}, but ")
    assert "\n" not in line
    assert not secret or value not in line


def run_bot(tmp_path: Path, **env: str) -> tuple[int, str]:
    """The exit code of `python -m bot`, and what it says."""
    kept = {key: value for key, value in os.environ.items() if key.lower() not in BotSettings.model_fields}
    ours = kept | {"PYTHONPATH": str(ROOT)} | env
    with (tmp_path / "said").open("wb") as said:
        done = Forked("bot", ("bot",), env=ours, cwd=tmp_path, stdout=said, stderr=said).wait(60)
    return done, (tmp_path / "said").read_text()


def test_without_a_token_the_program_says_what_to_set(tmp_path: Path) -> None:
    code, said = run_bot(tmp_path)
    assert code == UNUSABLE
    assert said.count("\n") == 1
    assert said.startswith("DISCORD_TOKEN is missing: ")


def test_without_discord_the_program_says_where_it_looked(tmp_path: Path) -> None:
    code, said = run_bot(
        tmp_path, DISCORD_TOKEN=TOKEN, DISCORD_API_BASE="http://127.0.0.1:1/api/v10", LOG_LEVEL="ERROR"
    )
    assert code == UNREACHABLE
    assert said == "Discord cannot be reached at http://127.0.0.1:1/api/v10.\n"


def test_a_name_typed_wrong_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKNE=MTAwMA.secret.part\nREDIS_ULR=redis://:secret@x\nHOME_PAGE=1\n")
    code, said = run_bot(tmp_path)
    assert code == UNUSABLE
    assert said == (
        "DISCORD_TOKEN is missing: set it in the environment or in .env (see .env.example). "
        "DISCORD_TOKNE is no setting. Did you mean DISCORD_TOKEN? "
        "REDIS_ULR is no setting. Did you mean REDIS_URL?\n"
    )
    _, said = run_bot(tmp_path, DISCORD_TOKEN=TOKEN, DISCORD_API_BASE="http://127.0.0.1:1/api/v10")
    assert "WARNING bot DISCORD_TOKNE is no setting. Did you mean DISCORD_TOKEN?" in said
    assert "secret" not in said
