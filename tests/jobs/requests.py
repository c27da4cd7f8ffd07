"""A whole, valid request to vary in tests."""

import time
from dataclasses import fields as fields_of
from typing import Any

from redis import Redis

from jobs.lifecycle.job import Jobs, PendingReply
from jobs.records import record_key
from jobs.schema import RenderRequest, Reply
from models.options import RenderOptions

OPTIONS = frozenset(field.name for field in fields_of(RenderOptions))


def a_request(**changes: Any) -> RenderRequest:
    """A command's request; keyword arguments replace fields, options and, in a dict, the fields of `reply`."""
    reply = {"application_id": "10", "channel_id": "20", "message_id": "30", "token": "the-interaction-token"}
    reply |= changes.pop("reply", {})
    options = {name: changes.pop(name) for name in OPTIONS & changes.keys()}
    now = time.time()
    fields: dict[str, Any] = {
        "job_id": "40",
        "origin": "command",
        "pictures": [{"sha": changes.pop("picture", "a" * 64)}],
        "options": options,
        "user_id": "50",
        "guild_id": "60",
        "reply": Reply.model_validate(reply),
        "upload_limit": 10 * 2**20,
        "created_at": now,
        "deadline_at": now + 3600,
    }
    return RenderRequest.model_validate(fields | changes)


def a_pending_reply(job_id: str = "40", **changes: Any) -> PendingReply:
    """What is written down before such a request."""
    now = time.time()
    fields: dict[str, Any] = {"job_id": job_id, "reply": a_request().reply, "since": now, "deadline_at": now + 3600}
    return PendingReply.model_validate(fields | changes)


def claimed_long_ago(redis: Redis, job_id: str) -> None:
    """A worker has claimed a job, and more time has passed than it may take to write."""
    Jobs(redis).claim(job_id, "a-try")
    redis.hincrbyfloat(record_key(job_id), "since", -60)
