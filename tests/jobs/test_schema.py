"""What the stored messages accept and refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from jobs.schema import RenderRequest, RenderResult
from jobs.text.sentences import SENTENCES
from tests.jobs.requests import a_request


def test_a_request_survives_the_way_through_json() -> None:
    request = a_request(palette="#0000FF-#ff69b4", columns=100)
    assert RenderRequest.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 5},
        {"form": "poem"},
        {"preset": "wall"},
        {"colour": "red"},
        {"palette": "plaid"},
        {"palette": "#12345-#123456"},
        {"columns": 0},
        {"columns": 100_000},
        {"background": "grey"},
        {"focus": -0.1},
        {"focus": 1.1},
        {"picture": "A" * 64},
        {"picture": "../../etc/passwd"},
        {"job_id": "no spaces"},
        {"job_id": ""},
        {"user_id": "someone"},
        {"upload_limit": 0},
        {"message_version": 0},
        {"reply": {"application_id": "1", "channel_id": "2", "message_id": "3", "colour": "red"}},
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(change: dict[str, Any]) -> None:
    stored = a_request().model_dump(mode="json")
    RenderRequest.model_validate(stored)
    with pytest.raises(ValidationError):
        RenderRequest.model_validate(stored | change)


def test_what_an_older_bot_left_in_redis_is_read_as_it_was_meant() -> None:
    later = {"columns", "background", "focus", "form", "preset", "animate", "spoiler", "hint"}
    stored = {name: value for name, value in a_request().model_dump(mode="json").items() if name not in later}
    del stored["reply"]["language"]
    old = RenderRequest.model_validate(stored | {"schema_version": 1})
    assert (old.form, old.preset, old.animate, old.spoiler, old.hint) == ("picture", "file", True, False, "")
    assert old.reply.language == "en"
    assert (old.columns, old.background, old.focus) == (64, "light", 0.0)
    said = {"schema_version": 3, "columns": 90, "background": "dark"}
    older = RenderRequest.model_validate(stored | said)
    assert (older.columns, older.background, older.focus) == (90, "dark", 0.0)


def test_what_nobody_says_is_left_open_for_the_worker() -> None:
    request = a_request()
    assert (request.columns, request.background, request.focus) == (None, "auto", None)


def test_a_result_of_another_version_is_refused() -> None:
    RenderResult(job_id="1", outcome="posted")
    assert RenderResult.model_validate({"job_id": "1", "outcome": "posted", "schema_version": 1}).background is None
    with pytest.raises(ValidationError):
        RenderResult.model_validate({"job_id": "1", "outcome": "posted", "schema_version": 3})
    with pytest.raises(ValidationError):
        RenderResult.model_validate({"job_id": "1", "outcome": "perhaps"})


def test_the_interaction_token_stays_out_of_a_printed_request() -> None:
    assert "the-interaction-token" not in repr(a_request())


def test_every_sentence_is_one_paragraph_that_ends() -> None:
    for code, sentence in SENTENCES.items():
        assert "\n" not in sentence, code
        assert sentence.rstrip("`").endswith((".", "…")), code
        assert len(sentence) < 300, code
