"""The registry of weights over a real Valkey: versions by hash, one in use, what was in use before, one budget."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from jobs.connection import PREFIX
from jobs.registry.weights import HISTORY, NEEDED_FOR_S, WeightsStore, activated, rolled_back
from jobs.text.sentences import ServiceProblem
from models.limits import MAX_WEIGHTS_BYTES

A, B, C = (letter * 64 for letter in "abc")


@pytest.fixture
def store(redis: Redis) -> WeightsStore:
    return WeightsStore(redis, 1000)


def age(redis: Redis, *shas: str) -> None:
    """As if nobody had used these for long."""
    for number, sha in enumerate(shas):
        redis.zadd(f"{PREFIX}weights:used", {sha: number + 1 - NEEDED_FOR_S})


def problem(code: str) -> "pytest.RaisesExc[ServiceProblem]":
    return pytest.raises(ServiceProblem, check=lambda error: error.code == code)


def test_bytes_come_back_under_their_hash_and_only_whole(store: WeightsStore, redis: Redis) -> None:
    version = store.put(b"weights", "classic", origin="upload", by="50")
    assert version.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert store.blob(version.sha256) == b"weights"
    assert store.blob(A) is None
    redis.set(f"{PREFIX}weights:blob:{version.sha256}", b"weight")
    assert store.blob(version.sha256) is None


def test_the_same_file_may_be_two_models_and_is_kept_once(store: WeightsStore) -> None:
    for name in ("one", "two", "one"):
        store.put(b"x" * 600, name, origin="file", by="w")
    assert [version.model for version in store.versions()] == ["one", "two"], "what was brought in again is newest"
    assert len(store.versions("one")) == 1


def test_a_file_that_is_brought_in_again_is_the_newest_and_says_by_whom(store: WeightsStore) -> None:
    store.put(b"one", "m", origin="file", by="w1")
    store.put(b"two", "m", origin="upload", by="50")
    again = store.put(b"one", "m", origin="shell", by="ada")
    assert store.versions("m")[0] == again == store.version("m", again.short)


def test_a_version_is_found_by_the_beginning_of_its_hash(store: WeightsStore) -> None:
    version = store.put(b"weights", "classic", origin="upload", by="50")
    assert store.version("classic", version.short) == store.version(None, version.sha256) == version
    for name, sha in (("classic", "0" * 12), ("other", version.short), ("classic", "")):
        with problem("unknown_version"):
            store.version(name, sha)
    store.put(b"weights", "other", origin="upload", by="50")
    with problem("unknown_version"):
        store.version(None, version.sha256)  # whose it is, nobody can tell


def test_the_first_to_announce_a_model_names_its_version(store: WeightsStore) -> None:
    assert store.announce("classic", A, "w1").active == A
    assert store.announce("classic", B, "w2").active == A
    assert store.announce_default("classic") == "classic"
    assert store.announce_default("lines") == "classic"
    with problem("unknown_style"):
        store.set_default("lines")
    store.announce("lines", B, "w1")
    store.set_default("lines")
    assert store.default() == "lines"
    assert list(store.models()) == ["classic", "lines"]


def test_a_sentence_about_many_models_fits_a_message(store: WeightsStore) -> None:
    for number in range(100):
        store.announce(f"{number:03}{'m' * 61}", A, "w1")
    with pytest.raises(ServiceProblem, match=", …") as error:
        store.known("lines")
    assert len(str(error.value)) < 2000


def test_changes_are_taken_back_one_by_one() -> None:
    model = activated(activated(activated(None, "m", A, "1"), "m", B, "2"), "m", C, "3")
    assert (model.active, model.history) == (C, (A, B))
    assert activated(model, "m", C, "4").history == model.history
    back = rolled_back(model, "5")
    assert (back.active, back.history, back.changed_by) == (B, (A,), "5")
    with problem("no_history"):
        rolled_back(rolled_back(back, "5"), "5")
    for number in range(HISTORY + 5):
        model = activated(model, "m", f"{number:064x}", "6")
    assert len(model.history) == HISTORY


def test_the_longest_unused_makes_room_but_never_what_is_in_use_or_next_to_go_back_to(
    store: WeightsStore, redis: Redis
) -> None:
    files = {name: name.encode() * 300 for name in "vwxyz"}
    versions = [store.put(files[n], "m", origin="file", by="w") for n in "vwx"]
    store.announce("m", versions[1].sha256, "w")
    age(redis, *(version.sha256 for version in versions))
    redis.zadd(f"{PREFIX}weights:used", {versions[1].sha256: 0})  # in use, and yet the longest untouched
    store.put(files["y"], "m", origin="file", by="w")
    assert store.blob(versions[1].sha256) is not None
    assert store.blob(versions[0].sha256) is None
    assert {version.sha256 for version in store.versions("m")} == {
        versions[1].sha256,
        versions[2].sha256,
        hashlib.sha256(files["y"]).hexdigest(),
    }


def test_what_must_stay_is_never_pushed_out(store: WeightsStore) -> None:
    store.put(b"x" * 600, "m", origin="file", by="w")  # just used: somebody looks at it
    with problem("weights_full"):
        store.put(b"y" * 600, "m", origin="file", by="w")
    assert len(store.versions("m")) == 1


def test_what_was_refused_is_given_up_but_never_what_a_model_uses(store: WeightsStore) -> None:
    good, bad, other = (store.put(d, "m", origin="upload", by="50") for d in (b"good", b"bad", b"other"))
    twice = store.put(b"bad", "n", origin="upload", by="50")
    store.announce("m", good.sha256, "50")
    store.announce("n", other.sha256, "50")
    for version in (good, bad, other):
        store.drop(version)
    assert [version.sha256 for version in store.versions("m")] == [other.sha256, good.sha256]
    assert store.blob(bad.sha256) == b"bad", "the same bytes are a version of another model"
    store.drop(twice)
    store.drop(twice)
    assert store.versions("n") == [] and store.blob(bad.sha256) is None


def test_too_large_is_refused(store: WeightsStore) -> None:
    with problem("weights_too_large"):
        store.put(bytes(MAX_WEIGHTS_BYTES + 1), "m", origin="upload", by="50")


def test_the_largest_fits_through_the_bots_short_timeouts(redis: Redis) -> None:
    store = WeightsStore(redis, 2 * MAX_WEIGHTS_BYTES)
    version = store.put(bytes(MAX_WEIGHTS_BYTES), "m", origin="upload", by="50")
    assert store.blob(version.sha256) == bytes(MAX_WEIGHTS_BYTES)


def test_many_at_once_stay_within_the_budget(store: WeightsStore, redis: Redis) -> None:
    def put(number: int) -> bool:
        try:
            WeightsStore(redis, 1000).put(bytes([number]) * 300, "m", origin="file", by="w")
        except ServiceProblem:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, range(8))) == 3
    assert sum(version.size for version in store.versions()) == 900
