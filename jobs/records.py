"""What every record in Redis has in common: checked JSON, and the types of the ids in it."""

import logging
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

_log = logging.getLogger(__name__)

Snowflake = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
ModelName = Annotated[str, StringConstraints(pattern=MODEL_NAME)]
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
        # Without the values: a request's hold an interaction's token.
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        where = ", ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)[:300]
        _warn(kind.__name__, len(data), where)
        return None


@lru_cache(maxsize=256)  # once each: some records are looked at twice a second
def _warn(kind: str, size: int, faults: str) -> None:
    _log.warning("record unreadable kind=%s bytes=%d faults=%r; taken for absent", kind, size, faults)
