"""A training config: every number of a run, read from a small TOML file and kept in the checkpoint."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from models.atlas import PRINTABLE
from models.limits import MAX_PROOF_SWEEPS, MIN_STRENGTH
from models.problems import Refused

CONFIGS: Final = Path(__file__).with_name("configs")
BLANK: Final = " "


class ConfigError(Refused):
    """A config that cannot be used; `str()` says what to correct."""


def _number(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class TrainConfig:
    """The numbers of a run, each with what `train --help` says of it. Steps count optimiser steps."""

    style: str = _number("classic", "what pages learn towards (models.training.targets)")
    size: str = _number("base", "the network's size: base or tiny")
    charset: str = _number(PRINTABLE, "the characters of the style, the blank first")
    steps: int = _number(1200, "optimiser steps of the run")
    batch: int = _number(8, "pages in a step")
    columns: int = _number(48, "cells across a page")
    rows: int = _number(24, "cells down a page")
    learning_rate: float = _number(1e-3, "the highest, after 200 steps; it falls to 2 %% of it")
    warm_steps: int = _number(200, "steps whose targets begin from a rule's page, not from the generator's own")
    warm_sweeps: int = _number(3, "sweeps of local search over such a target")
    sweeps: int = _number(2, "sweeps of local search over a target after that")
    temperature: float = _number(0.08, "how much a glyph that is nearly as good as the best counts")
    proof_sweeps: int = _number(0, "sweeps of refinement over each page that the style draws")
    least_strength: float = _number(1.0, "strength of ink where a page is lightest; 1 is unshaded")
    subject_batch: int = _number(16, "photos in a step whose subject the branch learns; 0: it learns none")
    adversarial_from: int = _number(1150, "the step from which the discriminator takes part")
    adversarial_weight: float = _number(0.02, "the discriminator's share of the loss")
    ema: float = _number(0.998, "decay of the moving average of the weights, which is what is kept")
    seed: int = _number(0, "of all random numbers")


def shipped_configs() -> list[str]:
    """The names of the configs that come with the program."""
    return sorted(file.stem for file in CONFIGS.glob("*.toml"))


def read_config(name: str, overrides: dict[str, Any]) -> TrainConfig:
    """The shipped config of that name, or a TOML file by its path, with some numbers overridden.

    Raises ConfigError for a file that is missing, is not TOML, or has a key or value that no run can have.
    """
    path = Path(name) if name.endswith(".toml") else CONFIGS / f"{name}.toml"
    if not path.is_file():
        raise ConfigError(f"there is no config {name}; choose {', '.join(shipped_configs())}, or give a .toml file")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    known = {field.name: type(field.default) for field in fields(TrainConfig)}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{path} sets {key!r}; a config knows {', '.join(known)}")
        fits = isinstance(value, known[key]) or (known[key] is float and isinstance(value, int))
        if not fits or isinstance(value, bool):
            raise ConfigError(f"{path} sets {key} to {value!r}, which is no {known[key].__name__}")
    config = TrainConfig(**(values | overrides))
    if not config.charset.startswith(BLANK) or len(set(config.charset)) < max(2, len(config.charset)):
        raise ConfigError("charset begins with a blank, has another character, and none twice")
    if unknown := sorted(set(config.charset) - set(PRINTABLE)):
        raise ConfigError(f"charset has {''.join(unknown)!r}, which the typeface lacks")
    if not 0 <= config.proof_sweeps <= MAX_PROOF_SWEEPS:
        raise ConfigError(f"proof_sweeps is {config.proof_sweeps}; it can be 0 to {MAX_PROOF_SWEEPS}")
    if not MIN_STRENGTH <= config.least_strength <= 1:
        raise ConfigError(f"least_strength is {config.least_strength:g}; it can be {MIN_STRENGTH:g} to 1")
    return config
