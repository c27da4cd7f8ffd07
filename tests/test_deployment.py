"""The files operators start from agree with the code."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import BotSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parent.parent


def test_env_example_names_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    known = {name.upper() for settings in (BotSettings, WorkerSettings) for name in settings.model_fields}
    assert named == known


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_the_compose_file_is_valid(tmp_path: Path) -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    done = subprocess.run(
        ["docker-compose", "config", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_bots_image_gets_no_torch() -> None:
    stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").split(" AS bot\n")[1].split("\nFROM ")[0]
    assert "'.[bot]'" in stage
    assert "torch" not in stage.lower()
