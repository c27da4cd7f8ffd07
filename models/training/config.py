"""A training recipe: every number of a run, read from a small TOML file and kept in the checkpoint."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from models.atlas import PRINTABLE
from models.limits import MAX_PROOF_SWEEPS, MIN_STRENGTH

RECIPES: Final = Path(__file__).with_name("configs")
BLANK: Final = " "


class RecipeError(ValueError):
    """A recipe that cannot be read; `str()` says what to mend."""


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


def shipped_recipes() -> list[str]:
    """The names of the recipes that come with the program."""
    return sorted(file.stem for file in RECIPES.glob("*.toml"))


def read_recipe(name: str, overrides: dict[str, Any]) -> TrainConfig:
    """The shipped recipe of that name, or a TOML file by its path, with some numbers overridden.

    Raises RecipeError for a file that is not there, is no TOML, or names what no run has.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        raise RecipeError(f"there is no recipe {name}; choose {', '.join(shipped_recipes())}, or give a .toml file")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from None
    known = {field.name: type(field.default) for field in fields(TrainConfig)}
    for key, value in values.items():
        if key not in known:
            raise RecipeError(f"{path} sets {key!r}; a recipe knows {', '.join(known)}")
        fits = isinstance(value, known[key]) or (known[key] is float and isinstance(value, int))
        if not fits or isinstance(value, bool):
            raise RecipeError(f"{path} sets {key} to {value!r}, which is no {known[key].__name__}")
    config = TrainConfig(**(values | overrides))
    if not config.charset.startswith(BLANK) or len(set(config.charset)) < max(2, len(config.charset)):
        raise RecipeError("charset begins with a blank, has another character, and none twice")
    if unknown := sorted(set(config.charset) - set(PRINTABLE)):
        raise RecipeError(f"charset has {''.join(unknown)!r}, which the typeface lacks")
    if not 0 <= config.proof_sweeps <= MAX_PROOF_SWEEPS:
        raise RecipeError(f"proof_sweeps is {config.proof_sweeps}; it can be 0 to {MAX_PROOF_SWEEPS}")
    if not MIN_STRENGTH <= config.least_strength <= 1:
        raise RecipeError(f"least_strength is {config.least_strength:g}; it can be {MIN_STRENGTH:g} to 1")
    return config
