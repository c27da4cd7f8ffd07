"""`python -m models render`, as one types it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.__main__ import main
from models.picture import decode
from models.renderer import Renderer
from models.tone import tone_of
from tests.models.pictures import encoded, photo

Command = Callable[..., int]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m models …` in this process; returns the exit status."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["models", *map(str, arguments)])
        return main()

    return run


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A JPEG under a lying name."""
    path = tmp_path / "cat.png"
    path.write_bytes(encoded(photo(320, 240), "JPEG"))
    return path


def test_png_and_text_agree(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--columns", 40, "--weights", weights, "--device", "cpu")
    assert models("render", cat, "-o", tmp_path / "out.png", "--palette", "mono", *options) == 0
    assert models("render", cat, "-o", tmp_path / "deep" / "out.txt", *options) == 0
    assert "40×15 characters" in capsys.readouterr().out

    grid = Renderer(weights).grid(tone_of(decode(cat.read_bytes())), 40)
    assert (tmp_path / "deep" / "out.txt").read_text() == grid.text()
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (320, 240)
        ink = 1 - np.asarray(image.convert("L"), np.float32) / 255
    assert np.abs(ink - grid.coverage()).max() <= 1 / 255


def test_dark_paper_turns_the_tone_around(cat: Path, weights: Path, tmp_path: Path, models: Command) -> None:
    out = tmp_path / "out.txt"
    models("render", cat, "-o", out, "--columns", 40, "--weights", weights, "--background", "dark")
    tone = tone_of(decode(cat.read_bytes(), background="dark"))
    assert out.read_text() == Renderer(weights).grid(1 - tone, 40).text()


def test_several_pictures_go_to_a_folder_and_one_bad_one_stops_nothing(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.gif").write_bytes(b"GIF89a")
    dog = tmp_path / "dog.bmp"
    dog.write_bytes(encoded(photo(64, 64, 1), "BMP"))
    out = tmp_path / "pages"
    code = models("render", cat, tmp_path / "bad.gif", dog, "-o", out, "--weights", weights)
    assert code == 1
    assert sorted(path.name for path in out.iterdir()) == ["cat.png", "dog.png"]
    assert "bad.gif: That picture is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("--columns=5", "20 to 200 columns"),
        ("--palette=nonsense", "do not know that palette"),
        ("--weights=nobody", "no file nobody.safetensors"),
        ("--weights=../../etc/passwd", "is not a weights name"),
        ("--weights=missing.safetensors", "cannot be read"),
    ],
)
def test_wrong_options_are_explained(
    given: str, says: str, cat: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = cat.with_name("out.png")
    assert models("render", cat, "-o", out, given) == 1
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_an_unknown_ending_is_refused_before_any_work(
    cat: Path, weights: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("render", cat, "-o", tmp_path / "out.jpeg", "--weights", weights) == 1
    assert ".png or .txt" in capsys.readouterr().err


def test_a_bad_file_in_a_process_of_its_own(tmp_path: Path, weights: Path) -> None:
    """One readable line, exit status 1, no traceback."""
    (bad := tmp_path / "letter.png").write_text("Dear bot, I am no picture.")
    done = subprocess.run(
        [sys.executable, "-m", "models", "render", bad, "-o", tmp_path / "o.png", "--weights", weights],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "I cannot read that file as a picture" in done.stderr


@pytest.mark.parametrize("size", [(8, 8), (8, 128), (128, 8), (9, 13), (2000, 125)])
def test_sizes_at_the_limits_render(size: tuple[int, int], weights: Path, tmp_path: Path, models: Command) -> None:
    photo(*size).save(tmp_path / "in.png")
    assert models("render", tmp_path / "in.png", "-o", tmp_path / "out.txt", "--weights", weights) == 0
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert 1 <= len(lines) <= 20_000 // 64


def text_of_flat(shade: str, tmp_path: Path, models: Command) -> str:
    Image.new("RGB", (256, 256), shade).save(tmp_path / "in.png")
    assert models("render", tmp_path / "in.png", "-o", tmp_path / "out.txt") == 0
    return (tmp_path / "out.txt").read_text()


def test_a_white_picture_stays_blank(tmp_path: Path, models: Command) -> None:
    assert not text_of_flat("white", tmp_path, models).strip()


def test_a_black_picture_becomes_a_page_of_ink(tmp_path: Path, models: Command) -> None:
    text = text_of_flat("black", tmp_path, models)
    assert sum(not c.isspace() for c in text) > 0.9 * 64 * 32
