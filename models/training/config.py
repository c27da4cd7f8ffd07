"""A training config: every number of a run, read from a small TOML file and kept in the checkpoint."""

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from glyphcord.nearest import did_you_mean
from models.atlas import PRINTABLE
from models.limits import MAX_PROOF_SWEEPS, MIN_STRENGTH
from models.problems import Refused

CONFIGS: Final = Path(__file__).with_name("configs")
BLANK: Final = " "
LEAST: Final = {
    "steps": 1,
    "batch": 1,
    "columns": 1,
    "rows": 1,
    "warm_steps": 0,
    "warm_sweeps": 0,
    "sweeps": 0,
    "subject_batch": 0,
    "adversarial_from": 0,
    "adversarial_weight": 0,
    "seed": 0,
}
"""The least that each of these can be."""
FIXED: Final = frozenset({"style", "size", "charset", "seed"})
"""What a run that has begun keeps: its networks and their random numbers hang on it."""


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
        names = shipped_configs()
        meant = did_you_mean(name, names)
        raise ConfigError(f"there is no config {name}; choose {', '.join(names)}, or give a .toml file.{meant}")
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
    return checked(TrainConfig(**(values | overrides)))


def resumed(config: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """A checkpoint's config with other numbers. Raises ConfigError for what a run that has begun cannot change."""
    for name in FIXED & changes.keys():
        if changes[name] != getattr(config, name):
            raise ConfigError(
                f"{name} cannot change in a run: the checkpoint has {getattr(config, name)!r}. Leave it out, or "
                "begin another run in another --out"
            )
    return checked(replace(config, **changes))


def checked(config: TrainConfig) -> TrainConfig:
    """The same config. Raises ConfigError where it has a number that no run can have."""
    for name, least in LEAST.items():
        if not getattr(config, name) >= least:
            raise ConfigError(f"{name} is {getattr(config, name):g}; it must be at least {least:g}")
    if not 0 < config.learning_rate < float("inf") or not config.temperature > 0:
        name = "temperature" if config.learning_rate > 0 else "learning_rate"
        raise ConfigError(f"{name} is {getattr(config, name):g}; it must be a number above 0")
    if not 0 <= config.ema < 1:
        raise ConfigError(f"ema is {config.ema:g}; it can be 0 to 1, without 1 itself")
    if not config.charset.startswith(BLANK) or len(set(config.charset)) < max(2, len(config.charset)):
        raise ConfigError("charset begins with a blank, has another character, and none twice")
    if unknown := sorted(set(config.charset) - set(PRINTABLE)):
        raise ConfigError(f"charset has {''.join(unknown)!r}, which the typeface lacks")
    if not 0 <= config.proof_sweeps <= MAX_PROOF_SWEEPS:
        raise ConfigError(f"proof_sweeps is {config.proof_sweeps}; it can be 0 to {MAX_PROOF_SWEEPS}")
    if not MIN_STRENGTH <= config.least_strength <= 1:
        raise ConfigError(f"least_strength is {config.least_strength:g}; it can be {MIN_STRENGTH:g} to 1")
    return config
