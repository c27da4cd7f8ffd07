"""Frames to characters: one stretch for all, batches that change nothing, temporal smoothing that shows."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.atlas import default_atlas, densest
from models.formats import ANIMATION
from models.inference.runtime import OutOfMemory
from models.nn.architecture import SIZES, GeneratorConfig
from models.nn.generator import Generator
from models.options import RenderOptions
from models.page import SAME_COLOUR, Grid, page_of, pages_of
from models.palettes import Background
from models.rendering.frames import Frames, decode_frames
from models.rendering.pipeline import Hook, TooLarge, as_file, cut_notes, draw, draw_frames, inks_of
from models.rendering.renderer import BATCH, Renderer
from models.rendering.temporal_smoothing import flicker
from models.rendering.tone import fit, joint_tones, tone_of
from models.weights_file import find_weights, save_weights
from tests.models.animations import block, gif, patch, saved
from tests.models.pictures import SAMPLES, encoded, photo


@pytest.fixture(scope="module")
def untrained(weights: Path) -> Renderer:
    return Renderer(weights)


@pytest.fixture(scope="module")
def proofreading(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """A model whose single pages are mended."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "proofreading.safetensors"
    save_weights(
        path, Generator(SIZES["tiny"]), default_atlas(), teacher="none", step=0, metrics={}, proof_sweeps=2
    )
    return Renderer(path)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """A model with the head that draws freely."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "free.safetensors"
    network = Generator(GeneratorConfig("pixels", widths=(32, 48, 64), blocks=1))
    save_weights(path, network, default_atlas(), teacher="none", step=0, metrics={})
    return Renderer(path)


def noisy(count: int = 6) -> np.ndarray:
    """A still photo with a cheap camera's noise."""
    with Image.open(SAMPLES[0]) as image:
        still = np.asarray(image.convert("RGB").resize((256, 192)), np.float32)
    rng = np.random.default_rng(0)
    return np.clip(still + rng.normal(0, 4, (count, *still.shape)), 0, 255).astype(np.uint8)


def scenes(count: int) -> np.ndarray:
    return np.stack([np.asarray(photo(160, 96, seed)) for seed in range(count)])


def test_one_frames_tone_is_that_of_a_picture() -> None:
    frame = np.asarray(photo(160, 96))
    assert np.abs(joint_tones(frame[None])[0] - tone_of(frame)).max() < 2 / 1024


def test_on_dark_paper_it_is_light_that_becomes_ink(untrained: Renderer) -> None:
    tones = joint_tones(scenes(2))
    for paper, wanted in (("light", tones), ("dark", 1 - tones)):
        inks, taken = inks_of(untrained, scenes(2), paper)  # type: ignore[arg-type]
        assert taken == paper and np.array_equal(inks, wanted)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_first_frame_decides_which_paper_auto_is(
    untrained: Renderer, monkeypatch: pytest.MonkeyPatch, paper: Background
) -> None:
    asked: list[np.ndarray] = []

    def background_for(tone: np.ndarray) -> Background:
        asked.append(tone.copy())
        return paper

    monkeypatch.setattr(untrained, "background_for", background_for)
    inks, taken = inks_of(untrained, scenes(3), "auto")
    assert taken == paper and len(asked) == 1
    assert np.array_equal(asked[0], joint_tones(scenes(3))[0])
    assert np.array_equal(inks, inks_of(untrained, scenes(3), paper)[0])


def test_every_frame_has_the_focus_that_is_asked_for(untrained: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float | None] = []
    grids = untrained.grids

    def noted(*given: object, focus: float | None = None, **more: object) -> list[Grid]:
        asked.append(focus)
        return grids(*given, focus=focus, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(untrained, "grids", noted)
    frames = Frames(scenes(2), (50, 50), 0, background="light")
    for focus in (0.3, None):
        draw_frames(untrained, frames, RenderOptions("blue", 20, focus=focus))
    assert asked == [0.3, None]


def test_brightness_does_not_pump() -> None:
    """A grey corner keeps its tone while something black comes and goes."""
    frames = np.full((3, 64, 64, 3), 160, np.uint8)
    frames[:, :8] = 250
    frames[1, 32:] = 0
    tones = joint_tones(frames)
    assert tones[0, 20, 20] == tones[1, 20, 20] == tones[2, 20, 20]
    assert abs(float(tone_of(frames[0])[20, 20]) - float(tone_of(frames[1])[20, 20])) > 0.2


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_frames_keep_their_level(level: int) -> None:
    tones = joint_tones(np.full((2, 32, 32, 3), level, np.uint8))
    assert np.allclose(tones, 1 - level / 255, atol=1e-6)


@pytest.mark.parametrize("smooth", [True, False])
def test_batches_change_no_character(untrained: Renderer, free: Renderer, smooth: bool) -> None:
    tones = joint_tones(scenes(5))
    for renderer in (untrained, free):
        alone = renderer.grids(tones, 20, batch=1, smooth=smooth)
        together = renderer.grids(tones, 20, batch=3, smooth=smooth)
        for one, other in zip(alone, together, strict=True):
            assert (one.glyphs == other.glyphs).mean() > 0.99  # sums in another order may tip a tie
            if one.pixels is not None and other.pixels is not None:
                assert np.abs(one.pixels - other.pixels).mean() < 1e-3


def test_the_first_frame_is_a_still_picture_that_is_not_proofread(
    untrained: Renderer, free: Renderer, proofreading: Renderer
) -> None:
    tones = joint_tones(scenes(3))
    for renderer in (untrained, free, proofreading):
        first = renderer.grids(tones, 20, batch=1)[0].glyphs
        assert (first == renderer.grid(tones[0], 20, focus=0.0, refine=False).glyphs).all()
        mended = renderer.grid(tones[0], 20, focus=0.0).glyphs
        assert (first == mended).all() is np.bool_(renderer is not proofreading)


def test_a_proof_is_for_characters_and_for_pictures_with_something_in_them(
    proofreading: Renderer, tmp_path: Path
) -> None:
    flat = np.full((96, 160), 0.5, np.float32)
    assert len(np.unique(proofreading.grid(flat, 20).glyphs)) == 1
    path = tmp_path / "odd.safetensors"
    network = Generator(GeneratorConfig("pixels", widths=(32, 48, 64), blocks=1))
    save_weights(path, network, default_atlas(), teacher="none", step=0, metrics={}, proof_sweeps=2)
    odd = Renderer(path)
    tone = joint_tones(scenes(1))[0]
    assert odd.refinement_sweeps == 0
    assert (odd.grid(tone, 20).glyphs == odd.grid(tone, 20, refine=False).glyphs).all()


def test_a_page_stays_as_it_is_where_a_gpu_has_no_room_for_its_proof(
    proofreading: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> np.ndarray:
        raise OutOfMemory("no room")

    tone = joint_tones(scenes(1))[0]
    unmended = proofreading.grid(tone, 20, refine=False).glyphs
    assert (proofreading.grid(tone, 20).glyphs != unmended).any()
    monkeypatch.setattr(proofreading.runtime, "refine", full)
    assert (proofreading.grid(tone, 20).glyphs == unmended).all()


def test_a_full_gpu_gets_smaller_batches(untrained: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    tones = joint_tones(scenes(7))
    expected = [grid.glyphs for grid in untrained.grids(tones, 20)]
    asked, logits = [], untrained.runtime.logits

    def narrow(tone: np.ndarray) -> np.ndarray:
        asked.append(len(tone))
        if len(tone) > 2:
            raise OutOfMemory("no room")
        return logits(tone)

    monkeypatch.setattr(untrained.runtime, "logits", narrow)
    done: list[int] = []
    found = untrained.grids(tones, 20, after_batch=done.append)
    assert asked == [7, 3, 1, 1, 1, 1, 1, 1, 1] and done == [1, 2, 3, 4, 5, 6, 7]
    assert np.mean([(grid.glyphs == glyphs).mean() for grid, glyphs in zip(found, expected, strict=True)]) > 0.99


def test_a_gpu_without_room_for_one_frame_says_so(untrained: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_tone: np.ndarray) -> np.ndarray:
        raise OutOfMemory("no room")

    monkeypatch.setattr(untrained.runtime, "logits", full)
    with pytest.raises(OutOfMemory):
        untrained.grids(joint_tones(scenes(2)), 20)


def test_frames_of_one_tone_are_one_glyph(untrained: Renderer, free: Renderer) -> None:
    tones = np.stack([np.full((96, 160), level, np.float32) for level in (0.0, 1.0, 0.5)])
    for renderer in (untrained, free):
        blank, dense, half = renderer.grids(tones, 20)
        assert (blank.glyphs == 0).all() and blank.coverage().max() == 0
        assert len(np.unique(dense.glyphs)) == len(np.unique(half.glyphs)) == 1
        assert dense.coverage().mean() == pytest.approx(densest(renderer.atlas.ink), rel=0.01)
        assert 0.3 < half.coverage().mean() / dense.coverage().mean() < 0.7


def test_a_still_picture_does_not_crawl() -> None:
    """The shipped weights on a noisy still: temporal smoothing takes nearly all flicker away."""
    renderer = Renderer(find_weights("classic", None))
    tones = joint_tones(noisy())
    rows, shares = 0, []
    for smooth in (False, True):
        grids = renderer.grids(tones, 40, smooth=smooth)
        rows = grids[0].rows
        fitted = np.stack([fit(tone, 40, rows) for tone in tones])
        shares.append(flicker(fitted, np.stack([grid.glyphs for grid in grids])))
    assert shares[0] > 0.5 and shares[1] < shares[0] / 5


def test_a_still_cell_keeps_its_colour() -> None:
    grids = [Grid(np.zeros((1, 2), np.int64), default_atlas())] * 3
    frames = np.full((3, 16, 16, 3), 60, np.uint8)
    frames[1] += SAME_COLOUR
    frames[2, :, 8:] += SAME_COLOUR + 1
    inks = [page.inks for page in pages_of(grids, frames, "photo", "light")]
    assert (inks[1] == inks[0]).all() and (inks[2][:, 0] == inks[0][:, 0]).all()
    assert (inks[2][:, 1] > inks[0][:, 1]).all()
    assert (inks[0] == page_of(grids[0], "photo", "light", frames[0]).inks).all()


def test_a_file_from_end_to_end(untrained: Renderer) -> None:
    data = saved([photo(160, 96, seed) for seed in range(4)], "WEBP", duration=[30, 40, 50, 60], loop=3)
    seen: list[tuple[int, int]] = []
    hook = Hook(lambda done, total: seen.append((done, total)))
    drawing = draw(untrained, data, RenderOptions("photo", 20, "dark"), hook=hook)
    drawn = as_file(drawing, ANIMATION, hook=hook)
    assert len(drawn.pages) == 4 and drawn.background == "dark"
    assert seen == [(4, 4)]
    assert list(hook.milliseconds) == ["decode", "tone", "generator", "paint", "encode"]
    again = decode_frames(drawn.data, 20)
    assert again.durations_ms == (30, 40, 50, 60) and again.plays == 3
    assert again.pixels.shape == (4, drawn.rows * 16, 160, 3)
    with Image.open(io.BytesIO(drawn.data)) as image:
        assert image.format == "GIF"


def test_what_there_is_no_time_for_is_left_out(untrained: Renderer) -> None:
    frames = Frames(scenes(2 * BATCH), (50,) * (2 * BATCH), 0, background="light")
    drawn = draw_frames(untrained, frames, RenderOptions("blue", 20), most_s=0)
    assert len(drawn.pages) == BATCH
    assert "before my time was up" in str(drawn.notes[0])
    assert drawn.durations_ms == (50,) * BATCH


def test_no_animation_becomes_a_still_without_a_note(untrained: Renderer) -> None:
    moving = gif(64, 64, [block(patch(index, 64, 64)) for index in range(3)])
    second = moving.index(b",", moving.index(b",") + 1)
    damaged = saved([photo(64, 64, seed) for seed in range(3)], "PNG").replace(b"fdAT", b"fdAt")
    for data in (moving[: second + 20], damaged):
        drawn = draw(untrained, data, RenderOptions("photo", 20))
        assert not drawn.moves and [note.code for note in drawn.notes] == ["one_frame"]
        assert draw(untrained, data, RenderOptions("photo", 20, animate=False)).notes == ()


def test_a_part_of_a_picture_comes_with_a_note(untrained: Renderer) -> None:
    whole = encoded(photo(64, 64))
    assert draw(untrained, whole, RenderOptions("photo", 20)).notes == ()
    drawn = draw(untrained, whole[: len(whole) // 2], RenderOptions("photo", 20))
    assert [note.code for note in drawn.notes] == ["cut_part"]


def test_notes_say_what_is_missing(untrained: Renderer) -> None:
    assert cut_notes("", 9) == ()
    says = {
        "frames": "first 9 frames",
        "cells": "fewer columns",
        "pixels": "smaller one",
        "seconds": "20 seconds",
        "broken": "damaged",
        "part": "missing",
    }
    for cut, words in says.items():
        (note,) = cut_notes(cut, 9)  # type: ignore[arg-type]
        assert words in str(note)
    (alone,) = cut_notes("broken", 1)
    assert "nothing moves" in str(alone)
    frames = Frames(scenes(4), (50,) * 4, 0, "cells", background="light")
    drawing = draw_frames(untrained, frames, RenderOptions("photo", 20))
    whole = as_file(drawing, ANIMATION)
    assert len(whole.notes) == 1
    less = as_file(drawing, ANIMATION, most_bytes=len(whole.data) // 6)
    assert len(less.notes) == 2 and "one frame in " in str(less.notes[1])
    with pytest.raises(TooLarge):
        as_file(drawing, ANIMATION, most_bytes=100)


@pytest.mark.parametrize("count", [1, 3])
def test_a_full_gpu_gets_half_the_columns(untrained: Renderer, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    logits = untrained.runtime.logits

    def narrow(tone: np.ndarray) -> np.ndarray:
        if tone.shape[-1] > 30 * 8:
            raise OutOfMemory("no room")
        return logits(tone)

    monkeypatch.setattr(untrained.runtime, "logits", narrow)
    frames = Frames(scenes(count), (50,) * count, 0, background="light")
    drawing = draw_frames(untrained, frames, RenderOptions("blue", 60))
    assert (drawing.columns, drawing.shrunk, drawing.notes) == (30, True, ())


def test_fewer_columns_than_asked_for_are_told(untrained: Renderer) -> None:
    frames = Frames(
        np.stack([np.asarray(photo(32, 480, seed)) for seed in range(2)]), (50, 50), 0, background="light"
    )
    drawn = draw_frames(untrained, frames, RenderOptions("blue", 60))
    assert drawn.columns == 51
    assert str(drawn.notes[0]).startswith("I drew 51 columns instead of 60")
    assert "20,000 characters" in str(drawn.notes[0])
