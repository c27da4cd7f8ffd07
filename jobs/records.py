"""What records in Redis have in common: the keys that several modules share, checked JSON, and types of ids."""

import logging
from functools import lru_cache
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from jobs.connection import PREFIX
from models.options import MODEL_NAME

_log = logging.getLogger(__name__)

RECORDS: Final = f"{PREFIX}jobs:"
Snowflake = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ModelName = Annotated[str, StringConstraints(pattern=f"^{MODEL_NAME}$")]
JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Record(BaseModel):
    """Base of all stored records: unknown fields are refused, values never change after creation."""

    model_config = ConfigDict(frozen=True, extra="forbid")


R = TypeVar("R", bound=Record)


def read_record(kind: type[R], data: object) -> R | None:
    """A record as Redis gave it; None when there is none, or (with a line in the log) none that can be read.

    Another version of this program, or another program, may have written it; that must stop nobody.
    """
    if not isinstance(data, bytes):
        return None
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        _warn(kind.__name__, len(data), faults_of(error)[:300])
        return None


def faults_of(error: ValidationError) -> str:
    """Which fields are wrong, and how; without their values, since a request's hold an interaction's token."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)


@lru_cache(maxsize=256)  # once each: some records are looked at twice a second
def _warn(kind: str, size: int, faults: str) -> None:
    _log.warning("record unreadable kind=%s bytes=%d faults=%r; taken for absent", kind, size, faults)


def record_key(job_id: str) -> str:
    """A job's record."""
    return f"{RECORDS}{job_id}"


def versions_key(message_id: str) -> str:
    """The jobs aimed at a message."""
    return f"{PREFIX}versions:{message_id}"
