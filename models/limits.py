"""How large, how many: every limit a user can meet, declared once for library, bot and worker."""

from typing import Final

MAX_BYTES: Final = 20 * 2**20
"""Largest picture's file taken, in bytes."""

MAX_VIDEO_BYTES: Final = 50 * 2**20
"""Largest video's file taken, in bytes: 20 s at 20 Mbit/s, as much as a phone writes for 1080p. Discord takes 10 MB
from everybody, and 50 MB from some."""

MAX_PIXELS: Final = 40_000_000
"""Most pixels (width × height) of one picture; decoding costs at most 16 bytes a pixel (WebP), usually 6."""

MAX_PIXELS_JPEG: Final = 120_000_000
"""The same for JPEG, which can be decoded at an eighth of its size (draft mode)."""

MAX_JPEG_SCANS: Final = 100
"""A progressive JPEG has about 10 scans; thousands of them in a small file keep a decoder busy for minutes."""

MIN_SIDE: Final = 8
"""Shortest side taken, in pixels: half a cell's height."""

MAX_RATIO: Final = 16
"""Longest side over shortest side."""

MIN_COLUMNS: Final = 20
MAX_COLUMNS: Final = 200
ANIMATION_COLUMNS: Final = 64
"""Most columns of what moves, if nobody says how many; they follow its shape, as a still picture's do
(formats.animation_columns, formats.picture_columns)."""
MAX_CELLS: Final = 20_000
"""Most cells (columns × rows) of one picture, whatever its aspect."""

MAX_PROOF_SWEEPS: Final = 8
"""Most sweeps over a finished page (models.baselines.local_search) that a weights file may ask for: each takes its
time."""

MIN_STRENGTH: Final = 0.3
"""Least that a weights file may ask for as the ink's strength where a picture is lightest."""

MAX_WEIGHTS_BYTES: Final = 16 * 2**20
"""Largest weights file, in bytes."""

MAX_FRAMES: Final = 150
"""Most frames of an animation; the first ones are drawn."""

MAX_SECONDS: Final = 20
"""Frames of an animation that would start later are left out."""

MAX_DECODED_PIXELS: Final = 100_000_000
"""Most pixels (width × height × frames) of an animation that are unpacked."""

MAX_ANIMATION_CELLS: Final = 200_000
"""Most cells (columns × rows × frames) of an animation: about 8 s of a processor core."""
