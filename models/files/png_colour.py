"""What a PNG says of its colours, other than by a profile, as an ICC profile: gamma and primaries, or video codes.

One written here has as much as LittleCMS needs: curves, primaries relative to D50, and the white point
(ICC.1:2022, sections 7 to 10).
"""

import struct
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.oklab import light_of

Matrix = NDArray[np.float64]
Chromaticities = tuple[float, ...]
"""x and y of white, red, green and blue."""

SRGB: Final[Chromaticities] = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
# By their numbers in ITU-T H.273, which PNG's cICP uses.
_PRIMARIES: Final[dict[int, Chromaticities]] = {
    1: SRGB,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_CURVE, _PQ_CURVE, _HLG_CURVE = 13, 16, 18
_USUAL_GAMMA: Final = 45_455
"""What gAMA says in files of sRGB: 1/2.2."""
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SAMPLES: Final = np.linspace(0, 1, 4096)


def from_gamma(gamma: int, chromaticities: tuple[int, ...] | None) -> bytes:
    """The profile for gAMA's number and cHRM's eight, or sRGB's, in 100,000ths.

    Empty for what makes no sense, and for the gamma that files of sRGB give.
    """
    points = SRGB if chromaticities is None else tuple(value / 100_000 for value in chromaticities)
    if gamma <= 0 or (abs(gamma - _USUAL_GAMMA) < _USUAL_GAMMA / 100 and points == SRGB):
        return b""
    return _profile(_samples(lambda signal: signal ** (100_000 / gamma)), points)


def from_codes(primaries: int, transfer: int) -> bytes | None:
    """The profile for cICP's first two numbers, empty for sRGB; None for numbers that PNGs do not use."""
    curve, points = _TRANSFERS.get(transfer), _PRIMARIES.get(primaries)
    if curve is None or points is None:
        return None
    if transfer == _SRGB_CURVE and points == SRGB:
        return b""
    return _profile(_samples(curve), points)


def pq_light(signal: Matrix) -> Matrix:
    """SMPTE ST 2084, in cd/m²."""
    root = signal ** (32 / 2523)
    return 10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305)


def hlg_light(signal: Matrix) -> Matrix:
    """ITU-R BT.2100's hybrid log-gamma: light of the scene, in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _hlg(signal: Matrix) -> Matrix:
    """The same in cd/m² on a screen of its usual 1000."""
    return 1000 * hlg_light(signal) ** 1.2


def _shown(nits: Matrix) -> Matrix:
    """Light as parts of paper white, what is brighter brought into range: fitted to what Chromium shows."""
    paper = nits / 203
    return 0.56 * paper / (1 + 0.29 * paper)


_TRANSFERS: Final[dict[int, Callable[[Matrix], Matrix]]] = {
    # Of video, as screens show it (BT.1886).
    **dict.fromkeys((1, 6, 14, 15), lambda signal: signal**2.4),
    4: lambda signal: signal**2.2,
    5: lambda signal: signal**2.8,
    8: lambda signal: signal,
    _SRGB_CURVE: light_of,
    _PQ_CURVE: lambda signal: _shown(pq_light(signal)),
    _HLG_CURVE: lambda signal: _shown(_hlg(signal)),
}


def _samples(curve: Callable[[Matrix], Matrix]) -> bytes:
    """A curve as ICC's type `curv`."""
    values = np.rint(curve(_SAMPLES).clip(0, 1) * 65535).astype(">u2")
    return struct.pack(">4sII", b"curv", 0, len(values)) + bytes(values.tobytes())


def _profile(curve: bytes, points: Chromaticities) -> bytes:
    try:
        columns = _primaries(points)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return b""
    if not np.isfinite(columns).all() or np.abs(columns).max() > 2:
        return b""
    tags = {b"wtpt": _xyz(_D50)}
    for index, channel in enumerate((b"r", b"g", b"b")):
        tags[channel + b"XYZ"] = _xyz(columns[:, index])
        tags[channel + b"TRC"] = curve
    table, contents = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(contents), len(value))
        contents += value + bytes(-len(value) % 4)
    body = struct.pack(">I", len(tags)) + table + contents
    head = struct.pack(
        ">I4sI4s4s4s12s4sIIIIII3I",
        128 + len(body),
        b"",
        0x04200000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        b"",
        b"acsp",
        *(0,) * 6,
        *(round(value * 65536) for value in _D50),
    )
    return head.ljust(128, b"\0") + body


def _xyz(values: Matrix) -> bytes:
    return b"XYZ " + bytes(4) + np.rint(values * 65536).astype(">i4").tobytes()


def _primaries(points: Chromaticities) -> Matrix:
    """The columns XYZ of red, green and blue at full, as seen under D50."""
    white, *colours = (
        np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(points[::2], points[1::2], strict=True)
    )
    matrix = np.stack(colours, 1)
    matrix = matrix * np.linalg.solve(matrix, white)
    adapt = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    seen: Matrix = np.linalg.inv(_BRADFORD) @ adapt @ _BRADFORD @ matrix
    return seen
