"""Training steps on synthetic photos, with everything switched on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.baselines.per_cell import shade
from models.training.config import TrainConfig, read_config
from models.training.data import Photos
from models.training.trainer import Trainer, TrainingStopped
from models.training.validation import validate
from models.weights_file import SHIPPED, load_weights
from tests.models.pictures import scene
from tests.models.training.runs import SMALL


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


def test_a_run_for_the_subject_alone_leaves_the_pages_as_they_began(library: Photos, photos: Path) -> None:
    trainer = Trainer(replace(SMALL, style="subject"), library, "cpu")
    began = trainer.generator.stem.weight.clone()
    assert trainer.train_step().keys() == {"subject"}
    assert torch.equal(trainer.generator.stem.weight, began)
    for few, batch in ((Photos(photos), 2), (library, 0)):
        with pytest.raises(TrainingStopped, match=r"learnt from labels: .*--subjects"):
            Trainer(replace(SMALL, style="subject", subject_batch=batch), few, "cpu")


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


def test_weights_of_other_characters_cannot_begin_a_run(never_stopped: Path, photos: Path) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    other = replace(start, atlas=replace(start.atlas, ink=start.atlas.ink[::-1].copy()))
    with pytest.raises(TrainingStopped, match="other characters"):
        Trainer(SMALL, Photos(photos), "cpu").begin_with(other)


@pytest.mark.parametrize("option", ["style", "size"])
def test_unknown_names_are_refused_with_the_known_ones(option: str, photos: Path) -> None:
    with pytest.raises(TrainingStopped, match="choose"):
        Trainer(TrainConfig(**(SMALL.__dict__ | {option: "nonsense"})), Photos(photos), "cpu")


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


def test_free_pixels_need_the_characters_of_the_ramp(photos: Path) -> None:
    with pytest.raises(TrainingStopped, match="its charset lacks"):
        Trainer(replace(SMALL, style="pixels", charset=" .:#"), Photos(photos), "cpu")
