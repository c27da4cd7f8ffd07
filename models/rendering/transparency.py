"""Transparency: the paper that suits what is opaque, and what keeps it visible on a paper that does not.

What counts is the opaque side of the edges between what is opaque and what is not: where it is as light as the
paper, the shape cannot be seen, whatever is inside.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.palettes import PAPER, Background
from models.rendering.noise import ramp
from models.rendering.tone import luminance_of

GLANCE: Final = 128
"""So many pixels a side are enough to judge by."""
LIFT: Final = 0.4
"""How far opaque colours are drawn away from a paper on which they would not be seen."""
_HIDDEN, _VISIBLE = 0.05, 0.1
"""Ink of an edge, in shares of the picture's most, with which it is not seen and with which it is."""
_LEAST: Final = 0.12
"""Ink, as a difference of luminance to the paper, that the most is taken to be at least."""
_LITTLE, _MUCH = 0.08, 0.3
"""Share of the edges that may be hidden without any lift, and from which on all of it is needed."""
_PREFERENCE: Final = 0.1
"""Papers on which so nearly as much is hidden are equally good; then the mean colour decides."""
_OPAQUE: Final = 0.05
"""Alpha of what is to be seen."""


def glance_of(over: Image.Image) -> NDArray[np.uint8]:
    """A picture of mode RGBA, small, as (H, W, 4) sRGB bytes with alpha."""
    size = (min(over.width, GLANCE), min(over.height, GLANCE))
    return np.asarray(over.resize(size, Image.Resampling.BOX), np.uint8)


def paper_for(rgba: NDArray[np.uint8]) -> Background:
    """The paper on which what is visible of (H, W, 4) sRGB bytes with alpha stands out more.

    A dark logo gets light paper, a light one dark: the paper on which less of its edges is hidden. Where that is
    alike, the one whose luminance is farther from the mean of the pixels, each weighted by its alpha. Where nothing
    is visible, light.
    """
    alpha = rgba[..., 3].astype(np.float32)
    if not alpha.any():
        return "light"
    on_light, on_dark = (hidden_on(rgba, paper) for paper in ("light", "dark"))
    if abs(on_light - on_dark) > _PREFERENCE:
        return "light" if on_light < on_dark else "dark"
    seen = float(np.average(luminance_of(rgba[..., :3]), weights=alpha))
    light, dark = (abs(seen - _luminance(paper)) for paper in ("light", "dark"))
    return "light" if light >= dark else "dark"


def nearest_paper(rgba: NDArray[np.uint8]) -> Background:
    """The paper that is more like what is opaque of (H, W, 4) sRGB bytes: on that, a screenshot's rounded corners
    are not seen, whatever it is drawn on."""
    seen = float(np.average(luminance_of(rgba[..., :3]), weights=rgba[..., 3].astype(np.float32)))
    return "light" if seen > (_luminance("light") + _luminance("dark")) / 2 else "dark"


def hidden_on(rgba: NDArray[np.uint8], paper: Background) -> float:
    """The share of the edges of what is opaque that cannot be seen on a paper, 0 to 1; `rgba` as `glance_of`."""
    alpha = rgba[..., 3].astype(np.float32) / np.float32(255)
    padded = np.pad(alpha, 2, mode="edge")
    height, width = alpha.shape
    least = np.min([padded[y : y + height, x : x + width] for y in range(5) for x in range(5)], 0)
    edge = np.where(alpha > _OPAQUE, alpha - least, 0)
    total = float(edge.sum())
    if not total:
        return 0.0
    lighter = luminance_of(rgba[..., :3]) - np.float32(_luminance(paper))
    ink = lighter if paper == "dark" else -lighter
    share = ink / max(_LEAST, float(ink[alpha > _OPAQUE].max(initial=0.0)))
    unseen = np.clip((_VISIBLE - share) / (_VISIBLE - _HIDDEN), 0, 1)
    return float((edge * unseen).sum()) / total


def lift_for(rgba: NDArray[np.uint8], paper: Background) -> float:
    """How far opaque colours have to be drawn away from a paper to be seen on it, 0 to LIFT; as `hidden_on`."""
    return LIFT * ramp(hidden_on(rgba, paper), _LITTLE, _MUCH)


def on_paper(over: Image.Image, paper: Background, lift: float) -> Image.Image:
    """A picture of mode RGBA on its paper, as mode RGB; its colours go `lift` of the way to the other paper's."""
    if lift:
        other = Image.new("RGB", over.size, PAPER["dark" if paper == "light" else "light"])
        lifted = Image.blend(over.convert("RGB"), other, lift)
        lifted.putalpha(over.getchannel("A"))
        over = lifted
    under = Image.new("RGBA", over.size, (*PAPER[paper], 255))
    under.alpha_composite(over)
    return under.convert("RGB")


def _luminance(paper: Background) -> float:
    return float(luminance_of(np.array(PAPER[paper], np.uint8)))
