"""What is remembered of our messages, against a real server: requests, versions, whose they are."""

from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from jobs.lifecycle.messages import KEEP_S, Messages
from tests.jobs.requests import a_request


def test_a_request_is_found_by_its_message_without_the_token(redis: Redis) -> None:
    messages = Messages(redis)
    request = a_request()
    messages.remember(request)
    found = messages.request_of("30")
    assert found is not None
    assert found.reply.token is None
    assert found.pictures == request.pictures
    assert messages.request_of("31") is None
    kept = [redis.get(key) for key in redis.scan_iter() if redis.type(key) == b"string"]
    assert len(kept) == 1 and "the-interaction-token" not in str(kept[0])


def test_only_the_newest_job_may_write_to_its_message(redis: Redis) -> None:
    messages = Messages(redis)
    first = a_request(message_version=messages.version_of("30", "a"))
    assert first.message_version == 1
    assert messages.is_newest(first)
    second = a_request(message_version=messages.version_of("30", "b"))
    assert not messages.is_newest(first)
    assert messages.is_newest(second)
    assert messages.version_of("31", "a") == 1


def test_a_job_keeps_its_version_however_often_two_bots_ask(redis: Redis) -> None:
    messages = Messages(redis)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: messages.version_of("30", "a"), range(40))) == {1}
    assert messages.version_of("30", "b") == 2
    assert messages.version_of("30", "a") == 1


def test_forgetting_deletes_a_users_records_and_nobody_elses(redis: Redis) -> None:
    messages = Messages(redis)
    messages.remember(a_request(user_id="1", picture="a" * 64, reply={"message_id": "30"}))
    messages.remember(a_request(user_id="1", picture="b" * 64, reply={"message_id": "31"}))
    messages.remember(a_request(user_id="2", picture="c" * 64, reply={"message_id": "32"}))
    # A reply of the first's, which a click of the second's has had filled anew.
    messages.remember(a_request(user_id="1", picture="d" * 64, reply={"message_id": "33"}))
    messages.remember(a_request(user_id="2", picture="d" * 64, reply={"message_id": "33"}))
    assert {sha for request in messages.forget("1") for sha in request.shas} == {"a" * 64, "b" * 64}
    assert [messages.request_of(message) is None for message in ("30", "31", "32", "33")] == [
        True,
        True,
        False,
        False,
    ]
    assert not redis.exists("glyphcord:user:1")
    assert messages.forget("1") == []


def test_of_several_who_replace_a_request_one_does_and_the_others_learn_so(redis: Redis) -> None:
    messages, before = Messages(redis), a_request(reply={"token": None})
    messages.remember(before)
    wanted = [before.model_copy(update={"user_id": str(number)}) for number in range(1, 9)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        done = list(pool.map(lambda after: messages.replace(before, after), wanted))
    assert sum(done) == 1 and messages.request_of("30") == wanted[done.index(True)]
    assert not messages.replace(before, before), "it is another's by now"
    assert 0 < redis.ttl("glyphcord:message:30") <= KEEP_S
    assert not messages.replace(a_request(reply={"message_id": "31"}), before), "none that was forgotten comes back"
