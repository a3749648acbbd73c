"""`stateflow run --target statefun` for real: four tasks and four processes of functions, stops, and changes of the app."""

from __future__ import annotations

import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from flink.kill import FUNCTIONS
from flink.launched import Run, wait_until_gone
from flink.shops import TEXT, WITH_DISCOUNT
from stateflow.kafka.client import StateflowKafkaClient

pytestmark = pytest.mark.engine

PURCHASES = 10_000
AT_ONCE = 1_000
PATIENCE = 300
PRICE, STOCK, BALANCE = 2, 2_400, 1_000
ITEMS = [f"item{number}" for number in range(4)]
USERS = [f"user{number}" for number in range(20)]


def test_10000_purchases_conserve_money_and_stock_and_outlive_a_change_of_the_app(tmp_path: Path) -> None:
    app = tmp_path / "my apps" / "shop.py"
    app.parent.mkdir()
    app.write_text(TEXT)
    run = Run(app, "--parallelism", "4", target="statefun")
    _check_protobuf(run.child(FUNCTIONS))
    sold = _buy(run.told("Kafka at "))
    assert STOCK in [sold[item] for item in ITEMS], "an item is sold out"
    assert BALANCE in [PRICE * sold[user] for user in USERS], "somebody has spent everything"
    _check(run, sold)
    assert run.end(signal.SIGINT) == 0, run.said
    wait_until_gone(app.parent)
    app.write_text(WITH_DISCOUNT)
    run = Run(app, "--parallelism", "2", "--replies", "early", target="statefun")
    _check(run, sold)
    assert run.request("POST", "/Item/item0/cut", {"by": 2}) == (200, 2)
    app_again = WITH_DISCOUNT.replace("self.discount += by", "self.discount += 2 * by")
    assert run.end(signal.SIGTERM) == 0, run.said
    app.write_text(app_again)
    run = Run(app, target="statefun")
    assert run.request("POST", "/Item/item0/cut", {"by": 2}) == (200, 6)
    assert run.end(signal.SIGTERM) == 0, run.said
    wait_until_gone(app.parent)


def _buy(bootstrap: str) -> Counter[str]:
    """Make items and users, buy, and return how much of each item was bought, and by each user."""
    draw = random.Random(6)
    sold: Counter[str] = Counter()
    with StateflowKafkaClient(bootstrap, "shop") as client:
        made = [client.send("Item", None, None, {"name": name, "price": PRICE, "stock": STOCK}) for name in ITEMS]
        made += [client.send("User", None, None, {"username": name, "balance": BALANCE}) for name in USERS]
        for future in made:
            future.result(PATIENCE)
        for _ in range(PURCHASES // AT_ONCE):
            asked = []
            for _ in range(AT_ONCE):
                user, item, amount = draw.choice(USERS), draw.choice(ITEMS), draw.randint(1, 3)
                future = client.send("User", user, "buy_item", {"amount": amount, "item": item})
                asked.append((future, user, item, amount))
            for future, user, item, amount in asked:
                if future.result(PATIENCE):
                    sold.update({user: amount, item: amount})
    return sold


def _check_protobuf(functions: int) -> None:
    """Assert that the functions run with a protobuf that is not written in Python."""
    python = Path(f"/proc/{functions}/cmdline").read_bytes().split(b"\0")[0]
    asked = "from google.protobuf.internal import api_implementation; print(api_implementation.Type())"
    assert subprocess.check_output([python, "-c", asked], text=True) == "upb\n"


def _check(run: Run, sold: Counter[str]) -> None:
    """Assert that what is left is what was there before, without what was bought."""
    for item in ITEMS:
        status, fields = run.request("GET", f"/Item/{item}")
        assert (status, fields["stock"]) == (200, STOCK - sold[item])
    for user in USERS:
        status, fields = run.request("GET", f"/User/{user}")
        assert (status, fields["balance"]) == (200, BALANCE - PRICE * sold[user])
