"""Looking at an uploaded file: what is the file's fault, and what is the worker's of the moment."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from redis import Redis

from jobs.registry.verification import Verification, enqueue_verification
from jobs.registry.weights import WeightsStore
from models.inference.runtime import OutOfMemory
from tests.worker.samples import write_weights
from worker.render import tasks
from worker.render.engine import Engine
from worker.render.weights_source import WeightsSource
from worker.weights.verification import check


@pytest.fixture
def store(redis: Redis) -> WeightsStore:
    return WeightsStore(redis, 2**28)


@pytest.fixture
def engine(redis: Redis, store: WeightsStore, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(WeightsSource(store, weights, "w1"), "cpu")
    engine.default = "tiny"
    monkeypatch.setattr(tasks._Shared, "tools", SimpleNamespace(engine=engine, redis=redis, worker="w1"))
    return engine


def looked_at(store: WeightsStore, data: bytes) -> Verification:
    """What a worker finds in an upload."""
    version = store.put(data, "mine", origin="upload", by="50")
    request = enqueue_verification(store.redis, "mine", version.sha256)
    return Verification.model_validate(check(request.model_dump(mode="json")))


@pytest.mark.usefixtures("engine")
def test_a_file_that_cannot_be_used_is_refused(store: WeightsStore) -> None:
    found = looked_at(store, b"not a model")
    assert found.refused and "mine is not a whole safetensors file" in found.error


@pytest.mark.usefixtures("engine")
def test_a_full_card_is_not_the_files_fault(
    store: WeightsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OutOfMemory("no memory for 20 MB")

    monkeypatch.setattr("worker.render.engine.Renderer", full)
    found = looked_at(store, write_weights(tmp_path, 2))
    assert not found.refused and "no memory for 20 MB" in found.error


def test_nor_is_a_default_model_that_cannot_be_had(store: WeightsStore, tmp_path: Path, engine: Engine) -> None:
    store.announce("ghost", "f" * 64, "w0")
    engine.default = "ghost"
    found = looked_at(store, write_weights(tmp_path, 2))
    assert not found.refused and "of ghost is kept neither here nor in the registry" in found.error
