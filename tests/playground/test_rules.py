"""What the playground refuses of embeds and choices, as Discord's own description has it, and by which names."""

from __future__ import annotations

import functools
import operator

import pytest

from playground.errors import ApiError
from playground.rules.commands import INTEGER, NUMBER, STRING, choice_problems, command_problems
from playground.rules.component_checks import check_components
from playground.rules.embeds import check_embeds
from tests.playground.raw import Json

FIELD: Json = {"name": "x", "value": "x"}
LONG_ADDRESS = "https://example.org/" + "x" * 2048


def refusal(*embeds: object) -> ApiError:
    with pytest.raises(ApiError) as refused:
        check_embeds(list(embeds))
    assert (refused.value.status, refused.value.body["code"]) == (400, 50035)
    return refused.value


@pytest.mark.parametrize(
    ("embed", "field", "code"),
    [
        ({"title": "x" * 257}, "title", "BASE_TYPE_MAX_LENGTH"),
        ({"title": 5}, "title", "BASE_TYPE_BAD_STRING"),
        ({"description": ["x"]}, "description", "BASE_TYPE_BAD_STRING"),
        ({"description": "x" * 4097}, "description", "BASE_TYPE_MAX_LENGTH"),
        ({"url": LONG_ADDRESS}, "url", "BASE_TYPE_MAX_LENGTH"),
        ({"url": "https://"}, "url", "URL_TYPE_INVALID_URL"),
        ({"url": "example.org"}, "url", "URL_TYPE_INVALID_URL"),
        ({"url": "javascript://x"}, "url", "URL_TYPE_INVALID_SCHEME"),
        ({"author": {"name": "x", "url": "http://h:99999/"}}, "author/url", "URL_TYPE_INVALID_URL"),
        ({"footer": {"text": "x", "icon_url": "http://h:x/"}}, "footer/icon_url", "URL_TYPE_INVALID_URL"),
        ({"image": {"url": "http://exa mple.com"}}, "image/url", "URL_TYPE_INVALID_URL"),
        ({"thumbnail": {"url": "http://[::1"}}, "thumbnail/url", "URL_TYPE_INVALID_URL"),
        ({"thumbnail": {"url": "attachment://"}}, "thumbnail/url", "URL_TYPE_INVALID_URL"),
        ({"color": "pink"}, "color", "NUMBER_TYPE_COERCE"),
        ({"color": 0x1000000}, "color", "NUMBER_TYPE_MAX"),
        ({"footer": {"text": "x" * 2049}}, "footer/text", "BASE_TYPE_MAX_LENGTH"),
        ({"footer": "x"}, "footer", "MODEL_TYPE_CONVERT"),
        ({"author": {"name": "x" * 257}}, "author/name", "BASE_TYPE_MAX_LENGTH"),
        ({"author": {"name": "x", "icon_url": 5}}, "author/icon_url", "BASE_TYPE_BAD_STRING"),
        ({"image": {"url": LONG_ADDRESS}}, "image/url", "BASE_TYPE_MAX_LENGTH"),
        ({"fields": "x"}, "fields", "BASE_TYPE_BAD_LIST"),
        ({"fields": [FIELD] * 26}, "fields", "BASE_TYPE_MAX_LENGTH"),
        ({"fields": ["x"]}, "fields/0", "MODEL_TYPE_CONVERT"),
        ({"fields": [FIELD, {**FIELD, "name": "x" * 257}]}, "fields/1/name", "BASE_TYPE_MAX_LENGTH"),
        ({"fields": [{**FIELD, "value": "x" * 1025}]}, "fields/0/value", "BASE_TYPE_MAX_LENGTH"),
        ({"fields": [{"name": "x"}]}, "fields/0/value", "BASE_TYPE_REQUIRED"),
        ({"fields": [{"name": "x", "value": None}]}, "fields/0/value", "BASE_TYPE_REQUIRED"),
        ({"fields": [{"name": " ", "value": "x"}]}, "fields/0/name", "BASE_TYPE_REQUIRED"),
        ({"fields": [{"name": "x", "value": 5}]}, "fields/0/value", "BASE_TYPE_BAD_STRING"),
    ],
)
def test_an_embed_that_discord_refuses(embed: Json, field: str, code: str) -> None:
    errors = refusal({"title": "x"}, embed).body["errors"]["embeds"]["1"]
    assert functools.reduce(operator.getitem, field.split("/"), errors)["_errors"][0]["code"] == code


def test_all_embeds_of_a_message_have_6000_characters_together() -> None:
    """What is counted: titles, descriptions, fields, footers and names of authors."""
    fields = [{"name": "x" * 256, "value": "x", "inline": True}, {"name": "\u200b", "value": "x" * 1024}]
    parts: Json = {"footer": {"text": "x" * 2048, "icon_url": None}, "author": {"name": "x" * 256, "url": None}}
    full = {"title": "x" * 256, "color": 0xFFFFFF, "fields": fields, "image": None, "description": None, **parts}
    rest = 6000 - 256 - 257 - 1025 - 2048 - 256
    check_embeds([full, {"description": "x" * rest}])
    errors = refusal(full, {"description": "x" * (rest + 1)}).body["errors"]
    assert errors["embeds"]["_errors"][0]["code"] == "MAX_EMBED_SIZE_EXCEEDED"


def components(address: object) -> list[list[Json]]:
    """Those that show something by its address, each as the only one of a message."""
    section = {"type": 9, "components": [{"type": 10, "content": "x"}]}
    return [
        [{**section, "accessory": {"type": 11, "media": {"url": address}}}],
        [{"type": 12, "items": [{"media": {"url": address}}]}],
        [{"type": 17, "components": [{"type": 13, "file": {"url": address}}]}],
        [{"type": 1, "components": [{"type": 2, "style": 5, "label": "x", "url": address}]}],
    ]


@pytest.mark.parametrize(
    "address", ["https://", "http://exa mple.com", "http://h:99999/", "data:,x", "x", "", 5, None]
)
@pytest.mark.parametrize("which", range(4))
def test_a_component_whose_address_is_none_is_refused(which: int, address: object) -> None:
    with pytest.raises(ApiError) as refused:
        check_components(components(address)[which], v2=True)
    assert refused.value.body["code"] == 50035


@pytest.mark.parametrize("items", [None, [], "x", ["x"], [{}], [{"media": {"url": "https://example.org"}}] * 11])
def test_a_gallery_that_discord_refuses(items: object) -> None:
    with pytest.raises(ApiError) as refused:
        check_components([{"type": 12, "items": items}], v2=True)
    assert refused.value.body["code"] == 50035


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a b.png",
        "HTTP://[::1]:8080/x",
        "http://127.0.0.1:8080/cdn/x",
        "https://bücher.example?x",
    ],
)
def test_addresses_that_are_taken(address: str) -> None:
    for given in (address, "attachment://a [1]: b.png"):
        parts = {"author": {"name": "x", "icon_url": given}, "image": {"url": given}, "thumbnail": {"url": ""}}
        check_embeds([{"title": "x", "url": address, **parts}])
        for one in components(given)[:3]:
            check_components(one, v2=True)
    check_components(components("discord://x")[3], v2=True)


@pytest.mark.parametrize(
    ("kind", "choices", "field"),
    [
        (STRING, "x", ""),
        (STRING, ["x"], ""),
        (STRING, [{"name": "x", "value": "x"}] * 26, ""),
        (STRING, [{"name": "", "value": "x"}], "/0/name"),
        (STRING, [{"name": "x", "value": "x"}, {"name": "x" * 101, "value": "x"}], "/1/name"),
        (STRING, [{"name": 5, "value": "x"}], "/0/name"),
        (STRING, [{"value": "x"}], "/0/name"),
        (STRING, [{"name": "x"}], "/0/value"),
        (STRING, [{"name": "x", "value": 5}], "/0/value"),
        (STRING, [{"name": "x", "value": "x" * 6001}], "/0/value"),
        (INTEGER, [{"name": "x", "value": "5"}], "/0/value"),
        (INTEGER, [{"name": "x", "value": 0.5}], "/0/value"),
        (NUMBER, [{"name": "x", "value": True}], "/0/value"),
    ],
)
def test_choices_that_discord_refuses(kind: int, choices: object, field: str) -> None:
    assert list(choice_problems(choices, "choices", kind)) == [f"choices{field}"]
    option = {"type": kind, "name": "a", "description": "d", "choices": choices}
    command = {"name": "x", "description": "d", "options": [option]}
    assert list(command_problems(command, "0")) == [f"0/options/0/choices{field}"]


def test_choices_at_their_limits() -> None:
    assert not choice_problems([{"name": "x" * 100, "value": "x" * 100}] * 25, "choices", STRING)
    assert not choice_problems([{"name": "x", "value": 5}], "choices", INTEGER)
    assert not choice_problems([{"name": "x", "value": 5}, {"name": "y", "value": 0.5}], "choices", NUMBER)


@pytest.mark.parametrize("option", [{"type": 3, "name": ["a"]}, {"type": 11, "file_types": [["image"]]}])
def test_an_option_of_odd_types_is_a_problem_and_no_crash(option: Json) -> None:
    assert command_problems({"name": "x", "description": "d", "options": [{"description": "d", **option}]}, "")
