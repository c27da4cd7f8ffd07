"""What a user can ask for, as the bot offers it: palettes and limits, from the library's torch-free leaves."""

from models.limits import MAX_BYTES
from models.palettes import DEFAULT_PALETTE, PALETTES

__all__ = ["DEFAULT_PALETTE", "MAX_BYTES", "PALETTES"]
