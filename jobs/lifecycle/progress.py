"""What somebody who waits is told: how many are before them, how long it will take, how many frames are drawn.

Workers note how long each job took them; from the latest of these the bots estimate.
"""

from collections.abc import Collection
from dataclasses import dataclass

from redis import Redis

from jobs.lifecycle.job import PACE, PICTURES
from jobs.records import record_key
from jobs.rq_adapter.queue import UNFINISHED, as_standing, ask_standing
from jobs.text.sentences import sentence
from jobs.text.translation import ENGLISH


@dataclass(frozen=True)
class Standing:
    """Where a job stands. `before` counts those to be drawn before it, None once it is being drawn by `worker`.

    `frames` are those that the latest try has drawn; `pictures`: of several, which one of how many is being drawn.
    """

    state: str | None
    before: int | None = None
    frames: tuple[int, int] | None = None
    pictures: tuple[int, int] | None = None
    worker: str | None = None

    @property
    def is_waiting(self) -> bool:
        return self.state in UNFINISHED


def seconds_per_job(redis: Redis) -> float | None:
    """The mean of the latest jobs; None when none is known."""
    found = [float(value) for value in redis.lrange(PACE, 0, -1)]
    return sum(found) / len(found) if found else None


def standings(redis: Redis, job_ids: list[str]) -> list[Standing]:
    """Where each of these jobs stands, in one round trip."""
    pipe = redis.pipeline(transaction=False)
    for job_id in job_ids:
        ask_standing(pipe, job_id)
        pipe.hget(record_key(job_id), "frames")
    found = pipe.execute() if job_ids else []
    every = zip(found[::3], found[1::3], found[2::3], strict=True)
    return [_standing(as_standing(known, before), done) for known, before, done in every]


def _standing(known: tuple[str | None, str | None, int | None], done: object) -> Standing:
    state, worker, before = known
    frames, pictures = _progress(done if isinstance(done, bytes) else b"")
    return Standing(state, before, frames, pictures, worker)


def words(
    standing: Standing, *, workers: int, pace: float | None, language: str = ENGLISH, alive: Collection[str] = ()
) -> str | None:
    """What the waiting person reads; None when there is nothing (more) to say of the job.

    `workers` is how many take jobs, `alive` the names of all that report, those on their way out too.
    """
    if not standing.is_waiting:
        return None
    if standing.worker is not None and standing.worker not in alive:
        # Its lease runs out before another worker may have it; until then no number moves.
        return sentence("worker_stopped", language)
    if not workers and standing.worker is None:
        return sentence("queued_no_worker", language)
    if standing.before is not None:
        return _place(standing.before, workers, pace, language)
    for code, progress in (("pictures", standing.pictures), ("frames", standing.frames)):
        if progress is not None:
            done, total = progress
            return sentence(code, language, done=done, total=total)
    return sentence("in_hand", language)


def _place(before: int, workers: int, pace: float | None, language: str) -> str:
    code = "waiting" if before else "next"
    if pace is None:
        return sentence(code, language, count=before)
    return sentence(f"{code}_in", language, count=before, seconds=(before + 1) * pace / workers)


def _progress(data: bytes) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Frames or pictures, as a worker wrote it down."""
    pair, _, what = data.partition(b" ")
    return (None, _pair(pair)) if what == PICTURES.encode() else (_pair(data), None)


def _pair(data: bytes) -> tuple[int, int] | None:
    done, _, total = data.partition(b"/")
    return (int(done), int(total)) if done.isdigit() and total.isdigit() else None
