"""Equal luminance: colours that differ in hue alone differ in tone, where luminance shows nothing.

Red letters on a green of the same luminance are one grey. A picture like that has its structure in two opponents of
colour; their principal axis, the direction in which they differ most, is added to its tone. So it is where this is
true of a coloured part of a page: black, white and grey have none of either opponent, and stay as they are.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.rendering.noise import ramp

_SIDE: Final = 96
"""px a side at which colours are compared: noise of single pixels is no structure there."""
_PLAIN, _COLOURFUL = 0.1, 0.2
"""Range along the axis up to which nothing is shown by colour, and from which on something is."""
_TOLD, _UNTOLD = 0.7, 0.35
"""Range of luminance, in shares of the colours', from which on it tells the picture, and up to which it says
nothing."""
_FINE: Final = 192
"""px of the longer side at which neighbours are compared."""
_APART: Final = 3
"""px between two neighbours: an edge's own mixed colours lie in between."""
_COLOURED, _UNLIKE = 0.08, 0.15
"""Distance from grey of what has a colour, and of two colours that are to be told apart."""
_LOST: Final = 0.2
"""Difference of luminance, in shares of the colours', up to which it does not tell two neighbours apart."""
_RARE, _OFTEN = 0.003, 0.006
"""Edges between colours, in shares of all, up to which there is no such part and from which on there is."""
_MIXED, _ALIKE = 0.55, 0.75
"""Share of those edges that luminance loses: up to the one it is a picture's chance (of 772 photos, drawings and
screenshots three drawings have more), from the other on it is how it was made."""
_CONTRAST: Final = 0.4
"""Difference of tone that two such colours get at least, as far as _MOST_GAIN allows."""
_MOST_GAIN: Final = 2.0
# Rec. 601: blue and red less luminance, each from -0.5 to 0.5; neither changes with luminance.
_OPPONENTS: Final = np.array([[-0.168736, 0.5], [-0.331264, -0.418688], [0.5, -0.081312]], np.float32)
LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601's weights of R, G and B."""

Values = NDArray[np.float32]


def colour_weights(rgb: NDArray[np.uint8]) -> Values | None:
    """What R, G and B in [0, 1] add to the tone of (H, W, 3) sRGB bytes, (3,); None where luminance says enough."""
    found = _in_all(rgb)
    return _in_parts(rgb) if found is None else found


def _in_all(rgb: NDArray[np.uint8]) -> Values | None:
    """Where the luminance of the whole picture says too little: the rarer colour is made the darker one."""
    height, width = rgb.shape[:2]
    size = (min(width, _SIDE), min(height, _SIDE))
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), np.float32).reshape(-1, 3) / 255
    opponents = small @ _OPPONENTS
    centred = opponents - opponents.mean(0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    along = centred @ axis
    luminance = small @ LUMINANCE
    low, high = np.quantile(along, (0.01, 0.99))
    dark, light = np.quantile(luminance, (0.02, 0.98))
    if np.ptp(along) > 2 * (high - low):  # a small subject
        low, high, dark, light = along.min(), along.max(), luminance.min(), luminance.max()
    span = float(high - low)
    strength = ramp(span, _PLAIN, _COLOURFUL) * ramp(float(light - dark) / max(span, 1e-6), _TOLD, _UNTOLD)
    if not strength:
        return None
    turned = -1.0 if (along > (low + high) / 2).mean() > 0.5 else 1.0
    return np.asarray(_OPPONENTS @ axis * turned * strength, np.float32)


def _in_parts(rgb: NDArray[np.uint8]) -> Values | None:
    """Where the luminance of most neighbours of unlike colours is alike, whatever else is in the picture."""
    height, width = rgb.shape[:2]
    scale = min(1.0, _FINE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), np.float32) / np.float32(255)
    opponents, luminance = (np.asarray(small @ weights, np.float32) for weights in (_OPPONENTS, LUMINANCE))
    coloured = np.hypot(opponents[..., 0], opponents[..., 1]) > _COLOURED
    one, other, lighter = list[Values](), list[Values](), list[Values]()
    for ahead, behind in ((np.s_[_APART:], np.s_[:-_APART]), (np.s_[:, _APART:], np.s_[:, :-_APART])):
        both = coloured[ahead] & coloured[behind]
        one.append(opponents[ahead][both])
        other.append(opponents[behind][both])
        lighter.append(np.abs(luminance[ahead] - luminance[behind])[both])
    ends = np.stack([np.concatenate(one), np.concatenate(other)])
    differences = ends[0] - ends[1]
    distances = np.hypot(differences[:, 0], differences[:, 1])
    edges = distances > _UNLIKE
    lost = edges & (np.concatenate(lighter) < _LOST * distances)
    often = ramp(float(edges.sum()) / luminance.size, _RARE, _OFTEN)
    strength = often * ramp(float(lost.sum()) / max(1, int(edges.sum())), _MIXED, _ALIKE)
    if not strength:
        return None
    axis = np.linalg.eigh(differences[lost].T @ differences[lost])[1][:, -1]
    sides = np.sort(ends[:, lost] @ axis, axis=0)
    low, high = (float(side) for side in np.median(sides, axis=1))
    # The rarer colour goes towards the page, lighter or darker: beyond the other one, levels might cut it off.
    rare_is_high = (opponents[coloured] @ axis > (low + high) / 2).mean() <= 0.5
    light_page = float(luminance[~coloured].sum()) > (~coloured).sum() / 2
    turned = -1.0 if rare_is_high == light_page else 1.0
    gain = min(_MOST_GAIN, max(1.0, _CONTRAST / max(high - low, 1e-6)))
    return np.asarray(_OPPONENTS @ axis * turned * gain * strength, np.float32)
