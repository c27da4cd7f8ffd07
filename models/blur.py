"""A picture seen from a distance: blurred by a Gaussian, edges replicated; and how it slopes there."""

import math
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

BAND: Final = 16
"""Lines of a blurred picture that one product of matrices makes, from those up to the kernel's reach around them:
on a processor several times as quick as a convolution, or as one product with the whole side's matrix."""


@lru_cache(maxsize=32)
def _kernel(sigma: float) -> Tensor:
    reach = max(1, math.ceil(3.5 * sigma))
    # Kept for later calls, which may need gradients: a tensor made in inference mode could not give them.
    with torch.inference_mode(False):
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
        kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
        return kernel / kernel.sum()


@lru_cache(maxsize=128)
def _bands(sigma: float, side: int, device: torch.device) -> Tensor:
    """The blur of a line of `side` px, edges replicated, as bands of its matrix, (bands, BAND, BAND + 2 · reach).

    Band i makes BAND px from i · BAND on; beyond the line it is 0.
    """
    kernel = _kernel(sigma)
    reach, count = len(kernel) // 2, -(-side // BAND)
    with torch.inference_mode(False):
        bands, places = torch.zeros(count, BAND, BAND + 2 * reach), torch.arange(side)
        for offset, weight in enumerate(kernel, -reach):
            seen = (places + offset).clamp(0, side - 1)
            band = places // BAND
            bands.index_put_((band, places % BAND, seen - band * BAND + reach), weight, accumulate=True)
        return bands.to(device)


def blur(image: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, C, H, W) by `sigma` px, edges replicated."""
    if sigma <= 0 or not image.numel():
        return image
    height, width = image.shape[2:]
    down, across = (_bands(sigma, side, image.device).to(image.dtype) for side in (height, width))
    reach = (across.shape[2] - BAND) // 2
    # Overlapping views of the padded lines, so that nothing is copied for the products. First along the lines, ...
    rows = F.pad(image.flatten(0, 2), (reach, reach + len(across) * BAND - width))
    step = rows.shape[1]
    views = rows.as_strided((len(across), len(rows), BAND + 2 * reach), (BAND, step, 1))
    lines = torch.bmm(views, across.mT).transpose(0, 1).reshape(-1, height, len(across) * BAND)[..., :width]
    # ... then from line to line, a picture at a time: together they would have to be copied.
    columns = F.pad(lines, (0, 0, reach, reach + len(down) * BAND - height))
    shape, strides = (len(down), BAND + 2 * reach, width), (BAND * width, width, 1)
    pictures = [torch.bmm(down, one.as_strided(shape, strides, one.storage_offset())) for one in columns]
    together = torch.stack(pictures) if len(pictures) > 1 else pictures[0][None]
    return together.flatten(1, 2)[:, :height].view(image.shape)


def slopes(tone: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """How much (B, 1, H, W), blurred by `sigma` px, rises a pixel to the right and downwards, both in its shape."""
    seen = F.pad(blur(tone, sigma), (1, 1, 1, 1), mode="replicate")
    return (seen[..., 1:-1, 2:] - seen[..., 1:-1, :-2]) / 2, (seen[..., 2:, 1:-1] - seen[..., :-2, 1:-1]) / 2
