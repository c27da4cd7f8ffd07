"""What jobs/rq_adapter uses of RQ beyond its documentation, as RQ 3.0 has it: an update that changes it fails here.

Then read what the adapter does with it, mend that, and write the new words down.
"""

import inspect
import re
from typing import Any

import pytest
import rq
from rq import Queue, Retry, SimpleWorker, callbacks, command, suspension
from rq.defaults import RQ_KEY_PREFIX
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job, JobStatus
from rq.registry import ScheduledJobRegistry, StartedJobRegistry

from jobs.rq_adapter.queue import LOST, QUEUE_KEY, UNFINISHED
from jobs.rq_adapter.trusted_fields import FIELDS

CALLS: dict[str, tuple[Any, str]] = {
    "Queue._enqueue_job": (Queue._enqueue_job, "self job pipeline at_front unique"),
    "Queue.move_dependents_to_ready": (
        Queue.move_dependents_to_ready,
        "self job pipeline exclude_job_id refresh_job_status",
    ),
    "Retry": (Retry.__init__, "self max interval enqueue_at_front"),
    "execute_failure_callback": (callbacks.execute_failure_callback, "job death_penalty_class exc_info"),
    "is_suspended": (suspension.is_suspended, "connection worker"),
    "IntermediateQueue": (IntermediateQueue.__init__, "self queue_key connection"),
    "IntermediateQueue.get_intermediate_queue_key": (IntermediateQueue.get_intermediate_queue_key, "queue_key"),
    "IntermediateQueue.get_first_seen": (IntermediateQueue.get_first_seen, "self job_id"),
    "IntermediateQueue.should_be_cleaned_up": (IntermediateQueue.should_be_cleaned_up, "self job_id"),
    "IntermediateQueue.remove": (IntermediateQueue.remove, "self job_id"),
    "IntermediateQueue.cleanup": (IntermediateQueue.cleanup, "self worker queue"),
    "Job.fetch": (Job.fetch, "id connection serializer"),
    "Job.fetch_many": (Job.fetch_many, "job_ids connection serializer"),
    "Job.heartbeat": (Job.heartbeat, "self timestamp ttl pipeline xx"),
    "Job.key_for": (Job.key_for, "job_id"),
    "Job.perform": (Job.perform, "self"),
    "Job.restore": (Job.restore, "self raw_data"),
    "Job.prepare_for_execution": (Job.prepare_for_execution, "self worker_name pipeline"),
    "ScheduledJobRegistry.schedule": (ScheduledJobRegistry.schedule, "self job scheduled_datetime pipeline"),
    "StartedJobRegistry.parse_job_id": (StartedJobRegistry.parse_job_id, "entry"),
    "IntermediateQueue.get_job_ids": (IntermediateQueue.get_job_ids, "self"),
    "StartedJobRegistry.get_queue": (StartedJobRegistry.get_queue, "self"),
    "SimpleWorker.clean_group_registries": (SimpleWorker.clean_group_registries, "self"),
    "SimpleWorker.clean_registries": (SimpleWorker.clean_registries, "self"),
    "SimpleWorker.get_heartbeat_ttl": (SimpleWorker.get_heartbeat_ttl, "self job working_time"),
    "SimpleWorker.handle_exception": (SimpleWorker.handle_exception, "self job exc_info"),
    "SimpleWorker.handle_job_failure": (
        SimpleWorker.handle_job_failure,
        "self job queue started_job_registry exc_string execution",
    ),
    "SimpleWorker.heartbeat": (SimpleWorker.heartbeat, "self timeout pipeline"),
    "SimpleWorker.maintain_heartbeats": (SimpleWorker.maintain_heartbeats, "self job execution"),
    "SimpleWorker.perform_job": (SimpleWorker.perform_job, "self job queue execution"),
    "SimpleWorker.prepare_execution": (SimpleWorker.prepare_execution, "self job"),
    "SimpleWorker.prepare_job_execution": (
        SimpleWorker.prepare_job_execution,
        "self job remove_from_intermediate_queue",
    ),
    "SimpleWorker.register_birth": (SimpleWorker.register_birth, "self"),
    "SimpleWorker.register_death": (SimpleWorker.register_death, "self"),
    "SimpleWorker.run_maintenance_tasks": (SimpleWorker.run_maintenance_tasks, "self"),
    "SimpleWorker.set_state": (SimpleWorker.set_state, "self state pipeline"),
}
PROPERTIES = {
    Job: ["func", "failure_callback", "success_callback", "should_retry"],
    Queue: [
        "intermediate_queue",
        "intermediate_queue_key",
        "registry_cleaning_key",
        "started_job_registry",
        "scheduled_job_registry",
        "finished_job_registry",
        "failed_job_registry",
    ],
    SimpleWorker: ["connection_timeout", "should_run_maintenance_tasks"],
}


def told(what: str) -> str:
    return f"RQ {rq.__version__} is not what jobs/rq_adapter was written for: {what}; see {__name__}"


@pytest.mark.parametrize("name", CALLS)
def test_is_called_as_it_was(name: str) -> None:
    function, expected = CALLS[name]
    found = " ".join(inspect.signature(function).parameters)
    assert found == expected, told(f"{name} takes ({found}), not ({expected})")


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PROPERTIES for name in PROPERTIES[kind]])
def test_is_still_a_property(kind: type, name: str) -> None:
    assert isinstance(inspect.getattr_static(kind, name, None), property), told(f"{kind.__name__}.{name}")


def test_states_are_those_that_we_know() -> None:
    of_others = {
        "rate_limited",
        "ready_to_enqueue",
    }  # of jobs with a rate limit or with dependencies: ours have none
    assert {state.value for state in JobStatus} - of_others == UNFINISHED | LOST | {"finished"}, told(
        "a job's states"
    )


def test_keys_are_those_of_jobs_and_workers_in_flight() -> None:
    """During an update, and by dashboards, the same are read."""
    found = {
        "prefix": RQ_KEY_PREFIX,
        "job": Job.key_for("1"),
        "queue": QUEUE_KEY,
        "popped": IntermediateQueue.get_intermediate_queue_key(QUEUE_KEY),
        "commands": command.PUBSUB_CHANNEL_TEMPLATE,
        "suspended": suspension.WORKERS_SUSPENDED,
    }
    assert found == {
        "prefix": "rq",
        "job": "rq:job:1",
        "queue": "rq:queue:glyphcord",
        "popped": "rq:queue:glyphcord:intermediate",
        "commands": "rq:pubsub:%s",
        "suspended": "rq:suspended",
    }, told("keys in Redis")


def test_maintenance_is_what_the_adapter_does_itself() -> None:
    """`RQWorker.clean_registries` does these in their order, but for what is not ours."""
    done = inspect.getsource(SimpleWorker.clean_registries)
    for deed in ("clean_registries(queue", "clean_worker_registry(queue)", "queue.cleanup(self, queue)"):
        assert deed in done, told("a worker's maintenance")


def test_fields_of_a_job_are_those_that_we_have_judged() -> None:
    """`jobs.rq_adapter.trusted_fields` lets through what ours need; somebody must say what a new one does."""
    read = set(re.findall(r"obj(?:\.get\(|\[)'(\w+)'", inspect.getsource(Job.restore)))
    assert read - set(FIELDS) - {"data"} == {
        "allow_dependency_failures",
        "dependency_id",
        "dependency_ids",
        "description",
        "enqueue_at_front",
        "exc_info",
        "failure_callback_name",
        "failure_callback_timeout",
        "group_id",
        "meta",
        "origin",
        "rate_limit_concurrency",
        "rate_limit_key",
        "repeat_intervals",
        "repeats_left",
        "result",
        "retry_intervals",
        "stopped_callback_name",
        "stopped_callback_timeout",
        "success_callback_name",
        "success_callback_timeout",
        "ttl",
        "webhooks",
        "worker_name",
    }, told("a job's fields")
