"""How much still parts of an animation flicker, with and without temporal smoothing, and what a frame costs.

`python -m bench.animation`. Four clips are made from two of the sample photos: a disc that crosses a picture with a
camera's noise, the same as a GIF with dithered colours, light that fades, and a camera that pans (where little is
still and smoothing must do no harm). Flicker is `models.rendering.temporal_smoothing.flicker`; fidelity is
`models.similarity` at σ = 4, averaged over the frames. The milliseconds are of tone → characters, one thread,
one frame at a time and batched.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.encoders.gif import animated_gif
from models.encoders.png import paint
from models.page import Grid, Page, pages_of
from models.rendering.frames import decode_frames
from models.rendering.renderer import BATCH, Renderer
from models.rendering.temporal_smoothing import flicker
from models.rendering.tone import fit, joint_tones
from models.similarity import fidelity
from models.weights_file import find_weights

SAMPLES = Path(__file__).parent.parent / "docs" / "samples"
COLUMNS = 64
Clip = NDArray[np.uint8]


def photo(name: str, width: int) -> NDArray[np.float32]:
    """A sample photo, (H, W, 3), scaled to a width."""
    with Image.open(SAMPLES / name) as image:
        return np.asarray(image.convert("RGB").resize((width, width * image.height // image.width)), np.float32)


def noisy(frames: list[NDArray[np.float32]]) -> Clip:
    """With the noise of a quiet camera (σ 2 of 255)."""
    rng = np.random.default_rng(0)
    return np.stack([np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8) for frame in frames])


def disc(count: int) -> Clip:
    base, frames = photo("panda.jpg", 512), []
    y, x = np.mgrid[: base.shape[0], : base.shape[1]]
    for index in range(count):
        inside = (x - 80 - index * 350 / count) ** 2 + (y - base.shape[0] / 2) ** 2 < 50**2
        frames.append(np.where(inside[..., None], np.array((30, 30, 200), np.float32), base))
    return noisy(frames)


def dithered(count: int) -> Clip:
    images = [Image.fromarray(frame).quantize(32) for frame in disc(count)]
    stream = io.BytesIO()
    images[0].save(stream, "GIF", save_all=True, append_images=images[1:], duration=50, loop=0)
    return decode_frames(stream.getvalue(), COLUMNS).pixels


def fade(count: int) -> Clip:
    base = photo("panda.jpg", 512)
    return noisy([base * np.float32(1 - 0.5 * index / count) for index in range(count)])


def pan(count: int) -> Clip:
    base = photo("koala.jpg", 700)
    return noisy([base[40:424, 8 * index : 8 * index + 512] for index in range(count)])


CLIPS: dict[str, Callable[[int], Clip]] = {
    "a disc crosses": disc,
    "the same, dithered": dithered,
    "light fades": fade,
    "camera pans": pan,
}


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Median time of a call, after one that warms up."""
    times = []
    for turn in range(rounds + 1):
        start = time.perf_counter()
        work()
        if turn:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def gif_of(pages: list[Page]) -> bytes:
    """As the bot sends it."""
    gif = animated_gif(pages, [50] * len(pages), 0)
    return gif.data if gif else b""


def webp_of(pages: list[Page]) -> bytes:
    """The alternative."""
    first, *others = (paint(page) for page in pages)
    stream = io.BytesIO()
    first.save(stream, "WEBP", save_all=True, append_images=others, duration=50, loop=0, lossless=True, quality=50)
    return stream.getvalue()


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default="classic")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    renderer = Renderer(find_weights(arguments.weights, None))

    def measure(tones: NDArray[np.float32], grids: list[Grid]) -> tuple[float, float, float]:
        rows = grids[0].rows
        fitted = np.stack([fit(tone, COLUMNS, rows) for tone in tones])
        glyphs = np.stack([grid.glyphs for grid in grids])
        print_ = torch.from_numpy(np.stack([grid.coverage() for grid in grids]))[:, None]
        shown = float(fidelity(print_, torch.from_numpy(fitted)[:, None]).mean())
        return flicker(fitted, glyphs), 100 * float((glyphs[1:] != glyphs[:-1]).mean()), shown

    clips = {name: make(arguments.frames) for name, make in CLIPS.items()}
    print(f"{arguments.weights}, {COLUMNS} columns, {arguments.frames} frames; each frame by itself / smoothed\n")
    print("| clip | flicker, % | cells changed, % | fidelity | GIF, kB a frame |")
    print("| --- | --- | --- | --- | --- |")
    for name, clip in clips.items():
        tones = joint_tones(clip)
        cells = []
        for smooth in (False, True):
            grids = renderer.grids(tones, COLUMNS, smooth=smooth)
            size = len(gif_of(pages_of(grids, clip, "blue", "light"))) / len(clip) / 1024
            cells.append((*measure(tones, grids), size))
        both = [f"{a:.{d}f} / {b:.{d}f}" for a, b, d in zip(*cells, (2, 1, 3, 1), strict=True)]
        print(f"| {name} | {' | '.join(both)} |")

    clip = clips["a disc crosses"]
    tones = joint_tones(clip)
    grids = renderer.grids(tones, COLUMNS)
    pages = pages_of(grids, clip, "blue", "light")
    work: dict[str, Callable[[], object]] = {
        "tone": lambda: joint_tones(clip),
        "generator, one frame at a time": lambda: renderer.grids(tones, COLUMNS, batch=1),
        f"generator, {BATCH} at a time": lambda: renderer.grids(tones, COLUMNS, batch=BATCH),
        "paint and encode": lambda: gif_of(pages),
    }
    print(
        f"\n{COLUMNS}×{grids[0].rows} cells, median of {arguments.rounds}\n\n| stage | ms a frame |\n| --- | --- |"
    )
    for name, call in work.items():
        print(f"| {name} | {1000 * seconds(call, arguments.rounds) / len(clip):.1f} |")

    clip = clips["camera pans"]
    pages = pages_of(renderer.grids(joint_tones(clip), COLUMNS), clip, "blue", "light")
    print("\nThe pan's pages as a file\n\n| encoding | kB a frame | ms a frame |\n| --- | --- | --- |")
    for name, encode in (("GIF", gif_of), ("lossless WebP", webp_of)):
        size, took = len(encode(pages)), seconds(partial(encode, pages), arguments.rounds)
        print(f"| {name} | {size / len(pages) / 1024:.1f} | {1000 * took / len(pages):.1f} |")


if __name__ == "__main__":
    main()
