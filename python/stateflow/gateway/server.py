"""Runs a gateway on a socket until it is told to stop."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator, Sequence
from types import FrameType

import uvicorn

from stateflow.garbage import collect_seldom
from stateflow.gateway.http import Application
from stateflow.gateway.logs import Bridge, Log

BACKLOG = 1024


class CannotListen(Exception):
    """The address cannot be listened on; the message says why."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket that is bound to the address; port 0 takes a free one. A shared one is bound by several processes, among which the
    system deals connections out."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"cannot listen on {host}: {_reason(error)}") from None
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {_reason(error)}") from None
    bound.setblocking(False)
    return bound


def _reason(error: Exception) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno and error.errno > 0 else str(error)


class Server(uvicorn.Server):
    """Serves an ASGI application: says when it is ready, and stops in order at the first signal and at once at the second."""

    def __init__(self, application: Application, bound: socket.socket, grace: float, log: Log) -> None:
        bridge = Bridge(log)
        logger = logging.getLogger("uvicorn.error")
        logger.handlers, logger.propagate = [bridge], False
        logger.setLevel(logging.WARNING)
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, round(grace)),
            )
        )
        self._bound = bound
        self._log = log
        self._grace = grace
        self._stopped_at = 0.0

    def serve_until_stopped(self) -> None:
        """Serve until a signal comes or `stop` is called, then finish what is in flight."""
        collect_seldom()
        self.run(sockets=[self._bound])

    def stop(self) -> None:
        """Begin an orderly stop; may be called from any thread."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self.should_exit = True

    def grace_left(self) -> float:
        """Seconds that are left for an orderly stop."""
        return max(0.1, self._grace - (time.monotonic() - self._stopped_at)) if self._stopped_at else self._grace

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """Begin to serve, and say so."""
        await super().startup(sockets=list(sockets or ()))
        host, port = self._bound.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        with contextlib.suppress(OSError):
            print(f"listening on http://{shown}:{port}", flush=True)
        self._log.write("info", "listening", host=host, port=port)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take signals as a request to stop, after which the process ends by itself."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order; a second signal ends the process at once. What was answered is on disk either way."""
        if self.should_exit:
            os._exit(1)
        self._log.write("info", "stopping", signal=signal.Signals(sig).name)
        self.stop()


def stop_with_stdin(server: Server) -> None:
    """Stop the server when stdin ends, which it does when the process that holds its other end is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        server.stop()

    threading.Thread(target=watch, name="stdin", daemon=True).start()


def fail(message: str) -> int:
    """Say why the process ends, in one line; returns its exit status."""
    print(f"error: {message}", file=sys.stderr)
    return 2
