"""Pictures through the worker's pipeline: the child decodes, batches report, and the job may end in between."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.text.sentences import PictureProblem, ServiceProblem
from models import limits
from models.options import RenderOptions
from models.palettes import Background
from models.rendering.frames import decode_frames, may_move
from models.rendering.pipeline import Hook
from models.rendering.renderer import BATCH, Renderer
from models.weights_file import find_weights
from tests.models.animations import block, gif, patch, saved
from tests.models.pictures import photo
from worker.render.decoder import Decoder, DecoderFailed
from worker.render.job import draw

FRAMES = 2 * BATCH + 3


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as warm:
        yield warm


@pytest.fixture(scope="module")
def renderer(weights: Path) -> Renderer:
    return Renderer(weights / "tiny.safetensors")


@pytest.fixture(scope="module")
def clip() -> bytes:
    return saved([photo(96, 64, seed) for seed in range(FRAMES)], "GIF", duration=40, loop=0)


OPTIONS: dict[str, Any] = {"options": RenderOptions("pink", 20, "light"), "most_bytes": 10 * 2**20}


def test_every_format_becomes_a_gif(renderer: Renderer, decoder: Decoder) -> None:
    images = [photo(96, 64, seed) for seed in range(5)]
    for form in ("GIF", "PNG", "WEBP", "AVIF"):
        data = saved(images, form, duration=[40, 50, 60, 70, 80], loop=0)
        assert may_move(data)
        hook = Hook()
        drawn = draw(renderer, decoder, data, hook=hook, **OPTIONS)
        assert len(drawn.pages) == 5 and drawn.notes == ()
        assert list(hook.milliseconds) == ["decode", "tone", "generator", "paint", "encode"]
        with Image.open(io.BytesIO(drawn.data)) as image:
            assert image.format == "GIF" and image.info["loop"] == 0
            assert image.size == (drawn.columns * 8, drawn.rows * 16) == (160, 112)
            assert getattr(image, "n_frames", 1) == 5


def test_progress_after_every_batch(renderer: Renderer, decoder: Decoder, clip: bytes) -> None:
    seen: list[tuple[int, int]] = []
    draw(renderer, decoder, clip, hook=Hook(lambda done, total: seen.append((done, total))), **OPTIONS)
    assert seen == [(BATCH, FRAMES), (2 * BATCH, FRAMES), (FRAMES, FRAMES)]


@pytest.mark.parametrize("ask", range(1, 10))
def test_it_ends_wherever_nobody_waits_any_more(
    renderer: Renderer, decoder: Decoder, clip: bytes, ask: int
) -> None:
    """Asked before each of five stages, after each of three batches, and at the end."""
    asked = 0

    def go_on() -> None:
        nonlocal asked
        asked += 1
        if asked == ask:
            raise ServiceProblem("cancelled")

    with pytest.raises(ServiceProblem):
        draw(renderer, decoder, clip, hook=Hook(go_on=go_on), **OPTIONS)
    assert asked == ask


def test_a_still_picture_stays_one(renderer: Renderer, decoder: Decoder) -> None:
    stills = [saved([photo(64, 48)], form) for form in ("PNG", "WEBP", "AVIF")]
    assert not any(map(may_move, stills))
    for data in (gif(64, 64, [block(patch(0, 64, 64))]), *stills):
        assert len(draw(renderer, decoder, data, **OPTIONS).pages) == 1


def test_the_upload_limit_is_kept_or_refused(renderer: Renderer, decoder: Decoder, clip: bytes) -> None:
    whole = draw(renderer, decoder, clip, **OPTIONS)
    limit = len(whole.data) // 6
    less = draw(renderer, decoder, clip, **(OPTIONS | {"most_bytes": limit}))
    assert len(less.data) <= limit
    assert any("upload limit" in str(note) for note in less.notes)
    with pytest.raises(ServiceProblem) as problem:
        draw(renderer, decoder, clip, **(OPTIONS | {"most_bytes": 900}))
    assert problem.value.code == "too_large_result"


def test_what_was_left_out_is_told(renderer: Renderer, decoder: Decoder) -> None:
    data = gif(64, 64, [block(patch(index % 3, 64, 64), duration=5000) for index in range(9)])
    drawn = draw(renderer, decoder, data, **OPTIONS)
    assert len(drawn.pages) == 4
    assert [*map(str, drawn.notes)] == [
        f"I drew the first {limits.MAX_SECONDS} seconds, the limit for one animation."
    ]


@pytest.mark.parametrize("background", ["light", "dark"])
def test_the_child_decodes_what_this_process_would(decoder: Decoder, clip: bytes, background: str) -> None:
    theirs, ours = decoder.frames(clip, 20, background), decode_frames(clip, 20, background)  # type: ignore[arg-type]
    assert np.array_equal(theirs.pixels, ours.pixels)
    assert (theirs.durations_ms, theirs.plays, theirs.cut) == (ours.durations_ms, ours.plays, ours.cut)


def test_a_still_picture_after_an_animation(decoder: Decoder, clip: bytes) -> None:
    decoder.frames(clip, 20)
    assert decoder.still(clip)[0].shape == (64, 96, 3)


@pytest.mark.parametrize(
    "answer",
    [
        '{"size": [1000, 500, 500], "durations_ms": [50], "plays": 0, "cut": ""}',
        '{"size": [2, 16, 16], "durations_ms": [50], "plays": 0, "cut": ""}',
        '{"size": [1, 16, 16], "durations_ms": [-5], "plays": 0, "cut": ""}',
        '{"size": [1, 16, 16], "durations_ms": [50], "plays": 0, "cut": "@everyone"}',
        '{"size": [1, 16, 16]}',
        "{}",
    ],
)
def test_a_child_that_lies_is_not_believed(clip: bytes, answer: str) -> None:
    deed = f"import sys; sys.stdin.buffer.readline(); print({answer!r}, flush=True); sys.stdin.buffer.read()"
    with Decoder([sys.executable, "-c", deed]) as decoder, pytest.raises(DecoderFailed):
        decoder.frames(clip, 20)


def test_a_hostile_animation_costs_one_sentence() -> None:
    large = gif(6000, 6000, [block(patch(index, 6000, 6000)) for index in range(3)])
    with Decoder(limit_s=0.05) as decoder:
        with pytest.raises(PictureProblem) as problem:
            decoder.frames(large, 64)
        assert problem.value.code == "too_slow"


@pytest.mark.parametrize(("background", "inked"), [("light", "dark half"), ("dark", "light half")])
def test_dark_paper_shows_light_as_ink(decoder: Decoder, background: Background, inked: str) -> None:
    halves = np.zeros((96, 192), np.uint8)
    halves[:, 96:] = 255
    stream = io.BytesIO()
    Image.fromarray(halves).save(stream, "PNG")
    drawing = draw(
        Renderer(find_weights("classic", None)),
        decoder,
        stream.getvalue(),
        RenderOptions(palette="mono", columns=24, background=background),
    )
    left, right = np.hsplit(drawing.page.grid.coverage(), 2)
    full, bare = (left, right) if inked == "dark half" else (right, left)
    assert full.mean() > 0.1 and bare.mean() < 0.02
