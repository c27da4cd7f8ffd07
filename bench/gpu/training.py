"""A short training on synthetic photos with labels: steps a second, and whether the loss falls."""

import hashlib
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from models.rendering.still import decode
from models.training.config import read_config
from models.training.data import Photos
from models.training.labels import MAX_SIDE, SIDE, label_path
from models.training.trainer import Trainer

PHOTOS = 64
WARM = 5
STEPS = 400


def training(device: str, small: bool, until: float) -> None:
    """The shipped config of `classic` from nothing, for as long as there is time."""
    config = read_config("classic", {"batch": 2, "columns": 16, "rows": 8} if small else {})
    with tempfile.TemporaryDirectory(prefix="glyphcord-bench-") as folder:
        photos = _photos(Path(folder), 8 if small else PHOTOS)
        trainer = Trainer(config, photos, device)
        losses: list[float] = []
        start = time.monotonic()
        for step in range(WARM + (3 if small else STEPS)):
            if step == WARM:
                start = time.monotonic()
            elif step > WARM and time.monotonic() > until:
                break
            losses.append(trainer.train_step()["reconstruction"])
        took = time.monotonic() - start
    steps = len(losses) - WARM
    tenth = max(1, steps // 10)
    peak = f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GB" if device == "cuda" else "–"
    print("| pages a step | cells | steps | steps a second | pages a second | loss, first to last tenth | memory |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    first, last = np.mean(losses[:tenth]), np.mean(losses[-tenth:])
    told = f"{steps} | {steps / took:.1f} | {steps * config.batch / took:.0f} | {first:.3f} → {last:.3f} | {peak}"
    print(f"| {config.batch} | {config.columns}×{config.rows} | {told} |")


def _photos(folder: Path, count: int) -> Photos:
    """Discs before clouds, and where the disc is."""
    rng, labels = np.random.default_rng(0), folder / "labels"
    labels.mkdir()
    y, x = np.mgrid[:384, :512]
    for number in range(count):
        noise = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).resize((512, 384))
        pixels = np.array(noise.filter(ImageFilter.GaussianBlur(3)))
        inside = (x - rng.integers(150, 360)) ** 2 + (y - rng.integers(120, 260)) ** 2 < rng.integers(60, 130) ** 2
        pixels[inside] = pixels[inside] // 2 + rng.integers(0, 127, 3).astype(np.uint8)
        path = folder / f"{number:03}.png"
        Image.fromarray(pixels).save(path)
        digest = hashlib.sha256(decode(path.read_bytes(), MAX_SIDE).tobytes()).digest()
        Image.fromarray((255 * inside).astype(np.uint8)).resize((SIDE, SIDE)).save(label_path(labels, digest))
    return Photos(folder, subjects=labels)
