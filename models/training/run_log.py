"""The run log: `log.jsonl`, a sample sheet per save, and TensorBoard where it is installed."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

LOG: Final = "log.jsonl"


class RunLog:
    """Writes under `folder`; a resumed run appends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._board: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (an optional package)

            self._board = SummaryWriter(str(folder / "board"))
        except ImportError:
            pass

    def write(self, step: int, scalars: dict[str, float], tone: Tensor, page: Tensor) -> None:
        """One line, and one sheet: tone above, print below, a column per picture; both (B, 1, H, W)."""
        line = {"step": step, **{name: round(value, 4) for name, value in scalars.items()}}
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        sheet = 1 - torch.cat([torch.cat([t[0], p[0]], 0) for t, p in zip(tone, page, strict=True)], 1)
        samples = self._folder / "samples"
        samples.mkdir(exist_ok=True)
        pixels = np.rint(sheet.cpu().float().numpy() * 255).astype(np.uint8)
        Image.fromarray(pixels).save(samples / f"{step:06d}.png")
        if self._board is not None:
            for name, value in scalars.items():
                self._board.add_scalar(name, value, step)
            self._board.add_image("samples", sheet[None], step)
            self._board.flush()
