"""What a terminal shows, and an animation played in it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

Colours = Literal["full", "256", "16"]

_HIDE_CURSOR: Final = "\x1b[?25l"
_SHOW_CURSOR: Final = "\x1b[?25h"


def terminal_colours(environment: Mapping[str, str]) -> Colours | None:
    """How many colours the terminal shows; None: it shows none, or is to show none (no-color.org).

    Nearly all show 24 bits today and not all say so; hence only a TERM that says otherwise is believed.
    """
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term in ("", "dumb"):
        return None
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return "full"
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return "256"
    return "16" if term.startswith(("linux", "ansi", "vt")) else "full"


def play(
    frames: Sequence[str],
    durations_ms: Sequence[int],
    plays: int,
    write: Callable[[str], object],
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Write frames, of equally many lines, one over the other, each for its time; `plays` times, 0 for ever.

    Whatever ends it (Ctrl-C is how to end what runs for ever), the last frame stays and the cursor comes back.
    """
    back = f"\x1b[{frames[0].count(chr(10))}A\r"
    write(_HIDE_CURSOR)
    played, first = 0, True
    try:
        while plays == 0 or played < plays:
            for frame, milliseconds in zip(frames, durations_ms, strict=True):
                write(frame if first else back + frame)
                first = False
                sleep(milliseconds / 1000)
            played += 1
    finally:
        write(_SHOW_CURSOR)
