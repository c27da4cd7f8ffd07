"""What the C library keeps of memory that was freed. Of use with glibc; elsewhere these do nothing."""

import ctypes
import sys
from contextlib import suppress
from typing import Final

_ARENA_MAX: Final = -8
"""mallopt's name for the most arenas that there may be."""


def one_arena() -> None:
    """Let all threads take memory from one place, before there are any: else each keeps some of its own for good.

    Those that compute take turns in Python anyway.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what is free to the system. Who draws next takes it anew, which costs some milliseconds."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
