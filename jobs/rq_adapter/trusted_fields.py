"""What a worker believes of a job's record in Redis: what ours have, and of that what makes sense.

RQ acts on much more of a record than we use: it sends webhooks, imports callbacks, repeats jobs, waits for other
ones, unpacks whatever is packed. Whoever can write to Redis could have a worker do all of it. So a record is not
read by what is forbidden but by what is known, and each number is held to what we give ourselves.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from rq.job import JobStatus
from rq.utils import str_to_date

from jobs.rq_adapter.queue import FAILURE_TTL_S, RETRIES, timeout_s
from jobs.schema import MOST_PICTURES

MOST_BYTES: Final = 2**20
"""Of a job's unpacked arguments; ten pictures with all their options are 10 kB."""
MOST_POSTPONED: Final = 10_000
"""Times that a job may have been given back: more than its deadline allows."""
LONGEST_S: Final = timeout_s(MOST_PICTURES + 1)
"""Seconds that a job may take: one of the most pictures, with one photo beside its page."""

_TIMES: Final = ("created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat")
_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "timeout": (1, LONGEST_S),
    "result_ttl": (1, FAILURE_TTL_S),
    "failure_ttl": (1, FAILURE_TTL_S),
    "retries_left": (0, RETRIES),
    "number_of_retries": (0, MOST_POSTPONED),
    "enqueue_at_front_on_retry": (0, 1),
}
FIELDS: Final = frozenset({*_TIMES, *_NUMBERS, "status"})
_STATES: Final = frozenset(state.value for state in JobStatus)


def believed(record: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """The fields of a record that RQ may see, but for `data`; what makes no sense counts as absent."""
    kept: dict[bytes, bytes] = {}
    for name in _TIMES:
        if (value := record.get(name.encode())) and _passes(str_to_date, value):
            kept[name.encode()] = value
    for name, (least, most) in _NUMBERS.items():
        if (value := record.get(name.encode())) and _passes(int, value[:20]):
            kept[name.encode()] = str(min(max(int(value[:20]), least), most)).encode()
    status = record.get(b"status", b"")
    if status.decode("ascii", "replace") in _STATES:
        kept[b"status"] = status
    return kept


def arguments_of(record: Mapping[bytes, bytes]) -> bytes:
    """A job's function and arguments as they were packed; empty where that is more than MOST_BYTES."""
    packed = record.get(b"data", b"")
    try:
        stream = zlib.decompressobj()
        unpacked = stream.decompress(packed, MOST_BYTES)
    except zlib.error:
        return packed if len(packed) <= MOST_BYTES else b""
    return b"" if stream.unconsumed_tail else unpacked


def _passes(read: Callable[[bytes], object], value: bytes) -> bool:
    try:
        read(value)
    except (ValueError, OverflowError):
        return False
    return True
