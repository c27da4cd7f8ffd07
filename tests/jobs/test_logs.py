"""Lines that say which job they are about, for machines to read, with nothing carried over to another job."""

import asyncio
import json
import logging
import sys

import pytest

from jobs.observability.logs import JsonLines, LogFormat, RedactingFormatter, bind, bound, reference, reference_of
from jobs.text.sentences import new_reference


def line(
    message: str = "drawn id=%s", *arguments: object, error: bool = False, **fixed: object
) -> dict[str, object]:
    record = logging.LogRecord("worker.render.tasks", logging.INFO, "f.py", 1, message, arguments or ("7",), None)
    if error:
        try:
            raise ValueError("no such glyph")
        except ValueError:
            record.exc_info = sys.exc_info()
    text = JsonLines(**fixed).format(record)
    assert "\n" not in text
    found: dict[str, object] = json.loads(text)
    return found


def test_a_line_outside_of_any_job() -> None:
    found = line(program="worker", child=2)
    assert (
        found["message"] == "drawn id=7" and found["level"] == "INFO" and found["logger"] == "worker.render.tasks"
    )
    assert found["program"] == "worker" and found["child"] == 2
    assert str(found["time"]).endswith("+00:00")
    assert not {"job_id", "interaction_id", "reference", "traceback"} & found.keys()


def test_a_commands_job_is_named_with_its_interaction_and_reference() -> None:
    with bound("1234567890"):
        found = line()
    assert (found["job_id"], found["interaction_id"]) == ("1234567890", "1234567890")
    assert found["reference"] == reference_of("1234567890")
    assert "job_id" not in line()


def test_a_reactions_job_has_no_interaction() -> None:
    with bound("1234567890-pink"):
        found = line()
    assert found["job_id"] == "1234567890-pink" and "interaction_id" not in found


def test_a_traceback_stays_in_its_line() -> None:
    found = line(error=True)
    assert "ValueError: no such glyph" in str(found["traceback"])


def test_about_ends_with_what_was_before_it() -> None:
    with bound("1"):
        with bound(None):
            assert reference() is None
            bind("2")
            assert reference() == reference_of("2")
        assert reference() == reference_of("1")
    assert reference() is None


async def test_tasks_do_not_mix() -> None:
    seen: dict[str, str | None] = {}

    async def one(job_id: str) -> None:
        bind(job_id)
        await asyncio.sleep(0)
        seen[job_id] = await asyncio.to_thread(reference)

    await asyncio.gather(one("1"), one("2"))
    assert seen == {"1": reference_of("1"), "2": reference_of("2")}
    assert reference() is None


def test_what_a_user_is_told_is_the_jobs_reference() -> None:
    with bound("1"):
        assert new_reference() == reference_of("1") == new_reference()
    assert new_reference() != new_reference()
    assert len(reference_of("1")) == 8


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nobodys_text_forges_a_line_or_moves_a_cursor(log_format: LogFormat) -> None:
    forged = "x\x1b[2J\n2026-11-28 00:00:00,000 INFO bot forged\r\u202e\x9b"
    record = logging.LogRecord("bot", logging.INFO, "f.py", 1, "name=%s", (forged,), None)
    try:
        raise ValueError(forged)
    except ValueError:
        record.exc_info = sys.exc_info()
    text = RedactingFormatter("bot", "the-token", log_format).format(record)
    first, *rest = text.split("\n")
    assert "forged" in first and all(line.startswith("    ") for line in rest)
    assert not set(text) & {"\x1b", "\r", "\u202e", "\x9b"}
    assert "ValueError" in text and (log_format == "text") == bool(rest)
