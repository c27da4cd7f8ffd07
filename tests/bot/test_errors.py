"""From errors to sentences, and what of them the log may hold."""

import logging
from typing import Any

import aiohttp
import discord
import pytest
from redis import Redis
from redis.exceptions import RedisError

from bot.replies.errors import failure_from, report
from jobs.connection import connect
from jobs.observability.logs import RedactingFormatter
from jobs.pictures import PictureStore
from jobs.text.sentences import FAILURES, RULES, SENTENCES, PictureProblem, ServiceProblem, is_ours
from models.sentences import PICTURE_SENTENCES
from tests.sentences import plain


def test_a_known_problem_keeps_its_code_and_sentence() -> None:
    for error in (PictureProblem("empty"), ServiceProblem("attachment_gone", "status 404")):
        failure = failure_from(error)
        assert (failure.code, plain(failure.sentence)) == (error.code, SENTENCES[error.code])
        assert failure.detail == error.detail


@pytest.mark.parametrize(
    "error", [aiohttp.ServerDisconnectedError(), discord.RateLimited(60.0), ConnectionResetError()], ids=repr
)
def test_discord_that_could_not_be_reached_is_nothing_that_broke_in_us(error: Exception) -> None:
    failure = failure_from(error)
    assert failure.code == "lost"
    assert plain(failure.sentence).startswith(SENTENCES["lost"])
    assert type(error).__name__ in failure.detail


FACTS: dict[str, Any] = {
    "limit_mb": 16,
    "kind": "of floats",
    "limit_mp": 40,
    "width": 1,
    "height": 1,
    "least": 8,
    "ratio": 16,
    "names": "-",
    "count": 2,
    "seconds": 1,
    "channels": "-",
    "reference": "-",
    "palette": "-",
    "done": 1,
    "total": 2,
    "most": 200,
    "near": "pink",
}


def test_what_is_our_fault_is_told_with_the_reference_of_its_log_line(caplog: pytest.LogCaptureFixture) -> None:
    for code in FAILURES:
        error = ServiceProblem(code, **FACTS)
        failure = failure_from(error)
        with caplog.at_level(logging.INFO):
            report(failure, error, "interaction=5")
        assert is_ours(code) and failure.sentence == f"{error}\n-# Reference {failure.reference}"
        assert f"reference={failure.reference}" in caplog.records[-1].getMessage()
        assert caplog.records[-1].levelno == logging.WARNING


def test_a_members_mistake_needs_no_reference_and_no_operator(caplog: pytest.LogCaptureFixture) -> None:
    for code in RULES.keys() | PICTURE_SENTENCES.keys():
        error = (ServiceProblem if code in RULES else PictureProblem)(code, **FACTS)
        failure = failure_from(error)
        with caplog.at_level(logging.INFO):
            report(failure, error, "interaction=5")
        assert not is_ours(code) and failure.sentence == str(error)
        assert caplog.records[-1].levelno == logging.INFO


def test_redis_out_of_reach_is_the_queue_being_down() -> None:
    with pytest.raises(RedisError) as error:
        connect("redis://127.0.0.1:1/0").ping()
    assert failure_from(error.value).code == "queue_down"


def test_redis_out_of_memory_is_a_full_store(redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(RedisError) as error:
            PictureStore(redis, 60, 1000).put(b"a")
    finally:
        redis.config_set("maxmemory", 0)
    assert failure_from(error.value).code == "store_full"


def test_the_unforeseen_shows_a_reference_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise RuntimeError("the inside of the bot\nin two lines")
    except RuntimeError as error:
        failure = failure_from(error)
        with caplog.at_level(logging.INFO):
            report(failure, error, "interaction=5")
    assert failure.reference in failure.sentence
    assert "inside" not in failure.sentence
    (record,) = caplog.records
    line = record.getMessage()
    assert f"code=internal reference={failure.reference} interaction=5" in line
    assert "\n" not in line
    assert record.exc_info is not None


def test_a_foreseen_problem_logs_one_line_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    error = PictureProblem("not_a_picture", "cannot identify\nimage")
    with caplog.at_level(logging.INFO):
        report(failure_from(error), error, "interaction=5")
    (record,) = caplog.records
    assert record.exc_info is None
    assert "detail=cannot identify image" in record.getMessage()


def test_no_token_gets_through_the_formatter() -> None:
    formatter = RedactingFormatter("bot", "bot-secret")
    try:
        raise RuntimeError("Bot bot-secret was refused at /webhooks/12/aW50ZXJhY3Rpb24/messages/@original")
    except RuntimeError as error:
        record = logging.LogRecord(
            "n",
            logging.ERROR,
            __file__,
            1,
            "POST %s",
            ("/interactions/34/aW50ZXJ/callback",),
            (type(error), error, error.__traceback__),
        )
    text = formatter.format(record)
    assert "/interactions/34/[token]/callback" in text
    assert "/webhooks/12/[token]/messages/@original" in text
    assert "bot-secret" not in text and "aW50" not in text


def test_only_what_an_operator_can_mend_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    cases = {"cooldown": "INFO", "not_admin": "INFO", "wrong_channel": "INFO", "queue_down": "WARNING"}
    for code in cases:
        error = ServiceProblem(code, seconds=1.0, channels="#art")
        with caplog.at_level(logging.INFO):
            report(failure_from(error), error, "interaction=5")
    assert [record.levelname for record in caplog.records] == list(cases.values())


def test_a_detail_names_no_place_in_memory() -> None:
    error = PictureProblem(
        "broken", "UnidentifiedImageError('cannot identify image file <_io.BytesIO object at 0x7f51>')"
    )
    assert failure_from(error).detail == "UnidentifiedImageError('cannot identify image file')"
