"""What picture libraries write to standard error: the first of it is kept, the rest counted.

libtiff has a line for each row of a damaged fax, which makes 13,000 of a small file: too much for any log.
"""

import logging
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TextIO

_log = logging.getLogger(__name__)

KEPT: Final = 300
"""Bytes of the beginning that are kept."""
_PART, _PARTS = 2**16, 32
"""Bytes read at one time, and how often without a pause; a pipe holds as many bytes, or sixteen times that."""
_STANDARD_ERROR: Final = 2


class Messages(NamedTuple):
    """How many lines and bytes came, and how they began: escaped, so that they are safe in one line of a log."""

    lines: int
    size: int
    begin: str


class Listener:
    """Reads a pipe's end on a thread of its own until the other end closes; `pipe` is then closed, too."""

    def __init__(self, pipe: int) -> None:
        """Take over a file descriptor."""
        os.set_blocking(pipe, False)
        self._pipe, self._ended = pipe, False
        self._lock = threading.Lock()
        self._begin, self._lines, self._size = b"", 0, 0
        self._thread = threading.Thread(target=self._listen, name="messages", daemon=True)
        self._thread.start()

    def take(self) -> Messages | None:
        """What has come since the last time, all that was written until now; None for nothing."""
        with self._lock:
            self._read()
            heard = Messages(self._lines, self._size, _escaped(self._begin)) if self._size else None
            self._begin, self._lines, self._size = b"", 0, 0
        return heard

    def join(self) -> None:
        """Wait for the other end to close."""
        self._thread.join()

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while not self._ended:
            poll.poll()
            with self._lock:
                self._read()
        os.close(self._pipe)

    def _read(self) -> None:
        """What is in the pipe, without waiting for more, nor for the end of one who never stops writing."""
        for _ in range(_PARTS):
            if self._ended:
                return
            try:
                part = os.read(self._pipe, _PART)
            except BlockingIOError:
                return
            self._ended = not part
            self._begin += part[: KEPT - len(self._begin)]
            self._lines += part.count(b"\n")
            self._size += len(part)


@contextmanager
def as_one_record() -> Iterator[None]:
    """What libraries write to this process's standard error becomes one record of the log, at the block's end; what
    Python writes goes where it went before. Not for several threads at one time."""
    stream = sys.stderr
    stream.flush()
    before = os.dup(_STANDARD_ERROR)
    reading, writing = os.pipe()
    os.dup2(writing, _STANDARD_ERROR)
    os.close(writing)
    listener = Listener(reading)
    own = os.fdopen(os.dup(before), "w", encoding=stream.encoding, errors=stream.errors, buffering=1)
    if _file_of(stream) == _STANDARD_ERROR:
        sys.stderr = own
    try:
        yield
    finally:
        sys.stderr = stream
        own.close()
        os.dup2(before, _STANDARD_ERROR)
        os.close(before)
        listener.join()
        if (heard := listener.take()) is not None:
            _log.warning("picture libraries wrote lines=%d bytes=%d begin=%s", *heard)


def _file_of(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _escaped(text: bytes) -> str:
    return repr(text.decode("utf-8", "backslashreplace"))
