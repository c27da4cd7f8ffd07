"""What a process knows is its own: its environment and memory are closed to others of the same user."""

import ctypes
import sys
from typing import Final

_SET_DUMPABLE: Final = 4


def make_undumpable() -> None:
    """Close `/proc/<pid>` of this process (environ, mem, fd) to all but root, and leave no core when it crashes.

    On Linux; what it starts is as open as before. Settings come in the environment, which nothing can erase there.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
