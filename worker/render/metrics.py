"""What is counted of each job: its stages, how long it waited, how it ended."""

from typing import Final

from prometheus_client import Counter, Histogram

from jobs.observability.metrics import PREFIX
from jobs.schema import RenderResult

STAGE: Final = Histogram(
    f"{PREFIX}stage_seconds",
    "Each stage of a job: decode, tone, generator, paint, encode, post, tell.",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_LONG: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800, 3600)
WAITED: Final = Histogram(
    f"{PREFIX}job_wait_seconds", "From a job's making to its drawing, tries included.", buckets=_LONG
)
ANSWERED: Final = Histogram(f"{PREFIX}answer_seconds", "From a job's making to its end.", buckets=_LONG)
JOBS: Final = Counter(
    f"{PREFIX}jobs_total", "Jobs ended, by outcome and code (see jobs.schema).", ["outcome", "code"]
)


def job_ended(result: RenderResult, created_at: float) -> None:
    """Count a job; `created_at` in Unix seconds."""
    JOBS.labels(result.outcome, result.code).inc()
    for stage, ms in result.stages_ms.items():
        STAGE.labels(stage).observe(ms / 1000)
    answered = max(0.0, result.finished_at - created_at)
    ANSWERED.observe(answered)
    WAITED.observe(max(0.0, answered - sum(result.stages_ms.values()) / 1000))
