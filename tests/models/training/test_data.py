"""Photos to train on: told apart by content, cropped together with their subjects, fresh and in range."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional as F

from models.nn.architecture import MAP_SIDE, SIDE
from models.rendering.pillow_file import FORMATS
from models.rendering.still import decode
from models.sniff import SUFFIXES, SUFFIXES_OF
from models.training import data
from models.training.augmentation import Photo
from models.training.data import Photos, pictures_below
from models.training.labels import MAX_SIDE, label_path
from tests.models.pictures import photo

NOWHERE = Path()


def clouds(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """A tone that is nowhere like elsewhere, and like nothing when it is turned or flipped."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    soft = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(12)), np.float32)
    tone: NDArray[np.uint8] = np.rint(255 * (soft - soft.min()) / np.ptp(soft)).astype(np.uint8)
    return tone


@pytest.fixture
def twins(photos: Path) -> Photos:
    """Photos whose subject is their tone: whatever is done to one must be done to the other."""
    library = Photos(photos)
    tones = [clouds(300, 200, 0), clouds(160, 240, 1)]
    library.train = [Photo(NOWHERE, tone, tone) for tone in tones]
    return library


def likeness(tones: Tensor, maps: Tensor) -> list[float]:
    """Correlation of each tone, seen as coarsely, with its map; below 0 where the tone is for dark paper."""
    pairs = zip(F.adaptive_avg_pool2d(tones, MAP_SIDE), maps, strict=True)
    return [float(torch.corrcoef(torch.stack((a.flatten(), b.flatten())))[0, 1]) for a, b in pairs]


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_photos_of_every_format_that_is_drawn_are_trained_on(suffix: str, tmp_path: Path) -> None:
    """By the one list of suffixes: a folder of .tif or .avif is a folder of photos."""
    form = next(format_ for format_ in (*FORMATS, "HEIF") if suffix in SUFFIXES_OF[format_])
    if form not in FORMATS:
        pytest.skip("pillow-heif is not installed")
    for seed in range(3):
        photo(64, 48, seed).save(tmp_path / f"{seed}{suffix.upper()}", form)
    library = Photos(tmp_path)
    assert len(library.train + library.validation) == 3 and not library.refused


def test_photos_split_by_content(tmp_path: Path) -> None:
    """Duplicates count once whatever their name; the split does not depend on names or order."""
    for seed in range(40):
        photo(64, 48, seed).save(tmp_path / f"{seed:02}.png")
    first = Photos(tmp_path)
    (tmp_path / "deeper").mkdir()
    for seed in range(40):
        (tmp_path / f"{seed:02}.png").rename(tmp_path / "deeper" / f"{99 - seed}.png")
        if seed % 3 == 0:
            photo(64, 48, seed).save(tmp_path / f"copy-{seed}.bmp")
    second = Photos(tmp_path)

    def contents(side: list[Photo]) -> set[bytes]:
        return {photo.tone.tobytes() for photo in side}

    assert len(first.train) + len(first.validation) == 40 == len(second.train) + len(second.validation)
    assert contents(first.train) == contents(second.train)
    assert contents(first.validation) == contents(second.validation)
    assert not contents(first.train) & contents(first.validation)


def test_unreadable_photos_are_named_and_passed_over(photos: Path, tmp_path: Path) -> None:
    for path in sorted(photos.iterdir())[:3]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    loaded = Photos(tmp_path)
    assert len(loaded.train) + len(loaded.validation) == 3
    assert len(loaded.refused) == 1
    assert loaded.refused[0].startswith("broken.jpg: ")


def test_a_folder_with_too_little_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds 0 pictures"):
        Photos(tmp_path)
    photo(64, 48).save(tmp_path / "alone.png")
    with pytest.raises(ValueError, match="holds 1 pictures"):
        Photos(tmp_path)


def test_a_photo_finds_its_label(photos: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(photos.iterdir())[:4]):
        digest = hashlib.sha256(decode(path.read_bytes(), MAX_SIDE).tobytes()).digest()
        Image.new("L", (20, 30), number).save(label_path(tmp_path, digest))
    loaded = Photos(photos, subjects=tmp_path)
    known = [photo for photo in loaded.train + loaded.validation if photo.subject is not None]
    assert len(known) == 4
    assert loaded.labelled == [photo for photo in loaded.train if photo.subject is not None]
    for one in known:
        assert one.subject is not None
        assert one.subject.shape == (30, 20) and int(one.subject.max()) == sorted(photos.iterdir()).index(one.path)
    assert Photos(photos).labelled == []


def test_labels_of_other_photos_are_no_labels(photos: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"has labels of no photo in .*glyphcord labels` makes them"):
            Photos(photos, subjects=folder)


def test_batches_are_fresh_in_range_and_repeat_with_the_seed(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (20, 200), "white").save(tmp_path / "white.png")
    Image.new("RGB", (200, 20), "black").save(tmp_path / "black.png")
    for loaded in (Photos(photos), Photos(tmp_path)):
        batches = [loaded.batch(8, 8, 4, np.random.default_rng(seed)) for seed in (0, 0, 1)]
        for tones, maps in batches:
            assert tones.shape == (8, 1, 64, 64)
            assert maps.shape == (8, 1, MAP_SIDE, MAP_SIDE)
            assert tones.dtype == maps.dtype == torch.float32
            assert tones.min() >= 0 and tones.max() <= 1
            assert maps.max() == 0  # nobody knows
        assert torch.equal(batches[0][0], batches[1][0])
        assert not torch.equal(batches[0][0], batches[2][0])


def test_a_crop_and_its_subject_stay_together(twins: Photos) -> None:
    tones, maps = twins.batch(60, 20, 10, np.random.default_rng(0))
    assert maps.min() >= 0 and maps.max() <= 1
    for tone, subject, like in zip(tones, maps, likeness(tones, maps), strict=True):
        if tone.min() == tone.max():
            assert subject.max() == 0  # a page of one tone has none
        else:
            assert abs(like) > 0.9
    assert min(likeness(tones, maps)) < 0  # for dark paper it is the tone that turns, not the subject


def test_labels_change_no_crop(twins: Photos) -> None:
    """So that a run with labels and one without see the same pages."""
    with_labels, _ = twins.batch(12, 8, 4, np.random.default_rng(0))
    twins.train = [Photo(NOWHERE, photo.tone) for photo in twins.train]
    tones, maps = twins.batch(12, 8, 4, np.random.default_rng(0))
    assert torch.equal(tones, with_labels)
    assert maps.max() == 0


def test_whole_photos_and_their_subjects_stay_together(twins: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "PASTED_SHARE", 0.0)
    tones, maps = twins.subject_batch(40, np.random.default_rng(0))
    assert tones.shape == (40, 1, SIDE, SIDE) and maps.shape == (40, 1, MAP_SIDE, MAP_SIDE)
    assert all(abs(like) > 0.9 for like in likeness(tones, maps))
    assert torch.equal(tones, twins.subject_batch(40, np.random.default_rng(0))[0])


def test_only_labelled_photos_teach_the_subject(twins: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "augmented", lambda tone, rng: tone)
    twins.train.append(Photo(NOWHERE, np.zeros((50, 50), np.uint8)))
    tones, _ = twins.subject_batch(60, np.random.default_rng(0))
    assert tones.std((1, 2, 3)).min() > 0.02


def test_a_subject_is_pasted_on_anothers_ground(twins: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "PASTED_SHARE", 1.0)
    tones, maps = twins.subject_batch(30, np.random.default_rng(0))
    assert tones.dtype == maps.dtype == torch.float32
    for values in (tones, maps):
        assert torch.isfinite(values).all() and values.min() >= 0 and values.max() <= 1

    black = np.zeros((96, 120), np.uint8)
    black[30:70, 40:90] = 255
    grey = np.full((60, 60), 128, np.uint8)
    twins.train = [Photo(NOWHERE, black, black), Photo(NOWHERE, grey, 0 * grey)]
    monkeypatch.setattr(data, "augmented", lambda tone, rng: tone)
    tones, maps = twins.subject_batch(40, np.random.default_rng(0))
    seen = F.adaptive_avg_pool2d(tones, MAP_SIDE)
    kinds = set()
    for tone, subject in zip(seen, maps, strict=True):
        assert (tone[subject > 0.99] > 0.8).all()  # what is subject is black, on whatever ground
        ground = tone[subject < 0.01]
        assert ground.quantile(0.9) < 0.55
        kinds.add((bool(subject.max() > 0.99), round(float(ground.median()), 1)))
    assert kinds == {(True, 0.0), (True, 0.5), (False, 0.5)}  # grey on grey has none


def test_validation_pages_are_the_middle_squares(tmp_path: Path) -> None:
    for shade in (0, 1):
        wide = Image.new("RGB", (300, 100), "white")
        wide.paste("black", (100, 0, 200, 100))
        wide.putpixel((0, 0), (shade, 0, 0))
        wide.save(tmp_path / f"{shade}.png")
    page = Photos(tmp_path).validation_pages(1, 8, 4)
    assert page.shape == (1, 1, 64, 64)
    assert page.min() > 1 - 1e-6  # the black square alone; its flat tone stays black


def test_validation_subjects_are_whole_photos_as_they_are(twins: Photos) -> None:
    tone = clouds(300, 200, 3)
    twins.validation = [Photo(NOWHERE, 0 * tone), Photo(NOWHERE, tone, 255 - tone), Photo(NOWHERE, tone, tone)]
    tones, maps = twins.validation_subjects(8)
    assert tones.shape == (2, 1, SIDE, SIDE) and maps.shape == (2, 1, MAP_SIDE, MAP_SIDE)
    assert torch.equal(tones[0], tones[1])
    assert likeness(tones, maps) == pytest.approx([-1, 1], abs=0.01)
    whole = Image.fromarray(tone).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    assert np.abs(tones[0, 0].numpy() - np.asarray(whole, np.float32) / 255).max() < 0.03
    assert len(twins.validation_subjects(1)[0]) == 1


def test_without_labels_there_are_no_validation_subjects(photos: Path) -> None:
    tones, maps = Photos(photos).validation_subjects(8)
    assert tones.shape == (0, 1, SIDE, SIDE) and maps.shape == (0, 1, MAP_SIDE, MAP_SIDE)


def test_what_commands_leave_among_the_photos_is_none(tmp_path: Path) -> None:
    """Else a run that goes on has other photos than when it began: sheets of samples, and maps of subjects."""
    for number, name in enumerate(("one", "two", "more/three", "labels/0f", "runs/mine/samples/000001")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        photo(64, 64, number).save(tmp_path / f"{name}.png")
    digest = hashlib.sha256(decode((tmp_path / "one.png").read_bytes(), MAX_SIDE).tobytes()).digest()
    (tmp_path / "labels" / "0f.png").rename(label_path(tmp_path / "labels", digest))
    loaded = Photos(tmp_path, tmp_path / "labels", tmp_path / "runs" / "mine")
    assert {one.path.stem for one in loaded.train + loaded.validation} == {"one", "two", "three"}
    assert pictures_below(tmp_path / "more", tmp_path) == [tmp_path / "more" / "three.png"]
    with pytest.raises(ValueError, match="would be taken for photos the next time"):
        Photos(tmp_path, None, tmp_path / "more" / "..")
