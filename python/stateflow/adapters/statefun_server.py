"""Serves the functions of a bundle to Stateful Functions. A bundle's `functions.py` calls `main`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.message import DecodeError
from statefun import RequestReplyHandler

from stateflow.adapters.statefun import Functions
from stateflow.errors import StateflowError
from stateflow.gateway.http import Receive, Scope, Send, respond
from stateflow.gateway.logs import Log
from stateflow.gateway.run import add_server
from stateflow.gateway.server import CannotListen, Server, fail, listen, stop_with_stdin
from stateflow.step.app import App

HEALTH = "/healthz"
TEXT = b"text/plain"
BINARY = b"application/octet-stream"
"""The engine takes nothing else for an answer."""


class Endpoint:
    """The ASGI application that the engine calls: what it posts is for one function."""

    def __init__(self, app: App, namespace: str, log: Log) -> None:
        self._handler = RequestReplyHandler(Functions(app, namespace))
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an ASGI connection."""
        if scope["method"] != "POST":
            await respond(send, 200 if scope["path"] == HEALTH else 404, b"", TEXT)
            return
        try:
            answer = await self._handler.handle_async(await body_of(receive))
        except DecodeError:
            await respond(send, 400, b"This is not what Stateful Functions sends.", TEXT)
        else:
            await respond(send, 200, answer, BINARY)


async def body_of(receive: Receive) -> bytes:
    """Return the whole body of a request, however large: the engine is told how large its own may be."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def main(bundle: Path, namespace: str, arguments: Sequence[str] | None = None) -> int:
    """Serve a bundle until it is told to stop; returns the exit status: 0, or 2 where it could not be served."""
    options = _parser().parse_args(arguments)
    log = Log(options.log_level, options.log_format)
    try:
        bound = listen(options.host, options.port, shared=options.reuse_port)
        endpoint = Endpoint(App.load(bundle), namespace, log)
    except (CannotListen, StateflowError) as error:
        return fail(str(error))
    server = Server(endpoint, bound, options.grace, log)
    if options.exit_with_stdin:
        stop_with_stdin(server)
    server.serve_until_stopped()
    log.write("info", "stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="functions.py",
        description="Serve the functions of this bundle to Stateful Functions.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_server(parser, 8001)
    parser.add_argument("--reuse-port", action="store_true", help="let other processes listen on the port too")
    return parser
