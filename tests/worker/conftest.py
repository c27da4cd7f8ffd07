"""Fixtures of the worker's tests: a stand-in Discord, a small real model, stores, worker processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from tests.worker.processes import Start, workers
from tests.worker.samples import write_weights
from tests.worker.standin import Standin


@pytest.fixture(scope="session")
def standin_server() -> Iterator[Standin]:
    with Standin() as server:
        yield server


@pytest.fixture
def standin(standin_server: Standin) -> Standin:
    standin_server.forget()
    return standin_server


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    write_weights(folder, 1)
    return folder


@pytest.fixture
def pictures(redis: Redis) -> PictureStore:
    return PictureStore(redis, 3600, 64 * 2**20)


@pytest.fixture
def jobs(redis: Redis) -> Jobs:
    return Jobs(redis)


@pytest.fixture
def start(tmp_path: Path, redis_url: str, standin: Standin, weights: Path) -> Iterator[Start]:
    with workers(tmp_path, redis_url, standin.api, weights) as begin:
        yield begin
    standin.open.set()
