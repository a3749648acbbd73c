"""A shop: users buy items.

`stateflow run shop.py` serves it. `python shop.py` runs it as the ordinary Python that it is.
"""

import stateflow


class OutOfStock(Exception):
    """Nothing like that is left on the shelf."""


@stateflow.entity
class Item:
    """Something on sale. Each item lives under its name, on whatever machine the engine chooses."""

    def __init__(self, name: str, price: int, stock: int = 0) -> None:
        self.name: str = name
        self.price: int = price
        self.stock: int = stock

    def __key__(self) -> str:
        return self.name

    def update_stock(self, amount: int) -> int:
        """Put items on the shelf, or take them off with a negative amount; gives what is there now."""
        if self.stock + amount < 0:
            raise OutOfStock(f"{self.stock} of {self.name} left")
        self.stock += amount
        return self.stock


@stateflow.entity
class User:
    """Someone with money to spend."""

    def __init__(self, username: str, balance: int = 100) -> None:
        self.username: str = username
        self.balance: int = balance

    def __key__(self) -> str:
        return self.username

    def buy_item(self, item: Item, amount: int = 1) -> bool:
        """Buy some of an item; tells whether the money was enough."""
        # An Item is another entity. Reading its price and calling its method are messages to wherever it lives,
        # and the compiler cuts this method at each of them.
        total = amount * item.price
        if self.balance < total:
            return False
        item.update_stock(-amount)
        self.balance -= total
        return True


if __name__ == "__main__":
    apple = Item("apple", 3)
    apple.update_stock(10)
    alice = User("alice")
    assert alice.buy_item(apple, amount=4)
    print(f"alice has {alice.balance} left, and there are {apple.stock} apples")
