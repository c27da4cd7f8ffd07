"""Ways to a message and the client under them, against real HTTP."""

import socket
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from jobs.rate_limiter import RateLimiter
from jobs.routes import Route, Verdict, interpret, routes
from jobs.schema import Reply
from tests.worker.samples import BOT_PATH, BOT_TOKEN, INTERACTION_TOKEN, TOKEN_PATH
from tests.worker.standin import Answer, Standin
from worker.delivery import rest_client
from worker.delivery.deliver import deliver, tell
from worker.delivery.rest_client import Attachment, Discord, DiscordUnavailable, Edit

PICTURE = Edit("blue", (Attachment("ascii-blue.png", b"\x89PNG bytes", "alt text"),))


@pytest.fixture
def discord(standin: Standin, redis: Redis) -> Iterator[Discord]:
    client = Discord(standin.api, BOT_TOKEN, RateLimiter(redis))
    yield client
    client.close()


def reply(token: str | None = INTERACTION_TOKEN, *, private: bool = False) -> Reply:
    return Reply(
        application_id="10", channel_id="20", message_id="30", token=token, token_expires_at=1000.0, private=private
    )


def soon(seconds: float = 30.0) -> float:
    return time.monotonic() + seconds


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        (reply(), 999.0, [Route.TOKEN, Route.BOT]),
        (reply(), 1000.0, [Route.BOT]),
        (reply(None), 0.0, [Route.BOT]),
        (reply(private=True), 999.0, [Route.TOKEN]),
        (reply(private=True), 1000.0, []),
    ],
)
def test_routes(given: Reply, now: float, expected: list[Route]) -> None:
    assert routes(given, now) == expected


@pytest.mark.parametrize(
    ("route", "status", "code", "verdict"),
    [
        (Route.TOKEN, 200, 0, Verdict.DONE),
        (Route.TOKEN, 401, 50027, Verdict.CLOSED),
        (Route.TOKEN, 404, 10015, Verdict.CLOSED),
        (Route.TOKEN, 404, 0, Verdict.CLOSED),
        (Route.TOKEN, 404, 10008, Verdict.GONE),
        (Route.BOT, 404, 10008, Verdict.GONE),
        (Route.BOT, 404, 10003, Verdict.GONE),
        (Route.BOT, 404, 0, Verdict.CLOSED),
        (Route.BOT, 401, 0, Verdict.TROUBLE),
        (Route.BOT, 403, 50013, Verdict.FORBIDDEN),
        (Route.BOT, 403, 50001, Verdict.FORBIDDEN),
        (Route.TOKEN, 413, None, Verdict.TOO_LARGE),
        (Route.TOKEN, 400, 40005, Verdict.TOO_LARGE),
        (Route.TOKEN, 400, 50035, Verdict.REJECTED),
        (Route.TOKEN, 400, 0, Verdict.REJECTED),
        *((route, 403, code, Verdict.TROUBLE) for route in Route for code in (None, 0, 40333)),
        *((Route.TOKEN, status, None, Verdict.TROUBLE) for status in (400, 401, 404, 408, 429, 500, 503, 520, 530)),
        (Route.TOKEN, 408, 0, Verdict.TROUBLE),
    ],
)
def test_interpret(route: Route, status: int, code: int | None, verdict: Verdict) -> None:
    assert interpret(route, status, code) is verdict


def test_token_route_replaces_everything_without_the_bots_token(discord: Discord, standin: Standin) -> None:
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    (seen,) = standin.seen
    assert seen.path == TOKEN_PATH
    assert "authorization" not in seen.headers
    assert seen.headers["user-agent"].startswith("DiscordBot (https://")
    assert seen.body == {
        "content": "blue",
        "attachments": [{"id": 0, "filename": "ascii-blue.png", "description": "alt text"}],
        "components": [],
        "allowed_mentions": {"parse": []},
    }
    assert seen.files == {"files[0]": ("ascii-blue.png", "image/png", b"\x89PNG bytes")}


def test_sentence_takes_the_files_away(discord: Discord, standin: Standin) -> None:
    assert tell(discord, reply(None), "No.", now=0.0, deadline=soon()) is Verdict.DONE
    (seen,) = standin.seen
    assert seen.path == BOT_PATH
    assert seen.headers["authorization"] == f"Bot {BOT_TOKEN}"
    assert seen.body["content"] == "No."
    assert seen.body["attachments"] == []


def test_closed_token_falls_back_to_the_bot(discord: Discord, standin: Standin) -> None:
    standin.answers.append(Answer(401, {"code": 50027, "message": "Invalid Webhook Token"}))
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    assert [seen.path for seen in standin.seen] == [TOKEN_PATH, BOT_PATH]
    assert standin.state[BOT_PATH].files


def test_private_reply_is_never_edited_as_the_bot(discord: Discord, standin: Standin) -> None:
    standin.answers.append(Answer(401, {"code": 50027}))
    assert deliver(discord, reply(private=True), PICTURE, now=0.0, deadline=soon()) is Verdict.CLOSED
    assert [seen.path for seen in standin.seen] == [TOKEN_PATH]


def test_a_message_is_gone_if_both_ways_say_so(discord: Discord, standin: Standin) -> None:
    standin.answers += [Answer(404, {"code": 10008, "message": "Unknown Message"})] * 3
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.GONE
    standin.forget()
    standin.answers.append(Answer(404, {"code": 10008}))
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    assert [seen.path for seen in standin.seen] == [TOKEN_PATH, BOT_PATH], "the other way knows it"


def test_sentence_passes_over_a_forbidden_route(discord: Discord, standin: Standin) -> None:
    standin.answers.append(Answer(403, {"code": 50013}))
    assert tell(discord, reply(), "No.", now=0.0, deadline=soon()) is Verdict.DONE
    assert standin.state[BOT_PATH].body["content"] == "No."


@pytest.mark.parametrize(
    "limited",
    [
        Answer(429, {"message": "limited", "retry_after": 0.4, "global": False}, {"Retry-After": "1"}),
        Answer(429, raw=b"<html>", headers={"Content-Type": "text/html", "Retry-After": "0.4"}),
    ],
    ids=["discord", "proxy"],
)
def test_rate_limit_is_waited_for(discord: Discord, standin: Standin, limited: Answer) -> None:
    standin.answers.append(limited)
    start = time.monotonic()
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    assert time.monotonic() - start >= 0.4
    assert len(standin.seen) == 2


def test_rate_limit_past_the_deadline_is_handed_back_at_once(discord: Discord, standin: Standin) -> None:
    standin.answers.append(Answer(429, {"retry_after": 60.0}))
    with pytest.raises(DiscordUnavailable, match="429"):
        deliver(discord, reply(), PICTURE, now=0.0, deadline=soon())
    assert len(standin.seen) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Answer(500),
        Answer(502, raw=b"<html>"),
        Answer(520, raw=b"error code: 520"),
        Answer(403, raw=b"<html>Sorry, you have been blocked"),
        Answer(403, {"code": 40333, "message": "internal network error"}),
        Answer(404, raw=b"<html>"),
        Answer(408, {"code": 0, "message": "408: Request Timeout"}),
        Answer(drop="before"),
    ],
)
def test_hiccup_is_tried_again(discord: Discord, standin: Standin, fault: Answer) -> None:
    standin.answers.append(fault)
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    assert [seen.path for seen in standin.seen] == [TOKEN_PATH, TOKEN_PATH]


def test_a_bots_token_that_is_not_taken_says_nothing_of_the_message(discord: Discord, standin: Standin) -> None:
    standin.answers += [Answer(401, {"code": 50027}), Answer(401, {"code": 0, "message": "401: Unauthorized"})]
    with pytest.raises(DiscordUnavailable, match="401") as unavailable:
        deliver(discord, reply(), PICTURE, now=0.0, deadline=soon())
    assert unavailable.value.wait_s > 5, "a token is not exchanged in an instant"


def test_lost_answer_leaves_one_state(discord: Discord, standin: Standin) -> None:
    standin.answers.append(Answer(drop="after"))
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    first, second = standin.seen
    assert (first.body, first.files) == (second.body, second.files)
    assert list(standin.state) == [TOKEN_PATH]


def test_lasting_outage_ends_at_the_deadline(
    discord: Discord, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.always = Answer(503)
    monkeypatch.setattr(rest_client, "_FIRST_WAIT_S", 0.01)
    # The others where the last of its waits ends late.
    with pytest.raises(DiscordUnavailable, match=r"503|no time left|Timeout"):
        deliver(discord, reply(), PICTURE, now=0.0, deadline=soon(3.0))
    assert len(standin.seen) >= 2


def test_nobody_listens(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_client, "_FIRST_WAIT_S", 60)  # more than there is
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client = Discord(f"http://127.0.0.1:{closed.getsockname()[1]}/api/v10", BOT_TOKEN, RateLimiter(redis))
        with pytest.raises(DiscordUnavailable, match="ConnectError"):
            tell(client, reply(), "No.", now=0.0, deadline=soon(30))
        client.close()


def test_while_the_fleet_is_held_only_the_interactions_token_reaches_discord(
    discord: Discord, standin: Standin, redis: Redis
) -> None:
    RateLimiter(redis).hold(600)
    assert deliver(discord, reply(), PICTURE, now=0.0, deadline=soon()) is Verdict.DONE
    with pytest.raises(DiscordUnavailable, match="share of requests"):
        deliver(discord, reply(None), PICTURE, now=0.0, deadline=soon())
    assert discord.react("20", "30", "🩷") is None
    assert [seen.path for seen in standin.seen] == [TOKEN_PATH] and not standin.reactions


@pytest.mark.parametrize(("token", "held"), [(None, True), (INTERACTION_TOKEN, False)], ids=["bot", "token"])
def test_a_global_limit_as_the_bot_holds_the_whole_fleet(
    discord: Discord, standin: Standin, redis: Redis, token: str | None, held: bool
) -> None:
    standin.answers.append(Answer(429, {"retry_after": 60.0, "global": True}, {"X-RateLimit-Global": "true"}))
    with pytest.raises(DiscordUnavailable, match="429"):
        deliver(discord, reply(token), PICTURE, now=0.0, deadline=soon(20.0))
    assert (RateLimiter(redis).take(0) is None) == held
