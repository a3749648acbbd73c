"""The functions of many bundles behind one port: `POST /NAME` is for the bundle of that name.

`python -m flink.endpoint FOLDER PORT`: each bundle below the folder has a process of its own, as long as it is called now and then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import uvicorn
from stateflow.adapters.statefun import Functions
from stateflow.adapters.statefun_server import BINARY, body_of
from stateflow.gateway.http import respond
from stateflow.step.app import App
from statefun import RequestReplyHandler

AT_ONCE = 12
"""How many processes there are at most: state is the engine's, so that one can be ended at any time."""

SIZE = struct.Struct(">I")


class Process:
    """A process that has loaded a bundle."""

    def __init__(self, bundle: Path) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _serve(bundle, theirs)
        theirs.close()
        self.calls = 0
        self._socket = ours
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, request: bytes) -> bytes:
        """Return what the functions answer."""
        self.calls += 1
        try:
            async with self._lock:
                if self._streams is None:
                    self._streams = await asyncio.open_connection(sock=self._socket)
                reader, writer = self._streams
                writer.write(SIZE.pack(len(request)) + request)
                (size,) = SIZE.unpack(await reader.readexactly(SIZE.size))
                return await reader.readexactly(size)
        finally:
            self.calls -= 1

    def end(self) -> None:
        """End the process."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        if self._streams is None:
            self._socket.close()
        else:
            self._streams[1].close()


class Endpoint:
    """The ASGI application."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: OrderedDict[str, Process] = OrderedDict()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand a call on."""
        name = scope["path"].strip("/")
        request = await body_of(receive)
        answer = await self._process(name).call(request) if name else b""
        await respond(send, 200, answer, BINARY)

    def _process(self, name: str) -> Process:
        if name not in self._processes:
            for old, process in [*self._processes.items()]:
                if len(self._processes) >= AT_ONCE and process.calls == 0:
                    process.end()
                    del self._processes[old]
            self._processes[name] = Process(self._folder / name)
        self._processes.move_to_end(name)
        return self._processes[name]


def _serve(bundle: Path, calls: socket.socket) -> None:
    """Answer calls until there are no more, and end the process without what others would do at its end."""
    # What the parent listens on, and its connections, are not this process's.
    os.closerange(3, calls.fileno())
    os.closerange(calls.fileno() + 1, 4096)
    try:
        handler = RequestReplyHandler(Functions(App.load(bundle), bundle.name))
        with calls.makefile("rwb") as stream, asyncio.Runner() as runner:
            while size := stream.read(SIZE.size):
                answer = runner.run(handler.handle_async(stream.read(SIZE.unpack(size)[0])))
                stream.write(SIZE.pack(len(answer)) + answer)
                stream.flush()
    finally:
        os._exit(0)


def main(folder: str, port: str) -> None:
    """Serve until the process is ended."""
    uvicorn.run(Endpoint(Path(folder)), port=int(port), loop="asyncio", access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
