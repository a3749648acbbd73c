//! Methods with what is said about them.

use crate::check::tests::said_of;

const HEAD: &str = "
import heapq
import stateflow

class Box:
    def __init__(self):
        self.things: list[int] = []

    def put(self, thing: int):
        self.things.append(thing)

    def peek(self) -> int:
        return self.things[0]

def fill(numbers: list[int]):
    numbers.append(1)

@stateflow.entity
class Item:
    def __init__(self, name: str, stock: int = 0):
        self.name = name
        self.stock = stock
        self.kept: list[int] = []

    def __key__(self):
        return self.name

    def take(self, amount: int = 1) -> bool:
        self.stock -= amount
        return self.stock >= 0

    def look(self, numbers: list[int]) -> int:
        return len(numbers)

    def append(self, numbers: list[int]):
        numbers.append(1)

    def through_helper(self, numbers: list[int], other: int = 0):
        self.sort(numbers)

    def sort(self, numbers: list[int]):
        same = numbers
        same.sort()

    def through_function(self, *, rows: list[list[int]]):
        for row in rows:
            fill(row)

    def push(self, heap: list[int]):
        heapq.heappush(heap, 1)

    def add_to(self, numbers: list[int]):
        numbers += [1]

    def replace(self, numbers: list[int]):
        numbers = numbers + [1]
        numbers.append(2)

    def own(self, *numbers: int, **options: int):
        options.pop('x', None)

    def put(self, box: Box):
        box.put(1)

    def peek(self, box: Box) -> int:
        return box.peek()

@stateflow.entity
class User:
    def __init__(self, name: str, item: Item):
        self.name = name
        self.item = item
        self.balance = 0
        self.state = 'new'
        self.queue: list[int] = []
        self.table: dict[str, int] = {}
        self.box = Box()

    def __key__(self):
        return self.name

    def _pay(self, price: int):
        self.balance -= price

    def _pay_checked(self, price: int):
        if self.balance < price:
            raise ValueError(price)
        self.balance -= price

    def _affords(self, price: int) -> bool:
        return self.balance >= price

    def _demand(self, price: int):
        if self.balance < price:
            raise ValueError(price)

    def _note(self, n: int) -> int:
        self.queue.append(n)
        return n
";

/// What is said about the body of a method with an `item: Item`, a `price: int` and some `numbers: list[int]`.
fn said(body: &str) -> Vec<String> {
    let body = body.trim().replace('\n', "\n        ");
    let source = format!(
        "{HEAD}
    def go(self, item: Item, price: int, numbers: list[int], rows: list[list[int]]):
        {body}
"
    );
    said_of(&source)
}

#[track_caller]
fn warned(body: &str, at: &str) {
    assert_eq!(said(body), [format!("W0502 [{at}]")]);
}

#[track_caller]
fn fine(body: &str) {
    assert_eq!(said(body), [] as [String; 0]);
}

#[test]
fn a_guard_before_the_call_decides_about_the_write_after_it() {
    warned(
        "if self.balance >= price:\n    item.take()\n    self.balance -= price",
        "self.balance",
    );
    warned(
        "if self.balance < price:\n    return\nitem.take()\nself.balance -= price",
        "self.balance",
    );
    warned(
        "assert self.balance > price\nitem.take()\nself.balance -= price",
        "self.balance",
    );
    warned(
        "while self.balance > price:\n    item.take()\n    self.balance -= price",
        "self.balance",
    );
    warned(
        "enough = self.balance > price\nif item.take() and enough:\n    self.balance -= price",
        "self.balance",
    );
    warned(
        "enough = False\nif self.balance > price:\n    enough = True\nitem.take()\nif enough:\n    self.balance = 0",
        "self.balance",
    );
    warned(
        "for n in numbers:\n    if self.balance < n:\n        return\n    item.take()\nself.balance -= price",
        "self.balance",
    );
    warned(
        "if price not in self.queue:\n    item.take()\n    self.queue.append(price)",
        "self.queue.append(price)",
    );
    warned(
        "match self.state:\n    case 'new':\n        item.take()\n        self.state = 'done'",
        "self.state",
    );
    warned(
        "try:\n    if self.balance < price:\n        raise ValueError\nexcept ValueError:\n    return\nitem.take()\nself.balance -= price",
        "self.balance",
    );
}

#[test]
fn what_was_read_before_the_call_goes_into_the_write() {
    warned("self.balance += item.stock", "self.balance");
    warned(
        "old = self.balance\nitem.take()\nself.balance = old - price",
        "self.balance",
    );
    warned("self.balance = self.balance + item.stock", "self.balance");
    warned("self.table['x'] += item.stock", "self.table['x']");
    warned(
        "first = self.queue[0]\nitem.take(first)\nself.queue.remove(first)",
        "self.queue.remove(first)",
    );
    warned(
        "box = self.box\nif box.peek() > 1:\n    item.take()\n    box.put(1)",
        "box.put(1)",
    );
    warned(
        "self.balance = sum([self.balance + item.look([n]) for n in numbers])",
        "self.balance",
    );
}

#[test]
fn helpers_read_and_write_for_the_method() {
    warned(
        "if self._affords(price):\n    item.take()\n    self._pay(price)",
        "self._pay(price)",
    );
    warned(
        "self._demand(price)\nitem.take()\nself.balance -= price",
        "self.balance",
    );
    fine("if self._affords(price):\n    item.take()\n    self._pay_checked(price)");
    fine("if self._note(price) > 1:\n    item.take()\n    self._note(price)");
}

#[test]
fn a_write_before_the_call_or_another_look_after_it_is_fine() {
    fine(
        "if self.balance < price:\n    return\nself.balance -= price\nif not item.take():\n    self.balance += price",
    );
    fine("item.take()\nif self.balance >= price:\n    self.balance -= price");
    fine(
        "if self.balance < price:\n    return\nitem.take()\nif self.balance < price:\n    return\nself.balance -= price",
    );
    fine("item.take()\nself.balance -= price");
    fine("stock = item.stock\nself.balance += stock");
    fine(
        "amount = self.balance\nself.balance = 0\nif not item.take(amount):\n    self.balance += amount",
    );
    fine(
        "if self.state != 'new':\n    return\nself.state = 'busy'\nitem.take()\nself.state = 'done'",
    );
    fine("if self.balance < price:\n    return\nitem.take()\nself.state = 'done'");
    fine("for n in numbers:\n    self.balance -= n\n    item.take()");
    fine("self.queue.append(item.stock)");
    fine("self.table[self.name] = item.stock");
    fine("self.queue[item.stock] += 1");
    fine("if self.item.take():\n    self.item = item");
}

#[test]
fn an_argument_that_a_callee_changes_is_not_used_afterwards() {
    let error = |body: &str, at: &str| assert_eq!(said(body), [format!("E0306 [{at}]")], "{body}");
    error("item.append(numbers)\nreturn numbers", "numbers");
    error("item.through_helper(numbers)\nprint(numbers)", "numbers");
    error("item.through_function(rows=rows)\nreturn rows", "rows");
    error("for row in rows:\n    item.append(row)\nreturn rows", "row");
    error("item.push(numbers)\nnumbers.pop()", "numbers");
    error("item.add_to(numbers)\nreturn len(numbers)", "numbers");
    error("item.append(self.queue)", "self.queue");
    error("same = numbers\nitem.append(same)\nreturn numbers", "same");
    error("item.append(rows[0])\nreturn rows", "rows[0]");
    error("item.put(self.box)", "self.box");
    error("Item.append(item, numbers)\nreturn numbers", "numbers");
    error(
        "try:\n    pass\nexcept item.append(numbers):\n    return numbers",
        "numbers",
    );
    error(
        "gathered: list[int] = []\nwhile item.take():\n    item.append(gathered)",
        "gathered",
    );
}

#[test]
fn an_argument_that_a_callee_changes_is_worth_a_word() {
    assert_eq!(said("item.append(numbers)"), ["W0503 [numbers]"]);
    assert_eq!(
        said("item.append(numbers)\nnumbers = [1]\nreturn numbers"),
        ["W0503 [numbers]"]
    );
    assert_eq!(
        said("for row in rows:\n    item.append(row)"),
        ["W0503 [row]"]
    );
}

#[test]
fn an_argument_that_stays_as_it_was_may_be_used() {
    fine("item.look(numbers)\nreturn numbers");
    fine("item.replace(numbers)\nreturn numbers");
    fine("item.append([1])\nreturn numbers");
    fine("item.append(numbers[:])\nitem.append(self.queue[1:])\nreturn numbers");
    fine("item.own(*numbers, x=price)\nreturn numbers");
    fine("item.peek(self.box)");
    fine("row = rows[0]\nitem.look(row)\nreturn rows");
    fine("for row in rows:\n    item.look(row)\nfill(numbers)\nreturn numbers");
}
