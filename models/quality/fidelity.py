"""How well a page of print, seen from a distance, shows a tone.

Both are blurred by a Gaussian (the distance), and the structural similarity of Wang et al. 2004 is averaged over
the picture. `similarity` takes the print as it is; `fidelity` fits it to the tone by least squares first. So it
does not see how dark a page is, and is kept as one column of the evaluation.
"""

import math
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

C1, C2 = 0.01**2, 0.03**2
WINDOW: Final = 3.0
"""σ of the SSIM window, in px."""
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


def ssim_map(a: Tensor, b: Tensor, window: float) -> Tensor:
    """Structural similarity at each pixel of two (B, C, H, W) images of data range 1; window σ in px."""
    moments = blur(torch.cat((a, b, a * a, b * b, a * b), 1), window)
    mean_a, mean_b, square_a, square_b, product = moments.chunk(5, 1)
    variance = square_a - mean_a**2 + square_b - mean_b**2
    covariance = product - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return luminance * (2 * covariance + C2) / (variance + C2)


def affine_fit(print_: Tensor, tone: Tensor) -> Tensor:
    """a · print + b nearest to tone in least squares, a and b per picture; both (B, 1, H, W)."""
    mean_p, mean_t = print_.mean((1, 2, 3), keepdim=True), tone.mean((1, 2, 3), keepdim=True)
    centred = print_ - mean_p
    slope = (centred * (tone - mean_t)).mean((1, 2, 3), keepdim=True)
    slope = slope / (centred**2).mean((1, 2, 3), keepdim=True).clamp_min(1e-6)
    return slope * centred + mean_t


def fidelity(print_: Tensor, tone: Tensor, sigma: float = 4.0, window: float = WINDOW) -> Tensor:
    """Mean SSIM per picture, (B,), of print (ink coverage) against tone, both (B, 1, H, W) in [0, 1].

    `sigma` is the viewing blur in px (4 is half a cell's width), `window` the SSIM window's σ in px.
    """
    seen, wanted = blur(print_, sigma), blur(tone, sigma)
    return ssim_map(affine_fit(seen, wanted), wanted, window).mean((1, 2, 3))


def similarity(print_: Tensor, tone: Tensor, sigma: float) -> Tensor:
    """Mean SSIM per picture, (B,), as `fidelity`, but of the print as it is: no fit of its ink to the tone.

    `print_` is in units of full black: the ink of the densest glyph.
    """
    return ssim_map(blur(print_, sigma), blur(tone, sigma), WINDOW).mean((1, 2, 3))


def effective_glyphs(glyphs: Tensor) -> tuple[float, float]:
    """exp(entropy) of the glyph histogram over non-blank cells, and the largest glyph's share in [0, 1].

    `glyphs` is an integer tensor of any shape; (0, 0) when every cell is blank.
    """
    counts = torch.bincount(glyphs[glyphs != 0].flatten().cpu()).double()
    counts = counts[counts > 0]
    if not len(counts):
        return 0.0, 0.0
    shares = counts / counts.sum()
    return float(torch.exp(-(shares * shares.log()).sum())), float(shares.max())
