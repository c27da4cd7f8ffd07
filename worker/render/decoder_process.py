"""The decoding process: it shuts itself in, then answers questions over its pipes (worker.render.decoder).

Nothing but Python's library is imported before that, lest a library starts threads that stay outside.
"""

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import Final

import glyphcord.nearest
import models
import worker
from worker.render.confinement import confine

PACKAGES: Final = (glyphcord, models, worker)
"""Whose code it reads once it is shut in."""
MEMORY: Final = 1536 * 2**20
"""Address space in bytes; the hungriest legitimate picture (120 megapixels, progressive, CMYK) needs 1.1 GB."""


def main() -> None:
    """Set the limits, tell which of them failed, then serve."""
    # The worker ends this process by closing its pipe. A signal meant for all must not take it from a job.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Not handled but deadly: a handler would wait for the native code to return.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with suppress(ValueError, OSError):  # macOS knows the limit's name and refuses it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(json.dumps({"missing": confine(PACKAGES)}).encode() + b"\n")
        sys.stdout.buffer.flush()
        from worker.render.decoder_loop import serve  # noqa: PLC0415

        serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
