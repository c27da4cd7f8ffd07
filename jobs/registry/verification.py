"""Verifying a weights file before it is used: a job for a worker, and what it found.

The job is not tried again: a file that ends its worker must not end the next one.
"""

import secrets
from typing import Any, Final, Literal

from pydantic import model_validator
from redis import Redis

from jobs.connection import PREFIX
from jobs.records import ModelName, Record, Sha256, read_record
from jobs.rq_adapter.queue import LOST, VERIFY_TASK, enqueue_first, states

KEEP_S: Final = 24 * 3600


class Measures(Record):
    """What a model makes of the bundled photos (models.quality.self_test); `version` is the start of its hash."""

    model: str
    version: str
    similarity: float
    legibility: float
    glyphs: float


class VerificationRequest(Record):
    """Which version to look at, by the name that it is to have."""

    id: str
    model: ModelName
    sha256: Sha256


class Verification(Record):
    """What was found: `measures`, beside `now` of the model that draws by default; or in `error` why not.

    Version 2 measures similarity. Version 1, which had no number, measured fidelity: another thing, so the
    admin is asked to try again.
    """

    schema_version: Literal[2] = 2
    id: str
    worker: str
    seconds: float = 0.0
    description: str = ""
    measures: Measures | None = None
    now: Measures | None = None
    error: str = ""
    refused: bool = False
    """The fault is the file's, and will be the next time."""

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_meant(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(measured := data.get("measures"), dict):
            return data
        if "fidelity" not in measured:
            return data
        kept = {name: value for name, value in data.items() if name not in ("measures", "now")}
        return kept | {"error": "an older worker verified it; update the workers and try again"}


def enqueue_verification(redis: Redis, model: str, sha256: str) -> VerificationRequest:
    """Ask for a verification, ahead of the waiting pictures: an admin waits for it."""
    request = VerificationRequest(id=secrets.token_hex(8), model=model, sha256=sha256)
    enqueue_first(
        redis,
        VERIFY_TASK,
        request.model_dump(mode="json"),
        job_id=_job(request.id),
        description=f"verify {sha256[:12]}",
        keep_s=KEEP_S,
    )
    return request


def record_verification(redis: Redis, found: Verification, png: bytes = b"") -> None:
    """A worker says what it found, with a picture to look at."""
    pipe = redis.pipeline()
    pipe.set(_key(found.id), found.model_dump_json(), ex=KEEP_S)
    if png:
        pipe.set(f"{_key(found.id)}:png", png, ex=KEEP_S)
    pipe.execute()


def verification_of(redis: Redis, request: VerificationRequest) -> tuple[Verification | None, bytes]:
    """What was found, with the picture; None until a worker has looked.

    A job that ended without a report has crashed its worker, and counts as an error.
    """
    found = read_record(Verification, redis.get(_key(request.id)))
    if found is None:
        (state,) = states(redis, [_job(request.id)])
        if state in LOST:
            found = Verification(id=request.id, worker="", error="the worker crashed while verifying it")
        return found, b""
    png = redis.get(f"{_key(request.id)}:png")
    return found, png if isinstance(png, bytes) else b""


def _job(request_id: str) -> str:
    return f"check-{request_id}"


def _key(request_id: str) -> str:
    return f"{PREFIX}check:{request_id}"
