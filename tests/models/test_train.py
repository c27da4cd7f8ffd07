"""Training: a few real steps, on synthetic photos, with everything switched on."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.data import Photos
from models.journal import LOG
from models.recipe import RecipeError, TrainConfig, read_recipe
from models.train import CHECKPOINT, DEAREST, STYLES, Trainer, TrainingStopped, expected_cost, train
from models.weights_file import SHIPPED, load_weights
from tests.models.pictures import photo, scene

# Warm steps, the generator's own pages and the discriminator all get their turn.
SMALL = TrainConfig(
    size="tiny",
    steps=6,
    batch=2,
    columns=8,
    rows=8,
    warm_steps=2,
    warm_sweeps=1,
    sweeps=1,
    adversarial_from=3,
    proof_sweeps=2,
)


class Stopping(Photos):
    """Photos whose nth batch comes with a Ctrl-C."""

    stop_at = 0

    def batch(self, size: int, columns: int, rows: int, rng: np.random.Generator) -> torch.Tensor:
        self.stop_at -= 1
        if self.stop_at == 0:
            signal.raise_signal(signal.SIGINT)
        return super().batch(size, columns, rows, rng)


def run(photos: Photos, out: Path, *, resume: bool = False) -> Path:
    return train(photos, out, SMALL, device="cpu", resume=resume, save_every_s=1e9)


def flat(state: object, name: str = "") -> dict[str, object]:
    """Every leaf of a checkpoint under its path."""
    if isinstance(state, dict):
        return {k: v for key, inner in state.items() for k, v in flat(inner, f"{name}/{key}").items()}
    if isinstance(state, list | tuple):
        return {k: v for i, inner in enumerate(state) for k, v in flat(inner, f"{name}/{i}").items()}
    return {name: state}


@pytest.fixture(scope="module")
def never_stopped(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole small run; its folder."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    run(Photos(photos), out)
    return out


def test_a_run_leaves_weights_that_load_and_a_log(never_stopped: Path) -> None:
    loaded = load_weights(never_stopped / "whole.safetensors")
    assert loaded.metadata["step"] == "6"
    assert "climber" in loaded.metadata["teacher"]
    metrics = json.loads(loaded.metadata["metrics"])
    assert 0 < metrics["fidelity"] < 1
    assert metrics["effective_glyphs"] >= 1
    line = json.loads((never_stopped / LOG).read_text().splitlines()[-1])
    assert line["step"] == 6
    assert {"reconstruction", "discriminator", "adversarial"} <= line.keys()


@pytest.mark.parametrize("stop_at", [1, 4])
def test_stopped_and_resumed_equals_never_stopped(
    photos: Path, tmp_path: Path, never_stopped: Path, stop_at: int
) -> None:
    """Bit for bit, the state of both optimisers and of the random generators included."""
    halting = Stopping(photos)
    halting.stop_at = stop_at
    out = tmp_path / "whole"
    run(halting, out)
    assert torch.load(out / CHECKPOINT, weights_only=True)["step"] == stop_at
    torch.manual_seed(99)  # whatever happens between the two runs
    run(Photos(photos), out, resume=True)

    resumed, whole = (flat(torch.load(folder / CHECKPOINT, weights_only=True)) for folder in (out, never_stopped))
    assert resumed.keys() == whole.keys()
    for name, value in whole.items():
        same = torch.equal(resumed[name], value) if isinstance(value, torch.Tensor) else resumed[name] == value  # type: ignore[arg-type]
        assert same, f"{name} differs"
    stopped, straight = (load_weights(folder / "whole.safetensors") for folder in (out, never_stopped))
    assert stopped.metadata == straight.metadata
    for name, tensor in straight.generator.state_dict().items():
        assert torch.equal(stopped.generator.state_dict()[name], tensor), f"{name} differs"


def test_another_seed_is_another_run(photos: Path, tmp_path: Path) -> None:
    first, second = (
        Trainer(TrainConfig(**(SMALL.__dict__ | {"seed": seed})), Photos(photos), "cpu") for seed in (0, 1)
    )
    assert first.train_step() != second.train_step()


def test_the_loss_falls(photos: Path) -> None:
    config = TrainConfig(
        **(SMALL.__dict__ | {"steps": 40, "warm_steps": 40, "learning_rate": 4e-3, "adversarial_from": 1000})
    )
    trainer = Trainer(config, Photos(photos), "cpu")
    losses = [trainer.train_step()["reconstruction"] for _ in range(40)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_the_average_follows_the_generator(photos: Path) -> None:
    trainer = Trainer(SMALL, Photos(photos), "cpu")
    before = trainer.average.norm.weight.clone()
    for _ in range(3):
        trainer.train_step()
    assert not torch.equal(trainer.average.norm.weight, before)
    assert not torch.equal(trainer.average.norm.weight, trainer.generator.norm.weight)


def test_a_loss_that_is_no_number_stops_with_the_reason(photos: Path) -> None:
    trainer = Trainer(SMALL, Photos(photos), "cpu")
    with torch.no_grad():
        trainer.generator.norm.weight[0] = float("nan")
    with pytest.raises(TrainingStopped, match=r"nan at step 0.*learning-rate"):
        trainer.train_step()


def test_an_old_run_is_not_overwritten_and_a_missing_one_not_resumed(
    photos: Path, never_stopped: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped, match="--resume"):
        run(Photos(photos), never_stopped)
    with pytest.raises(TrainingStopped, match="start without --resume"):
        run(Photos(photos), tmp_path / "new", resume=True)


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

    def contents(side: list[np.ndarray]) -> set[bytes]:
        return {tone.tobytes() for tone in side}

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


def test_batches_are_fresh_in_range_and_repeat_with_the_seed(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (20, 200), "white").save(tmp_path / "white.png")
    Image.new("RGB", (200, 20), "black").save(tmp_path / "black.png")
    for loaded in (Photos(photos), Photos(tmp_path)):
        batches = [loaded.batch(8, 8, 4, np.random.default_rng(seed)) for seed in (0, 0, 1)]
        for batch in batches:
            assert batch.shape == (8, 1, 64, 64)
            assert batch.dtype == torch.float32
            assert 0.0 <= batch.min() <= batch.max() <= 1.0
        assert torch.equal(batches[0], batches[1])
        assert not torch.equal(batches[0], batches[2])


def test_validation_pages_are_the_middle_squares(tmp_path: Path) -> None:
    for shade in (0, 1):
        wide = Image.new("RGB", (300, 100), "white")
        wide.paste("black", (100, 0, 200, 100))
        wide.putpixel((0, 0), (shade, 0, 0))
        wide.save(tmp_path / f"{shade}.png")
    page = Photos(tmp_path).validation_pages(1, 8, 4)
    assert page.shape == (1, 1, 64, 64)
    assert page.min() == 1.0  # the black square alone; its flat tone stays black


@pytest.mark.parametrize("style", [style for style in STYLES if style != "classic"])
def test_every_other_style_trains_and_its_weights_load(style: str, photos: Path, tmp_path: Path) -> None:
    config = TrainConfig(**(SMALL.__dict__ | {"style": style}))
    path = train(Photos(photos), tmp_path / style, config, device="cpu", resume=False, save_every_s=1e9)
    loaded = load_weights(path)
    assert loaded.metadata["head"] == ("pixels" if style == "pixels" else "glyphs")
    assert loaded.metadata["teacher"] == STYLES[style]


def test_a_run_begins_with_finished_weights(never_stopped: Path, photos: Path, tmp_path: Path) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    # A rate so small that a step leaves the network where it began, and a seed whose own network is another.
    config = replace(SMALL, steps=1, learning_rate=1e-9, seed=1)
    path = train(
        Photos(photos), tmp_path / "more", config, device="cpu", resume=False, save_every_s=1e9, start=start
    )
    after = load_weights(path).generator.state_dict()
    for name, value in start.generator.state_dict().items():
        torch.testing.assert_close(after[name], value, rtol=0, atol=1e-3)


def test_a_shipped_file_is_the_network_that_its_recipe_makes(photos: Path) -> None:
    """So `--start` with a style's name goes on from it."""
    library = Photos(photos)
    for path in SHIPPED.glob("*.safetensors"):
        recipe, weights = read_recipe(path.stem, {}), load_weights(path)
        trainer = Trainer(recipe, library, "cpu")
        assert weights.generator.config == trainer.generator.config
        assert int(weights.metadata["step"]) == recipe.steps
        assert (weights.variety, weights.proof_sweeps) == (recipe.choice_variety, recipe.proof_sweeps)
        trainer.begin_with(weights)


def test_weights_of_another_shape_cannot_begin_a_run(never_stopped: Path, photos: Path, tmp_path: Path) -> None:
    config, start = replace(SMALL, size="base"), load_weights(never_stopped / "whole.safetensors")
    with pytest.raises(TrainingStopped, match="another shape"):
        train(Photos(photos), tmp_path / "x", config, device="cpu", resume=False, save_every_s=1e9, start=start)


def test_weights_of_other_characters_cannot_begin_a_run(never_stopped: Path, photos: Path) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    other = replace(start, atlas=replace(start.atlas, ink=start.atlas.ink[::-1].copy()))
    with pytest.raises(TrainingStopped, match="other characters"):
        Trainer(SMALL, Photos(photos), "cpu").begin_with(other)


def test_a_run_is_begun_or_gone_on_with(never_stopped: Path, photos: Path) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    with pytest.raises(TrainingStopped, match="choose one"):
        train(Photos(photos), never_stopped, SMALL, device="cpu", resume=True, save_every_s=1e9, start=start)


@pytest.mark.parametrize("option", ["style", "size"])
def test_unknown_names_are_refused_with_the_known_ones(option: str, photos: Path) -> None:
    with pytest.raises(TrainingStopped, match="choose"):
        Trainer(TrainConfig(**(SMALL.__dict__ | {option: "nonsense"})), Photos(photos), "cpu")


def test_what_is_expected_is_each_cost_times_its_chance_above_the_cheapest() -> None:
    logits = torch.tensor([0.25, 0.5, 0.25]).log().expand(1, 1, 2, 3)
    costs = torch.tensor([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]])[None, None]
    assert expected_cost(logits, costs).tolist() == pytest.approx([(0.5 * 2 + 0.25 * 4) / 2])
    assert expected_cost(logits, costs * 1e6).item() == pytest.approx(0.75 * DEAREST / 2)


def test_a_lesson_weighs_what_is_expected_of_pages_with_structure(photos: Path) -> None:
    losses = {}
    tone, logits = torch.from_numpy(scene(128, 128))[None, None], torch.randn(2, 8, 16, 95)
    for weight in (0.0, 0.5):
        config = replace(SMALL, expected_weight=weight, warm_steps=0, adversarial_from=10**9)
        trainer = Trainer(config, Photos(photos), "cpu")
        for name, page in (("structure", tone), ("flat", torch.full_like(tone, 0.5))):
            torch.manual_seed(0)
            both = torch.cat((page, torch.full_like(tone, 0.2)))  # a flat page beside either
            losses[name, weight] = trainer._lesson(both, logits)[1].item()
    assert losses["structure", 0.5] > losses["structure", 0.0] + 0.1
    assert losses["flat", 0.5] == pytest.approx(losses["flat", 0.0])


def test_a_checkpoint_of_another_program_is_refused_with_a_way_on(
    never_stopped: Path, photos: Path, tmp_path: Path
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    del state["config"]["expected_weight"]
    torch.save(state, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingStopped, match="--start"):
        run(Photos(photos), tmp_path, resume=True)


def test_a_checkpoint_of_a_network_that_a_size_no_longer_is_is_refused(
    never_stopped: Path, photos: Path, tmp_path: Path
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    state["config"]["size"] = "base"
    torch.save(state, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingStopped, match="'base' in this version of the program: begin a new run"):
        run(Photos(photos), tmp_path, resume=True)


@pytest.mark.parametrize("key", ["variety", "choice_variety"])
def test_a_price_in_an_older_unit_is_refused(key: str, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f"{key} = 30.0\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=f"{key} is 30; .* 0 to 4"):
        read_recipe(str(recipe), {})


@pytest.mark.parametrize("sweeps", [-1, 9])
def test_more_proof_than_a_weights_file_may_ask_for_is_refused(sweeps: int) -> None:
    with pytest.raises(RecipeError, match=f"proof_sweeps is {sweeps}; it can be 0 to 8"):
        read_recipe("classic", {"proof_sweeps": sweeps})


def test_yes_is_no_number(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("proof_sweeps = true\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="sets proof_sweeps to True, which is no int"):
        read_recipe(str(recipe), {})


@pytest.mark.parametrize(("knows", "style", "half"), [
    ({"avx512_bf16": True}, "classic", True),
    ({"avx512_bf16": False, "amx_bf16": False}, "classic", False),
    ({"avx512_bf16": True}, "pixels", False),
    (None, "classic", False),
])  # fmt: skip
def test_networks_of_glyphs_run_in_half_precision_where_the_processor_has_it(
    knows: dict[str, bool] | None, style: str, half: bool, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either way it learns, and what is kept are single numbers. Free pixels must tell levels too fine for it."""
    if knows is None:  # as in PyTorch 2.11
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    else:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: knows, raising=False)
    trainer = Trainer(replace(SMALL, style=style), Photos(photos), "cpu")
    assert trainer.half is half
    before = trainer.generator.stem.weight.clone()
    assert np.isfinite(trainer.train_step()["reconstruction"])
    assert all(parameter.dtype == torch.float32 for parameter in trainer.generator.parameters())
    if style == "classic":  # the other head begins with features it does not hear
        assert not torch.equal(before, trainer.generator.stem.weight)


def test_a_run_tells_its_weights_file_how_to_draw(never_stopped: Path) -> None:
    loaded = load_weights(never_stopped / "whole.safetensors")
    assert (loaded.variety, loaded.proof_sweeps) == (0.8, 2)
    last = json.loads((never_stopped / LOG).read_text().splitlines()[-1])
    assert last["fidelity"] != last["fidelity_before_proof"]
