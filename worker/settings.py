"""What a worker reads from the environment and `.env`, beyond what it shares with the bot."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jobs.settings import SharedSettings
from models.options import MODEL_NAME


def _model(name: str) -> str:
    if not re.fullmatch(MODEL_NAME, name):
        raise ValueError(
            "it must be a model's name, such as classic: letters, digits, - and _; its file NAME.safetensors is "
            "looked for in WEIGHTS_DIR"
        )
    return name


def _folder(path: Path) -> Path:
    try:
        there, is_file = path.is_dir(), path.is_file()
    except PermissionError:  # a folder above it
        there = is_file = False
    if not there:
        unseen = "there is no such folder that this program's user may look into; systemd's units see no /home"
        raise ValueError("that is a file, not a folder" if is_file else unseen)
    if not os.access(path, os.R_OK | os.X_OK):
        raise ValueError("this program's user may not look into it")
    return path


class WorkerSettings(SharedSettings):
    """`model_weights` is the default model while the registry names none; files are looked for in `weights_dir`
    and then in the package."""

    model_weights: Annotated[str, AfterValidator(_model)] = Field(
        default="classic",
        description="The first default model, by its file's name. Once the service runs, `/model default` decides.",
    )
    weights_dir: Annotated[Path, AfterValidator(_folder)] | None = Field(
        default=None, description="A folder of your own weights files, looked into before the shipped ones."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="What draws; `auto` takes a graphics card where there is one."
    )
    warm_models: int = Field(
        default=3, ge=1, description="Models that a worker keeps in memory: the default, and the styles used last."
    )
    torch_threads: int | None = Field(
        default=None,
        ge=1,
        description="CPU threads of one worker; by default all cores, and with `--count` a fair share.",
    )
