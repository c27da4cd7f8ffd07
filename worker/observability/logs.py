"""Logging: one line an event, `what happened key=value …` or JSON, on standard error, and never a secret in it."""

import logging
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from rq.job import Job

from jobs.observability.logs import JsonLines, LogFormat, about

P = ParamSpec("P")

# An interaction's token stands in the path of its webhook; whoever has it can edit the reply.
_WEBHOOK: Final = re.compile(r"(webhooks/\d+/)[^/\s'\"?]+")
_HIDDEN: Final = "[hidden]"


class _Discreet(logging.Formatter):
    """A formatter that blots out secrets, in tracebacks too: a safety net under code that logs none."""

    def __init__(self, secrets: Iterable[str], child: int | None, log_format: LogFormat) -> None:
        super().__init__()
        prefix = "" if child is None else f"[{child}] "
        text = logging.Formatter(f"{prefix}%(asctime)s %(levelname)s %(name)s %(message)s")
        numbered = {} if child is None else {"child": child}
        self._inner = JsonLines(program="worker", **numbered) if log_format == "json" else text
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        line = _WEBHOOK.sub(rf"\1{_HIDDEN}", self._inner.format(record))
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line


def set_up(secrets: Iterable[str], child: int | None = None, log_format: LogFormat = "text") -> None:
    """Log to standard error at INFO; libraries that log URLs or every poll only from WARNING on.

    A supervisor's `child` has its number in each line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Discreet(secrets, child, log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx logs each URL, and with it the interaction's token; RQ logs each maintenance pass.
    for name in ("httpx", "httpcore", "rq", "rq.worker", "rq.job", "PIL"):
        logging.getLogger(name).setLevel(logging.WARNING)


def about_its_job(callback: Callable[Concatenate[Job, P], None]) -> Callable[Concatenate[Job, P], None]:
    """An RQ callback whose log lines are about its job; RQ also calls it outside of any job's work."""

    @wraps(callback)
    def bound(job: Job, /, *arguments: P.args, **options: P.kwargs) -> None:
        with about(job.id):
            callback(job, *arguments, **options)

    return bound
