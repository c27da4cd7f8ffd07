"""`python -m models pairs` and `photos`, as one types them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.__main__ import main
from tests.models.pictures import photo
from tests.models.test_photos import Serve, jpeg, serve

__all__ = ["serve"]  # the fixture

Command = Callable[..., int]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m models …` in this process; returns the exit status."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["models", *map(str, arguments)])
        return main()

    return run


def test_pairs_there_and_back(tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        photo(120, 90, ord(folder)).save(tmp_path / "photos" / folder / "same-name.png")
    assert models("pairs", tmp_path / "photos", "-o", tmp_path / "pairs", "--palette", "pink") == 0
    assert f"2 pairs in {tmp_path / 'pairs'}" in capsys.readouterr().out
    files = sorted((tmp_path / "pairs").iterdir())
    assert [path.name for path in files] == ["same-name-2_pink.png", "same-name_pink.png"]

    assert models("pairs", tmp_path / "pairs", "-o", tmp_path / "back", "--back") == 0
    for path in files:
        whole = np.asarray(Image.open(path))
        assert np.array_equal(np.asarray(Image.open(tmp_path / "back" / "pages" / path.name)), whole[:, :512])
        assert np.array_equal(np.asarray(Image.open(tmp_path / "back" / "photos" / path.name)), whole[:, 512:])


def test_pairs_name_what_they_cannot_read(
    tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs") == 1
    assert "holds no photos" in capsys.readouterr().err
    photo(64, 64).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"")
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs") == 1
    said = capsys.readouterr()
    assert "bad.png: That file is empty" in said.err
    assert "1 pairs in" in said.out
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs", "--palette", "nonsense") == 1
    assert "do not know that palette" in capsys.readouterr().err


def test_photos(serve: Serve, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve(lambda path, _: (200, {}, jpeg(path)))
    assert models("photos", "-o", tmp_path / "new", "--count", 3, "--url", server.url + "/{n}") == 0
    assert "3 new photos" in capsys.readouterr().out
    assert len(list((tmp_path / "new").glob("*.jpg"))) == 3
    assert models("photos", "-o", tmp_path / "new", "--count", 3, "--url", "nonsense") == 1
    assert "must begin with http" in capsys.readouterr().err
    assert models("photos", "-o", tmp_path / "new", "--count", 0) == 1
