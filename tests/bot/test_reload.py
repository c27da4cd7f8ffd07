"""`/model reload` through the whole program, with workers that speak the real Fleet."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from bot.model_admin import NO_WORKER
from jobs.fleet import Fleet, ReloadAnswer
from jobs.problems import SENTENCES
from playground.testing import ADA_ID, MIA_ID, MOD_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess
from tests.bot.test_slash import a_worker_reports


@contextmanager
def workers(redis: Redis, **errors: str) -> Iterator[None]:
    """Workers by name that answer each reload order, with the given error or none."""
    fleet = Fleet(redis)
    latest = fleet.latest_order()
    done = latest.number if latest else 0
    stop = threading.Event()
    for name in errors:
        a_worker_reports(redis, name)

    def serve() -> None:
        answered = done
        while not stop.is_set():
            order = fleet.latest_order()
            if order is not None and order.number > answered:
                answered = order.number
                for name, error in errors.items():
                    version = ("a" if error else "b") * 12
                    fleet.answer(
                        order, ReloadAnswer(worker=name, model="m", model_version=version, took_ms=5, error=error)
                    )
            time.sleep(0.02)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_only_admins_may(discord: Controls, redis: Redis, running_bot: BotProcess) -> None:
    a_worker_reports(redis)
    for user in (MIA_ID, MOD_ID):
        used = discord.slash("model reload", user=user)
        answer = discord.wait_for_answer(used)
        assert answer["content"] == SENTENCES["not_admin"]
        assert answer["ephemeral_to"] == user
        line = f"interaction={used['interaction_id']} user={user} detail=command=model-reload"
        assert line in running_bot.log
    assert Fleet(redis).latest_order() is None


def test_the_owner_sees_what_every_worker_made_of_it(discord: Controls, redis: Redis) -> None:
    with workers(redis, w1="", w2="weights file is cut short"):
        used = discord.slash("model reload", user=ADA_ID)
        answer = discord.wait_for_answer(used)
    assert answer["ephemeral_to"] == ADA_ID
    assert answer["content"].splitlines() == [
        "1 of 2 workers loaded the weights again.",
        "✅ `w1` runs `m` version `bbbbbbbbbbbb` (0.0 s)",
        "❌ `w2` still runs `m` version `aaaaaaaaaaaa`: weights file is cut short",
    ]


def test_a_worker_that_dies_meanwhile_is_named(discord: Controls, redis: Redis) -> None:
    a_worker_reports(redis, "gone")
    used = discord.slash("model reload", user=ADA_ID)
    discord.wait_for(lambda: Fleet(redis).latest_order())
    Fleet(redis).leave("gone")
    assert "⏳ `gone` has not answered" in discord.wait_for_answer(used)["content"]


def test_without_a_worker_that_is_said(discord: Controls, redis: Redis) -> None:
    used = discord.slash("model reload", user=ADA_ID)
    assert discord.wait_for_answer(used)["content"] == NO_WORKER
    assert Fleet(redis).latest_order() is None


def test_the_settings_take_the_owners_place(redis_url: str, tmp_path: Path) -> None:
    with PlaygroundProcess() as own, BotProcess(own, redis_url, tmp_path, ADMIN_USER_IDS=MIA_ID):
        by_mia = own.controls.slash("model reload", user=MIA_ID)
        assert own.controls.wait_for_answer(by_mia)["content"] == NO_WORKER
        by_ada = own.controls.slash("model reload", user=ADA_ID)
        assert own.controls.wait_for_answer(by_ada)["content"] == SENTENCES["not_admin"]
