"""Coroutines are run to their end, and leave nothing behind."""

from __future__ import annotations

import asyncio

import pytest
from stateflow.errors import StateflowError
from stateflow.step.coroutines import run


async def double(number: int) -> int:
    await asyncio.sleep(0.001)
    return number * 2


def test_gives_the_result() -> None:
    assert run(double(2)) == 4


def test_raises_what_is_raised() -> None:
    async def fail() -> None:
        await double(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(fail())


def test_runs_inside_a_running_loop() -> None:
    async def outer() -> int:
        result: int = run(double(3))
        return result

    assert asyncio.run(outer()) == 6


def test_knows_its_loop_and_task() -> None:
    async def inside() -> bool:
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            return asyncio.current_task() in asyncio.all_tasks(asyncio.get_running_loop())

    assert run(inside())


def test_refuses_a_task_that_is_left() -> None:
    stopped = []

    async def stray() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(True)

    async def careless() -> list[asyncio.Task[None]]:
        task = asyncio.create_task(stray())
        await asyncio.sleep(0)
        return [task]

    with pytest.raises(StateflowError, match="stray: a task is still running"):
        run(careless())
    assert stopped == [True]
    assert run(double(1)) == 2


def test_an_exception_matters_more_than_a_task_that_is_left() -> None:
    async def careless() -> None:
        tasks = [asyncio.create_task(double(1))]
        raise ValueError(len(tasks))

    with pytest.raises(ValueError, match="1"):
        run(careless())


def test_closes_generators_that_are_left() -> None:
    closed = []

    async def numbers() -> object:
        try:
            for number in range(5):
                yield number
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def first() -> object:
        async for number in numbers():  # type: ignore[attr-defined]
            return number
        return None

    assert run(first()) == 0
    assert run(double(2)) == 4
    assert run(double(2)) == 4
    assert closed == [True]
