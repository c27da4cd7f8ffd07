"""One request, all the way through `worker.render.tasks`: real model, real Valkey, real HTTP."""

import dataclasses
import io
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from redis import Redis

from jobs import clock
from jobs.connection import connect
from jobs.lifecycle.job import BOT, REFUSALS, REFUSED_S, Claim, EndReason, Jobs, PendingReply
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.progress import seconds_per_job
from jobs.pictures import PictureStore
from jobs.rate_limiter import RateLimiter
from jobs.records import record_key
from jobs.registry.weights import WeightsStore
from jobs.rq_adapter.job import BadRequest, Postponed, only
from jobs.rq_adapter.queue import enqueue, render_queue
from jobs.schema import RenderRequest, RenderResult
from jobs.text.choices import focus_name
from jobs.text.sentences import CAPTIONS, ONLY_STILL, SENTENCES, sentence
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.formats import picture_columns
from models.inference.runtime import OutOfMemory
from models.limits import ANIMATION_COLUMNS
from models.page import Grid
from models.palettes import DEFAULT_BACKGROUND, Background, BackgroundChoice
from models.rendering.renderer import Renderer
from models.rendering.still import Still
from tests.sentences import plain
from tests.worker.samples import BOT_PATH, BOT_TOKEN, INTERACTION_TOKEN, TOKEN_PATH, photo, request_for
from tests.worker.standin import Answer, Standin
from worker.delivery.automatic_reactions import MOST, AutomaticReactions
from worker.delivery.rest_client import Discord, DiscordUnavailable, Response
from worker.program import start
from worker.queue.circuit_breaker import CircuitBreaker
from worker.render import job as render_job
from worker.render import several_pictures, tasks
from worker.render.decoder import Decoder
from worker.render.engine import Engine, Loaded
from worker.render.job import draw, works
from worker.render.weights_source import WeightsSource


def an_engine(redis: Redis, weights: Path) -> Engine:
    return Engine(WeightsSource(WeightsStore(redis, 64 * 2**20), weights, "tester"), "cpu")


@pytest.fixture(scope="session")
def loaded(redis_server: str, weights: Path) -> Loaded:
    """The model, warm; loading it for each test would take longer than most of them."""
    with connect(redis_server, patient=True) as redis:
        redis.flushall()  # where an earlier test's default model would be named
        engine = an_engine(redis, weights)
        start(engine, engine.weights_source, "tiny")
        return engine.loaded()[0]


@pytest.fixture
def engine(redis: Redis, weights: Path, loaded: Loaded) -> Engine:
    engine = an_engine(redis, weights)
    engine.default = loaded.name
    engine.put(loaded)
    return engine


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    with Decoder() as warm:
        yield warm


@pytest.fixture(autouse=True)
def equipped(
    engine: Engine, decoder: Decoder, standin: Standin, redis: Redis, pictures: PictureStore
) -> Iterator[None]:
    discord = Discord(standin.api, BOT_TOKEN, RateLimiter(redis))
    breaker, automatic_reactions = CircuitBreaker(lambda: True), AutomaticReactions(discord)
    tasks.equip(
        render_job.Tools(
            engine,
            decoder,
            breaker,
            discord,
            automatic_reactions,
            redis,
            Jobs(redis),
            Messages(redis),
            pictures,
            "tester",
        )
    )
    yield
    automatic_reactions.close()
    discord.close()


@pytest.fixture
def sha(pictures: PictureStore) -> str:
    return pictures.put(photo())


def run(request: RenderRequest) -> RenderResult:
    return RenderResult.model_validate(tasks.render(request.model_dump(mode="json")))


def left(request: RenderRequest, jobs: Jobs) -> EndReason:
    """Why a request is left to a bot, which says so to who asked alone."""
    assert tasks.render(request.model_dump(mode="json")) == {}
    reason = jobs.reason_of(request.job_id)
    assert reason is not None and jobs.result_of(request.job_id) is None
    return reason


def test_picture_is_posted(sha: str, standin: Standin, jobs: Jobs, engine: Engine) -> None:
    result = run(request_for(sha))
    assert (result.outcome, result.code, result.palette, result.worker) == ("posted", "", "photo", "tester")
    assert (result.columns, result.rows) == (40, 15)
    assert list(result.stages_ms) == ["decode", "tone", "generator", "paint", "encode", "post"]
    assert jobs.result_of("1000") == result
    shown = standin.state[TOKEN_PATH]
    assert re.fullmatch(r"photo · tiny · \d+(\.\d)? s", shown.body["content"])
    assert shown.body["attachments"][0]["filename"] == "ascii-photo.png"
    assert "40×15 characters" in shown.body["attachments"][0]["description"]
    with Image.open(io.BytesIO(shown.files["files[0]"][2])) as image:
        assert (image.format, image.size) == ("PNG", (40 * CELL_WIDTH, 15 * CELL_HEIGHT))


def test_palette_and_background_are_the_requests(sha: str, standin: Standin) -> None:
    run(request_for(sha, palette="#0000ff-#ff69b4", background="dark"))
    shown = standin.state[TOKEN_PATH]
    assert shown.files["files[0]"][0] == "ascii-0000ff-ff69b4.png"
    with Image.open(io.BytesIO(shown.files["files[0]"][2])) as image:
        assert np.asarray(image).min() < 40  # dark paper


@pytest.mark.parametrize(("width", "height"), [(320, 120), (160, 160), (120, 400), (60, 800)])
def test_columns_that_are_left_open_follow_the_pictures_shape(
    pictures: PictureStore, standin: Standin, width: int, height: int
) -> None:
    result = run(request_for(pictures.put(photo(width, height)), columns=None))
    assert (result.outcome, result.columns) == ("posted", picture_columns(width, height))
    shown = standin.state[TOKEN_PATH].body
    assert f"{result.columns}×{result.rows} characters" in shown["attachments"][0]["description"]
    assert "\n" not in shown["content"]


def an_rgba(pixel: tuple[int, int, int]) -> bytes:
    """A disc of that colour on nothing."""
    y, x = np.mgrid[:120, :120]
    inside = (x - 60) ** 2 + (y - 60) ** 2 < 40**2
    pixels = np.zeros((120, 120, 4), np.uint8)
    pixels[inside] = (*pixel, 255)
    stream = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_paper_that_is_left_open_is_the_renderers(
    sha: str, standin: Standin, engine: Engine, paper: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NDArray[np.float32]] = []

    def background_for(tone: NDArray[np.float32]) -> Background:
        seen.append(tone.copy())
        return paper

    monkeypatch.setattr(engine.renderer, "background_for", background_for)
    asked = run(request_for(sha, background=paper))
    assert asked.background == paper and not seen
    there = standin.state[TOKEN_PATH].files["files[0]"][2]
    found = run(request_for(sha, job_id="1001", background="auto"))
    assert found.background == paper and len(seen) == 1
    assert standin.state[TOKEN_PATH].files["files[0]"][2] == there, "the same picture"
    # Asked with the tone of light paper, whatever it becomes: what is dark in the photo is near 1.
    left, right = np.hsplit(seen[0], 2)
    assert left.mean() > right.mean()


@pytest.mark.parametrize(("colour", "paper"), [(20, "light"), (240, "dark")])
def test_a_logo_on_nothing_gets_paper_on_which_it_shows(
    colour: int, paper: Background, pictures: PictureStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the model would say: what is transparent has been given that paper already."""
    other: Background = "dark" if paper == "light" else "light"
    monkeypatch.setattr(engine.renderer, "background_for", lambda tone: other)
    assert run(request_for(pictures.put(an_rgba((colour,) * 3)))).background == paper


def test_text_for_a_message_is_drawn_for_the_dark_theme_unless_said_otherwise(sha: str, standin: Standin) -> None:
    blocks = []
    for number, background in enumerate(("auto", "dark", "light")):
        request = request_for(sha, job_id=str(2000 + number), format="text", columns=None, background=background)
        result = run(request)
        assert (result.outcome, result.columns, result.rows) == ("posted", 60, 22)
        assert result.background == ("light" if background == "light" else "dark")
        blocks.append(standin.state[TOKEN_PATH].body["content"].rpartition("```")[0])
    assert blocks[0] == blocks[1] != blocks[2]


@pytest.mark.parametrize("focus", [None, 0.0, 0.75])
def test_focus_reaches_the_model_of_stills_and_animations(
    pictures: PictureStore,
    engine: Engine,
    focus: float | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[float | None] = []
    grids = engine.renderer.grids

    def listening(*positional: Any, focus: float | None = None, **named: Any) -> list[Grid]:
        seen.append(focus)
        return grids(*positional, focus=focus, **named)

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(engine.renderer, "grids", listening)
    for number, data in enumerate((photo(), a_gif())):
        result = run(request_for(pictures.put(data), job_id=f"{number}", focus=focus))
        assert result.outcome == "posted"
        assert f" paper={result.background} focus={focus_name(focus)} " in caplog.messages[-1]
    assert seen == [focus, focus]


def test_an_animation_is_narrower_than_a_still_where_nobody_says_how_wide(
    pictures: PictureStore, standin: Standin
) -> None:
    result = run(request_for(pictures.put(a_gif()), columns=None))
    assert (result.outcome, result.columns) == ("posted", ANIMATION_COLUMNS)
    assert result.background in ("light", "dark")
    long = run(request_for(pictures.put(a_gif(size=(16, 256))), job_id="1001", columns=None))
    assert long.columns < ANIMATION_COLUMNS
    assert "\n" not in standin.state[TOKEN_PATH].body["content"], "nobody asked for so many"
    # One frame is no animation.
    still = run(request_for(pictures.put(a_gif(1)), job_id="1002", columns=None))
    assert still.columns == picture_columns(80, 60)


def test_a_file_of_characters_comes_beside_the_picture(sha: str, standin: Standin) -> None:
    assert run(request_for(sha, format="file")).outcome == "posted"
    shown = standin.state[TOKEN_PATH]
    assert shown.files["files[0]"][:2] == ("ascii-photo.png", "image/png")
    name, kind, data = shown.files["files[1]"]
    assert (name, kind) == ("ascii-photo.txt", "text/plain")
    assert len(data.decode().splitlines()) == 15


def test_text_in_the_message_is_as_wide_as_fits_there(sha: str, standin: Standin) -> None:
    result = run(request_for(sha, format="text", columns=60, palette="blue"))
    assert (result.outcome, result.columns, result.rows) == ("posted", 60, 22)
    shown = standin.state[TOKEN_PATH]
    assert not shown.files and shown.body["attachments"] == []
    assert shown.body["content"].startswith("```ansi\n") and len(shown.body["content"]) <= 2000


def test_a_tall_picture_as_text_has_fewer_columns(pictures: PictureStore, standin: Standin) -> None:
    result = run(request_for(pictures.put(photo(60, 240)), format="phone", columns=40))
    assert result.columns < 40
    assert len(standin.state[TOKEN_PATH].body["content"]) <= 2000


def a_gif(frames: int = 3, size: tuple[int, int] = (80, 60)) -> bytes:
    pages = [Image.linear_gradient("L").rotate(90 * n).resize(size) for n in range(frames)]
    stream = io.BytesIO()
    pages[0].save(stream, "GIF", save_all=True, append_images=pages[1:], duration=100, loop=0)
    return stream.getvalue()


def test_an_animation_comes_back_moving_and_its_frames_are_noted(
    pictures: PictureStore, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted, progress = [], Jobs.progress

    def note(jobs: Jobs, job_id: str, frames: tuple[int, int] | None = None) -> bool:
        noted.append(frames)
        return progress(jobs, job_id, frames)

    monkeypatch.setattr(Jobs, "progress", note)
    result = run(request_for(pictures.put(a_gif())))
    assert (result.outcome, result.columns) == ("posted", 40)
    shown = standin.state[TOKEN_PATH]
    name, kind, data = shown.files["files[0]"]
    assert (name, kind) == ("ascii-photo.gif", "image/gif")
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames, image.width) == ("GIF", 3, 40 * CELL_WIDTH)  # type: ignore[attr-defined]
    assert {(1, 3), (2, 3), (3, 3)} >= set(filter(None, noted)) != set()


@pytest.mark.parametrize("change", [{"animate": False}, {"format": "file"}])
def test_an_animation_comes_back_still_where_it_must(
    pictures: PictureStore, standin: Standin, change: dict[str, Any]
) -> None:
    assert run(request_for(pictures.put(a_gif()), **change)).outcome == "posted"
    assert standin.state[TOKEN_PATH].files["files[0]"][:2] == ("ascii-photo.png", "image/png")


def test_each_job_is_measured_for_those_who_wait(sha: str, redis: Redis) -> None:
    assert run(request_for(sha)).outcome == "posted"
    assert (seconds_per_job(redis) or 0) > 0


def test_photo_palette(sha: str, standin: Standin) -> None:
    assert run(request_for(sha, palette="photo")).outcome == "posted"


@pytest.mark.parametrize(
    "closed", [Answer(401, {"code": 50027}), Answer(404, {"code": 10015})], ids=["expired", "unknown webhook"]
)
def test_closed_token_falls_back_to_the_bots_message(sha: str, standin: Standin, closed: Answer) -> None:
    standin.answers.append(closed)
    assert run(request_for(sha)).outcome == "posted"
    assert standin.state[BOT_PATH].files


def test_token_past_its_time_is_not_tried(sha: str, standin: Standin) -> None:
    assert run(request_for(sha, reply={"token_expires_at": time.time() - 1})).outcome == "posted"
    assert [seen.path for seen in standin.seen] == [BOT_PATH]


UNREACHED = [(404, 10008), (404, 10015), (404, 0), (401, 50027)]


@pytest.mark.parametrize(("status", "code"), UNREACHED)
@pytest.mark.parametrize("private", [True, False], ids=["private", "by both ways"])
def test_one_refusal_of_every_way_closes_no_reply(
    sha: str, standin: Standin, status: int, code: int, private: bool
) -> None:
    payload = request_for(sha, reply={"private": private}).model_dump(mode="json")
    standin.answers += [Answer(status, {"code": code})] * (1 if private else 2)
    assert isinstance(tasks.render(payload), Postponed)
    assert RenderResult.model_validate(tasks.render(payload)).outcome == "posted"


@pytest.mark.parametrize(("status", "code"), UNREACHED)
def test_a_message_refused_for_a_minute_ends_its_job(
    sha: str, standin: Standin, redis: Redis, status: int, code: int
) -> None:
    standin.always = Answer(status, {"code": code})
    request = request_for(sha, reply={"private": True})
    payload = request.model_dump(mode="json")
    for _ in range(REFUSALS + 1):
        assert isinstance(tasks.render(payload), Postponed)
    redis.hset(record_key(request.job_id), "refused_since", time.time() - REFUSED_S)
    result = run(request)
    assert (result.outcome, result.code) == (("gone", "") if code == 10008 else ("failed", "unreachable"))
    assert not redis.hexists(record_key(request.job_id), "refused_since")


def test_a_private_reply_past_its_tokens_end_has_nobody_to_tell(sha: str, standin: Standin) -> None:
    result = run(request_for(sha, reply={"private": True, "token_expires_at": time.time() - 1}))
    assert (result.outcome, result.code) == ("failed", "unreachable")
    assert not standin.seen


def test_whoever_asked_in_another_language_reads_the_reason_in_it(
    sha: str, pictures: PictureStore, redis: Redis, standin: Standin
) -> None:
    refused = request_for(pictures.put(b"no picture at all"), reply={"language": "de"})
    assert left(refused, Jobs(redis)).sentence == sentence("not_a_picture", "de")
    run(request_for(sha, job_id="1002", reply={"language": "de"}, deadline_at=time.time() - 1))
    words, small = standin.state[TOKEN_PATH].body["content"].split("\n")
    assert words == sentence("expired", "de") and small.startswith("-# Referenz ")
    tell(failed_job(redis, request_for(sha, job_id="1001", reply={"language": "ja"}), retries_left=0))
    start = sentence("internal", "ja", reference="|").split("|")[0]
    assert standin.state[TOKEN_PATH].body["content"].startswith(start)


def test_expired_job(sha: str, standin: Standin) -> None:
    result = run(request_for(sha, deadline_at=time.time() - 1))
    assert (result.outcome, result.code) == ("failed", "expired")
    assert plain(standin.state[TOKEN_PATH].body["content"]) == SENTENCES["expired"]
    assert "generator" not in result.stages_ms


def test_missing_picture(standin: Standin, jobs: Jobs) -> None:
    reason = left(request_for("0" * 64), jobs)
    assert (reason.outcome, reason.code) == ("failed", "picture_gone")
    assert reason.sentence == SENTENCES["picture_gone"] and standin.seen == []


def test_of_a_reactions_reply_the_worker_says_it_itself(standin: Standin) -> None:
    result = run(request_for("0" * 64, reply={"token": None}))
    assert (result.outcome, result.code) == ("failed", "picture_gone")
    assert [seen.body["content"] for seen in standin.seen] == [SENTENCES["picture_gone"]]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no picture at all", "not_a_picture"), (photo()[:400], "broken"), (photo(400, 8), "too_thin")],
)
def test_refused_picture(pictures: PictureStore, standin: Standin, jobs: Jobs, data: bytes, code: str) -> None:
    request = request_for(pictures.put(data))
    waits = PendingReply(job_id=request.job_id, reply=request.reply, since=0, deadline_at=request.deadline_at)
    jobs.open(waits, look_at=time.time() + 60)
    reason = left(request, jobs)
    assert (reason.outcome, reason.code) == ("refused", code)
    assert SENTENCES[code].split("{")[0] in reason.sentence and "Reference" not in reason.sentence
    assert standin.seen == [], "the message is a bot's to take away"
    assert [one.job_id for one in jobs.due(most=5)] == [request.job_id], "a bot looks at once"
    assert jobs.given_up([request.job_id]) == {request.job_id}
    assert jobs.claim(request.job_id, BOT) is Claim.GRANTED


def test_stale_job_writes_nothing(sha: str, standin: Standin, redis: Redis) -> None:
    first, second = Messages(redis).version_of("30", "1000"), Messages(redis).version_of("30", "1001")
    assert run(request_for(sha, message_version=first)).outcome == "stale"
    assert standin.seen == []
    assert run(request_for(sha, job_id="1001", message_version=second)).outcome == "posted"


def test_stale_job_does_not_even_say_that_it_is_late(sha: str, standin: Standin, redis: Redis) -> None:
    first, _ = Messages(redis).version_of("30", "1000"), Messages(redis).version_of("30", "1001")
    assert run(request_for(sha, message_version=first, deadline_at=time.time() - 1)).outcome == "stale"
    assert standin.seen == []


def test_posted_job_is_not_posted_again(sha: str, standin: Standin) -> None:
    first = run(request_for(sha))
    again = run(request_for(sha, deadline_at=time.time() - 1))
    assert again == first
    assert len(standin.seen) == 1


def test_picture_over_the_upload_limit_is_not_sent(sha: str, standin: Standin, jobs: Jobs) -> None:
    reason = left(request_for(sha, upload_limit=1000), jobs)
    assert (reason.outcome, reason.code) == ("failed", "too_large_result")
    assert reason.sentence == SENTENCES["too_large_result"] and standin.seen == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(413, raw=b"<html>"), "too_large_result"),
        (Answer(400, {"code": 40005}), "too_large_result"),
        (Answer(403, {"code": 50013}), "no_permission"),
        (Answer(403, {"code": 50001}), "no_permission"),
    ],
)
def test_refusal_by_discord_is_left_to_a_bot(
    sha: str, standin: Standin, jobs: Jobs, answer: Answer, code: str
) -> None:
    standin.answers.append(answer)
    reason = left(request_for(sha), jobs)
    assert (reason.outcome, reason.code, reason.sentence) == ("failed", code, SENTENCES[code])
    assert len(standin.seen) == 1, "the picture that was refused"
    assert jobs.claim("1000", BOT) is Claim.AGAIN, "a bot need not wait, only look"


def test_what_cannot_be_told_is_left_to_the_bot(sha: str, standin: Standin, jobs: Jobs) -> None:
    standin.always = Answer(403, {"code": 50001})
    request = request_for(sha, reply={"token": None})
    assert tasks.render(request.model_dump(mode="json")) == {}
    assert jobs.result_of(request.job_id) is None
    reason = jobs.reason_of(request.job_id)
    assert reason is not None and reason.code == "no_permission"


def test_rejected_edit_names_a_reference_that_the_log_has(
    sha: str, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    standin.answers.append(Answer(400, {"code": 50035, "message": "Invalid Form Body"}))
    result = run(request_for(sha))
    assert (result.outcome, result.code) == ("failed", "internal")
    content = standin.state[TOKEN_PATH].body["content"]
    reference = re.search(r"reference ([0-9a-f]{8})", content)
    assert reference and reference[1] in caplog.text
    assert "Invalid Form Body" in caplog.text and "Invalid Form Body" not in content


def test_unavailable_discord_is_the_queues_to_try_again(
    sha: str, standin: Standin, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_job, "POST_S", 0.5)
    standin.always = Answer(503)
    later = tasks.render(request_for(sha).model_dump(mode="json"))
    assert isinstance(later, Postponed) and later.intervals == [tasks.FIRST_WAIT_S]
    with pytest.raises(DiscordUnavailable):
        tasks.render(request_for(sha, deadline_at=time.time() + 5).model_dump(mode="json"))
    assert jobs.result_of("1000") is None


def test_job_waits_as_long_as_discord_says(sha: str, standin: Standin) -> None:
    standin.always = Answer(429, {"retry_after": 300})
    later = tasks.render(request_for(sha).model_dump(mode="json"))
    assert isinstance(later, Postponed) and later.intervals[0] >= 300


@pytest.mark.parametrize("change", [{"schema_version": 9}, {"options": {"columns": "many"}}, {"unknown": 1}])
def test_request_of_another_version_names_fields_but_no_values(sha: str, change: dict[str, Any]) -> None:
    payload = request_for(sha).model_dump(mode="json") | change
    payload["reply"]["private"] = INTERACTION_TOKEN
    with pytest.raises(BadRequest, match=next(iter(change))) as caught:
        tasks.render(payload)
    assert INTERACTION_TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


# --- between the stages ---------------------------------------------------------------------------------------


class Meanwhile(Decoder):
    """The real decoder, during whose work something happens."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed = deed

    def still(self, data: bytes, background: BackgroundChoice = DEFAULT_BACKGROUND) -> Still:
        self._deed()
        return super().still(data, background)


def with_tools(**changes: Any) -> None:
    """The usual tools but for some."""
    tasks.equip(dataclasses.replace(tasks.current_tools(), **changes))


def test_cancelled_job_is_not_drawn(sha: str, standin: Standin, redis: Redis) -> None:
    Jobs(redis).cancel("1000")
    reason = left(request_for(sha), Jobs(redis))
    assert (reason.outcome, reason.code, reason.sentence) == ("cancelled", "cancelled", SENTENCES["cancelled"])
    assert standin.seen == []
    assert run(request_for(sha, job_id="1001")).outcome == "posted", "only the one"


def test_cancelling_takes_effect_between_two_stages(
    sha: str, standin: Standin, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_job, "LOOK_EVERY_S", 0.0)  # however fast the stages are
    with Meanwhile(lambda: Jobs(redis).cancel("1000")) as decoder:
        with_tools(decoder=decoder)
        reason = left(request_for(sha), Jobs(redis))
    assert reason.outcome == "cancelled" and standin.seen == []


def test_cancelling_a_posted_picture_changes_nothing(sha: str, standin: Standin, redis: Redis) -> None:
    first = run(request_for(sha))
    Jobs(redis).cancel("1000")
    assert run(request_for(sha)) == first
    assert standin.state[TOKEN_PATH].files


def test_deadline_that_passes_between_two_stages(
    sha: str, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, now = request_for(sha, deadline_at=clock.now() + 300), clock.now
    with Meanwhile(lambda: monkeypatch.setattr(clock, "now", lambda: now() + 301)) as decoder:
        with_tools(decoder=decoder)
        result = run(request)
    assert (result.outcome, result.code) == ("failed", "expired")
    assert list(result.stages_ms) == ["decode", "tell"]
    assert plain(standin.state[TOKEN_PATH].body["content"]) == SENTENCES["expired"]


# --- styles ---------------------------------------------------------------------------------------------------


def test_style_that_cannot_be_loaded_is_said_and_is_no_fault_of_the_workers(
    sha: str, standin: Standin, engine: Engine
) -> None:
    version = engine.weights_source.store.put(b"no weights", "spoilt", origin="shell", by="tester")
    engine.weights_source.store.announce("spoilt", version.sha256, "tester")
    result = run(request_for(sha, style="spoilt"))
    assert (result.outcome, result.code) == ("failed", "style_broken")
    assert plain(standin.state[TOKEN_PATH].body["content"]) == SENTENCES["style_broken"]
    assert tasks.current_tools().breaker.last_error == ""
    assert run(request_for(sha, job_id="1001")).outcome == "posted"


# --- a full GPU (this machine may have none, so what PyTorch raises there is raised here) ---------------------


class Full(Renderer):
    """A real renderer on a device that has room for so many columns."""

    room = 0

    def grids(self, tones: NDArray[np.float32], columns: int, **options: Any) -> list[Grid]:
        if columns > self.room:
            raise OutOfMemory("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().grids(tones, columns, **options)


@pytest.fixture
def full(engine: Engine, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Full:
    renderer = Full(weights / "tiny.safetensors")
    engine.put(Loaded(renderer, b""))
    return renderer


def test_full_gpu_draws_smaller_and_says_so(sha: str, standin: Standin, full: Full, engine: Engine) -> None:
    full.room = 30
    result = run(request_for(sha, columns=60))
    assert (result.outcome, result.columns) == ("posted", 30)
    shown = standin.state[TOKEN_PATH].body["content"]
    assert "I drew 30×11 characters, the most my graphics card has memory for now." in shown


def test_full_gpu_draws_smaller_where_nobody_said_how_wide(sha: str, standin: Standin, full: Full) -> None:
    full.room = 50
    result = run(request_for(sha, columns=None))
    assert (result.outcome, result.columns) == ("posted", picture_columns(160, 120) // 2)
    assert standin.state[TOKEN_PATH].body["content"].count("\n") == 1, "the note, and no other"


def test_full_gpu_with_room_for_nothing_is_said_and_counted(sha: str, standin: Standin, full: Full) -> None:
    for job_id in ("1000", "1001", "1002"):
        result = run(request_for(sha, job_id=job_id))
        assert (result.outcome, result.code) == ("failed", "gpu_full")
    assert {plain(seen.body["content"]) for seen in standin.seen} == {SENTENCES["gpu_full"]}
    breaker = tasks.current_tools().breaker
    assert breaker.is_open and breaker.last_error == "OutOfMemoryError in job 1002"


def test_full_gpu_is_not_a_lost_one(full: Full, engine: Engine, decoder: Decoder) -> None:
    assert not engine.is_lost()
    assert not works(full, decoder)
    full.room = 20
    assert works(full, decoder)
    full.grid = None  # type: ignore[method-assign, assignment]
    assert engine.is_lost()


# --- decoding -------------------------------------------------------------------------------------------------


def test_picture_that_takes_too_long_to_decode_is_refused_in_words(pictures: PictureStore, jobs: Jobs) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (6500, 6000)).save(stream, "PNG", compress_level=1)
    with Decoder(limit_s=0.05) as decoder:
        with_tools(decoder=decoder)
        reason = left(request_for(pictures.put(stream.getvalue())), jobs)
    assert (reason.outcome, reason.code, reason.sentence) == ("refused", "too_slow", SENTENCES["too_slow"])


# --- what RQ calls after a failed try -------------------------------------------------------------------------


def failed_job(redis: Redis, request: RenderRequest, retries_left: int) -> Any:
    enqueue(redis, request)
    job = render_queue(redis, only({}, tasks.tell_failure)).fetch_job(request.job_id)
    assert job is not None
    job.retries_left = retries_left
    return job


def tell(job: Any) -> None:
    job.failure_callback(job, job.connection, RuntimeError, RuntimeError("secret text"), None)


def test_failure_is_told_at_the_last_try_only(
    sha: str, redis: Redis, standin: Standin, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    tell(failed_job(redis, request_for(sha), retries_left=1))
    assert standin.seen == []
    tell(failed_job(redis, request_for(sha), retries_left=0))
    content = standin.state[TOKEN_PATH].body["content"]
    reference = re.search(r"reference ([0-9a-f]{8})", content)
    assert reference and reference[1] in caplog.text
    assert "secret text" not in content and "RuntimeError" not in content
    result = jobs.result_of("1000")
    assert result is not None and (result.outcome, result.code) == ("failed", "internal")


def test_failure_is_told_once(sha: str, redis: Redis, standin: Standin) -> None:
    tell(failed_job(redis, request_for(sha), retries_left=0))
    tell(failed_job(redis, request_for(sha), retries_left=0))
    assert len(standin.seen) == 1


def test_failure_never_overwrites_a_posted_picture(sha: str, redis: Redis, standin: Standin) -> None:
    run(request_for(sha))
    tell(failed_job(redis, request_for(sha), retries_left=0))
    assert standin.state[TOKEN_PATH].files


def test_failure_never_overwrites_a_newer_job(sha: str, redis: Redis, standin: Standin, jobs: Jobs) -> None:
    first, _ = Messages(redis).version_of("30", "1000"), Messages(redis).version_of("30", "1001")
    tell(failed_job(redis, request_for(sha, message_version=first), retries_left=0))
    assert standin.seen == []


def test_failure_of_an_unreadable_request_still_reaches_its_reply(sha: str, standin: Standin, redis: Redis) -> None:
    payload = request_for(sha).model_dump(mode="json") | {"schema_version": 99}
    tasks.tell_failure("1000", payload, "RuntimeError")
    assert "reference" in standin.state[TOKEN_PATH].body["content"]


def test_failure_without_any_reply_is_logged(
    redis: Redis, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.tell_failure("1000", "nonsense", "RuntimeError")
    assert standin.seen == [] and "job lost id=1000" in caplog.text


def test_failure_while_discord_is_away_is_logged(
    sha: str, redis: Redis, standin: Standin, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TELL_FAILURE_S", 0.5)
    standin.always = Answer(500)
    tell(failed_job(redis, request_for(sha), retries_left=0))
    assert "told='no (" in caplog.text


def test_what_a_bot_has_ended_is_left_alone_even_by_a_job_that_is_drawn(
    sha: str, standin: Standin, jobs: Jobs, redis: Redis
) -> None:
    request = request_for(sha)
    assert jobs.claim(request.job_id, BOT) is Claim.GRANTED
    assert tasks.render(request.model_dump(mode="json")) == {}
    late = request.model_copy(update={"deadline_at": time.time() - 1})
    assert tasks.render(late.model_dump(mode="json")) == {}
    tell(failed_job(redis, request, retries_left=0))
    assert not standin.seen and jobs.result_of(request.job_id) is None, "the bot writes the result, too"


def test_what_has_ended_is_not_ended_again(sha: str, standin: Standin, jobs: Jobs) -> None:
    jobs.finish(RenderResult(job_id="1000", outcome="failed", code="expired"))
    assert run(request_for(sha)).code == "expired"
    assert not standin.seen


def test_a_reason_does_not_cover_what_an_earlier_try_may_have_posted(
    sha: str, standin: Standin, jobs: Jobs, redis: Redis
) -> None:
    request = request_for(sha)
    assert jobs.claim(request.job_id, "a-try") is Claim.GRANTED  # and then that worker died
    late = request.model_copy(update={"deadline_at": time.time() - 1})
    assert tasks.render(late.model_dump(mode="json")) == {}
    tell(failed_job(redis, request, retries_left=0))
    assert not standin.seen and jobs.result_of(request.job_id) is None
    assert run(request).outcome == "posted", "the picture itself may be posted twice: that changes nothing"


def test_a_reason_that_discord_does_not_take_is_kept_for_the_bot_to_say(
    sha: str, standin: Standin, jobs: Jobs, engine: Engine
) -> None:
    version = engine.weights_source.store.put(b"no weights", "spoilt", origin="shell", by="tester")
    engine.weights_source.store.announce("spoilt", version.sha256, "tester")
    payload = request_for(sha, style="spoilt").model_dump(mode="json")
    standin.answers.append(Answer(429, {"retry_after": 60.0}))  # longer than anything is tried
    assert isinstance(tasks.render(payload), Postponed)
    assert tasks.render(payload) == {} and not standin.state
    reason = jobs.reason_of("1000")
    assert reason is not None and (reason.outcome, reason.code) == ("failed", "style_broken")
    assert reason.sentence.startswith(SENTENCES["style_broken"] + "\n-# ")


def test_a_refused_picture_is_no_reason_to_cover_what_an_earlier_try_may_have_posted(
    sha: str, standin: Standin, jobs: Jobs
) -> None:
    assert jobs.claim("1000", "a-try") is Claim.GRANTED  # and posted, and then that worker died
    standin.answers.append(Answer(403, {"code": 50013}))
    assert tasks.render(request_for(sha).model_dump(mode="json")) == {}
    assert len(standin.seen) == 1 and standin.seen[0].files, "the picture again, and no sentence"
    reason = jobs.reason_of("1000")
    assert reason is not None and reason.code == "no_permission"


def test_a_failure_that_discord_does_not_take_stays_open_for_the_bot(
    sha: str, standin: Standin, jobs: Jobs, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TELL_FAILURE_S", 0.5)
    standin.answers += [Answer(503)] * 20
    tell(failed_job(redis, request_for(sha), retries_left=0))
    assert jobs.result_of("1000") is None


def hinted(request: RenderRequest) -> str:
    """How a job ended, once its reaction is there or given up."""
    outcome = run(request).outcome
    tasks.current_tools().automatic_reactions.close()
    return outcome


def test_a_result_has_buttons_and_the_bots_own_reaction(sha: str, standin: Standin) -> None:
    assert hinted(request_for(sha, first_reaction="🩷")) == "posted"
    (row,) = standin.state[TOKEN_PATH].body["components"]
    assert [button["custom_id"] for button in row["components"]] == [
        "glyph:pink",
        "glyph:text",
        "glyph:redo",
        "glyph:delete",
    ]
    assert standin.reactions == ["/channels/20/messages/30/reactions/%F0%9F%A9%B7/@me"]


def test_a_refused_reaction_changes_nothing(sha: str, standin: Standin) -> None:
    standin.reaction_answers.append(403)
    assert hinted(request_for(sha, first_reaction="🩷")) == "posted"
    assert len(standin.reactions) == 1


@pytest.mark.parametrize("status", [429, 500])
def test_a_reaction_comes_after_a_rate_limit_and_a_hiccup(
    sha: str, standin: Standin, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.delivery.rest_client._REACT_S", 60.0)
    standin.reaction_answers.append(status)
    assert hinted(request_for(sha, first_reaction="🩷")) == "posted"
    assert len(standin.reactions) == 2


def test_a_reaction_that_never_comes_changes_nothing(sha: str, standin: Standin) -> None:
    standin.reaction_answers.extend([500] * 100)
    assert hinted(request_for(sha, first_reaction="🩷")) == "posted"
    assert 2 <= len(standin.reactions) < 20


def test_nobody_waits_for_a_reaction(sha: str, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that takes none for ten seconds keeps the next pictures waiting for not one."""
    free = threading.Event()
    discord = tasks.current_tools().discord
    react = discord.react

    def held(channel_id: str, message_id: str, emoji: str) -> Response | None:
        free.wait(60)
        return react(channel_id, message_id, emoji)

    monkeypatch.setattr(discord, "react", held)
    requests = [request_for(sha, first_reaction="🩷", job_id=str(2000 + number)) for number in range(MOST + 2)]
    assert [run(request).outcome for request in requests] == ["posted"] * len(requests)
    assert not standin.reactions
    free.set()
    tasks.current_tools().automatic_reactions.close()
    assert len(standin.reactions) == MOST, "and the others go without"


def test_a_sentence_has_no_buttons_and_no_reaction(standin: Standin) -> None:
    assert hinted(request_for("0" * 64, first_reaction="🩷", reply={"token": None})) == "failed"
    assert standin.state[BOT_PATH].body["components"] == [] and standin.reactions == []


def several(*shas: str | None, **changes: Any) -> RenderRequest:
    """A request for several pictures; None is one that the bot could not get."""
    parts = [{"sha": sha} if sha else {"sha": None, "failure": "It is gone."} for sha in shas]
    return RenderRequest.model_validate(request_for("a" * 64, **changes).model_dump() | {"pictures": parts})


def test_several_pictures_are_one_message_with_those_that_fail_named(
    sha: str, pictures: PictureStore, standin: Standin, jobs: Jobs
) -> None:
    broken, other = pictures.put(photo()[:300]), pictures.put(photo(120, 120))
    request = several(sha, broken, None, other)
    result = run(request)
    assert (result.outcome, result.columns, result.rows) == ("posted", 40, 15)
    shown = standin.state[TOKEN_PATH]
    assert [file[0] for file in shown.files.values()] == ["ascii-photo-1.png", "ascii-photo-4.png"]
    first, *words = shown.body["content"].split("\n")
    assert first.startswith("photo · tiny · ")
    assert [line.partition(":")[0] for line in words] == ["Picture 2", "Picture 3"] and "It is gone." in words[1]
    assert len([seen for seen in standin.seen if seen.path == TOKEN_PATH]) == 1
    assert run(request) == jobs.result_of("1000") == result, "a repeated job changes nothing"
    assert len([seen for seen in standin.seen if seen.path == TOKEN_PATH]) == 1


def test_of_several_of_which_none_can_be_drawn_the_first_says_why(pictures: PictureStore, jobs: Jobs) -> None:
    broken = pictures.put(photo()[:300])
    reason = left(several(broken, "f" * 64), jobs)
    assert (reason.outcome, reason.code, reason.sentence) == ("refused", "broken", SENTENCES["broken"])


def test_several_are_cancelled_together(sha: str, standin: Standin, jobs: Jobs) -> None:
    jobs.cancel("1000", take_over=False)
    assert left(several(sha, sha), jobs).outcome == "cancelled"
    assert standin.seen == []


def test_what_there_is_no_time_for_is_named(sha: str, standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def slow(*arguments: Any, **options: Any) -> Any:
        drawn.append(1)
        monkeypatch.setattr(several_pictures, "EACH_S", -1.0)  # from now on all the time is used up
        return draw(*arguments, **options)

    monkeypatch.setattr(render_job, "draw", slow)
    assert run(several(sha, sha, sha)).outcome == "posted"
    content = standin.state[TOKEN_PATH].body["content"]
    assert len(drawn) == 1 and f"Picture 3: {SENTENCES['no_time_left']}" in content


def test_of_a_moving_picture_that_cannot_be_read_its_still_is_drawn(
    sha: str, pictures: PictureStore, standin: Standin
) -> None:
    broken = pictures.put(photo()[:300])
    request = request_for(broken)
    moving = request.pictures[0].model_copy(update={"still": sha})
    assert run(request.model_copy(update={"pictures": (moving,)})).outcome == "posted"
    shown = standin.state[TOKEN_PATH]
    assert shown.files and shown.body["content"].endswith(CAPTIONS[ONLY_STILL])


def test_a_comparison_shows_the_photo_without_what_its_file_says_of_itself(
    pictures: PictureStore, standin: Standin, redis: Redis
) -> None:
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "a camera"
    Image.open(io.BytesIO(photo())).save(stream, "TIFF", exif=exif)
    sha = pictures.put(stream.getvalue())
    result = run(request_for(sha, comparison="shareable", own=True))
    assert result.outcome == "posted"
    shown = standin.state[TOKEN_PATH]
    (_, mime, before), (name, _, page) = (shown.files[f"files[{index}]"] for index in (0, 1))
    assert (mime, name, shown.body["content"]) == ("image/jpeg", "ascii-photo.png", None)
    with Image.open(io.BytesIO(before)) as image, Image.open(io.BytesIO(page)) as drawn:
        assert (image.size, dict(image.getexif())) == ((160, 120), {})
        assert drawn.size == (40 * CELL_WIDTH, 15 * CELL_HEIGHT)


def test_a_comparison_of_a_photo_that_is_gone_says_so(standin: Standin, jobs: Jobs) -> None:
    reason = left(request_for("b" * 64, comparison="private", own=True), jobs)
    assert (reason.outcome, reason.code) == ("failed", "picture_gone")
    assert reason.sentence == SENTENCES["picture_gone"] and standin.seen == []


def test_variants_are_drawn_each_in_its_own_way(sha: str, standin: Standin) -> None:
    papers = [{"sha": sha, "variant": {"background": paper}} for paper in ("light", "dark")]
    assert run(request_for("a" * 64, pictures=papers)).outcome == "posted"
    files = standin.state[TOKEN_PATH].files
    light, dark = (np.asarray(Image.open(io.BytesIO(files[f"files[{n}]"][2])).convert("L")) for n in (0, 1))
    assert np.bincount(light.ravel()).argmax() > 200 and np.bincount(dark.ravel()).argmax() < 60


def test_a_style_that_is_not_there_leaves_the_others_to_choose_from(sha: str, standin: Standin) -> None:
    styles = [{"sha": sha, "variant": {"style": style}} for style in ("tiny", "no-such")]
    assert run(request_for("a" * 64, pictures=styles)).outcome == "posted"
    shown = standin.state[TOKEN_PATH].body
    assert [one["filename"] for one in shown["attachments"]] == ["ascii-photo-1.png"]
    assert "Picture 2: " in shown["content"]
