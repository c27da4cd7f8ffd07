"""What an operator sees of a running service: probes, metrics, log lines; and files that name metrics there are."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from devstack.stack import Stack
from devstack.valkey import free_port
from jobs.observability.logs import reference_of
from playground.testing import TOKEN
from tests.e2e.conftest import PANDA, ROOT, PatientControls
from tests.fork_server import forked

DASHBOARD = ROOT / "deploy" / "grafana" / "glyphcord.json"
OPERATIONS = ROOT / "docs" / "operations.md"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
BOT, WORKER = "bot", "worker"
PORTS: dict[str, int] = {}
"""Chosen when the service starts: of those chosen earlier, another program may have one by then."""

PICTURE: dict[str, Any] = {"method": "PATCH", "path": "/webhooks/.*/messages/@original", "uploads": True}
"""What a worker sends; on a busy machine the bot tells meanwhile that the job waits, by the same route."""

Samples = dict[str, list[tuple[dict[str, str], float]]]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    PORTS.update({BOT: free_port(), WORKER: free_port()})
    settings = {
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "LOG_FORMAT": "json",
        "BOT_HTTP_PORT": str(PORTS[BOT]),
        "WORKER_HTTP_PORT": str(PORTS[WORKER]),
    }
    with Stack(tmp_path_factory.mktemp("watched"), settings=settings, start=forked) as stack:
        yield stack


@pytest.fixture(scope="module")
def controls(watched: Stack) -> PatientControls:
    return PatientControls(watched.controls.url)


@pytest.fixture(scope="module")
def drawn(controls: PatientControls) -> dict[str, Any]:
    """The message of a picture that Discord held back once."""
    controls.fault(**PICTURE, status=429, retry_after=0.5)
    return controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))


@pytest.fixture(scope="module")
def failed(controls: PatientControls, drawn: dict[str, Any]) -> tuple[str, str]:
    """An interaction whose picture Discord refused, and what its user was told."""
    controls.fault(**PICTURE, status=400)
    used = controls.slash("ascii", files={"image": PANDA})
    told = controls.wait_for_answer(used)["content"]
    # The worker counts a job after its message is there.
    controls.wait_for(lambda: value(scraped(WORKER)[0], "jobs_total") == 2)
    return used["interaction_id"], told


@pytest.fixture(scope="module")
def refused(controls: PatientControls, drawn: dict[str, Any]) -> str:
    """What the bot said of a file that is no picture."""
    broken = ("cat.png", b"no picture at all", "image/png")
    return str(controls.wait_for_answer(controls.slash("ascii", files={"image": broken}))["content"])


def ask(program: str, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORTS[program]}{page}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def scraped(*programs: str) -> tuple[Samples, set[str]]:
    """All samples, by name; and the names of what has none yet, such as a GPU's memory without a GPU."""
    samples, silent = Samples(), set[str]()
    for program in programs:
        for family in text_string_to_metric_families(ask(program, "/metrics")[1]):
            if not family.samples:
                names = [family.name + suffix for suffix in ("", "_total", "_bucket", "_sum", "_count")]
                silent |= set(names)
            for sample in family.samples:
                samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return samples, silent


def value(samples: Samples, name: str, **labels: str) -> float:
    return sum(number for found, number in samples[f"glyphcord_{name}"] if labels.items() <= found.items())


def log_lines(watched: Stack, name: str) -> list[dict[str, Any]]:
    """Every line of a log; fails where one is no JSON."""
    text = (watched.folder / name).read_text(encoding="utf-8")
    assert TOKEN not in text
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("program", [BOT, WORKER])
def test_a_service_that_runs_is_well_and_ready(
    controls: PatientControls, drawn: dict[str, Any], program: str
) -> None:
    # A bot answers commands some seconds before it knows that it has been told of every server.
    controls.wait_for(lambda: ask(program, "/readyz")[0] == 200)
    for page in ("/healthz", "/readyz"):
        assert ask(program, page) == (200, '{"ok": true, "reasons": []}')


def test_the_worker_counts_what_it_does(drawn: dict[str, Any], failed: tuple[str, str]) -> None:
    assert drawn["attachments"]
    samples, _ = scraped(WORKER)
    assert value(samples, "jobs_total", outcome="posted", code="") == 1
    assert value(samples, "jobs_total", outcome="failed", code="internal") == 1
    for stage in ("decode", "tone", "generator", "paint", "encode", "post"):
        assert value(samples, "stage_seconds_count", stage=stage) == 2, stage
    assert value(samples, "answer_seconds_count") == value(samples, "job_wait_seconds_count") == 2
    assert value(samples, "deliveries_total", route="token", verdict="done") == 2, "the picture, and the reason"
    assert value(samples, "deliveries_total", route="token", verdict="rejected") == 1
    route = "/webhooks/{id}/{token}/messages/@original"
    assert value(samples, "discord_requests_total", method="PATCH", route=route, status="429") == 1
    assert value(samples, "discord_rate_limit_seconds_total", route=route) >= 0.5
    assert value(samples, "model_info", model="classic", device="cpu", default="true") == 1
    assert value(samples, "model_load_seconds_count") >= 1
    assert value(samples, "worker_degraded") == value(samples, "decoders_replaced_total") == 0


def test_the_bot_counts_what_it_does_and_tells_of_the_fleet(drawn: dict[str, Any], refused: str) -> None:
    assert "cannot read that file as a picture" in refused
    samples, _ = scraped(BOT)
    assert value(samples, "problems_total", code="not_a_picture") == 1
    callback = "/interactions/{id}/{token}/callback"
    assert (
        value(samples, "acknowledge_seconds_count") == value(samples, "discord_requests_total", route=callback) >= 2
    )
    assert value(samples, "gateway_ready") == value(samples, "redis_up") == 1
    assert value(samples, "workers", state="idle") + value(samples, "workers", state="busy") == 1
    assert value(samples, "stored_picture_bytes", kind="used") == PANDA.stat().st_size
    assert value(samples, "queue_jobs", state="waiting") == value(samples, "queue_oldest_seconds") == 0
    assert value(samples, "event_loop_lag_seconds_count") > 1


def test_no_label_holds_an_id_or_a_token(drawn: dict[str, Any], failed: tuple[str, str], refused: str) -> None:
    samples, _ = scraped(BOT, WORKER)
    for name, found in samples.items():
        if name.startswith("glyphcord_"):
            for labels, _number in found:
                for label in set(labels) - {"le", "version"}:
                    assert not re.search(r"\d{5}", labels[label]), (name, labels)


def test_every_line_says_which_job_it_is_about(watched: Stack, failed: tuple[str, str], refused: str) -> None:
    interaction, told = failed
    reference = reference_of(interaction)
    assert reference in told
    for name, program in (("bot.log", "bot"), ("worker-1.log", "worker")):
        lines = log_lines(watched, name)
        assert {line["program"] for line in lines} == {program}
        ours = [line for line in lines if line.get("job_id") == interaction]
        assert ours, f"{name} says nothing of the job"
        assert {(line["interaction_id"], line["reference"]) for line in ours} == {(interaction, reference)}
        # Whatever speaks of the job in words is about it, too.
        assert all(line in ours for line in lines if interaction in line["message"])
    assert any(f"reference={reference}" in line["message"] for line in log_lines(watched, "worker-1.log"))


def speaks_of(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics in a PromQL expression, each with the labels that its selector names."""
    for match in re.finditer(r"\b(glyphcord_\w+)(?:\{([^}]*)\})?", expression):
        yield match[1], set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", match[2] or ""))


def grouped(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics inside of each `by (labels) (…)`, with those labels."""
    for match in re.finditer(r"\bby \(([^)]*)\) ?\(", expression):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(expression[end], 0)
            end += 1
        for name, _ in speaks_of(expression[match.end() : end]):
            yield name, set(match[1].split(", "))


def expressions(path: Path) -> list[str]:
    """Those of a dashboard or a file of alert rules."""
    if path.suffix == ".json":
        panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
        return [target["expr"] for panel in panels for target in panel.get("targets", [])]
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("path", [DASHBOARD, ALERTS], ids=["dashboard", "alerts"])
def test_they_speak_of_metrics_there_are(
    path: Path, drawn: dict[str, Any], failed: tuple[str, str], refused: str
) -> None:
    samples, silent = scraped(BOT, WORKER)
    found = expressions(path)
    assert len(found) > 8
    for expression in found:
        for name, labels in (*speaks_of(expression), *grouped(expression)):
            assert name in samples or name in silent, f"{name} in {expression}"
            if name in samples:
                known = set().union(*(found for found, _ in samples[name])) | {"instance", "job"}
                assert labels <= known, f"{expression}: {name} has {sorted(known)}"


def test_every_metric_of_ours_is_on_the_dashboard(drawn: dict[str, Any], failed: tuple[str, str]) -> None:
    samples, _ = scraped(BOT, WORKER)
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for e in expressions(DASHBOARD) for name, _ in speaks_of(e)}
    ours = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in samples if name.startswith("glyphcord_")}
    assert {name for name in ours - shown if f"{name}_total" not in shown} == set()


def test_every_metric_of_ours_is_documented_and_no_other(drawn: dict[str, Any], failed: tuple[str, str]) -> None:
    families = [f for program in (BOT, WORKER) for f in text_string_to_metric_families(ask(program, "/metrics")[1])]
    exported = {
        f"{f.name}_total" if f.type == "counter" else f.name for f in families if f.name.startswith("glyphcord_")
    }
    assert set(re.findall(r"`(glyphcord_\w+)`", OPERATIONS.read_text(encoding="utf-8"))) == exported


def test_without_redis_they_are_well_but_not_ready(
    watched: Stack, drawn: dict[str, Any], controls: PatientControls
) -> None:
    watched.stop_valkey(kill=True)
    for program in (BOT, WORKER):
        status, body = ask(program, "/readyz")
        assert status == 503 and "redis" in body
        assert ask(program, "/healthz")[0] == 200
    samples, _ = scraped(BOT)
    assert value(samples, "redis_up") == 0 and "glyphcord_queue_jobs" not in samples
    watched.start_valkey()
    controls.wait_for(lambda: ask(BOT, "/readyz")[0] == ask(WORKER, "/readyz")[0] == 200)
    assert value(scraped(BOT)[0], "redis_up") == 1
