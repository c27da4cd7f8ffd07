"""Training: one loop, top to bottom.

Each step draws fresh crops, composes each with its subject at a random focus, lets the climber improve a page of it
(first a rule's, then the generator's own: expert iteration, Anthony et al. 2017), and teaches the generator the
better page by cross-entropy, softened by what each alternative would have cost. Beside that the subject branch
learns the maps of whole photos, where there are labels; without any it says that no picture has a subject. From
`adversarial_from` on, the discriminator joins in through a straight-through Gumbel-softmax (Jang et al. 2017) and
the painter. The generator that is kept is the running average of the weights (EMA). Its measures and samples are
those of pages as they would be drawn, proofread where the recipe says so.
"""

import json
import math
import signal
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor
from torch.nn import functional as F

from models.atlas import default_atlas
from models.baselines.local_search import climb, proof
from models.baselines.per_cell import RAMP, densest, distances, join_cells, paint_ink, ramp, shade, trace
from models.nn.discriminator import Discriminator, adversarial_loss, discriminator_loss
from models.nn.generator import SIZES, Generator
from models.nn.subject import SubjectBranch, subject_loss
from models.quality.fidelity import effective_glyphs, similarity
from models.rendering.focus import compose
from models.training.config import TrainConfig
from models.training.data import Photos
from models.training.parallel import Ranks, join_ranks, leave_ranks
from models.training.run_log import Journal
from models.weights_file import LoadedWeights, save_weights

CHECKPOINT: Final = "checkpoint.pt"
READING_SHARPNESS: Final = 2.0
READING_WEIGHT: Final = 0.2
LINES_TEMPERATURE: Final = 0.025
FOCUSED_SHARE: Final = 0.6
"""Pages with a focus above 0."""
STYLES: Final = {
    "subject": "no pages: the subjects' maps alone, for other runs to begin with",
    "classic": "the climber, from the generator's own page",
    "lines": "crests of the slope, traced per cell by log-polar shape",
    "pixels": "the reference ramp of 13 characters, in free pixels",
}


class TrainingStopped(Exception):
    """Training cannot go on; `str()` says why."""


class Trainer:
    """Everything that a step changes, in one place, so that a checkpoint is complete."""

    def __init__(self, config: TrainConfig, photos: Photos, device: str, ranks: Ranks | None = None) -> None:
        torch.manual_seed(config.seed)
        self.config, self.photos, self.device, self.ranks = config, photos, device, ranks or Ranks()
        self.atlas = default_atlas(config.charset)
        self.ink = torch.from_numpy(self.atlas.ink).to(device)
        if config.style not in STYLES:
            raise TrainingStopped(f"there is no style {config.style!r}; choose {', '.join(STYLES)}")
        if config.size not in SIZES:
            raise TrainingStopped(f"there is no size {config.size!r}; choose {', '.join(SIZES)}")
        self.teaches_subject = bool(config.subject_batch and photos.labelled)
        if config.style == "subject" and not self.teaches_subject:
            raise TrainingStopped("subjects are learnt from labels: make them with `labels`, give --subjects DIR")
        head = "pixels" if config.style == "pixels" else "glyphs"
        if head == "pixels" and (missing := set(RAMP) - set(config.charset)):
            raise TrainingStopped(f"style 'pixels' draws the ramp {RAMP!r}: its charset lacks {min(missing)!r}")
        shape = replace(SIZES[config.size], head=head, glyphs=len(self.atlas.charset))
        self.generator = Generator(shape).to(device)
        if self.generator.subject_branch is not None and not self.teaches_subject:
            self.generator.subject_branch.see_nothing()
        self.discriminator = Discriminator().to(device)
        self.average = deepcopy(self.generator).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.generator.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.critic_optimizer = torch.optim.Adam(self.discriminator.parameters(), 2e-4, betas=(0.5, 0.99))
        # Half precision for the network alone; the losses stay in single. Free pixels have to tell levels that lie
        # closer together than its numbers.
        self.half = head == "glyphs" and multiplies_halves(device)
        self.step = 0
        self._seed(config.seed)

    def _seed(self, seed: int) -> None:
        """Chance of this rank's own, once all ranks have made the same networks."""
        self.rng = np.random.default_rng([seed, self.ranks.rank])
        torch.manual_seed(seed * 1000 + self.ranks.rank)

    def train_step(self) -> dict[str, float]:
        """One optimiser step; returns scalars. Raises TrainingStopped when the loss is no number."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * _schedule(self.step, config.steps)
        scalars: dict[str, float] = {}
        loss = torch.zeros((), device=self.device)
        if self.teaches_subject and self.generator.subject_branch is not None:
            loss = self._subject_lesson(self.generator.subject_branch)
            scalars["subject"] = loss.item()
        if config.style != "subject":
            loss = loss + self._page_lesson(scalars)
        if not math.isfinite(loss.item()):
            raise TrainingStopped(f"the loss became {loss.item()} at step {self.step}; try a lower --learning-rate")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.generator)
        torch.nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        self.optimizer.step()
        decay = min(config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, fresh in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                kept.lerp_(fresh, 1 - decay)
        self.step += 1
        return scalars

    def _page_lesson(self, scalars: dict[str, float]) -> Tensor:
        """The loss of a batch of pages towards those that a style's teacher would set."""
        config, tone = self.config, self._pages()
        with torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.half):
            logits = self.generator.set_type(tone)
        logits = logits.float()
        page, loss = self._lesson(tone, logits)
        scalars["reconstruction"] = loss.item()
        if self.step >= config.adversarial_from:
            # A quarter of the pages: on a CPU the discriminator costs several times the rest of the step.
            few = slice(max(1, config.batch // 4))
            loss = loss + config.adversarial_weight * self._adversarial(tone[few], logits[few], page[few], scalars)
        return loss

    def _pages(self) -> Tensor:
        """What the pages of a step are to show, (batch, 1, rows · 16, columns · 8)."""
        config = self.config
        tone, subject = (
            part.to(self.device) for part in self.photos.batch(config.batch, config.columns, config.rows, self.rng)
        )
        if config.style == "pixels":
            return tone
        focus = self.rng.random(config.batch) * (self.rng.random(config.batch) < FOCUSED_SHARE)
        return compose(tone, subject, torch.from_numpy(focus.astype(np.float32)).to(self.device))

    def _subject_lesson(self, branch: SubjectBranch) -> Tensor:
        tone, wanted = (
            part.to(self.device) for part in self.photos.subject_batch(self.config.subject_batch, self.rng)
        )
        with torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.half):
            logits = branch(tone)
        return subject_loss(logits.float(), wanted)

    def _lesson(self, tone: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The page a style's teacher would set, (B, rows, columns), and the loss towards it."""
        config = self.config
        if config.style == "pixels":
            page, book, cells = ramp(tone, self.atlas.charset), self.ink.flatten(1), logits.sigmoid()
            # To a mean of pixels a full stop is next to nothing; to a reader it is a character. So the cell's
            # nearest glyph counts, too.
            nearness = -READING_SHARPNESS * distances(cells, book)
            reading = F.cross_entropy(nearness.flatten(0, 2), page.flatten())
            return page, F.l1_loss(cells, book[page]) + READING_WEIGHT * reading
        if config.style == "lines":
            page, costs = trace(tone, self.ink)
            wanted = torch.softmax(-costs / LINES_TEMPERATURE, -1)
        else:
            if self.step < config.warm_steps:
                page, costs = climb(tone, shade(tone, self.ink), self.ink, config.warm_sweeps)
            else:
                page, costs = climb(tone, logits.detach().argmax(-1), self.ink, config.sweeps)
            wanted = torch.softmax(-costs / config.temperature, -1)
            # An even page is one glyph, as calm as there is: the climber would mix two for the last of its tone.
            flat = tone.std((1, 2, 3)) < 0.01
            page = torch.where(flat[:, None, None], shade(tone, self.ink), page)
            wanted[flat] = F.one_hot(page[flat], len(self.ink)).float()
        return page, F.cross_entropy(logits.flatten(0, 2), wanted.flatten(0, 2))

    def _adversarial(self, tone: Tensor, logits: Tensor, better: Tensor, scalars: dict[str, float]) -> Tensor:
        """Train the discriminator once, then return the generator's share of the game."""
        fake = self._print(tone, logits, sampled=True)
        real = paint_ink(better, self.ink)
        critic = discriminator_loss(self.discriminator, tone, real, fake)
        self.critic_optimizer.zero_grad(set_to_none=True)
        critic.backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.discriminator)
        self.critic_optimizer.step()
        game = adversarial_loss(self.discriminator, tone, real, fake)
        scalars |= {"discriminator": critic.item(), "adversarial": game.item()}
        return game

    def _print(self, tone: Tensor, logits: Tensor, *, sampled: bool = False) -> Tensor:
        """Ink (B, 1, H, W) of logits: free pixels, the page that would be drawn, or (with a gradient) a sample."""
        if self.config.style == "pixels":
            cells = logits.sigmoid()
        elif sampled:
            cells = F.gumbel_softmax(logits, tau=1.0, hard=True) @ self.ink.flatten(1)
        else:
            return paint_ink(proof(tone, logits.argmax(-1), self.ink, self.config.proof_sweeps), self.ink)
        return join_cells(cells.view(*cells.shape[:3], *self.ink.shape[1:]))

    @torch.inference_mode()
    def sample(self, count: int = 6) -> tuple[Tensor, Tensor]:
        """Tone and print of a few validation photos, both (n, 1, H, W) in [0, 1]."""
        tone = self.photos.validation_pages(count, 32, 16).to(self.device)
        return tone, self._print(tone, self.average.set_type(tone))

    @torch.inference_mode()
    def evaluate(self, count: int = 16) -> dict[str, float]:
        """The averaged generator on validation photos at 64×32 cells, with all of their background.

        Similarity to the tone from three distances, that of the rule that sets a cell by itself, the variety of
        glyphs, and how much of the subjects' maps is found: intersection over union at one half.
        """
        tone = self.photos.validation_pages(count).to(self.device)
        logits = torch.cat([self.average.set_type(page[None]) for page in tone])
        rule = torch.cat([shade(page[None], self.ink) for page in tone])
        measures = self._similarities(paint_ink(rule, self.ink), tone, "_of_per_cell_rule")
        if self.config.style == "pixels":
            return self._similarities(self._print(tone, logits), tone) | measures
        chosen = logits.argmax(-1)
        glyphs = proof(tone, chosen, self.ink, self.config.proof_sweeps)
        if self.config.proof_sweeps:
            measures |= self._similarities(paint_ink(chosen, self.ink), tone, "_before_proof")
        variety = [effective_glyphs(page) for page in glyphs]
        return (
            self._similarities(paint_ink(glyphs, self.ink), tone)
            | measures
            | self._subjects()
            | {
                "blank_share": float((glyphs == 0).float().mean()),
                "effective_glyphs": float(np.mean([effective for effective, _ in variety])),
                "largest_share": float(np.mean([share for _, share in variety])),
            }
        )

    def _similarities(self, page: Tensor, tone: Tensor, suffix: str = "") -> dict[str, float]:
        full = densest(self.ink)
        return {
            f"similarity_{sigma}{suffix}": float(similarity(page / full, tone, float(sigma)).mean())
            for sigma in (4, 8, 16)
        }

    def _subjects(self) -> dict[str, float]:
        tone, wanted = (part.to(self.device) for part in self.photos.validation_subjects(64))
        if not len(tone) or self.average.subject_branch is None:
            return {}
        found, there = self.average.subject(tone) > 0.5, wanted > 0.5
        both, either = (found & there).sum((1, 2, 3)), (found | there).sum((1, 2, 3))
        # Where neither has a subject they agree.
        return {"subject_overlap": float(((both + 1) / (either + 1)).mean())}

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on as if never stopped."""
        return {
            "config": asdict(self.config),
            "step": self.step,
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict(),
            "chance": self.ranks.gather(self._chance()),
        }

    def _chance(self) -> dict[str, Any]:
        """The state of every random generator of this rank."""
        cuda = torch.cuda.get_rng_state(self.device) if self.device.startswith("cuda") else None
        return {"torch": torch.get_rng_state(), "cuda": cuda, "numpy": json.dumps(self.rng.bit_generator.state)}

    def begin_with(self, weights: LoadedWeights) -> None:
        """Take over a finished network. Raises TrainingStopped for one of another shape."""
        theirs, ours = weights.generator.config, self.generator.config
        if theirs != ours:
            raise TrainingStopped(
                f"{weights.name} is a network of another shape ({theirs.as_dict()}) than this recipe's "
                f"({ours.as_dict()}): start from weights of the same shape, or choose another --size "
                f"({', '.join(SIZES)})"
            )
        if weights.atlas.charset != self.atlas.charset or not np.array_equal(weights.atlas.ink, self.atlas.ink):
            raise TrainingStopped(
                f"{weights.name} sets other characters than this program's: it cannot go on from it"
            )
        for network in (self.generator, self.average):
            network.load_state_dict(weights.generator.state_dict())

    def take_subject(self, weights: LoadedWeights) -> None:
        """Take over what a finished network knows of subjects. Raises TrainingStopped where there is none of it."""
        for network in (self.generator, self.average):
            if network.subject_branch is None or weights.generator.subject_branch is None:
                raise TrainingStopped(f"{weights.name}, or the style that is to be trained, has no subject branch")
            network.subject_branch.load_state_dict(weights.generator.subject_branch.state_dict())

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a state from `state()`. Raises TrainingStopped for networks of another shape."""
        self.step = state["step"]
        try:
            self.generator.load_state_dict(state["generator"])
        except RuntimeError:  # PyTorch's list of what does not fit
            raise TrainingStopped(
                f"the checkpoint's networks have another shape than those of size {self.config.size!r} in this "
                "version of the program: begin a new run"
            ) from None
        for name in ("discriminator", "average", "optimizer", "critic_optimizer"):
            getattr(self, name).load_state_dict(state[name])
        if len(state["chance"]) != self.ranks.world:
            # Another number of ranks cannot repeat the same run, only go on with it.
            self._seed(self.config.seed + self.step)
            return
        chance = state["chance"][self.ranks.rank]
        torch.set_rng_state(chance["torch"])
        if chance["cuda"] is not None and self.device.startswith("cuda"):
            torch.cuda.set_rng_state(chance["cuda"], self.device)
        self.rng.bit_generator.state = json.loads(chance["numpy"])


def train(
    photos: Photos,
    out: Path,
    config: TrainConfig,
    *,
    device: str,
    resume: bool,
    save_every_s: float,
    start: LoadedWeights | None = None,
    subject: LoadedWeights | None = None,
) -> Path:
    """Run to the last step or to Ctrl-C, saving checkpoint and weights; returns the weights file.

    With `start` the networks begin as that file's, with `subject` the subject branch alone. Raises TrainingStopped
    with the reason when training cannot go on.
    """
    if resume and (start or subject):
        raise TrainingStopped("--start and --subject-branch begin a run, --resume goes on with one: choose one")
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, weights = out / CHECKPOINT, out / f"{out.name}.safetensors"
    state: dict[str, Any] | None = None
    if resume:
        if not checkpoint.is_file():
            raise TrainingStopped(f"{checkpoint} is not there: start without --resume first")
        state = torch.load(checkpoint, weights_only=True)
        config = _config_of(state["config"], checkpoint)
    elif checkpoint.exists():
        raise TrainingStopped(f"{checkpoint} is there already: add --resume to go on, or choose another --out")
    ranks, device = join_ranks(device)
    try:
        trainer = Trainer(config, photos, device, ranks)
        if state:
            trainer.restore(state)
        elif start:
            trainer.begin_with(start)
        if subject:
            trainer.take_subject(subject)
        _run(trainer, checkpoint, weights, save_every_s)
    finally:
        leave_ranks(ranks)
    return weights


def _config_of(values: dict[str, Any], checkpoint: Path) -> TrainConfig:
    """The recipe that a checkpoint was made with. Raises TrainingStopped when it is another program's."""
    if values.keys() != asdict(TrainConfig()).keys():
        raise TrainingStopped(
            f"{checkpoint} was made by another version of this program, whose recipes have other numbers: begin "
            "another run from its weights, with --start"
        )
    return TrainConfig(**values)


def _run(trainer: Trainer, checkpoint: Path, weights: Path, save_every_s: float) -> None:
    """Step until the end or a SIGINT in any rank, with the bar and the saves."""
    interrupted = False

    def interrupt(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = True

    ranks, steps, journal = trainer.ranks, trainer.config.steps, Journal(checkpoint.parent)
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with _progress(shown=ranks.first) as bar:
            task = bar.add_task("training", total=steps, completed=trainer.step, shown="")
            saved = time.monotonic()
            means: dict[str, float] = {}
            while trainer.step < steps and not ranks.any(interrupted, trainer.device):
                scalars = trainer.train_step()
                means = {k: 0.98 * means.get(k, v) + 0.02 * v for k, v in scalars.items()}
                bar.update(task, completed=trainer.step, shown=_shown(means))
                due = ranks.first and time.monotonic() - saved > save_every_s
                if ranks.any(due, trainer.device):
                    _save(trainer, checkpoint, weights, journal, means)
                    saved = time.monotonic()
            _save(trainer, checkpoint, weights, journal, means)
    finally:
        signal.signal(signal.SIGINT, before)


def _save(trainer: Trainer, checkpoint: Path, weights: Path, journal: Journal, means: dict[str, float]) -> None:
    state = trainer.state()
    if not trainer.ranks.first:
        return
    measures = {key: round(value, 4) for key, value in trainer.evaluate().items()}
    unfinished = checkpoint.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(checkpoint)
    teacher = STYLES[trainer.config.style]
    save_weights(
        weights,
        trainer.average,
        trainer.atlas,
        teacher=teacher,
        step=trainer.step,
        metrics=measures,
        proof_sweeps=trainer.config.proof_sweeps,
        least_strength=trainer.config.least_strength,
    )
    journal.write(trainer.step, means | measures, *trainer.sample())


def multiplies_halves(device: str) -> bool:
    """Whether the device multiplies bfloat16 quicker than float32: a GPU, or a processor that has it built in."""
    if device.startswith("cuda"):
        return True
    # Not in the oldest PyTorch that is supported, where a processor then keeps to float32.
    knows: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return device == "cpu" and any(knows.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def _schedule(step: int, steps: int) -> float:
    """Learning rate over the run, as a factor: 200 steps up, then a cosine down to 2 %."""
    return min(1.0, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))))


def _shown(values: dict[str, float]) -> str:
    return "  ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in values.items())


def _progress(*, shown: bool) -> Progress:
    columns = ("[progress.percentage]{task.percentage:>3.0f}%", "{task.fields[shown]}")
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(columns[0]),
        TextColumn("step {task.completed}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn(columns[1]),
        console=Console(stderr=True),
        disable=not shown,
    )
