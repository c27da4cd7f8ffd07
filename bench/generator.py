"""Speed of the generator at 512×512 on one thread, beside the reference U-Net: `python -m bench.generator`.

The reference is the U-Net of Isola et al. 2017 as the article built it: eight levels of 4×4 stride-2
convolutions, 64 to 512 channels, 54.4 M parameters. Speed does not depend on what weights say, so it has random
ones. Both run in one process, in turns; the table gives medians and their ratio.
"""

import argparse
import itertools
import statistics
import time

import torch
from torch import Tensor, nn

from models.renderer import find_weights
from models.weights_file import load_weights

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


def milliseconds(networks: dict[str, tuple[nn.Module, Tensor]], rounds: int) -> dict[str, float]:
    """Median time of a forward pass for each, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    with torch.inference_mode():
        for turn in range(rounds + 2):
            for name, (network, tone) in networks.items():
                start = time.perf_counter()
                network(tone)
                if turn >= 2:  # the first rounds warm caches up
                    times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", nargs="+", default=["classic"])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    networks: dict[str, tuple[nn.Module, Tensor]] = {
        "reference U-Net": (ReferenceUNet().eval(), torch.rand(1, 3, 512, 512))
    }
    for name in arguments.weights:
        networks[name] = (load_weights(find_weights(name, None)).generator, torch.rand(1, 1, 512, 512))
    measured = milliseconds(networks, arguments.rounds)
    reference = measured["reference U-Net"]
    print(f"torch {torch.__version__}, one thread, 512×512, median of {arguments.rounds}\n")
    print("| network | parameters (M) | ms | times faster |\n| --- | --- | --- | --- |")
    for name, (network, _) in networks.items():
        size = sum(p.numel() for p in network.parameters()) / 1e6
        print(f"| {name} | {size:.1f} | {measured[name]:.0f} | {reference / measured[name]:.1f} |")


if __name__ == "__main__":
    main()
