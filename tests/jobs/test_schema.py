"""What the stored messages accept and refuse."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.schema import RenderRequest, RenderResult, Variant
from jobs.text.sentences import SENTENCES
from models.options import RenderOptions
from tests.jobs.requests import a_request


def test_a_request_survives_the_way_through_json() -> None:
    request = a_request(palette="#0000FF-#ff69b4", columns=100)
    assert RenderRequest.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 9},
        {"colour": "red"},
        {"palette": "blue"},
        {"options": {"colour": "red"}},
        {"options": {"format": "poem"}},
        {"options": {"palette": "plaid"}},
        {"options": {"palette": "#12345-#123456"}},
        {"options": {"columns": 0}},
        {"options": {"columns": 100_000}},
        {"options": {"background": "grey"}},
        {"options": {"focus": -0.1}},
        {"options": {"focus": 1.1}},
        {"options": {"style": "../classic"}},
        {"pictures": [{"sha": "A" * 64}]},
        {"pictures": [{"sha": "../../etc/passwd"}]},
        {"pictures": []},
        {"pictures": [{"sha": None, "failure": "It is gone."}]},
        {"pictures": [{"sha": "a" * 64}] * 11},
        {"pictures": [{"sha": "a" * 64, "variant": {"focus": 2}}]},
        {"pictures": [{"sha": "a" * 64, "variant": {"palette": "pink"}}]},
        {"comparison": "loud"},
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


def as_stored(version: int, **options: Any) -> dict[str, Any]:
    """A request as the versions wrote it whose options stood in the request itself."""
    stored = a_request().model_dump(mode="json")
    del stored["options"], stored["first_reaction"], stored["reply"]["language"], stored["pictures"]
    del stored["own"], stored["comparison"], stored["spoiler"]
    return stored | {"schema_version": version, "picture": "a" * 64} | options


def test_the_one_picture_of_version_5_is_the_only_one_of_its_request() -> None:
    request = a_request(palette="pink", picture="b" * 64, own=True)
    stored = request.model_dump(mode="json", exclude={"pictures", "own", "comparison", "spoiler"})
    stored |= {"schema_version": 5, "picture": "b" * 64}
    assert RenderRequest.model_validate(stored) == request
    for wrong in ({"picture": "x"}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            RenderRequest.model_validate(stored | wrong)


@pytest.mark.parametrize(
    ("origin", "own"), [("command", True), ("menu", True), ("button", False), ("reaction", False)]
)
def test_of_version_6_only_who_brought_a_picture_for_certain_may_see_it_again(origin: str, own: bool) -> None:
    stored = a_request(origin=origin).model_dump(mode="json", exclude={"own", "comparison", "spoiler"})
    read = RenderRequest.model_validate(stored | {"schema_version": 6})
    assert (read.own, read.comparison, read.parts, read.is_choice) == (own, None, 1, False)


def test_of_version_7_what_was_to_be_hidden_is_hidden() -> None:
    request = a_request(palette="pink", own=True, comparison="shareable", spoiler=True)
    stored = request.model_dump(mode="json", exclude={"spoiler"})
    stored |= {"schema_version": 7, "options": stored["options"] | {"spoiler": True}}
    assert RenderRequest.model_validate(stored) == request
    for wrong in ({"options": "pink"}, {"options": stored["options"] | {"colour": "red"}}):
        with pytest.raises(ValidationError):
            RenderRequest.model_validate(stored | wrong)


def test_a_variant_differs_from_its_request_in_what_it_says() -> None:
    options = RenderOptions(palette="pink", columns=90, focus=0.5)
    assert Variant(focus=0.0).applied_to(options) == replace(options, focus=0.0)
    assert Variant(background="dark").applied_to(options) == replace(options, background="dark")
    assert Variant(style="lines").applied_to(options) == replace(options, style="lines")


def test_what_an_older_bot_left_in_redis_is_read_as_it_was_meant() -> None:
    old = RenderRequest.model_validate(as_stored(1))
    assert old.options == RenderOptions("blue", 64, "light", 0.0, "picture", animate=True)
    assert (old.first_reaction, old.reply.language, old.spoiler) == ("", "en", False)
    older = RenderRequest.model_validate(as_stored(3, columns=90, background="dark"))
    assert (older.options.columns, older.options.background, older.options.focus) == (90, "dark", 0.0)
    assert RenderRequest.model_validate(older.model_dump(mode="json")) == older


@pytest.mark.parametrize(
    ("form", "preset", "format"),
    [
        ("picture", "file", "picture"),
        ("text", "desktop", "text"),
        ("text", "phone", "phone"),
        ("text", "file", "file"),
        ("ansi", "file", "ansi"),
    ],
)
def test_what_version_4_asked_for(form: str, preset: str, format: str) -> None:
    said = {"palette": "pink", "columns": None, "background": "auto", "focus": None, "style": "lines"}
    stored = as_stored(4, form=form, preset=preset, animate=False, spoiler=True, hint="🩷", **said)
    read = RenderRequest.model_validate(stored)
    assert read.options == RenderOptions("pink", format=format, animate=False, style="lines")
    assert (read.first_reaction, read.spoiler) == ("🩷", True)
    for change in ({"form": "poem"}, {"preset": "wall", "form": "text"}, {"palette": "plaid"}, {"columns": 7}):
        with pytest.raises(ValidationError):
            RenderRequest.model_validate(stored | change)


def test_what_nobody_says_is_left_open_for_the_worker() -> None:
    options = a_request().options
    assert (options.columns, options.background, options.focus) == (None, "auto", None)


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
