"""Serving an app from the command line: what the gateways of all targets have in common."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from stateflow.adapters.service import Service
from stateflow.errors import StateflowError
from stateflow.gateway.app import Gateway
from stateflow.gateway.entities import Limits
from stateflow.gateway.logs import LEVELS, Log
from stateflow.gateway.metrics import Metrics
from stateflow.gateway.server import CannotListen, Server, fail, listen, stop_with_stdin
from stateflow.step.app import App


class Closing(Service, Protocol):
    """A service that a process ends with."""

    def close(self, grace: float) -> bool:
        """Stop; False where that would have taken more than these seconds."""
        ...


Start = Callable[[argparse.Namespace, App, Metrics, Log], Closing]
"""Starts the service that the options ask for. Raises `StateflowError`."""


def serve(bundle: Path, parser: argparse.ArgumentParser, start: Start, arguments: Sequence[str] | None) -> int:
    """Serve a bundle until it is told to stop; returns the exit status: 0, or 2 where it could not be served."""
    _add_options(parser)
    options = parser.parse_args(arguments)
    log = Log(options.log_level, options.log_format)
    try:
        bound = listen(options.host, options.port)
        app = App.load(bundle)
        metrics = Metrics()
        service = start(options, app, metrics, log)
    except (CannotListen, StateflowError) as error:
        return fail(str(error))
    gateway = Gateway(app, service, Limits(options.timeout, options.max_body), metrics, log)
    server = Server(gateway, bound, options.grace, log)
    if options.exit_with_stdin:
        stop_with_stdin(server)
    server.serve_until_stopped()
    if not service.close(server.grace_left()):
        log.write("warning", "stopped with requests unfinished; nothing of them is stored")
        sys.stdout.flush()
        os._exit(0)
    log.write("info", "stopped")
    return 0


def add_server(parser: argparse.ArgumentParser, port: int) -> None:
    """Add the options of every server; it listens on that port unless it is told otherwise."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on")
    add("--port", type=_port, default=port, help="the port to listen on; 0 takes a free one")
    add(
        "--grace", type=_seconds, default=10.0, metavar="SECONDS", help="how long requests in flight may take at a stop"
    )
    add("--log-level", choices=list(LEVELS), default="info", help="what is logged on stderr; requests are at info")
    add("--log-format", choices=["json", "text"], default="json", help="JSON lines, or key=value pairs")
    add("--exit-with-stdin", action="store_true", help="stop when stdin ends")


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_server(parser, 8000)
    add = parser.add_argument
    add(
        "--timeout", type=_seconds, default=30.0, metavar="SECONDS", help="how long a client waits for a result at most"
    )
    add("--max-body", type=_bytes, default=1 << 20, metavar="BYTES", help="how large a request may be")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds


def _bytes(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


_port.__name__, _seconds.__name__, _bytes.__name__ = "port", "number of seconds", "number of bytes"
