"""Bots on nine client libraries do all that a typical bot does, unchanged but for the addresses."""

import sys
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.__main__ import table
from tests.clients.capabilities import CAPABILITIES, tried
from tests.clients.environments import CLIENTS, Client, why_not
from tests.clients.scene import scene


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_typical_bot_works(client: Client, tmp_path: Path) -> None:
    if (reason := why_not(client.requirements)) is not None:
        pytest.skip(reason)
    with scene(client, tmp_path / "bot.log") as stage:
        found = tried(stage)
        log = stage.log.read_text(errors="replace")
    wrong = {name: problem for name, problem in found.items() if problem is not None}
    assert list(found) == list(CAPABILITIES) and not wrong, f"{wrong}\n{log[-4000:]}"


def test_the_table_of_the_documentation_is_what_is_tried() -> None:
    """Its command is `python -m tests.clients`; a library that fails at something is found by the test above."""
    page = (Path(__file__).parents[2] / "docs" / "playground.md").read_text(encoding="utf-8")
    assert table({client.name: dict.fromkeys(CAPABILITIES) for client in CLIENTS}) in page


def test_without_a_network_there_is_a_reason_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "KEPT_IN", tmp_path)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    assert str(why_not(("hikari==2.7.0", "colorlog"))).startswith("uv cannot install colorlog: ")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why_not(("eris@0.18.0",)) == "there is no npm on this machine"
