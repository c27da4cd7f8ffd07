"""`python -m models pairs`, `labels`, `photos` and what `train` is told of them, as one types them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.file_sentences import FILE_SENTENCES
from models.training.config import shipped_configs
from tests.models.pictures import photo
from tests.models.training.test_photos import Serve, jpeg, serve

__all__ = ["serve"]  # the fixture

from tests.models.cli.conftest import Command

Pixels = NDArray[np.uint8]
DAMAGED = FILE_SENTENCES["broken"]


def halves(path: Path) -> tuple[Pixels, Pixels]:
    with Image.open(path) as image:
        whole = np.asarray(image)
    return whole[:, :512], whole[:, 512:]


def test_pairs_there_and_back(tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """No two have one name, whatever the photos are called; and each is still that photo's."""
    photos = {
        "cat.png": 1,
        "a/cat.png": 2,
        "a/cat.bmp": 3,
        "b/cat.png": 4,
        "cat-2.png": 5,
        "a_dog.png": 6,
        "a/dog.png": 7,
    }
    for name, seed in photos.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        photo(64, 64, seed).save(tmp_path / "photos" / name)
    for _ in range(2):
        assert models("pairs", tmp_path / "photos", "-o", tmp_path / "pairs", "--palette", "pink") == 0
        assert f"7 pairs in {tmp_path / 'pairs'}" in capsys.readouterr().out
    files = sorted((tmp_path / "pairs").iterdir())
    names = {"a_cat.bmp", "a_cat.png", "a_dog.png", "a_dog.png-2", "b_cat", "cat", "cat-2"}
    assert {path.name for path in files} == {f"{name}_pink.png" for name in names}
    assert len({halves(path)[1].tobytes() for path in files}) == 7

    (tmp_path / "pairs" / "a").mkdir()
    files[0].rename(tmp_path / "pairs" / "a" / "dog.png_pink.png")
    assert models("pairs", tmp_path / "pairs", "-o", tmp_path / "back", "--back") == 0
    for kind, side in ("pages", 0), ("photos", 1):
        back = {np.asarray(Image.open(path)).tobytes() for path in (tmp_path / "back" / kind).iterdir()}
        assert back == {halves(path)[side].tobytes() for path in (tmp_path / "pairs").rglob("*.png")}


def test_pairs_of_another_teacher_are_others(tmp_path: Path, models: Command) -> None:
    photo(64, 64).save(tmp_path / "cat.png")
    for teacher in ("ramp", "search"):
        assert models("pairs", tmp_path, "-o", tmp_path / "pairs", "--teacher", teacher) == 0
    ramp, search = (tmp_path / "pairs" / name for name in ("cat_blue.png", "cat_blue_search.png"))
    assert not np.array_equal(halves(ramp)[0], halves(search)[0])
    assert len(list((tmp_path / "pairs").iterdir())) == 2, "pairs are no photos"


@pytest.mark.parametrize("command", [["pairs"], ["labels", "--network", "any.onnx"]])
def test_what_is_made_does_not_lie_among_the_photos(
    command: list[str], tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    photo(64, 64).save(tmp_path / "cat.png")
    assert models(*command, tmp_path, "-o", tmp_path / "pairs" / "..") == 1
    assert "would be taken for photos the next time" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["cat.png"]


def test_pairs_name_what_they_cannot_read(
    tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs") == 1
    assert "holds no photos" in capsys.readouterr().err
    photo(64, 64).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "folder.png").mkdir()
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs") == 1
    said = capsys.readouterr()
    assert f"bad.png: {DAMAGED}" in " ".join(said.err.split())
    assert "folder.png: Is a directory" in said.err
    assert "1 pairs in" in said.out
    assert models("pairs", tmp_path, "-o", tmp_path / "pairs", "--palette", "nonsense") == 1
    assert 'give one colour like "#ff69b4"' in capsys.readouterr().err
    (tmp_path / "pairs" / "worse.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert models("pairs", tmp_path / "pairs", "-o", tmp_path / "back", "--back") == 1
    assert capsys.readouterr().err == f"worse.png: {DAMAGED}\n"


def test_photos(serve: Serve, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve(lambda path, _: (200, {}, jpeg(path)))
    assert models("photos", "-o", tmp_path / "new", "--count", 3, "--url", server.url + "/{n}") == 0
    assert "3 new photos" in capsys.readouterr().out
    assert len(list((tmp_path / "new").glob("*.jpg"))) == 3
    assert models("photos", "-o", tmp_path / "new", "--count", 3, "--url", "nonsense") == 1
    assert "must begin with http" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        models("photos", "-o", tmp_path / "new", "--count", 0)


def test_labels(
    tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for the network, which finds what is bright."""
    order = ("labels", tmp_path / "photos", "-o", tmp_path / "labels", "--network", tmp_path / "u2net.onnx")
    (tmp_path / "photos").mkdir()
    assert models(*order) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'photos'} holds no photos\n"
    photo(64, 64).save(tmp_path / "photos" / "good.png")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert models(*order) == 1
    assert capsys.readouterr().err == "labels need onnxruntime: pip install onnxruntime\n"
    monkeypatch.setattr("models.training.labels.load_network", lambda path: lambda seen: seen.mean((0, 1)))
    assert models(*order) == 0
    assert f"1 photos have their labels in {tmp_path / 'labels'}" in capsys.readouterr().out
    (tmp_path / "photos" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert models(*order) == 1
    said = capsys.readouterr()
    assert f"bad.png: {DAMAGED}" in " ".join(said.err.split())
    assert "1 photos have their labels" in said.out
    (label,) = (tmp_path / "labels").iterdir()
    assert Image.open(label).size == (320, 320)


def test_labelling_can_be_stopped(
    tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    photo(64, 64).save(tmp_path / "good.png")
    monkeypatch.setattr("models.training.labels.load_network", lambda path: interrupted)
    assert models("labels", tmp_path, "-o", tmp_path / "labels", "--network", "any") == 130
    assert "the same command goes on from here" in capsys.readouterr().err


def test_training_with_labels_of_other_photos_is_refused(
    photos: Path, tmp_path: Path, models: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("train", photos, "-o", tmp_path / "run", "--subjects", tmp_path / "nowhere") == 1
    assert "has labels of no photo in" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_configs_are_named_in_the_help(models: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        models("train", "--help")
    assert left.value.code == 0
    assert f"{', '.join(shipped_configs())}, or a .toml file" in " ".join(capsys.readouterr().out.split())
