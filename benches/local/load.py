"""Sends purchases over a number of connections, one at a time on each, and measures how long they take.

Run with `python load.py PORT CONNECTIONS SECONDS`; prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from functools import partial
from typing import cast

import uvloop

USERS, ITEMS = 100, 20
RICH = 10**12
WARM_UP = 0.5
"""Seconds whose requests are not counted."""


def request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is there."""

    def __init__(self, purchases: list[bytes], seed: int) -> None:
        self.purchases = purchases
        self.random = random.Random(seed)
        self.seconds: list[float] = []
        self.begun = 0.0
        self.counting = False
        self.stopping = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        self.begun = time.perf_counter()
        self.transport.write(self.random.choice(self.purchases))

    def data_received(self, data: bytes) -> None:
        self.received += data
        _, end, body = self.received.partition(b"\r\n\r\n")
        if not end or not body.endswith(b"true"):
            if body and not b"true".startswith(body):
                self.done.set_exception(RuntimeError(self.received.decode()))
            return
        self.received = b""
        if self.counting:
            self.seconds.append(time.perf_counter() - self.begun)
        if self.stopping:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or RuntimeError("the connection was closed"))


async def prepare(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path, body in [
        *(("/User", {"username": f"user{n}", "balance": RICH}) for n in range(USERS)),
        *(("/Item", {"name": f"item{n}", "price": 3, "stock": RICH}) for n in range(ITEMS)),
    ]:
        writer.write(request(path, body))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 201 " not in head and b" 409 " not in head:
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()


def _same(connection: Connection) -> Connection:
    return connection


async def measure(port: int, connections: int, seconds: float) -> dict[str, float]:
    await prepare(port)
    purchases = [
        request(f"/User/user{user}/buy_item", {"amount": 1, "item": f"item{item}"})
        for user in range(USERS)
        for item in range(ITEMS)
    ]
    loop = asyncio.get_running_loop()
    running = []
    for seed in range(connections):
        connection = Connection(purchases, seed)
        await loop.create_connection(partial(_same, connection), "127.0.0.1", port)
        running.append(connection)
    await asyncio.sleep(WARM_UP)
    begun = time.perf_counter()
    for connection in running:
        connection.counting = True
    await asyncio.sleep(seconds)
    for connection in running:
        connection.stopping = True
        connection.counting = False
    took = time.perf_counter() - begun
    await asyncio.gather(*(connection.done for connection in running))
    times = sorted(second for connection in running for second in connection.seconds)
    return {
        "rate": len(times) / took,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
    }


if __name__ == "__main__":
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(uvloop.run(measure(port, connections, seconds))))
