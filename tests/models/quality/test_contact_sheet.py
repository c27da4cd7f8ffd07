"""The contact sheet shows every palette, as the pictures themselves would be."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.__main__ import main
from models.cli.palettes import OWN
from models.encoders.png import paint
from models.page import page_of
from models.palettes import PALETTES
from models.quality.contact_sheet import GAP, palette_sheet
from tests.models.pages import random_page
from tests.models.pictures import encoded, photo
from tests.models.videos import corner, video


def test_pages_stand_where_they_belong() -> None:
    grids = {"light": random_page(6, 30).grid, "dark": random_page(6, 30, seed=1).grid}
    rgb = np.asarray(photo(60, 24))
    names = ["blue", "photo", "#ff69b4"]
    sheet = palette_sheet(grids, {"light": rgb, "dark": rgb}, names)  # type: ignore[arg-type]
    width, height = 30 * 8, 6 * 16
    assert sheet.size == (4 * width + 5 * GAP, 2 * (height + GAP) + 3 * GAP)
    for number, name in enumerate(names):
        for side, paper in enumerate(("light", "dark")):
            left = GAP + (2 * (number % 2) + side) * (width + GAP)
            top = 2 * GAP + number // 2 * (height + 2 * GAP)
            expected = paint(page_of(grids[paper], name, paper, rgb))  # type: ignore[arg-type]
            shown = sheet.crop((left, top, left + width, top + height))
            assert np.array_equal(np.asarray(shown), np.asarray(expected)), (name, paper)


def test_the_command_draws_all_palettes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.png").write_bytes(encoded(photo(64, 64)))
    out = tmp_path / "sheet.png"
    monkeypatch.setattr("sys.argv", ["models", "palettes", str(tmp_path / "in.png"), "-o", str(out), "-c", "20"])
    assert main() == 0
    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as sheet:
        lines = -(-len((*PALETTES, *OWN)) // 2)
        assert sheet.size == (4 * 160 + 5 * GAP, lines * (160 + 2 * GAP) + GAP)


def test_of_a_video_the_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.mp4").write_bytes(video([corner()] * 2))
    out = tmp_path / "sheet.png"
    monkeypatch.setattr("sys.argv", ["models", "palettes", str(tmp_path / "in.mp4"), "-o", str(out), "-c", "20"])
    assert main() == 0, capsys.readouterr().err
    assert out.is_file()


def test_a_picture_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.png").write_text("no picture")
    monkeypatch.setattr("sys.argv", ["models", "palettes", str(tmp_path / "in.png"), "-o", str(tmp_path / "o.png")])
    assert main() == 1
    assert "cannot read that file as a picture" in capsys.readouterr().err
    assert not (tmp_path / "o.png").exists()


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        (["-o", "sheet.jpg"], 2, "sheet.jpg must end in .png"),
        (["-o", "sheet.png", "-c", "999"], 2, "20 to 200 columns"),
        (["gone.jpg", "-o", "sheet.png"], 1, "gone.jpg: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(
    given: list[str],
    status: int,
    says: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["models", "palettes", *given])
    assert main() == status
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
