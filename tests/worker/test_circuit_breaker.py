"""When a worker stands aside, and when it comes back."""

import pytest

from worker.queue.circuit_breaker import CircuitBreaker


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
def breaker(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> CircuitBreaker:
    monkeypatch.setattr(CircuitBreaker, "recheck_s", 0.0)
    return CircuitBreaker(patient)


def fail(breaker: CircuitBreaker, *jobs: str) -> bool:
    """Fail these jobs; whether the worker is degraded then."""
    for job in jobs:
        breaker.record_failure(job, "RuntimeError")
    return breaker.is_open


def test_three_failures_in_a_row(breaker: CircuitBreaker) -> None:
    assert not fail(breaker, "1", "2")
    assert fail(breaker, "3")
    assert breaker.last_error == "RuntimeError in job 3"


def test_a_picture_in_between_breaks_the_row(breaker: CircuitBreaker) -> None:
    fail(breaker, "1", "2")
    breaker.record_success()
    assert not fail(breaker, "3", "4")


def test_one_job_that_fails_at_each_try_is_the_jobs_fault(breaker: CircuitBreaker) -> None:
    assert not fail(breaker, "1", "1", "1")
    assert fail(breaker, "2")


def test_comes_back_once_it_draws(breaker: CircuitBreaker, patient: Patient) -> None:
    breaker.recover()
    assert patient.asked == 0, "a worker that is well is not tested"
    fail(breaker, "1", "2", "3")
    breaker.recover()
    assert (breaker.is_open, patient.asked) == (True, 1)
    patient.well = True
    breaker.recover()
    assert (breaker.is_open, patient.asked) == (False, 2)
    assert not fail(breaker, "4", "5"), "the count began anew"


def test_waits_between_two_tries(patient: Patient) -> None:
    breaker = CircuitBreaker(patient)
    fail(breaker, "1", "2", "3")
    breaker.recover()
    assert (breaker.is_open, patient.asked) == (True, 0)
