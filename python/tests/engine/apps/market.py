"""A market: the app that the tests of the engine run, as a user writes it."""

from __future__ import annotations

from dataclasses import dataclass, field

import stateflow


class OutOfStock(Exception):
    def __init__(self, item: str, left: int) -> None:
        super().__init__(f"only {left} of {item} left")
        self.item = item
        self.left = left


@dataclass
class Cart:
    lines: list[str] = field(default_factory=list)


@stateflow.entity
class Item:
    def __init__(self, name: str, price: int, stock: int = 0) -> None:
        if price < 0:
            raise ValueError(f"price {price}")
        self.name = name
        self.price = price
        self.stock = stock

    def __key__(self) -> str:
        return self.name

    def update_stock(self, amount: int) -> bool:
        if self.stock + amount < 0:
            return False
        self.stock += amount
        return True

    def take(self, amount: int) -> int:
        if amount > self.stock:
            raise OutOfStock(self.name, self.stock)
        self.stock -= amount
        return amount * self.price

    def stop(self) -> None:
        raise SystemExit(3)

    def leak(self) -> object:
        return lambda: None

    def echo(self, *values: object, **named: object) -> object:
        return [list(values), named]


@stateflow.entity
class User:
    def __init__(self, name: str, balance: int = 0) -> None:
        self.name = name
        self.balance = balance
        self.cart = Cart()
        self.carts = [self.cart]
        self.friends: list[User] = []

    def __key__(self) -> str:
        return self.name

    def buy_item(self, amount: int, item: Item) -> bool:
        total_price = amount * item.price
        if self.balance < total_price:
            return False
        self.balance -= total_price
        if not item.update_stock(-amount):
            self.balance += total_price
            return False
        return True

    def buy_all(self, items: list[Item]) -> int:
        spent = 0
        for item in items:
            spent += self.buy_one(item)
        return spent

    def buy_one(self, item: Item) -> int:
        price = item.take(1)
        self.balance -= price
        return price

    def buy_for(self, friend: User, item: Item) -> bool:
        return friend.buy_item(1, item)

    def fill(self, item: Item) -> list[bool]:
        cart = self.cart
        lines = cart.lines
        mine = ["mine"]
        same = mine
        item.price
        cart.lines.append("one")
        lines.append("two")
        same.append("same")
        return [lines is self.cart.lines, cart is self.carts[0], mine is same, mine == ["mine", "same"]]

    def fill_slowly(self, item: Item) -> list[str]:
        cart = self.cart
        item.price
        cart.lines.append("late")
        return cart.lines

    def empty(self) -> None:
        self.cart = Cart()
        self.carts = []

    def countdown(self, item: Item, n: int) -> int:
        if n == 0:
            return item.price
        below = self.countdown(item, n - 1)
        return below + 1

    def ping(self, friend: User, n: int) -> int:
        if n == 0:
            return 0
        below = friend.ping(self, n - 1)
        return below + 1

    def bounce(self, friend: User, n: int) -> int:
        if n == 0:
            raise KeyError("the end")
        return friend.bounce(self, n - 1)

    def offer(self, name: str, price: int) -> Item:
        item = Item(name, price, 1)
        item.update_stock(1)
        return item

    def adopt(self, name: str) -> User:
        return User(name)

    def meet(self, friend: User) -> list[bool]:
        self.friends.append(friend)
        friend.deposit(1)
        return [friend is self, friend in self.friends, isinstance(friend, User), {friend: 1}.get(self) == 1]

    def deposit(self, amount: int) -> int:
        self.balance += amount
        return self.balance

    def say(self, item: Item, *values: object, **named: object) -> object:
        answer = item.echo(*values, **named)
        return answer

    def wrong(self, item: Item) -> None:
        item.take()

    def carry(self, item: Item, thing: object) -> object:
        kept = [thing]
        item.price
        return kept

    def carry_lambda(self, item: Item) -> object:
        kept = {"f": [lambda: 1]}
        item.price
        return kept

    def send_lambda(self, item: Item) -> object:
        answer = item.echo([1, {"callback": lambda: 1}])
        return answer

    def keep_lambda(self) -> None:
        self.balance = 0
        self.secret = lambda: 1

    def ask_leak(self, item: Item) -> object:
        answer = item.leak()
        return answer

    def ask_stop(self, item: Item) -> object:
        answer = item.stop()
        return answer

    def nobody(self) -> None:
        friend = None
        friend.deposit(1)

    def colour(self, item: Item) -> object:
        answer = item.colour
        return answer

    def peek(self, item: Item) -> object:
        return max([item], key=lambda other: other.price)

    def spin(self, n: int) -> int:
        count = 0
        while count < n:
            count += 1
        return count

    def explode(self) -> None:
        raise ValueError("no", lambda: None)

    def wrap(self, amount: int) -> int:
        try:
            return self.deposit(amount)
        except TypeError as error:
            error.add_note("a deposit")
            raise ValueError("wrapped") from error

    def ask(self, friend: User, method: str) -> object:
        answer = friend.wrap("x") if method == "wrap" else friend.explode()
        return answer


# ruff: noqa: B018
# mypy: ignore-errors
