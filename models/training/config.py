"""A training config: every number of a run, read from a small TOML file and kept in the checkpoint."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from models.atlas import PRINTABLE
from models.limits import MAX_PROOF_SWEEPS, MIN_STRENGTH
from models.problems import Refused

CONFIGS: Final = Path(__file__).with_name("configs")
BLANK: Final = " "


class ConfigError(Refused):
    """A config that cannot be used; `str()` says what to correct."""


@dataclass(frozen=True)
class TrainConfig:
    """The numbers of a run. Pages are `columns` × `rows` cells; steps count optimiser steps."""

    style: str = "classic"
    size: str = "base"
    charset: str = PRINTABLE
    steps: int = 1200
    batch: int = 8
    columns: int = 48
    rows: int = 24
    learning_rate: float = 1e-3
    warm_steps: int = 200
    warm_sweeps: int = 3
    sweeps: int = 2
    temperature: float = 0.08
    proof_sweeps: int = 0
    least_strength: float = 1.0
    subject_batch: int = 16
    adversarial_from: int = 1150
    adversarial_weight: float = 0.02
    ema: float = 0.998
    seed: int = 0


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
