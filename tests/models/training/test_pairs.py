"""Pair files: 512×1024 px, page left, photo right; and datasets of others, whichever half is the photo."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from models.atlas import default_atlas
from models.palettes import PALETTES, hsl_row_inks
from models.problems import PictureProblem
from models.quality.measures import legibility
from models.rendering.still import decode
from models.training.pairs import BASELINES, REFERENCE, make_pair, make_pairs, read_pairs, write_pair
from tests.models.pictures import SAMPLES, photo

ATLAS = default_atlas()
INK = torch.from_numpy(ATLAS.ink)


def some_photos() -> list[NDArray[np.uint8]]:
    real = [decode(path.read_bytes()) for path in SAMPLES]
    blank = np.full((100, 100, 3), 255, np.uint8)
    return [*real, np.asarray(photo(300, 200, 3)), blank]


def like_the_reference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> bytes:
    """A pair as others keep them: scaled to cells that fit no pixel grid, and JPEG-compressed."""
    stream = io.BytesIO()
    both = Image.fromarray(np.concatenate((left, right), 1))
    both.resize((700, 350), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=80)
    return stream.getvalue()


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_file_holds_page_and_photo_side_by_side(baseline: str, tmp_path: Path) -> None:
    assert list(make_pairs({"some": SAMPLES[0]}, tmp_path, baseline, "mono")) == [(SAMPLES[0], None)]
    (made,) = tmp_path.iterdir()
    assert made.name == ("some_mono.png" if baseline == REFERENCE else f"some_mono_{baseline}.png")
    with Image.open(made) as image:
        assert image.size == (1024, 512)
        pixels = np.asarray(image)
    assert (pixels[:, :512].min(-1) == pixels[:, :512].max(-1)).all()  # mono: grey
    page = 1 - torch.from_numpy(pixels[:, :512, 0].astype(np.float32) / np.float32(255))[None, None]
    assert legibility(page, INK) > 0.999
    photo_half = decode(SAMPLES[0].read_bytes())
    side = min(photo_half.shape[:2])
    shrunk = Image.fromarray(pixels[:, 512:]).resize((8, 8), Image.Resampling.BOX)
    top, left = (photo_half.shape[0] - side) // 2, (photo_half.shape[1] - side) // 2
    square = Image.fromarray(photo_half[top : top + side, left : left + side]).resize((8, 8), Image.Resampling.BOX)
    assert np.abs(np.asarray(shrunk, int) - np.asarray(square, int)).max() <= 4


def test_a_pair_has_the_gradient_of_the_reference_dataset() -> None:
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, :8] = 255
    page = make_pair(rgb, BASELINES["search"], "blue", ATLAS).page.reshape(32, 16, -1, 3)
    darkest = page.reshape(32, -1, 3)[np.arange(32), page.sum(-1).reshape(32, -1).argmin(1)]
    assert np.abs(darkest.astype(int) - hsl_row_inks(PALETTES["blue"], 32)).max() <= 1


def test_baselines_differ_and_local_search_repeats() -> None:
    rgb = decode(SAMPLES[0].read_bytes(), max_side=600)
    pages = {name: make_pair(rgb, baseline, "blue", ATLAS).page for name, baseline in BASELINES.items()}
    assert not np.array_equal(pages["ramp"], pages["search"])
    assert not np.array_equal(pages["search"], pages["climber"])
    assert np.array_equal(make_pair(rgb, BASELINES["climber"], "blue", ATLAS).page, pages["climber"])


@pytest.mark.parametrize("photo_first", [False, True])
def test_pairs_are_read_back(photo_first: bool, tmp_path: Path) -> None:
    for number, rgb in enumerate(some_photos()):
        pair = make_pair(rgb, BASELINES["ramp"], "blue", ATLAS)
        if photo_first:
            both = np.concatenate((pair.photo, pair.page), 1)
            Image.fromarray(both).save(tmp_path / f"{number}.png")
        else:
            write_pair(pair, tmp_path / f"{number}.png")
    back = read_pairs(tmp_path)
    assert len(back) == len(some_photos())
    for path, found in back.items():
        wanted = make_pair(some_photos()[int(path.stem)], BASELINES["ramp"], "blue", ATLAS)
        assert np.array_equal(found.photo, wanted.photo)
        assert np.array_equal(found.page, wanted.page)


def test_rescaled_and_compressed_pairs_of_either_side_in_one_folder(tmp_path: Path) -> None:
    for number, rgb in enumerate(some_photos()[:4]):
        pair = make_pair(rgb, BASELINES["ramp"], ("blue", "pink")[number % 2], ATLAS)
        halves = (pair.page, pair.photo) if number % 2 else (pair.photo, pair.page)
        (tmp_path / f"{number}.jpg").write_bytes(like_the_reference(*halves))
    for path, found in read_pairs(tmp_path).items():
        assert found.photo.shape == found.page.shape == (350, 350, 3)
        original = make_pair(some_photos()[int(path.stem)], BASELINES["ramp"], "blue", ATLAS).photo
        small = np.asarray(Image.fromarray(original).resize((350, 350), Image.Resampling.BICUBIC), int)
        assert np.abs(small - found.photo).mean() < 15


def test_a_photo_of_text_follows_the_rest_of_its_folder(tmp_path: Path) -> None:
    """A screenshot of small type looks more like type than a page does; its neighbours settle it."""
    rng = np.random.default_rng(0)
    text = np.asarray(Image.fromarray(rng.integers(0, 2, (256, 256)).astype(np.uint8) * 255).resize((512, 512), 0))
    for number, rgb in enumerate([np.stack([text] * 3, -1), *some_photos()[:3], *some_photos()[:3]]):
        write_pair(make_pair(rgb, BASELINES["ramp"], "blue", ATLAS), tmp_path / f"{number}.png")
    assert np.array_equal(read_pairs(tmp_path)[tmp_path / "0.png"].photo, np.stack([text] * 3, -1))


def test_what_is_there_is_left_and_bad_photos_are_named(tmp_path: Path) -> None:
    (bad := tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    out = tmp_path / "out"
    told = dict(make_pairs({"bad": bad, "some": SAMPLES[0]}, out, "ramp", "#0000ff-#ff69b4"))
    assert told[SAMPLES[0]] is None
    assert "damaged" in str(told[bad])
    (made,) = out.iterdir()
    made.write_bytes(b"mine")
    assert list(make_pairs({"some": SAMPLES[0]}, out, "ramp", "#0000ff-#ff69b4")) == [(SAMPLES[0], None)]
    assert made.read_bytes() == b"mine"


def test_wrong_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureProblem, match="palette"):
        list(make_pairs({"some": SAMPLES[0]}, tmp_path, "ramp", "nonsense"))
    with pytest.raises(ValueError, match="no pair files"):
        read_pairs(tmp_path)
    photo(300, 200).save(tmp_path / "lone.png")
    with pytest.raises(ValueError, match=r"lone\.png is 300×200"):
        read_pairs(tmp_path)
