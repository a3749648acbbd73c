"""The shop's purchase as a developer would write it by hand: FastAPI, and SQLite at full durability.

Run with `python baseline.py DATABASE PORT`.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

TABLES = """
CREATE TABLE users (username TEXT PRIMARY KEY, balance INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE items (name TEXT PRIMARY KEY, price INTEGER NOT NULL, stock INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE bought (
    username TEXT NOT NULL REFERENCES users, item TEXT NOT NULL REFERENCES items, amount INTEGER NOT NULL,
    PRIMARY KEY (username, item)
) WITHOUT ROWID;
"""

REMEMBER = """
INSERT INTO bought VALUES (?, ?, ?) ON CONFLICT (username, item) DO UPDATE SET amount = amount + excluded.amount
"""


class NewUser(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    username: str
    balance: int = 0


class NewItem(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    name: str
    price: Annotated[int, Field(gt=0)]
    stock: int = 0


class Purchase(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    amount: int
    item: str


class Shop:
    """The tables, used by one request at a time."""

    def __init__(self, path: str) -> None:
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(TABLES)

    def insert(self, statement: str, values: tuple[object, ...]) -> bool:
        with self.lock:
            return self.db.execute(statement, values).rowcount == 1

    def buy(self, username: str, purchase: Purchase) -> bool:
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                bought = self._buy(username, purchase)
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
            return bought

    def _buy(self, username: str, purchase: Purchase) -> bool:
        user = self.db.execute("SELECT balance FROM users WHERE username = ?", (username,)).fetchone()
        if user is None:
            raise HTTPException(404, "no such user")
        item = self.db.execute("SELECT price, stock FROM items WHERE name = ?", (purchase.item,)).fetchone()
        if item is None:
            raise HTTPException(400, "no such item")
        total = purchase.amount * item[0]
        if user[0] < total or item[1] < purchase.amount:
            return False
        self.db.execute("UPDATE users SET balance = balance - ? WHERE username = ?", (total, username))
        self.db.execute("UPDATE items SET stock = stock - ? WHERE name = ?", (purchase.amount, purchase.item))
        self.db.execute(REMEMBER, (username, purchase.item, purchase.amount))
        return True


def make_app(shop: Shop) -> FastAPI:
    app = FastAPI()

    @app.post("/User", status_code=201)
    def create_user(user: NewUser) -> dict[str, str]:
        if not shop.insert("INSERT OR IGNORE INTO users VALUES (?, ?)", (user.username, user.balance)):
            raise HTTPException(409, "the user exists")
        return {"key": user.username}

    @app.post("/Item", status_code=201)
    def create_item(item: NewItem) -> dict[str, str]:
        if not shop.insert("INSERT OR IGNORE INTO items VALUES (?, ?, ?)", (item.name, item.price, item.stock)):
            raise HTTPException(409, "the item exists")
        return {"key": item.name}

    @app.post("/User/{username}/buy_item")
    def buy_item(username: Annotated[str, Path()], purchase: Purchase) -> bool:
        return shop.buy(username, purchase)

    return app


if __name__ == "__main__":
    uvicorn.run(make_app(Shop(sys.argv[1])), port=int(sys.argv[2]), log_level="warning", access_log=False)
