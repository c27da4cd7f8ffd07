"""Training: a few real steps, on synthetic photos, with everything switched on."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from models.baselines.per_cell import shade
from models.training.config import TrainConfig, read_config
from models.training.data import Photos
from models.training.files import photos_below
from models.training.labels import make_labels
from models.training.run_log import LOG
from models.training.targets import STYLES
from models.training.train import CHECKPOINT, train
from models.training.trainer import Trainer, TrainingStopped
from models.training.validation import validate
from models.weights_file import SHIPPED, load_weights
from tests.models.pictures import scene

# Warm steps, the generator's own pages, the subject and the discriminator all get their turn.
SMALL = TrainConfig(
    size="tiny",
    steps=6,
    batch=2,
    columns=8,
    rows=8,
    warm_steps=2,
    warm_sweeps=1,
    sweeps=1,
    subject_batch=2,
    adversarial_from=3,
    proof_sweeps=2,
)


class Stopping(Photos):
    """Photos whose nth batch comes with a Ctrl-C."""

    stop_at = 0

    def batch(self, size: int, columns: int, rows: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
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
def subjects(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of the photos, by a network to which the subject is what is green."""
    folder = tmp_path_factory.mktemp("labels")
    assert all(problem is None for _, problem in make_labels(photos_below(photos), folder, lambda seen: seen[0, 1]))
    return folder


@pytest.fixture(scope="module")
def library(photos: Path, subjects: Path) -> Photos:
    return Photos(photos, subjects=subjects)


@pytest.fixture(scope="module")
def never_stopped(library: Photos, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole small run; its folder."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    run(library, out)
    return out


def test_a_run_leaves_weights_that_load_and_a_log(never_stopped: Path) -> None:
    loaded = load_weights(never_stopped / "whole.safetensors")
    assert loaded.metadata["step"] == "6"
    assert "local search" in loaded.metadata["teacher"]
    metrics = json.loads(loaded.metadata["metrics"])
    for name in (
        "similarity_4",
        "similarity_8",
        "similarity_16",
        "similarity_16_of_per_cell_rule",
        "subject_overlap",
    ):
        assert 0 < metrics[name] < 1, name
    assert metrics["effective_glyphs"] >= 1
    assert 0 <= metrics["blank_share"] <= 1
    line = json.loads((never_stopped / LOG).read_text().splitlines()[-1])
    assert line["step"] == 6
    assert {"reconstruction", "subject", "discriminator", "adversarial"} <= line.keys()


@pytest.mark.parametrize("stop_at", [1, 4])
def test_stopped_and_resumed_equals_never_stopped(
    photos: Path, subjects: Path, tmp_path: Path, never_stopped: Path, stop_at: int
) -> None:
    """Bit for bit, the subject branch, both optimisers' state and that of the random generators included."""
    halting = Stopping(photos, subjects=subjects)
    halting.stop_at = stop_at
    out = tmp_path / "whole"
    run(halting, out)
    assert torch.load(out / CHECKPOINT, weights_only=True)["step"] == stop_at
    torch.manual_seed(99)  # whatever happens between the two runs
    run(Photos(photos, subjects=subjects), out, resume=True)

    resumed, whole = (flat(torch.load(folder / CHECKPOINT, weights_only=True)) for folder in (out, never_stopped))
    assert resumed.keys() == whole.keys()
    assert any(name.startswith("/average/subject_branch") for name in whole)
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
    config = replace(SMALL, steps=40, warm_steps=40, learning_rate=4e-3, adversarial_from=1000)
    trainer = Trainer(config, Photos(photos), "cpu")
    losses = [trainer.train_step()["reconstruction"] for _ in range(40)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_a_step_teaches_the_subject_branch_too(library: Photos) -> None:
    trainer = Trainer(SMALL, library, "cpu")
    branches = trainer.generator.subject_branch, trainer.average.subject_branch
    before = [branch.head.weight.clone() for branch in branches if branch is not None]
    assert len(before) == 2
    for _ in range(2):
        assert trainer.train_step()["subject"] > 0
    for branch, was in zip(branches, before, strict=True):
        assert branch is not None and not torch.equal(branch.head.weight, was)


@pytest.mark.parametrize("batch", [None, 0])
def test_without_labels_no_picture_has_a_subject(photos: Path, library: Photos, batch: int | None) -> None:
    """Chance must not find one: `focus` then leaves every picture as it is."""
    few = Photos(photos) if batch is None else library
    trainer = Trainer(replace(SMALL, subject_batch=3 if batch is None else batch), few, "cpu")
    assert all("subject" not in trainer.train_step() for _ in range(2))
    tone = torch.rand(2, 1, 64, 64)
    for network in (trainer.generator, trainer.average):
        assert network.subject(tone).max() < 1e-3
        assert torch.equal(network(tone, torch.ones(2)), network.set_type(tone))
    assert ("subject_overlap" in validate(trainer, 2)) is (batch == 0)  # the labels are there to measure with


def test_a_run_without_labels_keeps_the_subject_that_its_start_has_learnt(
    never_stopped: Path, photos: Path
) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    trainer = Trainer(SMALL, Photos(photos), "cpu")
    trainer.begin_with(start)
    trainer.train_step()
    tone = torch.rand(1, 1, 64, 64)
    assert torch.equal(trainer.average.subject(tone), start.generator.subject(tone))


def test_pages_are_composed_with_their_subjects(photos: Path, library: Photos) -> None:
    """A page with a focus shows another tone than the crop; without labels all show the crop's."""
    config = replace(SMALL, batch=12)
    labelled, plain = (Trainer(config, known, "cpu").pages() for known in (library, Photos(photos)))
    changed = (labelled - plain).abs().amax((1, 2, 3)) > 1e-3
    assert 0.2 < changed.float().mean() < 0.9
    assert labelled.shape == plain.shape == (12, 1, 128, 64)


def test_an_even_page_is_taught_as_one_texture(photos: Path) -> None:
    trainer = Trainer(replace(SMALL, warm_steps=0), Photos(photos), "cpu")
    tone = torch.cat((torch.full((1, 1, 128, 64), 0.62), torch.from_numpy(scene(64, 128))[None, None]))
    torch.manual_seed(0)
    logits = torch.randn(2, 8, 8, 95)
    page, loss = trainer.target_and_loss(tone, logits)
    assert (page[0] == shade(tone[:1], trainer.ink)[0]).all() and len(set(page[0].flatten().tolist())) == 1
    assert len(set(page[1].flatten().tolist())) > 5
    better = logits.clone()
    better[0, ..., page[0, 0, 0]] += 5
    assert trainer.target_and_loss(tone, better)[1] < loss - 0.5


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


@pytest.mark.parametrize("style", [style for style in STYLES if style != "classic"])
def test_every_other_style_trains_and_its_weights_load(style: str, library: Photos, tmp_path: Path) -> None:
    config = replace(SMALL, style=style)
    path = train(library, tmp_path / style, config, device="cpu", resume=False, save_every_s=1e9)
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


def test_a_run_for_the_subject_alone_leaves_the_pages_as_they_began(library: Photos, photos: Path) -> None:
    trainer = Trainer(replace(SMALL, style="subject"), library, "cpu")
    began = trainer.generator.stem.weight.clone()
    assert trainer.train_step().keys() == {"subject"}
    assert torch.equal(trainer.generator.stem.weight, began)
    for few, batch in ((Photos(photos), 2), (library, 0)):
        with pytest.raises(TrainingStopped, match=r"learnt from labels: .*--subjects"):
            Trainer(replace(SMALL, style="subject", subject_batch=batch), few, "cpu")


def test_a_run_begins_with_what_another_knows_of_subjects(
    never_stopped: Path, photos: Path, library: Photos, tmp_path: Path
) -> None:
    """With a style, a size and characters of its own, and with labels or without."""
    known = load_weights(never_stopped / "whole.safetensors")
    config = replace(SMALL, style="lines", size="base", charset=" .|-/", seed=1, steps=1)
    path = train(
        Photos(photos), tmp_path / "more", config, device="cpu", resume=False, save_every_s=1e9, subject=known
    )
    tone = torch.rand(1, 1, 64, 64)
    torch.testing.assert_close(load_weights(path).generator.subject(tone), known.generator.subject(tone))
    trainer = Trainer(config, library, "cpu")
    trainer.take_subject(known)
    assert torch.equal(trainer.average.subject(tone), known.generator.subject(tone))
    trainer.train_step()
    assert not torch.equal(trainer.average.subject(tone), known.generator.subject(tone))
    free = Trainer(replace(SMALL, style="pixels"), library, "cpu")
    with pytest.raises(TrainingStopped, match="has no subject branch"):
        free.take_subject(known)
    with pytest.raises(TrainingStopped, match="choose one"):
        train(library, never_stopped, SMALL, device="cpu", resume=True, save_every_s=1e9, subject=known)


def test_a_shipped_file_is_the_network_that_its_config_makes(photos: Path) -> None:
    """So `--start` with a style's name goes on from it."""
    library = Photos(photos)
    for path in SHIPPED.glob("*.safetensors"):
        config, weights = read_config(path.stem, {}), load_weights(path)
        trainer = Trainer(config, library, "cpu")
        assert weights.generator.config == trainer.generator.config
        assert weights.atlas.charset == config.charset
        assert int(weights.metadata["step"]) == config.steps
        assert weights.proof_sweeps == config.proof_sweeps
        assert weights.least_strength == pytest.approx(config.least_strength)
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


def test_a_checkpoint_of_another_program_is_refused_with_a_way_on(
    never_stopped: Path, photos: Path, tmp_path: Path
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    state["config"]["choice_variety"] = state["config"].pop("temperature")
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


@pytest.mark.parametrize(
    ("knows", "style", "half"),
    [
        ({"avx512_bf16": True}, "classic", True),
        ({"avx512_bf16": False, "amx_bf16": False}, "classic", False),
        ({"avx512_bf16": True}, "pixels", False),
        (None, "classic", False),
    ],
)
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


def test_a_run_tells_its_weights_file_how_to_draw(never_stopped: Path, photos: Path, tmp_path: Path) -> None:
    assert load_weights(never_stopped / "whole.safetensors").proof_sweeps == 2
    last = json.loads((never_stopped / LOG).read_text().splitlines()[-1])
    assert last["similarity_8"] > last["similarity_8_before_refinement"]
    config = replace(SMALL, steps=1, proof_sweeps=0, least_strength=0.5)
    path = train(Photos(photos), tmp_path / "pale", config, device="cpu", resume=False, save_every_s=1e9)
    loaded = load_weights(path)
    assert (loaded.proof_sweeps, loaded.least_strength) == (0, 0.5)
    assert "similarity_8_before_refinement" not in json.loads(loaded.metadata["metrics"])


def test_a_run_with_a_few_characters_sets_no_others(photos: Path, tmp_path: Path) -> None:
    config = replace(SMALL, charset=" .:|#")
    path = train(Photos(photos), tmp_path / "few", config, device="cpu", resume=False, save_every_s=1e9)
    loaded = load_weights(path)
    assert loaded.atlas.charset == " .:|#"
    assert loaded.generator.config.glyphs == 5
    more = train(
        Photos(photos), tmp_path / "more", config, device="cpu", resume=False, save_every_s=1e9, start=loaded
    )
    assert load_weights(more).atlas.charset == " .:|#"
    with pytest.raises(TrainingStopped, match="another shape"):
        Trainer(SMALL, Photos(photos), "cpu").begin_with(loaded)


def test_free_pixels_need_the_characters_of_the_ramp(photos: Path) -> None:
    with pytest.raises(TrainingStopped, match="its charset lacks"):
        Trainer(replace(SMALL, style="pixels", charset=" .:#"), Photos(photos), "cpu")
