"""Traces that nobody asked for cost nothing, and those that cannot be sent say what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.observability import tracing as trace

ROOT = Path(__file__).parents[2]


def test_without_an_endpoint_nothing_happens_and_the_sdk_is_not_loaded() -> None:
    code = """
import sys
from jobs.observability import tracing as trace
trace.set_up(None, "bot")
trace.requested("1", 0.0)
with trace.job("1", 0.0), trace.span("decode"):
    pass
assert not [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_endpoint_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(trace.TraceUnavailable, match=r"pip install 'glyphcord\[trace\]'"):
        trace.set_up("http://127.0.0.1:4318", "bot")


def test_ids_follow_from_the_job() -> None:
    assert trace._ids("1") == trace._ids("1") != trace._ids("2")
    trace_id, span_id = trace._ids("1")
    assert 0 < trace_id < 2**128 and 0 < span_id < 2**64
