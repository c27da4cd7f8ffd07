"""Stop signals that wait until a process which is being started is known to whoever has to stop it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stops_deferred() -> Iterator[None]:
    """Call the handlers of STOPS at the block's end if such a signal came inside it.

    A handler that raises inside `subprocess.Popen` loses the process that was just forked: nobody has its id, so
    nobody ends it. Python calls handlers in the main thread alone, so elsewhere this does nothing; nor does it
    for signals that Python does not handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[signal.Signals] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(signal.Signals(number))

    handlers = {number: handler for number in STOPS if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if arrived:
            handlers[arrived[0]](arrived[0], None)
