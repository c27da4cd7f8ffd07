"""Models changed while they draw: two real workers that share no folder, a bot, and everything an admin can do."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from devstack.stack import Stack
from jobs.connection import PREFIX, connect
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads
from jobs.registry.weights import WeightsStore
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, Controls
from tests.e2e.conftest import PANDA
from tests.fork_server import forked
from tests.worker.samples import write_weights

Used = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first worker's files; the second has none."""
    folder = tmp_path_factory.mktemp("weights")
    write_weights(folder, 1)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {
        "MODEL_WEIGHTS": "tiny",
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "WEIGHTS_DIR": str(folder),
        "WARM_MODELS": "2",
    }
    with Stack(tmp_path_factory.mktemp("models"), settings=settings, start=forked) as stack:
        with connect(stack.redis_url, patient=True) as redis:
            stack.controls.wait_for(lambda: WeightsStore(redis, 2**24).model("tiny"))
        # On another machine: what it draws with it has from Redis.
        stack.start_worker(WEIGHTS_DIR=str(tmp_path_factory.mktemp("empty")))
        stack.wait_ready()
        yield stack


@pytest.fixture
def redis(service: Stack) -> Iterator[Redis]:
    with connect(service.redis_url, patient=True) as redis:
        yield redis


@pytest.fixture
def controls(service: Stack) -> Controls:
    return service.controls


def admin(controls: Controls, command: str, words: str, **options: object) -> str:
    """Use /model as the owner, and wait for an answer with these words."""
    return told(controls, controls.slash(f"model {command}", options, user=ADA_ID), words)


def told(controls: Controls, used: Used, words: str) -> str:
    def there() -> str | None:
        answer = controls.answer_to(used)
        return str(answer["content"]) if answer and words in answer["content"] else None

    try:
        return controls.wait_for(there)
    except TimeoutError:
        pytest.fail(f"{controls.answer_to(used)}")


def draw(controls: Controls, **options: object) -> Any:
    used = controls.slash("ascii", options, files={"image": PANDA})
    return controls.wait_for(lambda: (a := controls.answer_to(used)) and a["attachments"] and a)


def drawn_by(controls: Controls, redis: Redis, message: Any) -> tuple[str, str]:
    """The model that drew a message's picture, and its version, as the job's record has them."""
    request = Messages(redis).request_of(message["id"])
    assert request is not None
    made = controls.wait_for(lambda: Jobs(redis).result_of(request.job_id))
    assert f" · {made.model} · " in message["content"]
    return made.model, made.model_version


def versions(redis: Redis, model: str) -> set[str]:
    """The versions of a model that the workers say they have loaded."""
    return {report.models[model] for report in Fleet(redis).alive() if model in report.models}


def in_use(controls: Controls, redis: Redis) -> str:
    """The version of `tiny`, once all workers have said that they have it: they do so every two seconds."""
    now = WeightsStore(redis, 2**26).models()["tiny"].active[:12]
    controls.wait_for(lambda: versions(redis, "tiny") == {now})
    return now


def short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def as_upload(data: bytes, name: str) -> dict[str, Any]:
    return {"file": (f"{name}.safetensors", data, "application/octet-stream")}


def test_a_new_file_on_one_machine_reaches_all(controls: Controls, redis: Redis, folder: Path) -> None:
    old = in_use(controls, redis)
    picture = draw(controls)
    assert drawn_by(controls, redis, picture) == ("tiny", old)
    new = short(write_weights(folder, 2))
    text = admin(controls, "reload", "2 of 2 workers use it")
    assert f"`tiny` is at version `{new}`" in text
    assert text.count(f"`{old}` → `{new}`") == 2
    controls.wait_for(lambda: versions(redis, "tiny") == {new})
    assert drawn_by(controls, redis, draw(controls)) == ("tiny", new)
    # A picture from before is drawn again with what is in use now.
    controls.react(picture["id"])

    def pink() -> dict[str, Any] | None:
        return next((m for m in controls.messages() if m["content"].startswith("pink") and m["attachments"]), None)

    assert drawn_by(controls, redis, controls.wait_for(pink)) == ("tiny", new)
    assert f"→ `{old}`" in admin(controls, "rollback", "2 of 2 workers use it")
    controls.wait_for(lambda: versions(redis, "tiny") == {old})
    # The file is not new any more, so it does not come back by itself.
    admin(controls, "reload", "the version did not change")
    assert f"→ `{new}`" in admin(controls, "reload", "2 of 2 workers use it", version=new)


def test_an_upload_becomes_a_style_at_the_press_of_a_button(
    controls: Controls, redis: Redis, folder: Path, tmp_path: Path
) -> None:
    data = write_weights(tmp_path, 3)
    used = controls.slash("model upload", {"name": "mine"}, files=as_upload(data, "any"), user=ADA_ID)
    text = told(controls, used, "until you press the button")
    assert f"`mine` version `{short(data)}`" in text and "legibility 1.00 (now 1.00)" in text
    shown = controls.answer_to(used)
    assert shown is not None and shown["attachments"][0]["content_type"] == "image/png"
    unknown = controls.slash("ascii", {"style": "mine"}, files={"image": PANDA})
    told(controls, unknown, SENTENCES["unknown_style"].split("{")[0])
    button = shown["components"][0]["components"][0]
    told(controls, controls.click(shown["id"], button["custom_id"], user=ADA_ID), "2 of 2 workers use it")
    assert drawn_by(controls, redis, draw(controls, style="mine")) == ("mine", short(data))
    assert drawn_by(controls, redis, draw(controls))[0] == "tiny"
    admin(controls, "default", "is now the default model", name="mine")
    controls.wait_for(lambda: {report.model for report in Fleet(redis).alive()} == {"mine"})
    assert drawn_by(controls, redis, draw(controls)) == ("mine", short(data))
    assert "⭐ `mine`" in admin(controls, "list", "Models")
    admin(controls, "default", "is now the default model", name="tiny")
    # The shipped models are styles, too, and only the recent ones stay in memory.
    assert drawn_by(controls, redis, draw(controls, style="classic"))[0] == "classic"
    controls.wait_for(lambda: {report.model for report in Fleet(redis).alive()} == {"tiny"})
    assert all(len(report.models) <= 2 for report in Fleet(redis).alive())
    status = admin(controls, "status", "Running: ")
    assert "Running: 2;" in status and "MB" in status


def test_a_damaged_upload_is_refused_with_its_reason(controls: Controls, redis: Redis, tmp_path: Path) -> None:
    data, kept = write_weights(tmp_path, 4), WeightsStore(redis, 2**26).versions()
    before = in_use(controls, redis)
    for damaged, words in (
        (data[:-100], "is not a whole safetensors file"),
        (data.replace(b"8x16", b"9x18"), "cells '9x18'"),
    ):
        used = controls.slash("model upload", files=as_upload(damaged, "tiny"), user=ADA_ID)
        text = told(controls, used, "cannot be used")
        assert words in text.replace("\\", "")
        shown = controls.answer_to(used)
        assert shown is not None and not shown["components"] and not shown["attachments"]
    assert versions(redis, "tiny") == {before}
    assert WeightsStore(redis, 2**26).versions() == kept


def test_what_one_worker_cannot_have_none_gets(controls: Controls, redis: Redis, folder: Path) -> None:
    before = in_use(controls, redis)
    store = WeightsStore(redis, 2**26)
    data = write_weights(folder, 5)
    version = store.put(data, "tiny", origin="file", by="test")
    redis.delete(f"{PREFIX}weights:blob:{version.sha256}")  # the first worker has the file, the second nothing
    text = admin(controls, "reload", "Nothing was changed", version=version.short)
    assert "kept neither here nor in the registry" in text
    assert text.count("↩️") + text.count("❌") == 2 and text.count("❌") == 1
    assert versions(redis, "tiny") == {before}
    assert drawn_by(controls, redis, draw(controls)) == ("tiny", before)


def test_a_change_ends_although_its_bot_dies(
    controls: Controls, redis: Redis, service: Stack, folder: Path
) -> None:
    before = in_use(controls, redis)
    reloads = Reloads(redis, WeightsStore(redis, 2**26), Fleet(redis))
    last = reloads.latest()
    new = short(write_weights(folder, 6))
    controls.slash("model reload", user=ADA_ID)
    controls.wait_for(lambda: reloads.latest() != last)
    service.bots[0].kill()
    service.bots[0].wait()
    controls.wait_for(lambda: versions(redis, "tiny") == {new})
    service.restart_bot()
    service.wait_ready()
    assert f"→ `{before}`" in admin(controls, "rollback", "2 of 2 workers use it")


def test_a_worker_that_starts_draws_with_what_is_in_use(controls: Controls, redis: Redis, service: Stack) -> None:
    now = WeightsStore(redis, 2**26).models()["tiny"].active[:12]
    first, second = service.workers
    first.kill()
    first.wait()
    service.workers[0] = second  # `check` is to find no dead one
    del service.workers[1]
    # What one of them cannot have, none gets; the dead one is on the list for some seconds more.
    admin(controls, "reload", "ended before it was ready", name="classic")
    new = service.start_worker()
    controls.wait_for(lambda: any(report.pid == new.pid for report in Fleet(redis).alive()))
    (report,) = (report for report in Fleet(redis).alive() if report.pid == new.pid)
    assert report.model_version == now
    assert drawn_by(controls, redis, draw(controls)) == ("tiny", now)


def test_an_emptied_redis_gets_its_models_back(controls: Controls, redis: Redis, service: Stack) -> None:
    store = WeightsStore(redis, 2**26)
    before = store.models()["tiny"].active
    redis.flushall()
    controls.wait_for(lambda: (m := store.model("tiny")) and m.active == before and store.blob(before))
    controls.wait_for(lambda: store.default() == "tiny" and "classic" in store.models())
    service.check()
