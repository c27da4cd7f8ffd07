"""What somebody who waits is told: how many are before them, how long it will take, how many frames are drawn.

Workers note how long each job took them; from the latest of these the bots estimate.
"""

from dataclasses import dataclass

from redis import Redis

from jobs.lifecycle.job import PACE, PICTURES
from jobs.records import record_key
from jobs.rq_adapter.queue import UNFINISHED, as_standing, ask_standing
from jobs.text.sentences import sentence
from jobs.text.translation import ENGLISH


@dataclass(frozen=True)
class Standing:
    """Where a job stands. `before` counts those to be drawn before it, None once it is being drawn.

    `pictures`: of several, which one of how many is being drawn.
    """

    state: str | None
    before: int | None = None
    frames: tuple[int, int] | None = None
    pictures: tuple[int, int] | None = None

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
    return [
        Standing(*as_standing(state, before), *_progress(done if isinstance(done, bytes) else b""))
        for state, before, done in zip(found[::3], found[1::3], found[2::3], strict=True)
    ]


def words(standing: Standing, *, workers: int, pace: float | None, language: str = ENGLISH) -> str | None:
    """What the waiting person reads; None when there is nothing (more) to say of the job."""
    if not standing.is_waiting:
        return None
    if not workers:
        return sentence("queued_no_worker", language)
    for code, progress in (("pictures", standing.pictures), ("frames", standing.frames)):
        if progress is not None:
            done, total = progress
            return sentence(code, language, done=done, total=total)
    if standing.before is None:
        return sentence("in_hand", language)
    code = "waiting" if standing.before else "next"
    if pace is None:
        return sentence(code, language, count=standing.before)
    left = (standing.before + 1) * pace / workers
    return sentence(f"{code}_in", language, count=standing.before, seconds=left)


def _progress(data: bytes) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Frames or pictures, as a worker wrote it down."""
    pair, _, what = data.partition(b" ")
    return (None, _pair(pair)) if what == PICTURES.encode() else (_pair(data), None)


def _pair(data: bytes) -> tuple[int, int] | None:
    done, _, total = data.partition(b"/")
    return (int(done), int(total)) if done.isdigit() and total.isdigit() else None
