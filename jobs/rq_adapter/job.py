"""A job as a worker meets it: it may call tasks of ours and nothing else; and what a running task may ask for."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final

from redis import Redis
from rq import Retry, get_current_job
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job, JobStatus

from jobs.observability.logs import bound
from jobs.rq_adapter.queue import NO_ARGUMENTS, QUEUE_NAME
from jobs.rq_adapter.trusted_fields import arguments_of, believed

Task = Callable[[Any], Any]
FailureTask = Callable[[str, object, str], None]
"""Called after a job's last try, with its id, what its task was given (None if that cannot be read) and why."""


_OVER: Final = frozenset({JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED})


class BadRequest(Exception):
    """A job that no worker can do, so that trying it again cannot help."""


class RenderJob(Job):
    """A job that may call the tasks that `only` has given its class, with one argument.

    RQ's own imports whatever function a job names, so whoever can write to Redis could run any code here. And it
    does what a job's record asks for besides (webhooks, repeats, dependents): of that, `trusted_fields` knows
    what is ours.
    """

    tasks: ClassVar[Mapping[str, Task]] = {}

    @staticmethod
    def tell_failure(job_id: str, payload: object, reason: str) -> None:
        """Called after the last try."""

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Job:
        """As RQ's. Raises NoSuchJobError also for an id that no job can have."""
        try:
            return super().fetch(id, connection, serializer)
        except ValueError:
            raise NoSuchJobError(f"no job's id: {id!r}") from None

    @classmethod
    def fetch_many(cls, job_ids: Iterable[str], connection: Redis, serializer: Any = None) -> list[Job | None]:
        """As RQ's. None for what is no job as well."""
        found: list[Job | None] = []
        for job_id in job_ids:
            try:
                found.append(cls.fetch(job_id, connection, serializer))
            except NoSuchJobError:
                found.append(None)
        return found

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        """Take over what a record says, as far as it is believed. Raises NoSuchJobError for one without `data`."""
        if b"data" not in raw_data:
            raise NoSuchJobError("a job's record without data")
        super().restore(believed(raw_data) | {b"data": b""})
        self.data = arguments_of(raw_data)
        self.origin = QUEUE_NAME

    @property
    def func(self) -> Task:
        """The function to call, with one argument. Raises BadRequest for what is not that, or is none of ours."""
        try:
            name, arguments = self.func_name, self.args
        except DeserializationError:
            raise BadRequest("the job cannot be read") from None
        task = self.tasks.get(name) if isinstance(name, str) else None
        if task is None:
            raise BadRequest("the job names a function that is no task of ours")
        if not isinstance(arguments, list) or len(arguments) != 1 or self.kwargs:
            raise BadRequest("the job does not have one argument")
        return task

    @property
    def is_over(self) -> bool:
        """Whether its user knows the end, after which its arguments are deleted (jobs.lifecycle)."""
        try:
            return not self.args and not self.kwargs
        except Exception:  # data that is none of ours
            return False

    def to_dict(self, include_meta: bool = True, include_result: bool = True) -> dict[str, Any]:
        """What is written of the job: after its last try not what it was given.

        By then that is deleted, or a bot will end the job by its record in jobs.lifecycle.
        """
        found = super().to_dict(include_meta, include_result)
        return found | {"data": NO_ARGUMENTS} if self._status in _OVER else found

    def perform(self) -> Any:
        """Run the task. After a BadRequest no tries are left."""
        if self.is_over:
            return {}
        try:
            return super().perform()
        except BadRequest:
            self.retries_left = 0
            raise

    @property
    def failure_callback(self) -> Callable[..., None]:
        """Always ours, whatever the job says. RQ calls it after each try; ours wants the last one only."""
        return self._failed

    @property
    def success_callback(self) -> None:
        """None, whatever the job says."""
        return None

    def _failed(self, _job: Job, _redis: object, kind: type[BaseException] | None, *_error: object) -> None:
        if self.should_retry or self.is_over:
            return
        try:
            payload = self.args[0]
        except Exception:
            payload = None
        with bound(self.id):  # RQ calls this also outside of any job's work
            self.tell_failure(self.id, payload, kind.__name__ if kind is not None else "unknown")


def only(tasks: Mapping[str, Task], tell_failure: FailureTask) -> type[RenderJob]:
    """The class of jobs that may call `tasks`, by their names on the wire, and `tell_failure` at the end."""
    return type("OnlyJob", (RenderJob,), {"tasks": dict(tasks), "tell_failure": staticmethod(tell_failure)})


# --- for tasks ----------------------------------------------------------------------------------------------------


class Postponed(Retry):
    """What a task returns to be called again after `wait_s` seconds.

    As often as it likes: RQ runs no callback for a job that is over a maximum, and a task knows its deadline.
    """

    def __init__(self, wait_s: int) -> None:
        super().__init__(max=1_000_000, interval=wait_s)


def times_postponed() -> int:
    """How often the job that runs in this thread has been given back."""
    job = get_current_job()
    return (job.number_of_retries or 0) if job is not None else 0
