"""The Redis keys that several modules share."""

from typing import Final

from jobs.connection import PREFIX

RECORDS: Final = f"{PREFIX}jobs:"


def record_key(job_id: str) -> str:
    """A job's record."""
    return f"{RECORDS}{job_id}"


def versions_key(message_id: str) -> str:
    """The jobs aimed at a message."""
    return f"{PREFIX}versions:{message_id}"
