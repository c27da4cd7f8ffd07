"""A stop signal that comes while a process is being started does not lose that process."""

import os
import signal
from collections.abc import Iterator

import pytest

from devstack.signals import STOPS, stops_deferred


class _Stop(BaseException):
    pass


def _raise_stop(number: int, _frame: object) -> None:
    raise _Stop(number)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.signal(number, _raise_stop) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPS)
def test_a_stop_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    done = []
    with pytest.raises(_Stop), stops_deferred():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append(number)
    assert done == [number]
    assert signal.getsignal(number) is _raise_stop


def test_a_stop_counts_though_the_start_fails() -> None:
    with pytest.raises(_Stop), stops_deferred():
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError("cannot be started")


def test_nothing_is_called_where_nothing_came() -> None:
    with stops_deferred():
        pass
    with pytest.raises(_Stop):
        os.kill(os.getpid(), signal.SIGTERM)
