"""Coroutines of the app's own, run to their end inside a step."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable
from functools import cache
from types import CoroutineType
from typing import Any

from stateflow.errors import StateflowError


def run(awaitable: Awaitable[Any]) -> Any:
    """Return what an awaitable gives, or raise what it raises.

    Raises `StateflowError` where it leaves a task behind: nobody would wait for it, and what it does would belong to no step.
    """
    outcome = _Outcome()
    if asyncio._get_running_loop() is None:
        _settle(awaitable, outcome)
    else:
        # An event loop cannot run another one inside.
        thread = threading.Thread(target=_settle, args=(awaitable, outcome), name="stateflow-coroutine")
        thread.start()
        thread.join()
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


class _Outcome:
    """What came of an awaitable."""

    value: Any = None
    error: BaseException | None = None


class _Loops(threading.local):
    """An event loop for each thread that runs steps."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        if self.process == os.getpid():
            self.loop.close()


@cache
def _loops(process: int) -> _Loops:
    """The loops of this process: one that was forked has what its parent's loops wait for in common with the parent."""
    del process
    return _Loops()


def _settle(awaitable: Awaitable[Any], outcome: _Outcome) -> None:
    _loops(os.getpid()).loop.run_until_complete(_await(awaitable, outcome))


async def _await(awaitable: Awaitable[Any], outcome: _Outcome) -> None:
    try:
        outcome.value = await awaitable
    except BaseException as error:  # noqa: BLE001 - the app may raise anything
        outcome.error = error
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and _is_own(task)]
    if left:
        for task in left:
            task.cancel()
        await asyncio.wait(left)
        outcome.error = outcome.error or _outlived(left)


def _is_own(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task was made by the app, and not by the event loop to close an asynchronous generator."""
    return isinstance(task.get_coro(), CoroutineType)


def _outlived(tasks: list[asyncio.Task[Any]]) -> StateflowError:
    names = sorted({getattr(task.get_coro(), "__qualname__", task.get_name()) for task in tasks})
    return StateflowError(
        f"{', '.join(names)}: a task is still running where the method returns, or calls another entity: await it before"
    )
