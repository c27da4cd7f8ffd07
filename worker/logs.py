"""Logging: one line an event, `what happened key=value …`, on standard error, and never a secret in it."""

import logging
import re
from collections.abc import Iterable
from typing import Final

# An interaction's token stands in the path of its webhook; whoever has it can edit the reply.
_WEBHOOK: Final = re.compile(r"(webhooks/\d+/)[^/\s'\"?]+")
_HIDDEN: Final = "[hidden]"


class _Discreet(logging.Formatter):
    """A formatter that blots out secrets, in tracebacks too: a safety net under code that logs none."""

    def __init__(self, secrets: Iterable[str], prefix: str) -> None:
        super().__init__(f"{prefix}%(asctime)s %(levelname)s %(name)s %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        line = _WEBHOOK.sub(rf"\1{_HIDDEN}", super().format(record))
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line


def set_up(secrets: Iterable[str], child: int | None = None) -> None:
    """Log to standard error at INFO; libraries that log URLs or every poll only from WARNING on.

    A supervisor's `child` has its number in front of each line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Discreet(secrets, "" if child is None else f"[{child}] "))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx logs each URL, and with it the interaction's token; RQ logs each maintenance pass.
    for name in ("httpx", "httpcore", "rq", "rq.worker", "rq.job", "PIL"):
        logging.getLogger(name).setLevel(logging.WARNING)
