"""Speed of the generator at 512×512 on one thread, beside the reference U-Net: `python -m bench.generator`.

The reference is the U-Net of Isola et al. 2017 as the article built it: eight levels of 4×4 stride-2
convolutions, 64 to 512 channels, 54.4 M parameters. Speed does not depend on what weights say, so it has random
ones. All run in one process, in turns; the table gives medians and their ratio. Behind the network alone, with its
subject branch and a focus, stands what a picture takes in all: characters chosen, and the page refined where its
weights ask for it.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.rendering.renderer import Renderer
from models.weights_file import chosen_weights, load_weights

WIDTHS = (64, 128, 256, 512, 512, 512, 512, 512)


class ReferenceUNet(nn.Module):
    """The classic pix2pix generator, three channels in and out."""

    def __init__(self) -> None:
        super().__init__()
        inner = (3, *WIDTHS)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in itertools.pairwise(inner))
        self.down_norms = nn.ModuleList(nn.BatchNorm2d(width) for width in WIDTHS)
        outward = list(reversed(WIDTHS[:-1]))
        inputs = [WIDTHS[-1], *(2 * width for width in outward[:-1])]
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in zip(inputs, outward, strict=True))
        self.up_norms = nn.ModuleList(nn.BatchNorm2d(width) for width in outward)
        self.last = nn.ConvTranspose2d(2 * WIDTHS[0], 3, 4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 3, H, W), H and W multiples of 256."""
        skips = []
        for convolution, norm in zip(self.down, self.down_norms, strict=True):
            x = nn.functional.leaky_relu(norm(convolution(x)), 0.2)
            skips.append(x)
        for convolution, norm, skip in zip(self.up, self.up_norms, reversed(skips[:-1]), strict=True):
            x = torch.cat((torch.relu(norm(convolution(x))), skip), 1)
        return torch.tanh(self.last(x))


def milliseconds(
    works: dict[str, Callable[[], object]], rounds: int, settle: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Median time of each, taken in turns; `settle` waits for a device that works on by itself."""
    times: dict[str, list[float]] = {name: [] for name in works}
    with torch.inference_mode():
        for turn in range(rounds + 2):
            for name, work in works.items():
                start = time.perf_counter()
                work()
                settle()
                if turn >= 2:  # the first rounds warm caches up
                    times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def page_tone(width: int, height: int) -> NDArray[np.float32]:
    """Slopes with noise, (height, width) in [0, 1]: a page on which there is something to decide."""
    slopes = np.linspace(0, 1, height)[:, None] * np.linspace(1, 0.2, width)
    noise = np.random.default_rng(0).random((height, width), np.float32)
    return (0.8 * slopes + 0.2 * noise).astype(np.float32)


def count(network: nn.Module) -> float:
    """Millions of parameters."""
    return sum(p.numel() for p in network.parameters()) / 1e6


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", nargs="+", default=["classic"], help="names as classic, or .safetensors files")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tone = page_tone(512, 512)
    page, focus, colours = torch.from_numpy(tone)[None, None], torch.full((1,), 0.5), torch.rand(1, 3, 512, 512)
    reference_network = ReferenceUNet().eval()
    works: dict[str, Callable[[], object]] = {"reference U-Net": partial(reference_network, colours)}
    parameters = {"reference U-Net": count(reference_network)}
    for chosen in arguments.weights:
        weights = load_weights(chosen_weights(chosen))
        name = weights.name
        works[name] = partial(weights.generator, page, focus)
        works[f"{name}, all of a page"] = partial(Renderer(weights).grid, tone, 64)
        parameters[name] = parameters[f"{name}, all of a page"] = count(weights.generator)
    measured = milliseconds(works, arguments.rounds)
    reference = measured["reference U-Net"]
    print(f"torch {torch.__version__}, one thread, 512×512, median of {arguments.rounds}\n")
    print("| network | parameters (M) | ms | times faster |\n| --- | --- | --- | --- |")
    for name, ms in measured.items():
        print(f"| {name} | {parameters[name]:.1f} | {ms:.0f} | {reference / ms:.1f} |")


if __name__ == "__main__":
    main()
