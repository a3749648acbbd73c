"""Calls made in parallel: how their branches begin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from stateflow.flow import Transition, Verb
from stateflow.step.activity import Activity
from stateflow.step.coroutines import run
from stateflow.step.joins import Begin, Settled


def fork(activity: Activity, transition: Transition) -> None:
    """Let the frames of this entity wait for several calls, which are to be begun.

    Those that are made in parallel within begin first: Python makes them while it evaluates what the others are called with.
    """
    branches = [_awaited_here(activity, branch) for branch in transition.args]
    lines = [branch.line if type(branch) is Transition else 0 for branch in branches]
    join = activity.fork(lines, transition.subject)
    within: list[Begin] = []
    begin: list[Begin] = []
    places: dict[Any, list[int]] = {}
    for index, branch in enumerate(branches):
        if type(branch) is Transition:
            (within if branch.verb is Verb.GATHER else begin).append(Begin(join, [branch], [[index]]))
        elif not isawaitable(branch):
            join.settle(index, Settled(True, branch, False))
        elif branch in places:
            places[branch].append(index)
        else:
            places[branch] = [index]
            if not begin or not isawaitable(begin[-1].calls[0]):
                begin.append(Begin(join, [], []))
            begin[-1].calls.append(branch)
            begin[-1].places.append(places[branch])
    activity.pending.extend(reversed(within + begin))
    if not join.open:
        activity.pending.append(join)


def _awaited_here(activity: Activity, branch: Any) -> Any:
    """Return the coroutine that a branch gives, where it calls an asynchronous function that never leaves: it needs no frames."""
    if type(branch) is not Transition or branch.verb is not Verb.CALL or not iscoroutinefunction(branch.subject):
        return branch
    if activity.app.called_through_class(branch.subject, branch.args) is not None:
        return branch
    function = getattr(branch.subject, "__func__", branch.subject)
    if function.__code__ in activity.app.cut_coroutines:
        return branch
    return branch.subject(*branch.args, **branch.kwargs)


def run_here(activity: Activity, begin: Begin) -> None:
    """Run what needs no other entity to its end, beside each other."""
    for settled, places in zip(run(_settle_all(begin.calls)), begin.places, strict=True):
        for index in places:
            activity.begin(begin.join, index)
            activity.settle(settled)


async def _settle_all(awaitables: Sequence[Awaitable[Any]]) -> list[Settled]:
    return await asyncio.gather(*map(_settle, awaitables))


async def _settle(awaitable: Awaitable[Any]) -> Settled:
    try:
        return Settled(True, await awaitable, False)
    except BaseException as error:  # noqa: BLE001 - the app may raise anything
        return Settled(False, error, False)
