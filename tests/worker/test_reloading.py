"""One worker's part in changing models: real models, a real registry; the steps of its thread called by hand."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from jobs.connection import PREFIX
from jobs.registry.fleet import Fleet, WorkerReport
from jobs.registry.reload import Reload, Reloads, Vote
from jobs.registry.weights import WeightsStore, activated, set_model
from jobs.rq_adapter.job import RenderJob
from jobs.rq_adapter.queue import render_queue
from jobs.text.sentences import ServiceProblem
from models.weights_file import WeightsError
from tests.worker.samples import write_weights
from worker.program import start
from worker.queue.circuit_breaker import CircuitBreaker
from worker.queue.redis_outage import Outage
from worker.queue.work_loop import EXIT_BROKEN, WorkLoop
from worker.render.engine import Engine
from worker.render.weights_source import WeightsSource
from worker.weights.reloading import Reloader


class Small(Engine):
    """An engine on a device that has room for so many models."""

    room = 99

    def fits(self) -> bool:
        return len(self._warm) < self.room


class Worker:
    """All parts of one worker but its main loop and its clock."""

    def __init__(self, redis: Redis, folder: Path, name: str = "w1", keep: int = 2) -> None:
        self.name, self.redis, self.folder = name, redis, folder
        self.store = WeightsStore(redis, 2**28)
        self.reloads = Reloads(redis, self.store, Fleet(redis))
        self.weights_source = WeightsSource(self.store, folder, name)
        self.engine = Small(self.weights_source, "cpu", keep=keep)
        start(self.engine, self.weights_source, "tiny")
        self.rq = WorkLoop(
            redis,
            name=name,
            kind=RenderJob,
            outage=Outage(),
            breaker=CircuitBreaker(lambda: True),
            is_lost=lambda: False,
            cancel=lambda job_id: None,
        )
        self.reloader = Reloader(self.reloads, self.weights_source, self.engine, self.rq)
        self.report()
        self.step()

    def report(self) -> None:
        Fleet(self.redis).report(
            WorkerReport(
                name=self.name,
                host="h",
                pid=1,
                device="cpu",
                model="tiny",
                model_version="v",
                state="idle",
                started_at=0.0,
            )
        )

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.reloader.step()

    def runs(self) -> dict[str, str]:
        """Name and hash of what is loaded."""
        return {loaded.name: loaded.sha256 for loaded in self.engine.loaded()}

    def end_of(self, reload: Reload) -> tuple[str, str]:
        latest = self.reloads.latest()
        assert latest is not None and latest.id == reload.id
        return latest.phase, latest.reason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_weights(tmp_path, 1)
    return tmp_path


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without the shipped models, which take a moment to publish."""
    empty = tmp_path_factory.mktemp("shipped")
    monkeypatch.setattr("worker.render.weights_source.SHIPPED", empty)
    monkeypatch.setattr("models.weights_file.SHIPPED", empty)
    monkeypatch.setattr("jobs.registry.fleet.REPORT_TTL_S", 600)  # nobody renews what a test reports


@pytest.fixture
def worker(redis: Redis, folder: Path) -> Worker:
    return Worker(redis, folder)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_first_worker_makes_its_files_known_and_the_default(worker: Worker, folder: Path) -> None:
    lines = write_weights(folder, 2, "lines")
    (folder / "broken.safetensors").write_bytes(b"not a model")
    worker.weights_source.publish_files()
    assert {name: model.active for name, model in worker.store.models().items()} == worker.runs() | {
        "lines": sha(lines)
    }
    assert worker.store.default() == "tiny"
    assert worker.store.blob(sha(lines)) == lines
    assert worker.redis.exists(f"{PREFIX}weights:claim:broken")


def test_a_file_that_cannot_be_looked_at_keeps_no_other_from_becoming_a_style(
    worker: Worker, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_weights(folder, 2, "lines")
    (folder / "gone.safetensors").symlink_to(folder / "share" / "gone.safetensors")
    for _ in range(2):
        worker.weights_source.publish_files()
    assert list(worker.store.models()) == ["lines", "tiny"]
    assert [record.getMessage() for record in caplog.records if "gone" in record.getMessage()] == [
        "model not published name=gone reason='gone.safetensors cannot be read: No such file or directory'"
    ]


def test_looking_for_new_files_is_not_tried_again_at_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError

    monkeypatch.setattr(worker.weights_source, "publish_files", fails)
    worker.reloader._publish_at = 0.0  # half a minute later
    with pytest.raises(OSError):
        worker.step()
    worker.step()


def test_a_shipped_file_that_an_update_has_replaced_is_not_taken_for_what_draws(
    worker: Worker, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.weights_file.SHIPPED", folder)
    drawing = worker.engine.load("tiny", (folder / "tiny.safetensors").read_bytes())
    assert sha(drawing.data) == drawing.sha256 and drawing.kept is None
    worker.engine.put(drawing)
    write_weights(folder, 2)
    worker.redis.flushdb()
    worker.step()
    assert "tiny" not in worker.store.models() and "restart" in worker.reloader.error
    with pytest.raises(WeightsError, match="restart"):
        worker.engine.take_out("tiny")
    assert worker.runs() == {"tiny": drawing.sha256}, "without a way back it stays"


def test_a_change_goes_through_its_stages(worker: Worker, folder: Path) -> None:
    old, new = worker.runs()["tiny"], sha(write_weights(folder, 2))
    reload = worker.reloads.begin("tiny", "50")
    in_hand = worker.engine.renderer_for(None)
    worker.step(5)
    assert worker.end_of(reload)[0] == "committed"
    assert worker.runs() == {"tiny": new}
    assert in_hand.sha256 == old, "a job keeps the renderer that it began with"
    answer = worker.reloads.votes(reload)["w1"]
    assert answer.moved and answer.took_ms > 0 and not answer.drained


def test_nothing_changes_before_all_are_ready_nor_when_one_is_not(worker: Worker, folder: Path) -> None:
    other = worker.reloads
    old = worker.runs()
    Fleet(worker.redis).report(
        WorkerReport(
            name="w2", host="h", pid=2, device="cpu", model="tiny", model_version="v", state="idle", started_at=0.0
        )
    )
    write_weights(folder, 2)
    reload = worker.reloads.begin("tiny", "50")
    worker.step(3)
    other.vote(reload, Vote(worker="w2", offered=True))
    worker.step(5)
    assert worker.reloads.votes(reload)["w1"].ready and worker.runs() == old
    other.vote(reload, Vote(worker="w2", offered=True, error="no room"))
    worker.step(3)
    assert worker.end_of(reload) == ("aborted", "w2: no room")
    assert worker.runs() == old


def test_an_answer_that_redis_did_not_take_is_given_again(
    worker: Worker, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, answer, lost = sha(write_weights(folder, 2)), worker.reloads.vote, list[Vote]()

    def every_first_fails(reload: Reload, given: Vote) -> None:
        if given not in lost:
            lost.append(given)
            raise ConnectionError
        answer(reload, given)

    monkeypatch.setattr(worker.reloads, "vote", every_first_fails)
    reload = worker.reloads.begin("tiny", "50")
    for _ in range(12):
        with suppress(ConnectionError):
            worker.step()
    assert [(a.offered, a.ready, a.moved) for a in lost] == [(True, False, False), (True, True, False), (True,) * 3]
    assert worker.end_of(reload)[0] == "committed"
    assert worker.runs() == {"tiny": new} and worker.reloads.votes(reload)["w1"].moved


@pytest.mark.parametrize("room", [99, 1], ids=["beside the old one", "in its place"])
def test_what_was_decided_draws_although_the_next_reload_came_first(
    worker: Worker, folder: Path, redis: Redis, room: int
) -> None:
    write_weights(folder, 2, "lines")
    worker.weights_source.publish_files()
    worker.engine.room = room
    Fleet(redis).report(
        WorkerReport(
            name="w2", host="h", pid=2, device="cpu", model="tiny", model_version="v", state="idle", started_at=0.0
        )
    )
    new = sha(write_weights(folder, 3))
    reload = worker.reloads.begin("tiny", "50")
    worker.reloads.vote(reload, Vote(worker="w2", offered=True, ready=True))
    worker.step(2)
    assert worker.end_of(reload)[0] == "committed" and not worker.reloads.votes(reload)["w1"].moved
    following = worker.reloads.begin("lines", "51")
    worker.step(3)
    assert worker.runs()["tiny"] == new and following.is_open


@pytest.mark.parametrize("ends", ["committed", "aborted"])
def test_without_room_for_two_it_steps_aside_and_comes_back(
    worker: Worker, folder: Path, ends: str, redis: Redis
) -> None:
    old, new = worker.runs()["tiny"], sha(write_weights(folder, 2))
    worker.engine.room = 1
    if ends == "aborted":
        Fleet(redis).report(
            WorkerReport(
                name="w2", host="h", pid=2, device="cpu", model="m", model_version="v", state="idle", started_at=0.0
            )
        )
    held: list[bool] = []
    load = worker.engine.load

    def watched(name: str, data: bytes) -> object:
        held.append(worker.rq.held and not worker.engine.loaded())
        return load(name, data)

    read_while_held: list[bool] = []
    bytes_of = worker.weights_source.bytes_of

    def read(name: str, sha256: str) -> bytes:
        read_while_held.append(worker.rq.held)
        return bytes_of(name, sha256)

    worker.engine.load = watched  # type: ignore[method-assign, assignment]
    worker.weights_source.bytes_of = read  # type: ignore[method-assign]
    reload = worker.reloads.begin("tiny", "50")
    worker.step(2)
    if ends == "aborted":
        worker.reloads.vote(reload, Vote(worker="w2", offered=True))
        worker.step(3)
        assert worker.rq.held, "until it is decided, it takes no jobs"
        worker.reloads.vote(reload, Vote(worker="w2", offered=True, error="no"))
    worker.step(4)
    assert not read_while_held[0], "a file may take long, and meanwhile it draws"
    assert held[0], "the old model is gone before the new one comes"
    assert worker.end_of(reload)[0] == ends
    assert worker.reloads.votes(reload)["w1"].drained
    assert worker.runs() == {"tiny": new if ends == "committed" else old}
    assert not worker.rq.held


def test_a_held_worker_ends_its_job_first_and_takes_no_other(worker: Worker, redis: Redis) -> None:
    rq, begun, may_end = worker.rq, threading.Event(), threading.Event()
    taken: list[str] = []

    def work(job: RenderJob) -> None:
        taken.append(job.id)
        begun.set()
        assert may_end.wait(30)

    rq.run_job = work  # type: ignore[method-assign]
    queue = render_queue(redis)
    queue.enqueue("worker.tasks.render", job_id="1")
    loop = threading.Thread(target=rq.step)
    loop.start()
    assert begun.wait(30)
    assert not rq.hold(0.05)
    may_end.set()
    assert rq.hold(30)
    loop.join(30)
    queue.enqueue("worker.tasks.render", job_id="2")
    rq.step()
    assert taken == ["1"] and rq.held
    rq.release()
    rq.step()
    assert taken == ["1", "2"] and not rq.held


def test_a_reload_that_is_aborted_while_a_worker_ends_its_job_holds_it_no_longer(
    worker: Worker, folder: Path
) -> None:
    old = worker.runs()
    worker.engine.room = 1
    Fleet(worker.redis).report(
        WorkerReport(
            name="w2", host="h", pid=2, device="cpu", model="tiny", model_version="v", state="idle", started_at=0.0
        )
    )
    new = worker.store.put(write_weights(folder, 2), "tiny", origin="upload", by="50")
    reload = worker.reloads.begin("tiny", "50", version=new.sha256)
    with worker.rq._turn:  # as while it runs a job
        worker.step()
        assert worker.rq.state == "swapping" and not worker.reloads.votes(reload), "its job first"
        worker.engine.room = 99  # others have left the card
        worker.step()
        assert worker.runs() == old and not worker.reloads.votes(reload), "still its job first"
        worker.reloads.vote(reload, Vote(worker="w2", offered=True, error="no"))
        worker.step()
        assert worker.end_of(reload)[0] == "aborted"
        assert worker.rq.state == "idle"
    worker.step()
    assert worker.runs() == old and worker.rq.state == "idle"


def test_a_model_that_does_not_load_leaves_the_old_one_also_without_room(worker: Worker, folder: Path) -> None:
    old = worker.runs()
    worker.engine.room = 1
    bad = worker.store.put(b"not a model", "tiny", origin="upload", by="50")
    reload = worker.reloads.begin("tiny", "50", version=bad.sha256)
    worker.step(4)
    stage, reason = worker.end_of(reload)
    assert stage == "aborted" and "not a whole safetensors file" in reason
    assert worker.runs() == old and not worker.rq.held


def test_a_worker_without_a_way_back_ends_as_broken(worker: Worker, folder: Path) -> None:
    worker.engine.room = 1
    write_weights(folder, 2)

    def full(name: str, data: bytes) -> object:
        raise MemoryError

    worker.engine.load = full  # type: ignore[method-assign, assignment]
    reload = worker.reloads.begin("tiny", "50")
    worker.step(3)
    assert worker.rq._exit_code == EXIT_BROKEN and worker.rq.stopping
    assert worker.end_of(reload)[0] == "aborted"


def test_who_was_not_there_follows_the_registry(worker: Worker, redis: Redis, folder: Path, tmp_path: Path) -> None:
    late = Worker(redis, tmp_path / "none", name="w2")  # a machine without files
    assert late.runs() == worker.runs()
    data = write_weights(folder, 2)
    version = worker.store.put(data, "tiny", origin="upload", by="50")
    model = activated(worker.store.model("tiny"), "tiny", version.sha256, "50")

    def change(pipe: object) -> None:
        pipe.multi()  # type: ignore[attr-defined]
        set_model(pipe, model)  # type: ignore[arg-type]

    redis.transaction(change, f"{PREFIX}weights:models")
    for one in (worker, late):
        one.step()
        assert one.runs() == {"tiny": sha(data)}


def test_what_cannot_be_followed_is_said_and_the_old_one_draws_on(worker: Worker, redis: Redis) -> None:
    old = worker.runs()
    model = activated(worker.store.model("tiny"), "tiny", "f" * 64, "50")
    redis.hset(f"{PREFIX}weights:models", "tiny", model.model_dump_json())
    worker.step(3)
    assert worker.runs() == old
    assert "kept neither here nor in the registry" in worker.reloader.error


def test_what_could_not_be_followed_is_said_no_longer_than_it_is_so(worker: Worker, redis: Redis) -> None:
    def reasons() -> list[str]:
        worker.step()
        return worker.reloader.error.split("; ") if worker.reloader.error else []

    before = worker.store.known("tiny")
    gone = activated(before, "tiny", "f" * 64, "50")
    redis.hset(f"{PREFIX}weights:models", "tiny", gone.model_dump_json())
    worker.store.announce("ghost", "e" * 64, "50")
    worker.store.set_default("ghost")
    lacking = [
        f"version {letter * 12} of {name} is kept neither" for letter, name in (("f", "tiny"), ("e", "ghost"))
    ]
    assert [reason[: len(lack)] for reason, lack in zip(reasons(), lacking, strict=True)] == lacking
    worker.store.set_default("tiny")
    (reason,) = reasons()
    assert reason.startswith(lacking[0])
    redis.hset(f"{PREFIX}weights:models", "tiny", before.model_dump_json())
    assert reasons() == []


def test_that_a_model_found_no_room_in_the_registry_is_said_until_it_does(
    worker: Worker, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.weights.reloading.AGAIN_S", 0.0)
    redis.flushall()
    with monkeypatch.context() as full:
        full.setattr(worker.store, "_budget", 1)
        worker.step()
        assert "do not fit" in worker.reloader.error
    worker.step()
    assert "tiny" in worker.store.models() and worker.reloader.error == ""


@pytest.mark.parametrize("keep", [1, 2])
def test_another_default_is_loaded_and_then_used(worker: Worker, folder: Path, keep: int) -> None:
    worker.engine._keep = keep
    lines = write_weights(folder, 2, "lines")
    worker.weights_source.publish_files()
    worker.store.set_default("lines")
    worker.step()
    assert worker.engine.default == "lines"
    assert [loaded.name for loaded in worker.engine.loaded()] == ["lines", "tiny"][:keep], "warm before a picture"
    assert worker.engine.renderer.sha256 == sha(lines)


def test_the_recent_styles_stay_warm_and_the_default_always(worker: Worker, folder: Path) -> None:
    for seed, name in enumerate(("a", "b", "c"), 2):
        write_weights(folder, seed, name)
    worker.weights_source.publish_files()
    assert worker.engine.renderer_for("a").name == "a"
    assert set(worker.runs()) == {"tiny", "a"}
    worker.engine.renderer_for("b")
    assert set(worker.runs()) == {"tiny", "b"}
    worker.engine.room = 1
    worker.engine.renderer_for("c")  # and where memory is short, fewer
    assert set(worker.runs()) == {"tiny", "c"}
    with pytest.raises(ServiceProblem) as error:
        worker.engine.renderer_for("plaid")
    assert str(error.value) == "I do not know that style. Choose one of: a, b, c, tiny."


def test_an_emptied_redis_gets_back_what_is_loaded_and_the_files(
    worker: Worker, redis: Redis, folder: Path
) -> None:
    worker.reloader._publish_at = 0.0  # half a minute later
    before = worker.runs()
    write_weights(folder, 2, "lines")
    redis.flushall()
    worker.step(2)
    assert list(worker.store.models()) == ["lines", "tiny"]
    assert worker.store.models()["tiny"].active == before["tiny"]
    assert worker.store.blob(before["tiny"]) is not None
    assert worker.store.default() == "tiny"


def test_a_default_that_is_nowhere_is_no_reason_not_to_draw(redis: Redis, folder: Path) -> None:
    WeightsStore(redis, 2**28).announce("ghost", "f" * 64, "w0")
    WeightsStore(redis, 2**28).announce_default("ghost")
    worker = Worker(redis, folder)
    assert worker.engine.renderer.name == "tiny"
    assert "kept neither here" in worker.reloader.error


def test_a_version_that_this_worker_cannot_read_is_no_reason_not_to_draw(redis: Redis, folder: Path) -> None:
    store = WeightsStore(redis, 2**28)
    store.announce("tiny", store.put(b"of a later format", "tiny", origin="upload", by="50").sha256, "50")
    worker = Worker(redis, folder)
    assert worker.runs() == {"tiny": sha((folder / "tiny.safetensors").read_bytes())}
    assert "not a whole safetensors file" in worker.reloader.error


def test_a_file_is_offered_once(worker: Worker, folder: Path, redis: Redis) -> None:
    offer: Callable[[], str | None] = lambda: worker.weights_source.offer("tiny")  # noqa: E731
    assert offer() is None, "it is known"
    data = write_weights(folder, 2)
    assert offer() == sha(data)
    assert offer() is None
    assert worker.weights_source.offer("../tiny") is None
    assert worker.weights_source.offer("nobody") is None
