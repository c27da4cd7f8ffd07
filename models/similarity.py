"""How well a page of print, seen from a distance, shows a tone.

Both are blurred by a Gaussian (the distance), and the structural similarity of Wang et al. 2004 is averaged over
the picture. `similarity` takes the print as it is; `fidelity` fits it to the tone by least squares first. So it
does not see how dark a page is, and is kept as one column of the evaluation.
"""

from typing import Final

import torch
from torch import Tensor

from models.blur import blur

C1, C2 = 0.01**2, 0.03**2
WINDOW: Final = 3.0
"""σ of the SSIM window, in px."""


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
