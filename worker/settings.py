"""What a worker reads from the environment and `.env`, beyond what it shares with the bot."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from jobs.settings import SharedSettings


class WorkerSettings(SharedSettings):
    """`model_weights` is the default model while the registry names none; files are looked for in `weights_dir`
    and then in the package."""

    model_weights: str = "classic"
    weights_dir: Path | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    warm_models: int = Field(default=3, ge=1, description="models kept in memory: the default and recent styles")
    torch_threads: int | None = Field(default=None, ge=1, description="threads of one worker on the CPU")
