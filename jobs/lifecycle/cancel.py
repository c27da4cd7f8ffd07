"""A wish to end a job early: a flag in Redis that the worker looks at between its stages, every 40 ms at most.

RQ's own way of stopping a job needs a worker that forks, and nothing can interrupt native code; so a job that
runs ends between two of them, and one that waits ends as soon as a worker takes it.
"""

from typing import Final

from redis import Redis

from jobs.connection import PREFIX

CANCEL_TTL_S: Final = 2 * 3600
"""Longer than a request may wait; a flag that no job ever reads goes by itself."""


def request_cancel(redis: Redis, job_id: str) -> None:
    """Ask for a job to end without a picture. One that is being posted already is posted all the same."""
    redis.set(_cancel(job_id), 1, ex=CANCEL_TTL_S)


def is_cancelled(redis: Redis, job_id: str) -> bool:
    """Whether somebody asked for this job to end."""
    return bool(redis.exists(_cancel(job_id)))


def _cancel(job_id: str) -> str:
    return f"{PREFIX}cancel:{job_id}"
