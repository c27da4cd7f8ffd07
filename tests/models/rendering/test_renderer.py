"""A warm model: what it draws of a tone, with how much of its background, and on which paper."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.arrays.focus import auto_focus
from models.atlas import default_atlas
from models.baselines.per_cell import shade
from models.nn.architecture import SIZES
from models.nn.focus import compose
from models.nn.generator import Generator
from models.rendering.renderer import Renderer, full_ink, strength_of
from models.weights_file import load_weights, save_weights
from tests.models.pictures import scene
from tests.models.tones import INK, level

LINE = torch.linspace(-1, 1, 64)
DISC = (LINE[:, None] ** 2 + LINE**2 < 0.3)[None, None].float()
TONE = scene(320, 320)
PAGE = torch.from_numpy(TONE)[None, None]


@pytest.fixture
def renderer(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    """An untrained network, but for what it takes to be the subject: a disc in the middle."""
    made = Renderer(weights)
    monkeypatch.setattr(made.runtime, "subject", lambda tone: DISC[0].expand(len(tone), -1, -1).numpy())
    return made


def set_by(renderer: Renderer, tone: torch.Tensor) -> np.ndarray:
    glyphs: np.ndarray = renderer.runtime.logits(tone[:, 0].numpy()).argmax(-1)[0]
    return glyphs


@pytest.mark.parametrize("focus", [0.0, 0.4, 1.0, None])
def test_the_page_shows_the_tone_that_the_focus_leaves(renderer: Renderer, focus: float | None) -> None:
    wanted = torch.from_numpy(auto_focus(DISC[:, 0].numpy())) if focus is None else torch.tensor([focus])
    assert (wanted > 0) or focus == 0
    shown = compose(PAGE, DISC, wanted)
    assert torch.equal(shown, PAGE) is (focus == 0)
    assert np.array_equal(renderer.grid(TONE, 40, focus=focus).glyphs, set_by(renderer, shown))


def test_an_animation_keeps_its_background_unless_a_focus_is_asked_for(renderer: Renderer) -> None:
    frames = np.stack([TONE, TONE[::-1]])
    plain, focused = (renderer.grids(frames, 40, focus=focus, smooth=False) for focus in (None, 0.8))
    for frame, kept, faded in zip(frames, plain, focused, strict=True):
        tone = torch.from_numpy(frame.copy())[None, None]
        assert np.array_equal(kept.glyphs, set_by(renderer, tone))
        assert (faded.glyphs == set_by(renderer, compose(tone, DISC, torch.tensor([0.8])))).mean() > 0.99


@pytest.mark.parametrize(
    ("inside", "outside", "paper"), [(0.9, 0.1, "light"), (0.1, 0.9, "dark"), (0.9, 0.9, "dark")]
)
def test_the_paper_follows_the_subject(renderer: Renderer, inside: float, outside: float, paper: str) -> None:
    tone = (DISC * inside + (1 - DISC) * outside)[0, 0].numpy()
    assert renderer.background_for(tone) == paper
    assert renderer.background_for(tone.repeat(3, 1)) == paper


def test_free_pixels_see_no_subject(tmp_path: Path) -> None:
    path = tmp_path / "free.safetensors"
    net = Generator(replace(SIZES["tiny"], head="pixels"))
    save_weights(path, net, default_atlas(), teacher="", step=0, metrics={})
    free = Renderer(path)
    assert free.background_for((DISC * 0.6 + 0.3)[0, 0].numpy()) == "dark"
    pages = [free.grid(TONE, 40, focus=focus).pixels for focus in (0.0, 1.0, None)]
    assert all(page is not None and (page == pages[0]).all() for page in pages)


@pytest.mark.parametrize("tone", [0.0, 0.25, 0.45, 0.6, 1.0])
def test_an_even_picture_is_one_calm_texture(renderer: Renderer, tone: float) -> None:
    """As in its lessons: not the glyph whose level is nearest, which may be a pattern of bars, nor a subject."""
    glyphs = renderer.grid(np.full((64, 64), tone, np.float32), 20).glyphs
    assert (glyphs == int(shade(level(tone, 1, 1), INK)[0, 0, 0])).all()


def test_paler_ink_is_set_in_fuller_characters_for_the_same_tone(
    renderer: Renderer, weights: Path, tmp_path: Path
) -> None:
    path, network = tmp_path / "pale.safetensors", load_weights(weights).generator
    save_weights(path, network, renderer.atlas, teacher="", step=0, metrics={}, least_strength=0.5)
    pale = Renderer(path)
    grid = pale.grid(TONE, 40, focus=0.0)
    means = torch.nn.functional.avg_pool2d(PAGE, (16, 8))[:, 0]
    assert grid.strength is not None
    np.testing.assert_allclose(grid.strength, strength_of(means.numpy(), 0.5)[0], atol=1e-5)
    assert np.array_equal(grid.glyphs, set_by(pale, torch.from_numpy(full_ink(PAGE.numpy(), 0.5))))
    bare = pale.grid(TONE, 40, focus=0.0, shaded=False)
    assert bare.strength is None
    assert np.array_equal(bare.glyphs, set_by(pale, PAGE))
    flat = [
        pale.grid(np.full((64, 64), 0.4, np.float32), 20, shaded=shaded).glyphs[0, 0] for shaded in (True, False)
    ]
    assert INK[flat[0]].mean() > INK[flat[1]].mean()
