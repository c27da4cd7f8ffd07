"""How our programs end, for whoever starts them: systemd's units, Docker, a supervisor, a shell's script.

| code | what happened | start it again? |
| --- | --- | --- |
| 0 | done, or stopped as asked | no need |
| 1 | a command failed; or an error that nobody foresaw ended a program | yes |
| 2 | wrong usage, or settings, weights or ports that cannot be used | not before they are corrected |
| 3 | Discord refuses the token or the bot's intents | not before that is corrected |
| 4 | Discord or Redis cannot be reached, or Redis refuses the password | yes |
| 70 | a worker's job hung past its time, so it ended itself | yes |
| 71 | a worker's model stopped working (a lost graphics card), or it found no way back to one | yes |
| 130 | Ctrl-C or SIGTERM ended a command before it was done | as you like |

Redis' password is no reason to stop for good: it is often changed on the server and in the settings at two times.
"""

import signal
import sys
from typing import Final

DONE: Final = 0
FAILED: Final = 1
UNUSABLE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4
STOPPED: Final = 130

NEVER_AGAIN: Final = (UNUSABLE, REFUSED)
"""The codes after which starting again is of no use: RestartPreventExitStatus in deploy/systemd."""


def hold(code: int) -> int:
    """Wait for SIGTERM or SIGINT where starting again is of no use, then return the code.

    Docker starts every container again that ends, whatever its exit code; one that waits is unhealthy, which can be
    seen, and asks Discord for nothing.
    """
    if code in NEVER_AGAIN:
        stops = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)
        print("Starting again would not help, so I wait to be stopped.", file=sys.stderr, flush=True)  # noqa: T201
        signal.sigwait(stops)
    return code
