"""`python -m worker --count N` with real children: deaths, signals, and its own death."""

import os
import re
import signal

import pytest
from redis import Redis

from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet
from jobs.rq_adapter.queue import enqueue, render_queue
from tests.worker.processes import PATIENCE_S, Start, WorkerProcess, ended, running, until
from tests.worker.samples import photo, request_for
from tests.worker.standin import Standin
from worker.__main__ import main


@pytest.fixture
def sha(pictures: PictureStore) -> str:
    return pictures.put(photo())


def children(supervisor: WorkerProcess) -> dict[int, int]:
    """The last process id in each place, by the supervisor's log."""
    return {int(n): int(pid) for n, pid in re.findall(r"child started child=(\d+) pid=(\d+)", supervisor.log)}


@pytest.mark.slow
def test_killed_child_is_replaced_and_a_signal_lets_all_finish(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    supervisor = start("worker", "--count", "2")
    supervisor.wait_for("worker ready", times=2)
    assert re.search(r"^\[1\] .*worker ready", supervisor.log, re.MULTILINE)
    assert re.search(r"^\[2\] .*worker ready", supervisor.log, re.MULTILINE)
    standin.open.clear()
    enqueue(redis, request_for(sha))
    assert standin.arrived.wait(PATIENCE_S)
    fleet = Fleet(redis)
    until(lambda: sorted(r.state for r in fleet.alive()) == ["busy", "idle"], "one child to say it is busy")
    (idle,) = [report for report in fleet.alive() if report.state == "idle"]
    (place,) = [number for number, pid in children(supervisor).items() if pid == idle.pid]
    os.kill(idle.pid, signal.SIGKILL)
    supervisor.wait_for(f"child ended child={place} code=-9")
    standin.open.set()  # a worker waits for an answer for seconds, and the start of another may take longer
    assert ended(jobs) == "posted"
    supervisor.wait_for("worker ready", times=3)

    standin.open.clear()
    for job_id in ("1001", "1002"):
        enqueue(redis, request_for(sha, job_id=job_id))
    until(lambda: not render_queue(redis).job_ids, "the old and the new child to take a job each")
    enqueue(redis, request_for(sha, job_id="1003"))
    supervisor.process.send_signal(signal.SIGTERM)
    until(
        lambda: [r.state for r in fleet.alive() if r.pid != idle.pid] == ["stopping"] * 2,
        "both to say they are stopping",
    )
    standin.open.set()
    assert supervisor.process.wait(PATIENCE_S) == 0
    assert (ended(jobs, "1001"), ended(jobs, "1002")) == ("posted", "posted")
    assert render_queue(redis).job_ids == ["1003"]
    assert not any(running(pid) for pid in children(supervisor).values())


def test_children_of_a_killed_supervisor_finish_and_end(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    supervisor = start("worker", "--count", "1")
    supervisor.wait_for("worker ready")
    standin.open.clear()
    enqueue(redis, request_for(sha))
    assert standin.arrived.wait(PATIENCE_S)
    (child,) = children(supervisor).values()
    assert supervisor.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: [r.state for r in Fleet(redis).alive()] == ["stopping"], "the child to say it is stopping")
    assert running(child), "the job in hand is finished first"
    standin.open.set()
    assert ended(jobs) == "posted"
    until(lambda: not running(child), "the child to end")


def test_child_that_keeps_dying_is_started_ever_more_slowly(start: Start) -> None:
    supervisor = start("tests.worker.mayfly", "--count", "1", MAYFLY_CODE="4")
    supervisor.wait_for("child ended", times=3)
    waits = [float(wait) for wait in re.findall(r"code=4 lived_s=\S+; starting another in (\S+) s", supervisor.log)]
    for wait, longest in zip(waits, (0.5, 1, 2), strict=False):
        assert longest / 2 - 0.05 <= wait <= longest + 0.05
    assert supervisor.end() == 0


def test_child_that_refuses_at_its_first_start_ends_the_supervisor(start: Start) -> None:
    """As with weights that are not there: starting it again would say the same for ever."""
    supervisor = start("tests.worker.mayfly", "--count", "1", MAYFLY_CODE="2")
    assert supervisor.process.wait(PATIENCE_S) == 2
    assert "starts=1" in supervisor.log and "starts=2" not in supervisor.log


def test_settings_that_nobody_can_use_start_no_child(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "")
    assert main(["--count", "2"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("worker: ") and "DISCORD_TOKEN" in line


@pytest.mark.parametrize("count", ["0", "65", "many"])
def test_number_that_makes_no_sense(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended_with:
        main(["--count", count])
    assert ended_with.value.code == 2
    assert "--count" in capsys.readouterr().err
