"""One picture's way as OpenTelemetry's collector gets it: a trace that begins in the bot and ends in the worker."""

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from devstack.stack import Stack
from jobs.observability.logs import reference_of
from tests.e2e.conftest import PANDA, PatientControls
from tests.fork_server import forked


class Collector:
    """Takes OTLP over HTTP and keeps the spans, each with the service that sent it."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    facts = {fact.key: fact.value.string_value for fact in resource.resource.attributes}
                    for scope in resource.scope_spans:
                        spans.extend((facts["service.name"], span) for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def facts(span: Any) -> dict[str, str]:
    return {fact.key: fact.value.string_value for fact in span.attributes}


def test_one_trace_from_command_to_post_and_a_lost_endpoint_harms_nobody(
    tmp_path: Path, collector: Collector
) -> None:
    settings = {
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    began = time.time_ns()
    with Stack(tmp_path, settings=settings, start=forked) as stack:
        controls = PatientControls(stack.controls.url)
        used = controls.slash("ascii", files={"image": PANDA})
        assert controls.wait_for_answer(used)["attachments"]
        controls.wait_for(lambda: {"request", "job"} <= {span.name for _, span in collector.spans})
        collector.close()
        assert controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))["attachments"]
    job_id = used["interaction_id"]
    assert len({span.trace_id for _, span in collector.spans}) == 1
    by_name = {span.name: (service, span) for service, span in collector.spans}
    stages = {"decode", "tone", "generator", "paint", "encode", "post"}
    assert set(by_name) == {"request", "queue", "job"} | stages
    assert by_name["request"][0] == "glyphcord-bot"
    assert {by_name[name][0] for name in set(by_name) - {"request"}} == {"glyphcord-worker"}

    request, queue, job = (by_name[name][1] for name in ("request", "queue", "job"))
    assert request.parent_span_id == b"" and queue.parent_span_id == job.parent_span_id == request.span_id
    assert {by_name[stage][1].parent_span_id for stage in stages} == {job.span_id}
    for span in (request, queue, job):
        assert facts(span) == {"job_id": job_id, "reference": reference_of(job_id)}
    assert began <= request.start_time_unix_nano <= queue.start_time_unix_nano <= queue.end_time_unix_nano
    assert queue.end_time_unix_nano <= job.start_time_unix_nano < job.end_time_unix_nano <= time.time_ns()
