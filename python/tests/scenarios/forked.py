"""Running a function in a process of its own, so that an app's modules are never imported twice into one."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


def forked(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives in a fork of this process; what it raises is an AssertionError here."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    try:
        done, result = ours.recv()
    except EOFError:
        done, result = False, "the process died"
    process.join()
    if not done:
        raise AssertionError(result)
    return result


def _run(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        pipe.send((True, function(*arguments)))
    except BaseException:  # noqa: BLE001 - whatever it is, the parent is to know
        pipe.send((False, traceback.format_exc()))
