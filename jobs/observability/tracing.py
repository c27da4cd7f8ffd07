"""A picture's way as one OpenTelemetry trace: requested by a bot, waiting, drawn by a worker, stage by stage.

Nothing travels with the job for this. Trace and root span take their ids from the job's own, so bot and worker
agree on them, and a try after a worker's death is part of the same trace. Without an endpoint there is no tracer
provider, and OpenTelemetry's API does nothing; its SDK is the extra `trace`.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context

from jobs.observability.logs import reference_of

_NS: Final = 1_000_000_000
_TRACER: Final = trace.get_tracer("glyphcord")


class TraceUnavailable(Exception):
    """Traces are asked for and cannot be sent; `str()` says what to do."""


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
    trace.set_tracer_provider(provider)


def requested(job_id: str, since: float) -> None:
    """A job is on the queue: the trace's root, from Unix time `since` until now."""
    token = _IDS.set(_ids(job_id))
    try:
        root = _TRACER.start_span("request", start_time=int(since * _NS), attributes=_attributes(job_id))
    finally:
        _IDS.reset(token)
    root.end()


@contextmanager
def job(job_id: str, waiting_since: float | None) -> Iterator[None]:
    """A worker's time with a job, and as a span of its own what went before on the queue."""
    trace_id, root_id = _ids(job_id)
    root = SpanContext(trace_id, root_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    under_root = set_span_in_context(NonRecordingSpan(root))
    if waiting_since is not None:
        start = min(int(waiting_since * _NS), time.time_ns())
        _TRACER.start_span("queue", under_root, start_time=start, attributes=_attributes(job_id)).end()
    with _TRACER.start_as_current_span("job", under_root, attributes=_attributes(job_id)):
        yield


def span(name: str) -> AbstractContextManager[Span]:
    """A part of the job at hand."""
    return _TRACER.start_as_current_span(name)


def _ids(job_id: str) -> tuple[int, int]:
    digest = hashlib.sha256(job_id.encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


def _attributes(job_id: str) -> dict[str, str]:
    return {"job_id": job_id, "reference": reference_of(job_id)}
