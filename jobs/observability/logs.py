"""Log lines that can be followed from a command to its picture: which job they are about, and JSON for machines.

`about` names the job for everything logged under it, by our code or a library's. A job's reference follows from
its id, so bot and workers tell the user and the operator the same one without asking each other.
"""

import hashlib
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

LogFormat = Literal["text", "json"]

_JOB: Final[ContextVar[str | None]] = ContextVar("job", default=None)


def bind(job_id: str | None) -> None:
    """What is logged from now on in this task or thread is about this job (None: about none)."""
    _JOB.set(job_id)


@contextmanager
def about(job_id: str | None) -> Iterator[None]:
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
        return json.dumps(line, ensure_ascii=False)
