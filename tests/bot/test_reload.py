"""The `/model` commands through the whole program, with workers that speak the real reloads and checks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from jobs.registry import audit
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads, Vote
from jobs.registry.verification import Measures, Verification, VerificationRequest, record_verification
from jobs.registry.weights import Version, WeightsStore
from jobs.rq_adapter.queue import VERIFY_TASK, render_queue
from jobs.text.choices import MAX_BYTES
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, MIA_ID, MOD_ID, Controls, Refused
from tests.bot.processes import BotProcess, a_png
from tests.bot.test_slash import a_worker_reports
from tests.fork_server import forked_playground
from tests.sentences import plain

COMMANDS: dict[str, dict[str, object]] = {
    "list": {},
    "status": {},
    "reload": {},
    "rollback": {},
    "default": {"name": "classic"},
}


@pytest.fixture
def store(redis: Redis) -> WeightsStore:
    return WeightsStore(redis, 2**24)


@pytest.fixture
def two(store: WeightsStore) -> tuple[Version, Version]:
    """Two versions of the default model, the first in use."""
    first, second = (store.put(data, "classic", origin="file", by="w1") for data in (b"one", b"two"))
    store.announce("classic", first.sha256, "w1")
    store.announce_default("classic")
    return first, second


@contextmanager
def workers(redis: Redis, **errors: str) -> Iterator[None]:
    """Workers by name that take part in each change, with the given error or none."""
    reloads = Reloads(redis, WeightsStore(redis, 2**24), Fleet(redis))
    stop = threading.Event()
    for name in errors:
        a_worker_reports(redis, name)

    def serve() -> None:
        while not stop.wait(0.02):
            reload = reloads.advance()
            if reload is None:
                continue
            for name, error in errors.items():
                committed = reload.phase == "committed"
                reloads.vote(
                    reload,
                    Vote(worker=name, offered=True, ready=not error, moved=committed, took_ms=5, error=error),
                )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def over(discord: Controls, used: dict[str, Any], words: str) -> list[str]:
    """The answer's lines once it has the words: it is edited while a change goes on."""

    def there() -> list[str] | None:
        answer = discord.answer_to(used)
        return str(answer["content"]).splitlines() if answer and words in answer["content"] else None

    return discord.wait_for(there)


def suggested(discord: Controls, focused: str, typed: str, user: str) -> list[str]:
    used = discord.autocomplete("model reload", focused, {focused: typed}, user=user)
    found = discord.wait_for(lambda: discord.interaction(used["interaction_id"])["response_data"])
    return [choice["value"] for choice in found["choices"]]


def test_members_do_not_see_the_commands(discord: Controls) -> None:
    for user in (MIA_ID, MOD_ID):
        with pytest.raises(Refused, match="permissions are missing"):
            discord.slash("model list", user=user)


@pytest.fixture
def shown_to_all(discord: Controls) -> Iterator[None]:
    """A server's administrator lets people use the commands."""
    for user in (MIA_ID, MOD_ID):
        discord.permit("model", user=user)
    yield
    for user in (MIA_ID, MOD_ID):
        discord.permit("model", user=user, allow=False)


@pytest.mark.usefixtures("shown_to_all")
def test_only_admins_may_and_both_are_written_down(
    discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    a_worker_reports(redis)
    for command, options in COMMANDS.items():
        for user in (MIA_ID, MOD_ID):
            used = discord.slash(f"model {command}", options, user=user)
            answer = discord.wait_for_answer(used)
            assert answer["content"] == SENTENCES["not_admin"]
            assert answer["ephemeral_to"] == user
            line = f"interaction={used['interaction_id']} user={user} detail=command=model-{command}"
            assert line in running_bot.log
    discord.slash("model upload", user=MIA_ID, files={"file": ("a.safetensors", b"x", "application/octet-stream")})
    discord.wait_for(lambda: len(audit.entries(redis)) == 2 * len(COMMANDS) + 1)
    assert {(entry.by, entry.allowed) for entry in audit.entries(redis)} == {(MIA_ID, False), (MOD_ID, False)}
    discord.wait_for(lambda: f"audit by={MIA_ID} action=model reload allowed=False" in running_bot.log)
    discord.wait_for_answer(discord.slash("model status", user=ADA_ID))
    discord.wait_for(lambda: audit.entries(redis)[0].by == ADA_ID)
    assert audit.entries(redis)[0].allowed
    assert render_queue(redis).count == 0


def test_a_change_is_told_worker_by_worker(
    discord: Controls, redis: Redis, store: WeightsStore, two: tuple[Version, Version]
) -> None:
    first, second = two
    with workers(redis, w1="", w2=""):
        used = discord.slash("model reload", {"version": second.short.upper()}, user=ADA_ID)
        assert over(discord, used, "2 of 2 workers use it") == [
            f"`classic` is at version `{second.short}`: 2 of 2 workers use it.",
            f"✅ `w1` `{first.short}` → `{second.short}` (0.0 s)",
            f"✅ `w2` `{first.short}` → `{second.short}` (0.0 s)",
        ]
        answer = discord.answer_to(used)
        assert answer and answer["ephemeral_to"] == ADA_ID
        assert store.models()["classic"].active == second.sha256
        used = discord.slash("model rollback", user=ADA_ID)
        assert f"→ `{first.short}`" in over(discord, used, "2 of 2 workers use it")[1]
    assert store.models()["classic"].active == first.sha256


def test_one_worker_that_cannot_is_enough_for_nobody_to_change(
    discord: Controls, redis: Redis, store: WeightsStore, two: tuple[Version, Version]
) -> None:
    first, second = two
    with workers(redis, w1="", w2="no room on the device"):
        used = discord.slash("model reload", {"name": "classic", "version": second.short}, user=ADA_ID)
        lines = over(discord, used, "Nothing was changed")
    assert lines == [
        "Nothing was changed. w2: no room on the device.",
        f"`classic` stays at version `{first.short}`.",
        f"↩️ `w1` stays at `{first.short}`",
        f"❌ `w2` stays at `{first.short}`: no room on the device",
    ]
    assert store.models()["classic"].active == first.sha256


@pytest.mark.parametrize(
    ("command", "options", "code"),
    [
        ("reload", {"name": "../etc"}, "weights_name"),
        ("reload", {"name": "classic", "version": "f" * 12}, "unknown_version"),
        ("reload", {"name": "classic"}, "no_worker"),
        ("rollback", {}, "no_history"),
        ("rollback", {"name": "other"}, "unknown_style"),
        ("default", {"name": "other"}, "unknown_style"),
    ],
)
def test_what_cannot_be_done_is_said(
    discord: Controls, two: tuple[Version, Version], command: str, options: dict[str, object], code: str
) -> None:
    used = discord.slash(f"model {command}", options, user=ADA_ID)
    assert discord.wait_for_answer(used)["content"] == SENTENCES[code].format(names="classic")


def test_an_uploaded_file_is_tried_shown_and_used_after_a_click_also_by_another_bot(
    redis: Redis, redis_url: str, store: WeightsStore, two: tuple[Version, Version], tmp_path: Path
) -> None:
    mine = "mine-" + "x" * 59  # as long as a name may be
    found = Measures(model=mine, version="x", similarity=0.5, legibility=1.0, glyphs=9)
    png = a_png(64, 48)[1]
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path) as bot:
        upload = {"file": (f"{mine}.safetensors", b"weights", "application/octet-stream")}
        used = own.controls.slash("model upload", files=upload, user=ADA_ID)
        (job,) = own.controls.wait_for(lambda: render_queue(redis).jobs)
        assert job.func_name == VERIFY_TASK
        request = VerificationRequest.model_validate(job.args[0])
        assert store.blob(request.sha256) == b"weights"
        record_verification(
            redis, Verification(id=request.id, worker="w1", description="head glyphs", measures=found), png
        )
        over(own.controls, used, "It isn't live until you press the button.")
        shown = own.controls.answer_to(used)
        assert shown is not None and shown["ephemeral_to"] == ADA_ID
        assert own.controls.fetch(shown["attachments"][0]["url"]) == png
        assert mine not in store.models()
        store.put(b"weights", "other", origin="file", by="w1")  # the same bytes, and later
        assert bot.stop() == 0
        bot.start()
        button = shown["components"][0]["components"][0]
        with workers(redis, w1=""):
            again = own.controls.click(shown["id"], button["custom_id"], user=ADA_ID)
            over(own.controls, again, f"`{mine}` is at version `{request.sha256[:12]}`: 1 of 1 worker uses it.")
        assert store.models()[mine].active == request.sha256 and "other" not in store.models()


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "only not tried"])
def test_a_file_that_a_worker_refuses_is_not_kept(
    discord: Controls, redis: Redis, store: WeightsStore, refused: bool
) -> None:
    """One that could not be tried, for want of memory say, may be tried again."""
    upload = {"file": ("mine.safetensors", b"weights", "application/octet-stream")}
    used = discord.slash("model upload", files=upload, user=ADA_ID)
    (job,) = discord.wait_for(lambda: render_queue(redis).jobs)
    request = VerificationRequest.model_validate(job.args[0])
    record_verification(redis, Verification(id=request.id, worker="w1", error="it has no atlas", refused=refused))
    over(discord, used, "cannot be used: it has no atlas" if refused else "could not be verified: it has no atlas")
    shown = discord.answer_to(used)
    assert shown is not None and not shown["components"]
    assert (store.versions() == [] and store.blob(request.sha256) is None) == refused


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("no name at all.safetensors", b"x", SENTENCES["weights_name"]),
        ("vast.safetensors", bytes(MAX_BYTES + 1), SENTENCES["weights_too_large"].format(limit_mb=16)),
    ],
)
def test_an_upload_that_cannot_be_kept_is_refused_in_words(
    discord: Controls, redis: Redis, name: str, data: bytes, words: str
) -> None:
    used = discord.slash(
        "model upload",
        files={"file": (name, data, "application/octet-stream")},
        user=ADA_ID,
        attachment_size_limit=2**25,
    )
    assert plain(discord.wait_for_answer(used)["content"]) == words
    assert render_queue(redis).count == 0


@pytest.mark.usefixtures("shown_to_all")
def test_names_and_versions_are_suggested_to_admins_alone(
    discord: Controls, redis: Redis, store: WeightsStore, two: tuple[Version, Version]
) -> None:
    store.announce("lines", two[0].sha256, "w1")
    for focused, typed, wanted in (
        ("name", "", ["classic", "lines"]),
        ("name", "LI", ["lines"]),
        ("name", "x", []),
        ("version", "", [two[1].short, two[0].short]),
        ("version", two[0].short[:5], [two[0].short]),
    ):
        assert suggested(discord, focused, typed, ADA_ID) == wanted
    assert suggested(discord, "name", "", MIA_ID) == []


def test_a_worker_that_dies_meanwhile_is_named(
    discord: Controls, redis: Redis, two: tuple[Version, Version]
) -> None:
    a_worker_reports(redis, "gone")
    used = discord.slash("model reload", user=ADA_ID)
    discord.wait_for(lambda: "`gone` has not answered" in (discord.answer_to(used) or {"content": ""})["content"])
    Fleet(redis).leave("gone")
    over(discord, used, "gone ended before it was ready")


def test_list_and_status(discord: Controls, redis: Redis, two: tuple[Version, Version]) -> None:
    answer = discord.wait_for_answer(discord.slash("model list", user=ADA_ID))["content"]
    assert f"⭐ `classic` version `{two[0].short}`" in answer and f"also kept: `{two[1].short}`" in answer
    assert discord.wait_for_answer(discord.slash("model status", user=ADA_ID))["content"] == "No worker is running."
    a_worker_reports(redis, "w1")
    answer = discord.wait_for_answer(discord.slash("model status", user=ADA_ID))["content"]
    assert "🟢 `w1` on `cpu`: idle" in answer


def test_the_settings_take_the_owners_place(redis_url: str, tmp_path: Path) -> None:
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path, ADMIN_USER_IDS=MIA_ID):
        own.controls.permit("model", user=MIA_ID)
        by_mia = own.controls.slash("model reload", user=MIA_ID)
        assert own.controls.wait_for_answer(by_mia)["content"] == SENTENCES["no_worker"]
        by_ada = own.controls.slash("model reload", user=ADA_ID)
        assert own.controls.wait_for_answer(by_ada)["content"] == SENTENCES["not_admin"]
