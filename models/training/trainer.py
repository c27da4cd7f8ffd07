"""One training step: networks, optimisers and the losses between them.

Each step draws fresh crops, composes each with its subject at a random focus, and moves the generator towards the
target pages of its style (models.training.targets). `classic` learns from its own pages, improved by local search:
expert iteration (Anthony et al. 2017). The subject branch learns the maps of whole photos, where there are labels;
without any it says that no picture has a subject. From `adversarial_from` on, the discriminator joins in through a
straight-through Gumbel-softmax (Jang et al. 2017). The generator that is kept is the exponential moving average of
the weights (EMA).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.atlas import default_atlas
from models.baselines.per_cell import RAMP, join_cells, paint_ink
from models.nn.architecture import SIZES
from models.nn.discriminator import Discriminator, adversarial_loss, discriminator_loss
from models.nn.focus import compose
from models.nn.generator import Generator
from models.nn.subject import SubjectBranch, subject_loss
from models.problems import Refused
from models.training.config import TrainConfig
from models.training.data import Photos
from models.training.parallel import Ranks
from models.training.targets import STYLES, target_and_loss
from models.weights_file import LoadedWeights

FOCUSED_SHARE: Final = 0.6
"""Share of pages with a focus above 0."""
RISING_STEPS: Final = 200
"""Steps in which the learning rate rises."""


Tensors = tuple[Tensor, ...] | list[Tensor]


class TrainingStopped(Refused):
    """Training cannot go on; `str()` says why."""


class Trainer:
    """Everything that a step changes, in one place, so that a checkpoint is complete."""

    def __init__(self, config: TrainConfig, photos: Photos, device: str, ranks: Ranks | None = None) -> None:
        """Raises TrainingStopped for a style or size there is not, or for photos or characters it cannot use."""
        torch.manual_seed(config.seed)
        self.config, self.photos, self.device, self.ranks = config, photos, device, ranks or Ranks()
        self.atlas = default_atlas(config.charset)
        self.ink = torch.from_numpy(self.atlas.ink).to(device)
        if config.style not in STYLES:
            raise TrainingStopped(f"there is no style {config.style!r}; choose {', '.join(STYLES)}")
        if config.size not in SIZES:
            raise TrainingStopped(f"there is no size {config.size!r}; choose {', '.join(SIZES)}")
        self.learns_subject = bool(config.subject_batch and photos.labelled)
        if config.style == "subject" and not self.learns_subject:
            raise TrainingStopped("subjects are learnt from labels: make them with `labels`, give --subjects DIR")
        head = "pixels" if config.style == "pixels" else "glyphs"
        if head == "pixels" and (missing := set(RAMP) - set(config.charset)):
            raise TrainingStopped(f"style 'pixels' draws the ramp {RAMP!r}: its charset lacks {min(missing)!r}")
        shape = replace(SIZES[config.size], head=head, glyphs=len(self.atlas.charset))
        self.generator = Generator(shape).to(device)
        if self.generator.subject_branch is not None and not self.learns_subject:
            self.generator.subject_branch.see_nothing()
        self.discriminator = Discriminator().to(device)
        self.averaging = AveragedModel(self.generator, multi_avg_fn=_ema(config.ema)).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.generator.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.critic_optimizer = torch.optim.Adam(self.discriminator.parameters(), 2e-4, betas=(0.5, 0.99))
        # Half precision for the network alone; the losses stay in single. Free pixels have to tell levels that lie
        # closer together than its numbers.
        self.half = head == "glyphs" and multiplies_halves(device)
        self.go_on_from(0)
        self.seed(config.seed)

    @property
    def average(self) -> Generator:
        """The generator that is kept."""
        return cast(Generator, self.averaging.module)

    def go_on_from(self, step: int) -> None:
        """Set the step, and with it the learning rate and the memory of the average."""
        self.step = step
        self.averaging.n_averaged.fill_(step + 1)  # the weights at the start count as one
        for group in self.optimizer.param_groups:
            group["initial_lr"] = self.config.learning_rate
        self.scheduler = LambdaLR(self.optimizer, _learning_rate(self.config.steps), last_epoch=step - 1)

    def seed(self, seed: int) -> None:
        """Random numbers of this rank's own, once all ranks have made the same networks."""
        self.rng = np.random.default_rng([seed, self.ranks.rank])
        torch.manual_seed(seed * 1000 + self.ranks.rank)

    def train_step(self) -> dict[str, float]:
        """One optimiser step; returns scalars. Raises TrainingStopped when the loss is no number."""
        scalars: dict[str, float] = {}
        loss = torch.zeros((), device=self.device)
        if self.learns_subject and self.generator.subject_branch is not None:
            loss = self._subject_loss(self.generator.subject_branch)
            scalars["subject"] = loss.item()
        if self.config.style != "subject":
            loss = loss + self._page_loss(scalars)
        if not math.isfinite(loss.item()):
            raise TrainingStopped(f"the loss became {loss.item()} at step {self.step}; try a lower --learning-rate")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.generator)
        torch.nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        self.optimizer.step()
        self.averaging.update_parameters(self.generator)
        self.scheduler.step()
        self.step += 1
        return scalars

    def pages(self) -> Tensor:
        """What the pages of a step are to show, (batch, 1, rows · 16, columns · 8)."""
        config = self.config
        tone, subject = (
            part.to(self.device) for part in self.photos.batch(config.batch, config.columns, config.rows, self.rng)
        )
        if config.style == "pixels":
            return tone
        focus = self.rng.random(config.batch) * (self.rng.random(config.batch) < FOCUSED_SHARE)
        return compose(tone, subject, torch.from_numpy(focus.astype(np.float32)).to(self.device))

    def target_and_loss(self, tone: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The page that this style is to learn, (B, rows, columns), and the loss towards it."""
        return target_and_loss(self.config, self.step, tone, logits, self.ink)

    def begin_with(self, weights: LoadedWeights) -> None:
        """Take over a finished network. Raises TrainingStopped for one of another shape."""
        theirs, ours = weights.generator.config, self.generator.config
        if theirs != ours:
            raise TrainingStopped(
                f"{weights.name} is a network of another shape ({theirs.as_dict()}) than this config's "
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
        """Take over what a finished network knows of subjects. Raises TrainingStopped where it knows nothing."""
        for network in (self.generator, self.average):
            if network.subject_branch is None or weights.generator.subject_branch is None:
                raise TrainingStopped(f"{weights.name}, or the style that is to be trained, has no subject branch")
            network.subject_branch.load_state_dict(weights.generator.subject_branch.state_dict())

    def _subject_loss(self, branch: SubjectBranch) -> Tensor:
        tone, wanted = (
            part.to(self.device) for part in self.photos.subject_batch(self.config.subject_batch, self.rng)
        )
        with torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.half):
            logits = branch(tone)
        return subject_loss(logits.float(), wanted)

    def _page_loss(self, scalars: dict[str, float]) -> Tensor:
        config, tone = self.config, self.pages()
        with torch.autocast(self.device.partition(":")[0], torch.bfloat16, enabled=self.half):
            logits = self.generator.set_type(tone)
        logits = logits.float()
        page, loss = self.target_and_loss(tone, logits)
        scalars["reconstruction"] = loss.item()
        if self.step >= config.adversarial_from:
            # A quarter of the pages: on a CPU the discriminator costs several times the rest of the step.
            few = slice(max(1, config.batch // 4))
            loss = loss + config.adversarial_weight * self._adversarial(tone[few], logits[few], page[few], scalars)
        return loss

    def _adversarial(self, tone: Tensor, logits: Tensor, page: Tensor, scalars: dict[str, float]) -> Tensor:
        """Train the discriminator once, then return the generator's loss against it."""
        if self.config.style == "pixels":
            cells = logits.sigmoid()
        else:
            cells = F.gumbel_softmax(logits, tau=1.0, hard=True) @ self.ink.flatten(1)
        fake = join_cells(cells.view(*cells.shape[:3], *self.ink.shape[1:]))
        real = paint_ink(page, self.ink)
        critic = discriminator_loss(self.discriminator, tone, real, fake)
        self.critic_optimizer.zero_grad(set_to_none=True)
        critic.backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.discriminator)
        self.critic_optimizer.step()
        game = adversarial_loss(self.discriminator, tone, real, fake)
        scalars |= {"discriminator": critic.item(), "adversarial": game.item()}
        return game


def multiplies_halves(device: str) -> bool:
    """Whether the device multiplies bfloat16 faster than float32: a GPU, or a processor that has it built in."""
    if device.startswith("cuda"):
        return True
    # Not in the oldest PyTorch that is supported, where a processor then keeps to float32.
    knows: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return device == "cpu" and any(knows.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def _learning_rate(steps: int) -> Callable[[int], float]:
    """The learning rate over the run, as a factor: RISING_STEPS up, then a cosine down to 2 %."""

    def factor(step: int) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
        return min(1.0, (step + 1) / RISING_STEPS) * (0.02 + 0.98 * cosine)

    return factor


def _ema(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """The moving average's update, whose decay grows to `decay`: early weights are soon forgotten."""

    def update(averages: Tensors, weights: Tensors, averaged: Tensor | int) -> None:
        now = min(decay, float(averaged) / (9 + float(averaged)))
        get_ema_multi_avg_fn(now)(averages, weights, averaged)  # type: ignore[no-untyped-call]

    return update
