"""Running a function in a process of its own, so that an app's modules are never imported twice into one."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any


class Died(AssertionError):
    """The process was killed."""


def forked(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives in a fork of this process; what it raises is an AssertionError here."""
    ours, theirs = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # What is left to be collected here may need threads to go, as connections to Kafka do, and the fork has none of them.
    gc.disable()
    process = os.fork()
    if process == 0:
        gc.freeze()
        gc.enable()
        _run(theirs, function, arguments)
    gc.enable()
    os.close(theirs)
    with open(ours, "rb") as pipe:
        given = pipe.read()
    _, status = os.waitpid(process, 0)
    if status != 0:
        raise Died(f"the process died: {status}")
    done, result = pickle.loads(given)
    if not done:
        raise AssertionError(result)
    return result


def _run(pipe: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Ends the process without what others would do at its end."""
    try:
        try:
            given = pickle.dumps((True, function(*arguments)))
        except BaseException:  # noqa: BLE001 - whatever it is, the parent is to know
            given = pickle.dumps((False, traceback.format_exc()))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with open(pipe, "wb") as file:
            file.write(given)
        os._exit(0)
    finally:
        os._exit(1)
