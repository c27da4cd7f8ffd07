"""`python -m models weights`: weights files by themselves."""

from pathlib import Path

import pytest

from models.__main__ import main
from models.quality.self_test import self_test
from models.rendering.renderer import Renderer
from models.weights_file import SHIPPED, load_weights


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["models", "weights", *arguments])
    return main()


def test_list_names_shipped_files_and_those_of_a_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: Path
) -> None:
    assert run(monkeypatch, "list", "--folder", str(weights.parent)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *sorted(path.stem for path in weights.parent.glob("*.safetensors")),
        *sorted(path.stem for path in SHIPPED.glob("*.safetensors")),
    ]
    assert load_weights(weights).version in lines[0]


def test_verify_measures_and_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], weights: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "out.png"
    assert run(monkeypatch, "verify", str(weights), "--picture", str(picture)) == 0
    assert f"version {load_weights(weights).version}, similarity " in capsys.readouterr().out
    assert picture.read_bytes() == self_test(Renderer(weights)).png
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(weights.read_bytes()[:1000])
    assert run(monkeypatch, "verify", str(damaged), str(weights)) == 1
    said = capsys.readouterr()
    assert "refused: damaged is not a whole" in said.err and str(weights) in said.out
