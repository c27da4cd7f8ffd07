"""Logging of bot, worker and supervisor: a line an event on standard error, as `what happened key=value …` or JSON.

Whatever somebody has sent stays inside of its line, escaped. `bound` names the job for everything logged under it,
by our code or a library's, so a command can be followed to its picture. A job's reference follows from its id, so
bot and workers tell the user and the operator the same one without asking each other. No line holds a secret.
"""

import hashlib
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, Literal

from glyphcord.escaping import json_line, printable, printable_lines

LogFormat = Literal["text", "json"]

TEXT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
HIDDEN: Final = "[token]"

# An interaction's token stands in the path of its webhook and of its callback; whoever has it can edit the reply.
_PATH_TOKEN: Final = re.compile(r"((?:webhooks|interactions)/\d+/)[^/\s'\"?]+")

_QUIET: Final = {
    # At DEBUG these write down whole events and answers: interaction tokens, signed addresses, names.
    logging.INFO: ("discord.gateway", "discord.http", "discord.state", "discord.webhook.async_"),
    # httpx logs each URL, RQ each maintenance pass.
    logging.WARNING: ("httpx", "httpcore", "rq", "rq.worker", "rq.job", "PIL"),
}
"""Libraries that say too much below a level."""

_JOB: Final[ContextVar[str | None]] = ContextVar("job", default=None)


def bind(job_id: str | None) -> None:
    """What is logged from now on in this task or thread is about this job (None: about none)."""
    _JOB.set(job_id)


@contextmanager
def bound(job_id: str | None) -> Iterator[None]:
    """What is logged inside is about this job."""
    token = _JOB.set(job_id)
    try:
        yield
    finally:
        _JOB.reset(token)


def reference() -> str | None:
    """The reference of the job at hand, eight hexadecimal digits; None outside of any."""
    job_id = _JOB.get()
    return None if job_id is None else reference_of(job_id)


def reference_of(job_id: str) -> str:
    """The reference that a job goes by in messages to users and in logs."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:8]


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message; what the line is about; a traceback if any.

    A job of a command or a button goes by the interaction's id, so that stands there too; a reaction's job goes by
    message and palette and has none.
    """

    def __init__(self, **fixed: object) -> None:
        """`fixed` stands in every line."""
        super().__init__()
        self._fixed = fixed

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | self._fixed
        if (job_id := _JOB.get()) is not None:
            line |= {"job_id": job_id, "reference": reference_of(job_id)}
            if job_id.isdigit():
                line["interaction_id"] = job_id
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json_line(line)


class TextLines(logging.Formatter):
    """One line, and a traceback indented below it: whatever somebody sent, no line begins that is none of ours."""

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix + TEXT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # logging's own name
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return "    " + printable_lines(super().formatException(ei))


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, then blots out the bot's token and every interaction's.

    A safety net under code that logs none.
    """

    def __init__(self, program: str, token: str, log_format: LogFormat = "text", child: int | None = None) -> None:
        super().__init__()
        fixed: dict[str, object] = {"program": program} | ({} if child is None else {"child": child})
        prefix = "" if child is None else f"[{child}] "
        self._inner = JsonLines(**fixed) if log_format == "json" else TextLines(prefix)
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        line = _PATH_TOKEN.sub(rf"\1{HIDDEN}", self._inner.format(record))
        return line.replace(self._token, HIDDEN)


def set_up(program: str, token: str, level: str, log_format: LogFormat = "text", child: int | None = None) -> None:
    """Send all logging to standard error at `level`. `token` is the bot's; a supervisor numbers each `child`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(program, token, log_format, child))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for least, names in _QUIET.items():
        for name in names:
            logging.getLogger(name).setLevel(max(least, logging.getLevelNamesMapping()[level]))


def one_line(text: str) -> str:
    """Text from elsewhere, made safe for one log line."""
    return printable(" ".join(text.split()), 300)


def describe_error(error: BaseException) -> str:
    """An error's kind and text; some of redis-py's say nothing in their repr."""
    return one_line(f"{type(error).__name__}: {error}")
