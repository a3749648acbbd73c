"""A served bundle as a process: how it starts, stops, logs and survives what happens around it."""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served import FIXTURES, Server, compiled, serving, start

SLOW = '''
import os
import time

import stateflow


@stateflow.entity
class Slow:
    """Waits for what its caller says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.naps = 0

    def __key__(self) -> str:
        return self.name

    def nap(self, begun: str, end: str) -> int:
        """Makes a file, and waits for another one."""
        open(begun, "w").close()
        while not os.path.exists(end):
            time.sleep(0.005)
        self.naps += 1
        return self.naps

    def forever(self, begun: str) -> None:
        open(begun, "w").close()
        while True:
            pass
'''


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("slow") / "slow.py"
    source.write_text(SLOW)
    return compiled(source)


@pytest.fixture(scope="module")
def shop() -> Path:
    return compiled(FIXTURES / "shop" / "shop.py")


class Nap:
    """A request that is in flight until `end` is called."""

    def __init__(self, server: Server, folder: Path, **headers: str) -> None:
        self.begun, self.until = folder / "begun", folder / "end"
        self.answer: tuple[int, Any] | None = None
        body = {"begun": str(self.begun), "end": str(self.until)}

        def send() -> None:
            with contextlib.suppress(http.client.RemoteDisconnected):
                self.answer = server.post("/Slow/a/nap", body, **headers)

        self.thread = threading.Thread(target=send, daemon=True)
        self.thread.start()
        wait_for(self.begun.exists)

    def end(self) -> tuple[int, Any] | None:
        self.until.touch()
        self.thread.join(60)
        return self.answer


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true; fails after a minute."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come true")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_in_flight(slow: Path, tmp_path: Path, number: signal.Signals) -> None:
    with serving(slow, tmp_path / "data") as server:
        server.post("/Slow", {"name": "a"})
        nap = Nap(server, tmp_path)
        server.process.send_signal(number)
        wait_for(lambda: not listens(server.port))
        assert nap.end() == (200, 1)
        assert server.end() == 0
    with serving(slow, tmp_path / "data") as server:
        assert server.get("/Slow/a")["naps"] == 1


def test_a_stop_gives_up_after_the_grace_period(slow: Path, tmp_path: Path) -> None:
    with serving(slow, tmp_path / "data", "--grace", "0.5", "--timeout", "0.2") as server:
        server.post("/Slow", {"name": "a"})
        assert server.post("/Slow/a/forever", {"begun": str(tmp_path / "begun")})[0] == 504
        assert server.get("/healthz")["status"] == "ok"
        assert server.stop(signal.SIGINT) == 0
    with serving(slow, tmp_path / "data") as server:
        assert server.get("/Slow/a")["naps"] == 0


def test_a_second_signal_ends_at_once(slow: Path, tmp_path: Path) -> None:
    with serving(slow, tmp_path / "data", "--grace", "3600") as server:
        server.post("/Slow", {"name": "a"})
        nap = Nap(server, tmp_path)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not listens(server.port))
        assert server.stop() == 1
        assert nap.until.exists() is False


def test_it_stops_with_its_parent(shop: Path, tmp_path: Path) -> None:
    with serving(shop, tmp_path, "--exit-with-stdin") as server:
        assert server.get("/healthz")["app"] == "shop"
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(60) == 0


def test_a_timeout_and_the_result_after_it(slow: Path, tmp_path: Path) -> None:
    with serving(slow, tmp_path / "data", "--timeout", "0.2") as server:
        server.post("/Slow", {"name": "a"})
        nap = Nap(server, tmp_path, idempotency_key="once")
        nap.thread.join(60)
        assert nap.answer is not None
        assert (nap.answer[0], nap.answer[1]["title"]) == (504, "Gateway Timeout")
        nap.until.touch()
        body = {"begun": str(nap.begun), "end": str(nap.until)}
        for _ in range(100):
            answer = server.post("/Slow/a/nap", body, idempotency_key="once")
            if answer[0] == 200:
                break
        assert answer == (200, 1)
        assert server.post("/Slow/a/nap", body, idempotency_key="once") == (200, 1)
        assert server.post("/Slow/a/nap", {**body, "end": "x"}, idempotency_key="once")[0] == 422
        assert server.get("/Slow/a")["naps"] == 1


def refused(bundle: Path, data: Path, *options: str) -> str:
    """What a process says that cannot serve."""
    process = start(bundle, data, options, subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1, err
    return err.strip()


def test_what_cannot_be_served(shop: Path, tmp_path: Path) -> None:
    with serving(shop, tmp_path / "data") as server:
        taken = f"error: cannot listen on 127.0.0.1:{server.port}: Address already in use"
        assert refused(shop, tmp_path / "other", "--port", str(server.port)) == taken
        pid = server.process.pid
        served = f"error: {tmp_path / 'data'} is already being served by another process (process {pid})"
        assert refused(shop, tmp_path / "data") == served
    (tmp_path / "file").touch()
    assert refused(shop, tmp_path / "file") == f"error: {tmp_path / 'file'} cannot be used for data: File exists"
    assert "cannot listen on nowhere.invalid" in refused(shop, tmp_path / "other", "--host", "nowhere.invalid")


def test_options_that_are_not_valid(shop: Path, tmp_path: Path) -> None:
    for option, value in [("--port", "x"), ("--port", "70000"), ("--timeout", "0"), ("--max-body", "-1")]:
        process = start(shop, tmp_path, [option, value], subprocess.PIPE)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert f"argument {option}: invalid" in err


def test_logs(shop: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stream, serving(shop, tmp_path / "data", log=stream) as server:
        server.post("/Item", {"name": "apple", "price": 3})
        server.post("/Item/apple/update_stock", {"amount": "x"}, idempotency_key="k1")
        assert server.stop() == 0
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(event["event"] for event in events) == ["listening", "request", "request", "stopped", "stopping"]
    refusal = next(event for event in events if event.get("request") == "k1")
    told: dict[str, object] = {"event": "request", "level": "info", "request": "k1", "entity": "Item", "key": "apple"}
    told |= {"method": "update_stock", "status": 422}
    assert told.items() <= refusal.items()
    assert refusal["ms"] > 0
    with log.open("w") as stream, serving(shop, tmp_path / "data", "--log-format", "text", log=stream) as server:
        server.get("/Item/apple")
        assert server.stop() == 0
    words = next(line for line in log.read_text().splitlines() if "event=request" in line).split(" ")
    assert {"entity=Item", "key=apple", "method=fields", "status=200"} <= set(words)
    with log.open("w") as stream, serving(shop, tmp_path / "data", "--log-level", "error", log=stream) as server:
        server.get("/Item/apple")
        assert server.stop() == 0
    assert log.read_text() == ""


def test_metrics(shop: Path, tmp_path: Path) -> None:
    with serving(shop, tmp_path) as server:
        server.post("/Item", {"name": "apple", "price": 3, "stock": 5})
        server.post("/User", {"username": "ann", "balance": 100})
        assert server.post("/User/ann/buy_item", {"amount": 2, "item": "apple"}) == (200, True)
        command = [
            sys.executable,
            "-c",
            f"import urllib.request as u; print(u.urlopen('{url(server)}').read().decode())",
        ]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert values['stateflow_requests_total{entity="User",method="buy_item",status="200"}'] == "1.0"
    assert float(values["stateflow_steps_total"]) > 6
    assert float(values["stateflow_hops_total"]) > 4
    assert values["stateflow_batch_requests_count"] == "3.0"
    assert 50 < float(values["stateflow_hop_bytes_sum"]) / float(values["stateflow_hop_bytes_count"]) < 250


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/metrics"


def test_a_disk_that_fills_up_and_has_room_again(shop: Path, tmp_path: Path) -> None:
    with serving(shop, tmp_path, "--log-level", "error") as server:
        pid = server.process.pid
        assert server.post("/Item", {"name": "apple", "price": 3})[0] == 201
        size = sum(path.stat().st_size for path in tmp_path.iterdir())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 200_000, resource.RLIM_INFINITY))
        created = 0
        answer: tuple[int, Any] = (201, None)
        while answer[0] == 201:
            answer = server.post("/User", {"username": f"{created:06d}" + "x" * 20_000})
            created += answer[0] == 201
        assert answer[0] == 503
        assert answer[1]["detail"].startswith("the state cannot be written")
        assert created < 100
        assert server.get("/Item/apple")["price"] == 3
        assert server.request("GET", f"/User/{created:06d}" + "x" * 20_000)[0] == 404
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert server.post("/User", {"username": f"{created:06d}" + "x" * 20_000})[0] == 201
        assert server.stop() == 0
    with serving(shop, tmp_path) as server:
        for number in range(created + 1):
            assert server.get(f"/User/{number:06d}" + "x" * 20_000)["balance"] == 0
