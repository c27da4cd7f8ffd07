"""A training recipe: every number of a run, read from a small TOML file and kept in the checkpoint."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from models.limits import MAX_PROOF_SWEEPS, MAX_VARIETY

RECIPES: Final = Path(__file__).with_name("recipes")


class RecipeError(ValueError):
    """A recipe that cannot be read; `str()` says what to mend."""


@dataclass(frozen=True)
class TrainConfig:
    """The numbers of a run. Pages are `columns` × `rows` cells; steps count optimiser steps."""

    style: str = "classic"
    size: str = "base"
    steps: int = 1200
    batch: int = 8
    columns: int = 48
    rows: int = 24
    learning_rate: float = 1e-3
    warm_steps: int = 200
    warm_sweeps: int = 6
    sweeps: int = 2
    temperature: float = 0.7
    expected_weight: float = 0.3
    variety: float = 1.0
    choice_variety: float = 0.8
    proof_sweeps: int = 0
    adversarial_from: int = 1150
    adversarial_weight: float = 0.02
    ema: float = 0.998
    seed: int = 0


def read_recipe(name: str, overrides: dict[str, Any]) -> TrainConfig:
    """The shipped recipe of that name, or a TOML file by its path, with some numbers overridden.

    Raises RecipeError for a file that is not there, is no TOML, or names what no run has.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise RecipeError(f"there is no recipe {name}; choose {shipped}, or give a .toml file")
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
    for key, price in (("variety", config.variety), ("choice_variety", config.choice_variety)):
        if not 0 <= price <= MAX_VARIETY:
            raise RecipeError(
                f"{key} is {price:g}; it is a price for each factor of e in a glyph's share, 0 to {MAX_VARIETY:g}"
            )
    if not 0 <= config.proof_sweeps <= MAX_PROOF_SWEEPS:
        raise RecipeError(f"proof_sweeps is {config.proof_sweeps}; it can be 0 to {MAX_PROOF_SWEEPS}")
    return config
