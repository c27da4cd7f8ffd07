"""Which of Discord's operations there are: the list, the table, and what answers for those that are absent."""

from __future__ import annotations

import json

import pytest

from docs import playground_operations
from playground.api.operations import LIST, OPERATIONS, shape
from playground.api.routing import ROUTES, find_route
from playground.errors import ApiError
from playground.state.seed import ASCII_CHANNEL, GUILD_ID
from tests.discord_rules import DISCORDS_OWN
from tests.playground.raw import Rest

COMMAND = "python -m docs.playground_operations"


def test_the_table_of_operations_is_current() -> None:
    assert playground_operations.PAGE.read_text(encoding="utf-8") == playground_operations.markdown(), COMMAND


def test_the_list_of_operations_is_discords() -> None:
    description = DISCORDS_OWN / "openapi.json"
    if not description.is_file():
        pytest.skip("Discord's OpenAPI description is not on this machine")
    wanted = playground_operations.list_of(json.loads(description.read_text(encoding="utf-8")))
    assert LIST.read_text(encoding="utf-8") == wanted, f"{COMMAND} {description}"


def test_each_operation_is_answered_by_its_own_route_or_by_its_name() -> None:
    for one in OPERATIONS:
        path = "/".join("7" if part == "{}" else part for part in shape(one.template))
        try:
            route, _ = find_route(one.method, "/" + path)
        except ApiError as error:
            assert error.status in (404, 405) and error.body["code"] == 0
            assert f" {one.id} ({one.method} {one.template})" in error.body["message"]
            assert playground_operations.state_of(one) == "absent"
        else:
            assert shape(route.template) == shape(one.template) and route.method == one.method


def test_no_two_routes_answer_one_request() -> None:
    assert len({(route.method, shape(route.template)) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/no/such/route", 404, "404: Not Found"),
        ("GET", "/guilds//roles", 404, "404: Not Found"),
        ("GET", f"/guilds/{GUILD_ID}/", 404, "404: Not Found"),
        ("PUT", "/gateway", 405, "405: Method Not Allowed"),
        ("POST", f"/channels/{ASCII_CHANNEL}", 405, "405: Method Not Allowed"),
        (
            "POST",
            "/lobbies",
            404,
            "404: the playground does not have Discord's operation create_lobby (POST /lobbies).",
        ),
    ],
)
async def test_what_is_not_there(rest: Rest, method: str, path: str, status: int, message: str) -> None:
    answer = await rest(method, path)
    assert (answer.status, answer.body) == (status, {"message": message, "code": 0})


@pytest.mark.parametrize("path", ["/users/mia", f"/guilds/{GUILD_ID}/members/%C2%B2", "/channels/-1"])
async def test_what_is_no_id_is_refused_as_such(rest: Rest, path: str) -> None:
    answer = await rest("GET", path)
    assert (answer.status, answer.body["code"]) == (400, 50035)
    (problem,) = next(iter(answer.body["errors"].values()))["_errors"]
    assert problem["code"] == "NUMBER_TYPE_COERCE" and problem["message"].endswith("is not snowflake.")
