"""When a worker stands aside, and when it comes back."""

import pytest

from worker.queue.circuit_breaker import Health


class Patient:
    """A self-test whose outcome the test sets."""

    well = False
    asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.well


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def health(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> Health:
    monkeypatch.setattr(Health, "recheck_s", 0.0)
    return Health(patient)


def fail(health: Health, *jobs: str) -> bool:
    """Fail these jobs; whether the worker is degraded then."""
    for job in jobs:
        health.failed(job, "RuntimeError")
    return health.degraded


def test_three_failures_in_a_row(health: Health) -> None:
    assert not fail(health, "1", "2")
    assert fail(health, "3")
    assert health.last_error == "RuntimeError in job 3"


def test_a_picture_in_between_breaks_the_row(health: Health) -> None:
    fail(health, "1", "2")
    health.drew()
    assert not fail(health, "3", "4")


def test_one_job_that_fails_at_each_try_is_the_jobs_fault(health: Health) -> None:
    assert not fail(health, "1", "1", "1")
    assert fail(health, "2")


def test_comes_back_once_it_draws(health: Health, patient: Patient) -> None:
    health.recover()
    assert patient.asked == 0, "a worker that is well is not tested"
    fail(health, "1", "2", "3")
    health.recover()
    assert (health.degraded, patient.asked) == (True, 1)
    patient.well = True
    health.recover()
    assert (health.degraded, patient.asked) == (False, 2)
    assert not fail(health, "4", "5"), "the count began anew"


def test_waits_between_two_tries(patient: Patient) -> None:
    health = Health(patient)
    fail(health, "1", "2", "3")
    health.recover()
    assert (health.degraded, patient.asked) == (True, 0)
