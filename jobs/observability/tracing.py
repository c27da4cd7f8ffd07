"""A picture's way as one OpenTelemetry trace: ordered by a bot, waiting, drawn by a worker, stage by stage.

Nothing travels with the job for this. Trace and root span take their ids from the job's own, so bot and worker
agree on them, and a try after a worker's death is part of the same trace. Without an endpoint all of it does
nothing, and OpenTelemetry need not be installed (it is the extra `trace`).
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from jobs.observability.logs import reference_of

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_NS: Final = 1_000_000_000


class TraceUnavailable(Exception):
    """Traces are asked for and cannot be sent; `str()` says what to do."""


class _Shared:
    """One tracer a process, made by `set_up`."""

    tracer: "Tracer | None" = None


_IDS: Final[ContextVar[tuple[int, int] | None]] = ContextVar("ids", default=None)
"""Trace and span id that the next span has to take."""


def set_up(endpoint: str | None, program: str) -> None:
    """Send spans to an OTLP endpoint such as `http://collector:4318`; None sends none. Raises TraceUnavailable."""
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415
    except ImportError:
        raise TraceUnavailable("OTEL_EXPORTER_OTLP_ENDPOINT needs more: pip install 'glyphcord[trace]'") from None

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            given = _IDS.get()
            return given[0] if given else super().generate_trace_id()

        def generate_span_id(self) -> int:
            given = _IDS.get()
            return given[1] if given else super().generate_span_id()

    resource = Resource.create({"service.name": f"glyphcord-{program}"})
    provider = TracerProvider(resource=resource, id_generator=Ids())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    _Shared.tracer = provider.get_tracer("glyphcord")


def ordered(job_id: str, since: float) -> None:
    """A job is on the queue: the trace's root, from Unix time `since` until now."""
    if _Shared.tracer is None:
        return
    token = _IDS.set(_ids(job_id))
    try:
        span = _Shared.tracer.start_span("order", start_time=int(since * _NS), attributes=_about(job_id))
    finally:
        _IDS.reset(token)
    span.end()


@contextmanager
def job(job_id: str, waiting_since: float | None) -> Iterator[None]:
    """A worker's time with a job, and as a span of its own what went before on the queue."""
    tracer = _Shared.tracer
    if tracer is None:
        yield
        return
    from opentelemetry.trace import (  # noqa: PLC0415
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    trace_id, root_id = _ids(job_id)
    root = SpanContext(trace_id, root_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    under_root = set_span_in_context(NonRecordingSpan(root))
    if waiting_since is not None:
        start = min(int(waiting_since * _NS), time.time_ns())
        tracer.start_span("queue", under_root, start_time=start, attributes=_about(job_id)).end()
    with tracer.start_as_current_span("job", under_root, attributes=_about(job_id)):
        yield


@contextmanager
def span(name: str) -> Iterator[None]:
    """A part of the job at hand."""
    if _Shared.tracer is None:
        yield
        return
    with _Shared.tracer.start_as_current_span(name):
        yield


def _ids(job_id: str) -> tuple[int, int]:
    digest = hashlib.sha256(job_id.encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


def _about(job_id: str) -> dict[str, str]:
    return {"job_id": job_id, "reference": reference_of(job_id)}
