"""The ledger against a real server: promises, versions, results, claims."""

from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from jobs.ledger import CLAIM_S, KEEP_S, Ledger
from jobs.schema import RenderResult
from tests.jobs.requests import a_request


def test_a_promise_is_found_by_its_message_without_the_token(redis: Redis) -> None:
    ledger = Ledger(redis)
    request = a_request()
    ledger.promise(request)
    found = ledger.request_of("30")
    assert found is not None
    assert found.reply.token is None
    assert found.picture == request.picture
    assert ledger.request_of("31") is None
    assert not any(b"the-interaction-token" in (redis.get(key) or b"") for key in redis.scan_iter())


def test_only_the_newest_job_may_write_to_its_message(redis: Redis) -> None:
    ledger = Ledger(redis)
    first = a_request(message_version=ledger.next_version("30"))
    assert first.message_version == 1
    assert ledger.is_newest(first)
    second = a_request(message_version=ledger.next_version("30"))
    assert not ledger.is_newest(first)
    assert ledger.is_newest(second)
    assert ledger.next_version("31") == 1


def test_a_result_is_kept_by_job(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.result_of("40") is None
    ledger.record(RenderResult(job_id="40", outcome="refused", code="broken"))
    found = ledger.result_of("40")
    assert found is not None and (found.outcome, found.code) == ("refused", "broken")


def test_of_many_clicks_at_once_one_gets_the_claim(redis: Redis) -> None:
    ledger = Ledger(redis)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: ledger.claim_reaction("30", "pink"), range(40)))
    assert sum(claims) == 1
    assert ledger.claim_reaction("30", "green")
    assert ledger.claim_reaction("31", "pink")


def test_a_claim_runs_out_unless_it_is_settled_and_can_be_given_back(redis: Redis) -> None:
    ledger = Ledger(redis)
    assert ledger.claim_reaction("30", "pink")
    (key,) = redis.keys("*reaction*")
    assert 0 < redis.ttl(key) <= CLAIM_S
    ledger.settle_reaction("30", "pink", "99")
    assert redis.ttl(key) > KEEP_S - 5
    assert not ledger.claim_reaction("30", "pink")
    ledger.release_reaction("30", "pink")
    assert ledger.claim_reaction("30", "pink")


def test_nothing_is_kept_for_ever(redis: Redis) -> None:
    ledger = Ledger(redis)
    ledger.promise(a_request())
    ledger.next_version("30")
    ledger.record(RenderResult(job_id="40", outcome="posted"))
    ledger.claim_reaction("30", "pink")
    assert len(redis.keys()) == 4
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter())
