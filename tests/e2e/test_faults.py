"""What breaks around the service, caused for real: every user gets a picture or one clear sentence."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from playground.testing import Controls
from tests.e2e.conftest import PANDA
from tests.fork_server import forked

ONE_THREAD = {"TORCH_THREADS": "1", "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "retry_after": 0.5, "times": 1},
        {"status": 503, "times": 2},
        {"drop": "before", "times": 1},
        {"drop": "after", "times": 1},
        {"status": 403, "page": True},
        {"status": 408},
        {"status": 404, "times": 2},
    ],
    ids=["429", "503 twice", "dropped before", "dropped after the effect", "403 page", "408", "404 twice"],
)
def test_the_worker_gets_through(controls: Controls, fault: dict[str, object]) -> None:
    controls.fault(method="PATCH", path=r"/webhooks/.*/messages/@original", **fault)
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    assert len(answer["attachments"]) == 1, answer["content"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "attachments"), ("PATCH", "/webhooks/"), ("POST", "/messages$")]
)
def test_trouble_of_20_s_costs_nobody_the_picture(controls: Controls, method: str, path: str) -> None:
    trouble: dict[str, Any] = {"method": method, "path": path, "status": 403, "page": True, "for_s": 20}
    if method == "POST":
        used = controls.slash("ascii", files={"image": PANDA})
        answer = controls.wait_for_answer(used)
        controls.fault(**trouble)
        controls.react(answer["id"])
    else:
        controls.fault(**trouble)
        used = controls.slash("ascii", files={"image": PANDA})
    controls.wait_for(lambda: controls.faults()[-1]["hits"] >= 2)
    controls.advance(20)
    if method == "POST":
        answer = controls.wait_for_answer(used)
        controls.wait_for(
            lambda: [
                message
                for message in controls.messages()
                if (message.get("message_reference") or {}).get("message_id") == answer["id"]
                and message["attachments"]
            ]
        )
    else:
        assert controls.wait_for_answer(used)["attachments"]


def test_a_file_that_the_cdn_no_longer_has_is_named(controls: Controls) -> None:
    controls.fault(method="GET", path="attachments", times=10, status=404)
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    assert "no longer has that file" in answer["content"]
    controls.clear_faults()
    assert controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))["attachments"]


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, without a worker, whose parts may be stopped."""
    with Stack(tmp_path_factory.mktemp("lonely"), workers=0, settings=ONE_THREAD, start=forked) as stack:
        yield stack


def test_without_a_worker_the_picture_is_queued_and_comes_later(lonely: Stack) -> None:
    controls = lonely.controls
    used = controls.slash("ascii", files={"image": PANDA})
    waiting = controls.wait_for_answer(used)
    assert waiting["content"].startswith("Queued. No worker is awake")
    lonely.start_worker()

    def picture() -> bool:
        answer = controls.answer_to(used)
        return bool(answer and answer["attachments"])

    controls.wait_for(picture)
    answer = controls.answer_to(used)
    assert answer
    assert "Queued" not in answer["content"]


def test_with_redis_down_the_answer_is_honest_and_all_recover(lonely: Stack) -> None:
    controls = lonely.controls
    lonely.wait_ready()
    lonely.stop_valkey()
    answer = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    assert "cannot reach my drawing queue" in answer["content"]
    lonely.start_valkey()

    def drawn() -> bool:
        again = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
        if "cannot reach" in again["content"]:
            return False
        controls.wait_for(lambda: (found := controls.answer_to(again)) and found["attachments"])
        return True

    controls.wait_for(drawn)
    lonely.check()


def test_a_wrong_token_is_one_readable_line(lonely: Stack, tmp_path: Path) -> None:
    environment = {**os.environ, **lonely.playground.environment(), "REDIS_URL": lonely.redis_url}
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env={**environment, "DISCORD_TOKEN": "wrong"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "DISCORD_TOKEN" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
