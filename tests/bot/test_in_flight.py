"""A stop waits for what is nearly done and calls off the rest."""

import asyncio

import pytest

from bot.replies.interactions import AcknowledgeFirst, InFlight
from jobs.text.sentences import ServiceProblem


async def test_what_ends_in_time_is_waited_for() -> None:
    in_flight, finish, done = InFlight(), asyncio.Event(), False

    async def work() -> None:
        nonlocal done
        async with in_flight.track():
            await finish.wait()
            done = True

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    drain = asyncio.create_task(in_flight.drain(30))
    await asyncio.sleep(0)
    assert not drain.done()
    finish.set()
    await drain
    assert done and not task.cancelled()


async def test_what_does_not_is_cancelled_and_may_still_say_so() -> None:
    in_flight, said = InFlight(), False

    async def work() -> None:
        nonlocal said
        async with in_flight.track():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                said = True
                raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await in_flight.drain(0.05)
    assert said and task.cancelled()


async def test_who_asks_while_others_are_waited_for_is_waited_for_too() -> None:
    in_flight, began, finish, told = InFlight(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with in_flight.track():
            await began.wait()

    async def late() -> None:
        with in_flight.count() as is_open:
            began.set()
            assert not is_open
            await finish.wait()
        await asyncio.sleep(0)  # says so
        told.set()

    tasks = [asyncio.create_task(work())]
    await asyncio.sleep(0)
    drain = asyncio.create_task(in_flight.drain(30))
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(late()))
    await began.wait()
    await asyncio.sleep(0.2)  # longer than the work on what began before
    assert not drain.done()
    finish.set()
    await drain
    assert told.is_set()
    await asyncio.gather(*tasks)


async def test_what_comes_after_is_turned_away() -> None:
    in_flight = InFlight()
    await in_flight.drain(1)
    with pytest.raises(ServiceProblem) as problem:
        async with in_flight.track():
            pass
    assert problem.value.code == "restarting"


async def test_in_a_rush_those_who_are_not_acknowledged_yet_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.replies.interactions.MOST_WAIT_S", 60.0)
    rush, done = AcknowledgeFirst(), list[str]()

    async def later() -> None:
        await rush.wait()
        done.append("work on one that was acknowledged")

    with rush.acknowledging():
        with rush.acknowledging():
            waiting = asyncio.create_task(later())
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        done.append("the last acknowledgement")
    await waiting
    assert done == ["the last acknowledgement", "work on one that was acknowledged"]
    await rush.wait()  # nobody is in a hurry


async def test_a_rush_without_end_holds_nobody_for_ever() -> None:
    rush = AcknowledgeFirst()
    with rush.acknowledging():
        await asyncio.wait_for(rush.wait(), 30)
