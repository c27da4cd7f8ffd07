"""Whole runs of a few steps: what they leave, how they go on, and what they begin with."""

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from models.training.checkpoint import read_checkpoint
from models.training.config import ConfigError
from models.training.data import Photos
from models.training.run_log import LOG
from models.training.targets import STYLES
from models.training.train import CHECKPOINT, Interrupted, train
from models.training.trainer import Trainer, TrainingStopped
from models.weights_file import load_weights
from tests.models.training.runs import SMALL, run


class Stopping(Photos):
    """Photos whose nth batch comes with a Ctrl-C, or another signal."""

    stop_at = 0
    number = signal.SIGINT

    def batch(self, size: int, columns: int, rows: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        self.stop_at -= 1
        if self.stop_at == 0:
            signal.raise_signal(self.number)
        return super().batch(size, columns, rows, rng)


def flat(state: object, name: str = "") -> dict[str, object]:
    """Every leaf of a checkpoint under its path."""
    if isinstance(state, dict):
        return {k: v for key, inner in state.items() for k, v in flat(inner, f"{name}/{key}").items()}
    if isinstance(state, list | tuple):
        return {k: v for i, inner in enumerate(state) for k, v in flat(inner, f"{name}/{i}").items()}
    return {name: state}


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


@pytest.mark.parametrize("stop", [(1, signal.SIGINT), (4, signal.SIGTERM)])
def test_stopped_and_resumed_equals_never_stopped(
    photos: Path, subjects: Path, tmp_path: Path, never_stopped: Path, stop: tuple[int, signal.Signals]
) -> None:
    """Bit for bit, the subject branch, both optimisers' state and that of the random generators included."""
    halting = Stopping(photos, subjects=subjects)
    stop_at, _ = halting.stop_at, halting.number = stop
    out = tmp_path / "whole"
    with pytest.raises(Interrupted, match=f"stopped at step {stop_at} of 6; saved in .*--resume goes on"):
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


def test_weights_of_another_shape_cannot_begin_a_run(never_stopped: Path, photos: Path, tmp_path: Path) -> None:
    config, start = replace(SMALL, size="base"), load_weights(never_stopped / "whole.safetensors")
    with pytest.raises(TrainingStopped, match="another shape"):
        train(Photos(photos), tmp_path / "x", config, device="cpu", resume=False, save_every_s=1e9, start=start)


def test_a_run_is_begun_or_gone_on_with(never_stopped: Path, photos: Path) -> None:
    start = load_weights(never_stopped / "whole.safetensors")
    with pytest.raises(TrainingStopped, match="choose one"):
        train(Photos(photos), never_stopped, SMALL, device="cpu", resume=True, save_every_s=1e9, start=start)


def test_a_checkpoint_of_another_program_is_refused_with_a_way_on(
    never_stopped: Path, photos: Path, tmp_path: Path
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    state["config"]["choice_variety"] = state["config"].pop("temperature")
    torch.save(state, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingStopped, match="--start"):
        run(Photos(photos), tmp_path, resume=True)


def test_a_checkpoint_from_a_machine_with_a_gpu_is_gone_on_with_on_one_without(
    never_stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    torch.save(state, tmp_path / CHECKPOINT)
    read, _ = read_checkpoint(tmp_path / CHECKPOINT)
    assert {value.device.type for value in flat(read).values() if isinstance(value, torch.Tensor)} == {"cpu"}


def test_a_checkpoint_of_a_network_that_a_size_no_longer_is_is_refused(
    never_stopped: Path, photos: Path, tmp_path: Path
) -> None:
    state = torch.load(never_stopped / CHECKPOINT, weights_only=True)
    state["config"]["size"] = "base"
    torch.save(state, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingStopped, match="'base' in this version of the program: begin a new run"):
        run(Photos(photos), tmp_path, resume=True)


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


def test_a_resumed_run_takes_other_numbers_and_refuses_another_network(
    never_stopped: Path,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.training.train.LINE_EVERY_S", 0.0)
    out = tmp_path / "whole"
    shutil.copytree(never_stopped, out)

    def resume(**changes: object) -> None:
        train(Photos(photos), out, SMALL, device="cpu", resume=True, save_every_s=1e9, changes=changes)

    resume(steps=8, learning_rate=1e-4)
    state = torch.load(out / CHECKPOINT, weights_only=True)
    assert (state["step"], state["config"]["steps"], state["config"]["learning_rate"]) == (8, 8, 1e-4)
    assert "step 7 of 8  " in capsys.readouterr().err, "a line each, where there is no terminal"
    for changes in ({"size": "base"}, {"style": "lines"}, {"seed": 7}, {"charset": " ."}):
        with pytest.raises(ConfigError, match=r"cannot change in a run: the checkpoint has .* another --out"):
            resume(**changes)
    with pytest.raises(ConfigError, match="steps is 0; it must be at least 1"):
        resume(steps=0)
