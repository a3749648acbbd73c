"""An app that draws random numbers, reads the clock and asks an HTTP service whose answers are others each time: the TaskManager is killed
under load, and every answer that was given is true."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flink.kill import LOAD, kill, started
from flink.launched import Run
from flink.ledger import PATIENCE, contradictions
from stateflow.kafka.client import StateflowKafkaClient
from stateflow.kafka.topics import Topics

pytestmark = pytest.mark.engine

SOURCE = """
import random
import time
import urllib.request

import stateflow


def ask(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(answer.read())


@stateflow.entity
class Till:
    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.taken = 0

    def __key__(self) -> str:
        return self.name

    def pay(self, amount: int) -> list[int]:
        rate = int(urllib.request.urlopen(self.url, timeout=10).read())
        self.taken += amount * rate
        return [rate, self.taken]


@stateflow.entity
class Guest:
    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.spent = 0
        self.last = 0.0

    def __key__(self) -> str:
        return self.name

    def order(self, till: Till) -> list[float]:
        tip = ask(self.url)
        amount = random.randint(1, 9)
        self.last = time.time()
        paid = till.pay(amount + tip)
        self.spent += (amount + tip) * paid[0]
        return [amount, tip, paid[0], paid[1], self.spent, self.last]
"""
TILLS = ["till0", "till1"]
GUESTS = [f"guest{number}" for number in range(12)]


@contextmanager
def _service() -> Iterator[str]:
    """An HTTP service that answers each request with the next number."""
    numbers = itertools.count(1)

    class Next(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Give a number that nobody has been given before."""
            body = str(next(numbers)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Next) as server:
        threading.Thread(target=server.serve_forever, name="service").start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@pytest.mark.parametrize("is_recorded", [True, False])
def test_what_was_asked_outside_is_used_once(tmp_path: Path, is_recorded: bool) -> None:
    app = tmp_path / "shop.py"
    app.write_text(SOURCE)
    interval = "1s" if is_recorded else "5s"
    with started(tmp_path / "data", "--checkpoint-interval", interval, app=app) as run, _service() as url:
        if not is_recorded:
            _forget(run, tmp_path)
        wrong, count = _play(run, url)
    print(f"{count} answers", *wrong[:20], sep="\n")
    assert (wrong == []) == is_recorded, wrong[:20]
    assert count > 100


def _forget(run: Run, folder: Path) -> None:
    """Let the bundle use what is asked as it comes."""
    (code,) = folder.glob("data/bundles/*/stateflow/outside.py")
    text = code.read_text()
    simple = text.replace("make(call) if asked is None else asked.ask(call)", "make(call)")
    assert simple != text
    code.write_text(simple)
    kill(run, "jobmanager and taskmanager")
    run.wait_for("the job runs again")


def _play(run: Run, url: str) -> tuple[list[str], int]:
    answers: dict[str, Any] = {}
    asked: dict[str, tuple[str, str]] = {}
    ended = threading.Event()
    with StateflowKafkaClient(run.told("Kafka at "), "shop") as client:
        for name in TILLS:
            client.create("Till", name=name, url=url, timeout=PATIENCE)
        for name in GUESTS:
            client.create("Guest", name=name, url=url, timeout=PATIENCE)

        def order(guest: str) -> None:
            for number in itertools.count():
                if ended.is_set():
                    return
                id, till = f"{guest}-{number}", TILLS[number % len(TILLS)]
                asked[id] = guest, till
                answers[id] = client.send("Guest", guest, "order", {"till": till}, id=id).result(PATIENCE)

        clients = [threading.Thread(target=order, args=(guest,)) for guest in GUESTS]
        for one in clients:
            one.start()
        time.sleep(2 * LOAD)
        kill(run, "taskmanager")
        before = len(answers)
        deadline = time.monotonic() + PATIENCE
        while len(answers) < before + 2 * len(GUESTS) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(LOAD)
        ended.set()
        for one in clients:
            one.join()
    contradicted = contradictions(run.told("Kafka at "), Topics("shop"), asked)
    return [*_wrong(run, asked, answers), *contradicted], len(answers)


def _wrong(run: Run, asked: dict[str, tuple[str, str]], answers: dict[str, Any]) -> Iterator[str]:
    """What the clients were told and is not true of the entities."""
    yield from (f"{id} was not answered" for id in asked if id not in answers)
    values: Counter[int] = Counter()
    taken: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    last: dict[str, float] = {}
    for id, (amount, tip, rate, _, _, at) in answers.items():
        guest, till = asked[id]
        values.update([tip, rate])
        taken[till] += (amount + tip) * rate
        spent[guest] += (amount + tip) * rate
        last[guest] = max(at, last.get(guest, 0.0))
    yield from (f"{value} was used {times} times" for value, times in values.items() if times > 1)
    for name in TILLS:
        _, fields = run.request("GET", f"/Till/{name}")
        if fields["taken"] != taken[name]:
            yield f"{name} has taken {fields['taken']}, and told of {taken[name]}"
    for name in GUESTS:
        _, fields = run.request("GET", f"/Guest/{name}")
        if (fields["spent"], fields["last"]) != (spent[name], last[name]):
            yield f"{name} has {fields}, and was told {spent[name]} at {last[name]}"
