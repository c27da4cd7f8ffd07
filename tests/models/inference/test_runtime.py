"""The same weights on both runtimes draw the same page, and nothing of PyTorch is needed for one of them."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from models.atlas import default_atlas
from models.inference import choice
from models.inference.making import LEAST_SAME, make
from models.inference.on_processor import OnProcessor, page_input
from models.inference.on_torch import OnTorch
from models.inference.runtime import OutOfMemory
from models.nn.architecture import SIZES, GeneratorConfig, shapes_of
from models.nn.generator import Generator
from models.rendering.calibration import pages
from models.rendering.renderer import Renderer
from models.rendering.still import decode
from models.rendering.tone import tone_of
from models.weights_file import WeightsError, find_weights, load_weights, save_weights
from tests.models.pictures import SAMPLES

ROOT = Path(__file__).parents[3]
CONFIGS = [
    SIZES["tiny"],
    GeneratorConfig(glyphs=12, widths=(16, 24, 32), blocks=3),
    replace(SIZES["tiny"], head="pixels"),
]


def test_onnx_runtime_notes_nothing_for_its_telemetry(tmp_path: Path) -> None:
    """Not even the machine's id, which it makes as it is imported."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": "", "ORT_DISABLE_TELEMETRY": ""}
    subprocess.run(
        [sys.executable, "-c", "import models.inference.on_processor"], cwd=ROOT, env=os.environ | home, check=True
    )
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("config", [*CONFIGS, *SIZES.values()], ids=str)
def test_a_generator_has_the_tensors_that_its_config_says(config: GeneratorConfig) -> None:
    with torch.device("meta"):
        generator = Generator(config)
    assert shapes_of(config) == {name: tuple(value.shape) for name, value in generator.state_dict().items()}


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize(("rows", "columns"), [(4, 8), (7, 13)])
def test_in_single_precision_the_graphs_are_the_generator(
    config: GeneratorConfig, rows: int, columns: int, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    atlas = default_atlas("".join(map(chr, range(32, 32 + config.glyphs))))
    path = tmp_path / "some.safetensors"
    save_weights(path, Generator(config), atlas, teacher="", step=0, metrics={})
    weights = load_weights(path)
    tone = np.random.default_rng(0).random((2, rows * 16, columns * 8), np.float32)
    ours, theirs = OnProcessor(make(weights, ()), weights.atlas), OnTorch(weights, "cpu")
    assert ours.precision == "fp32"
    np.testing.assert_allclose(ours.logits(tone), theirs.logits(tone), atol=2e-4)
    np.testing.assert_allclose(ours.subject(tone), theirs.subject(tone), atol=1e-3)


@pytest.mark.parametrize("style", ["classic", "lines"])
def test_shipped_weights_draw_in_bytes_what_they_draw_in_single_precision(style: str) -> None:
    """On photos at another size than those of which the ranges are made."""
    weights = load_weights(find_weights(style, None))
    ours, theirs = Renderer(weights), Renderer(weights, runtime=OnTorch(weights, "cpu"))
    assert isinstance(ours.runtime, OnProcessor)
    assert (ours.runtime.precision, theirs.runtime.precision) == ("int8", "fp32")
    assert ours.runtime.same >= LEAST_SAME
    same = []
    for path in SAMPLES:
        tone = tone_of(decode(path.read_bytes()))
        assert ours.background_for(tone) == theirs.background_for(tone)
        # As the network chooses: refinement makes more of a few cells that differ.
        pages = [renderer.grid(1 - tone, 72, refine=False).glyphs for renderer in (ours, theirs)]
        same.append((pages[0] == pages[1]).mean())
    assert min(same) >= 0.98


def test_in_bytes_no_photo_is_much_worse_than_the_others() -> None:
    """After refinement, which makes more of a few cells that differ, and where pages are small."""
    weights = load_weights(find_weights("classic", None))
    ours, theirs = Renderer(weights), Renderer(weights, runtime=OnProcessor(make(weights, ()), weights.atlas))
    for path in SAMPLES:
        tone = 1 - tone_of(decode(path.read_bytes()))
        pages = [renderer.grid(tone, 60).glyphs for renderer in (ours, theirs)]
        assert (pages[0] == pages[1]).mean() >= 0.96, path.stem


def test_a_patch_is_a_cell_and_those_around_it() -> None:
    class Network:
        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="patches")]

    tone = np.random.default_rng(0).random((2, 3 * 16, 5 * 8), np.float32)
    patches = page_input(Network(), tone)["patches"]
    assert patches.shape == (2, 4, 8, 9 * 16 * 8) and patches.dtype == np.uint8
    cells = tone.reshape(2, 3, 16, 5, 8).swapaxes(2, 3).reshape(2, 3, 5, 128)
    around = np.pad(cells, ((0, 0), (1, 2), (1, 4), (0, 0)), mode="edge")
    for row, column in ((0, 0), (1, 2), (2, 4), (3, 7)):
        expected = around[:, row : row + 3, column : column + 3].reshape(2, -1)
        np.testing.assert_allclose(patches[:, row, column] / 255, expected, atol=0.5 / 255 + 1e-6)


def test_the_ranges_are_taken_from_both_papers() -> None:
    light, dark, *_ = pages()
    np.testing.assert_allclose(light + dark, 1, atol=1e-6)
    assert light.shape[1] == 320 and light.shape[0] % 16 == 0


def test_a_page_is_drawn_without_pytorch() -> None:
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
from models.inference.choice import pick_device
from models.rendering.renderer import Renderer
from models.quality.self_test import self_test
from models.weights_file import find_weights
tone = np.linspace(0, 1, 128 * 128, dtype=np.float32).reshape(128, 128)
for style in ("classic", "pixels"):
    renderer = Renderer(find_weights(style, None), pick_device("auto"))
    assert renderer.background_for(tone) in ("light", "dark")
    renderer.grids(np.stack([tone, tone.T, tone]), 20, focus=0.5)
    self_test(renderer)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_card_is_asked_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="PyTorch is not installed"):
        choice.pick_device("cuda")
    assert choice.pick_device("auto") == "cpu"


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("out of memory")])
def test_what_pytorch_lacks_the_memory_for_is_told_without_its_name(
    error: Exception, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> torch.Tensor:
        raise error

    loaded = load_weights(weights)
    on_torch = OnTorch(loaded, "cpu")
    monkeypatch.setattr(on_torch._generator, "set_type", full)
    with pytest.raises(OutOfMemory, match="out of memory"):
        on_torch.logits(np.zeros((1, 64, 64), np.float32))
    monkeypatch.setattr(loaded.generator, "to", full)
    with pytest.raises(OutOfMemory, match="out of memory"):
        OnTorch(loaded, "cuda")


def test_another_error_of_pytorch_stays_as_it_is(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that is lost is no full one, and has to be told from it."""

    def lost(*_: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    on_torch = OnTorch(load_weights(weights), "cpu")
    monkeypatch.setattr(on_torch._generator, "set_type", lost)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        on_torch.logits(np.zeros((1, 64, 64), np.float32))


def test_only_the_processors_own_library_missing_leaves_pytorch(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: find_spec(name) if name == "torch" else None)
    assert isinstance(Renderer(weights).runtime, OnTorch)


def test_without_either_runtime_both_extras_are_named(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"worker-cpu.*worker-gpu"):
        Renderer(weights)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_batch_s_memory_is_given_back() -> None:
    """In a process of its own, where nothing else takes memory; a batch of this size takes 400 MB."""
    code = """
import numpy as np
from pathlib import Path
from models.inference.making import make
from models.inference.on_processor import OnProcessor, page_input
from models.weights_file import find_weights, load_weights

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

weights = load_weights(find_weights("classic", None))
runtime = OnProcessor(make(weights, ()), weights.atlas, 1)
batch = np.zeros((8, 50 * 16, 100 * 8), np.float32)
runtime.logits(batch[:1])
before = resident_mb()
runtime.logits(batch)
print(resident_mb() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 150
