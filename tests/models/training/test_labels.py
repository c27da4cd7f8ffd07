"""Labels of photos' subjects, by networks whose answer is known."""

import hashlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.rendering.still import decode
from models.training import labels
from models.training.data import Photos, photos_below
from models.training.labels import MAX_SIDE, SIDE, label, label_path, load_network, make_labels, read_label
from tests.models.pictures import photo

Floats = NDArray[np.float32]
MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]


def red(picture: Floats) -> Floats:
    """Finds what is red: its level, as it was before the network's own units."""
    found: Floats = picture[0, 0] * SPREAD[0] + MEAN[0]
    return found


def digest(path: Path) -> bytes:
    return hashlib.sha256(decode(path.read_bytes(), MAX_SIDE).tobytes()).digest()


def test_a_network_sees_the_photo_in_its_own_units_and_its_answer_is_the_label() -> None:
    rgb = np.zeros((60, 200, 3), np.uint8)
    rgb[:30, :100, 0] = 204  # red, on the left, above
    rgb[30:, 100:] = (0, 255, 255)
    seen: list[Floats] = []

    def network(picture: Floats) -> Floats:
        seen.append(picture)
        return red(picture)

    found = label(rgb, network)
    assert found.shape == (SIDE, SIDE) and found.dtype == np.uint8
    assert [found[y, x] for y, x in ((20, 20), (20, 300), (300, 20), (300, 300))] == [204, 0, 0, 0]
    (picture,) = seen
    assert picture.shape == (1, 3, SIDE, SIDE) and picture.dtype == np.float32
    np.testing.assert_allclose((picture[0] * SPREAD + MEAN)[:, 300, 300], (0, 1, 1), atol=1e-5)


def test_a_dark_photo_is_seen_as_one_in_the_light() -> None:
    """As the network learnt it: the brightest value is 1."""
    rgb = np.zeros((50, 50, 3), np.uint8)
    rgb[..., 0], rgb[..., 1] = 25, 50
    assert label(rgb, red)[20, 20] == 128
    assert label(np.zeros((50, 50, 3), np.uint8), red).max() == 0


def test_answers_beyond_0_and_1_are_cut() -> None:
    found = label(np.asarray(photo(40, 40)), lambda _: np.tile(np.array([-3, 7], np.float32), (SIDE, SIDE // 2)))
    assert found[0, :2].tolist() == [0, 255]


def test_labels_are_named_by_what_is_in_a_photo_and_made_once(tmp_path: Path) -> None:
    folder, out, called = tmp_path / "photos", tmp_path / "labels", []
    folder.mkdir()
    for seed in range(3):
        photo(90, 60, seed).save(folder / f"{seed}.png")

    def network(picture: Floats) -> Floats:
        called.append(picture)
        return red(picture)

    assert list(make_labels(photos_below(folder), out, network)) == [(folder / f"{n}.png", None) for n in range(3)]
    assert len(called) == 3
    assert {path.name for path in out.iterdir()} == {f"{digest(path).hex()[:32]}.png" for path in folder.iterdir()}
    for path in folder.iterdir():
        kept = read_label(out, digest(path))
        assert kept is not None
        assert np.array_equal(kept, label(decode(path.read_bytes(), MAX_SIDE), red))
    (folder / "0.png").rename(folder / "moved.png")
    photo(90, 60, 1).save(folder / "1.bmp")  # the same pixels in another form
    photo(90, 60, 9).save(folder / "new.png")
    assert all(problem is None for _, problem in make_labels(photos_below(folder), out, network))
    assert len(called) == 4
    assert len(list(out.iterdir())) == 4
    assert read_label(out, bytes(32)) is None


def test_a_large_photo_has_the_label_that_training_looks_for(tmp_path: Path) -> None:
    """Both make it smaller first."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(2):
        photo(MAX_SIDE + 300, 120, seed).save(folder / f"{seed}.png")
    list(make_labels(photos_below(folder), tmp_path / "labels", red))
    loaded = Photos(folder, subjects=tmp_path / "labels")
    assert all(photo.subject is not None for photo in loaded.train + loaded.validation)


def test_what_cannot_be_read_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (tmp_path / "folder.png").mkdir()
    photo(40, 40).save(tmp_path / "good.png")
    told = {path.name: problem for path, problem in make_labels(photos_below(tmp_path), tmp_path / "out", red)}
    assert told["good.png"] is None
    assert "damaged" in str(told["broken.jpg"])
    assert told["folder.png"]
    assert list((tmp_path / "out").iterdir()) == [label_path(tmp_path / "out", digest(tmp_path / "good.png"))]


def test_a_network_that_fails_leaves_no_half_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(40, 40).save(tmp_path / "a.png")

    def torn(self: Image.Image, path: Path, form: str) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(Image.Image, "save", torn)
    assert list(make_labels([tmp_path / "a.png"], tmp_path / "out", red)) == [(tmp_path / "a.png", "no space left")]
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_folder_without_photos_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{tmp_path} holds no photos"):
        photos_below(tmp_path)


class Session:
    """What onnxruntime makes of a file: here of one that says what it answers with."""

    def __init__(self, path: str, providers: list[str]) -> None:
        words = Path(path).read_text(encoding="utf-8").split()
        if words[0] != "onnx":
            raise RuntimeError("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF\nProtobuf parsing failed.")
        self._shape = tuple(map(int, words[1:]))

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="picture")]

    def run(self, _: None, inputs: dict[str, Floats]) -> list[Floats]:
        return [np.broadcast_to(inputs["picture"].mean(), self._shape)]


@pytest.fixture
def onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in: who only develops does not install it (pyproject.toml)."""
    module = ModuleType("onnxruntime")
    module.InferenceSession = Session  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onnxruntime", module)


def test_a_network_cannot_be_loaded_without_its_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match="labels need onnxruntime: pip install"):
        load_network(tmp_path / "u2net.onnx")


@pytest.mark.usefixtures("onnxruntime")
def test_a_network_is_tried_before_any_photo(tmp_path: Path) -> None:
    file = tmp_path / "u2net.onnx"
    with pytest.raises(ValueError, match=r"there is no network .*u2net\.onnx"):
        load_network(file)
    file.write_text("something else")
    with pytest.raises(
        ValueError, match=r"u2net\.onnx is no ONNX network that can be used: .*parsing failed"
    ) as told:
        load_network(file)
    assert "\n" not in str(told.value)
    file.write_text("onnx 1 1000")
    with pytest.raises(ValueError, match=r"answers with \(1, 1000\) values; .* \(1, 1, 320, 320\)"):
        load_network(file)
    file.write_text(f"onnx 1 1 {SIDE} {SIDE}")
    network = load_network(file)
    np.testing.assert_allclose(network(np.full((1, 3, SIDE, SIDE), 0.25, np.float32)), np.full((SIDE, SIDE), 0.25))
    assert labels.label(np.full((9, 9, 3), 255, np.uint8), network).min() == 255  # 2.4, cut
