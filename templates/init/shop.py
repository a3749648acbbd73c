"""A shop: users buy items.

`stateflow run shop.py` serves it. `python shop.py` runs it as the ordinary Python that it is.
"""

import stateflow


@stateflow.entity
class Item:
    """Something on sale. Each item lives under its name, on whatever machine the engine chooses."""

    def __init__(self, name: str, price: int, stock: int = 0) -> None:
        self.name: str = name
        self.price: int = price
        self.stock: int = stock

    def __key__(self) -> str:
        return self.name

    def update_stock(self, amount: int) -> bool:
        """Put items on the shelf, or take them off with a negative amount; tells whether there were enough."""
        if self.stock + amount < 0:
            return False
        self.stock += amount
        return True


@stateflow.entity
class User:
    """Someone with money to spend."""

    def __init__(self, username: str, balance: int = 100) -> None:
        self.username: str = username
        self.balance: int = balance

    def __key__(self) -> str:
        return self.username

    def buy_item(self, item: Item, amount: int = 1) -> bool:
        """Buy some of an item; tells whether the money and the stock were enough."""
        # An Item is another entity. Reading its price and calling its method are messages to wherever it lives,
        # and the compiler cuts this method at each of them.
        total = amount * item.price
        if self.balance < total:
            return False
        # Pay first: while this waits for the item, another purchase may look at the balance.
        self.balance -= total
        if not item.update_stock(-amount):
            self.balance += total
            return False
        return True


if __name__ == "__main__":
    apple = Item("apple", 3)
    apple.update_stock(10)
    alice = User("alice")
    assert alice.buy_item(apple, amount=4)
    print(f"alice has {alice.balance} left, and there are {apple.stock} apples")
