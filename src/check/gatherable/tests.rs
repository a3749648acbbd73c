use std::path::Path;

use crate::check::tests::said_of;
use crate::source::Memory;

/// What is said about the methods of an entity `Owner`, where `Pet` has these methods besides its own.
fn with_pet(pet: &str, owner: &str) -> Vec<String> {
    said_of(&app(pet, owner))
}

fn app(pet: &str, owner: &str) -> String {
    let [pet, owner] = [pet, owner].map(|text| text.trim().replace('\n', "\n    "));
    format!(
        "
from __future__ import annotations
import asyncio
from collections import defaultdict
import stateflow

@stateflow.entity
class Pet:
    def __init__(self, name: str):
        self.name = name
        self.hunger = 3
        self.meals: list[int] = []
        self.counts = defaultdict(int)
        self.friend: Pet | None = None

    def __key__(self):
        return self.name

    def need(self, least: int = 0) -> int:
        return max(self.hunger, least)

    async def wants(self, least: int = 0) -> int:
        return max(self.hunger, least)

    def feed(self) -> int:
        self.hunger -= 1
        return self.hunger

    {pet}

@stateflow.entity
class Owner:
    def __init__(self, name: str):
        self.name = name
        self.pets: list[Pet] = []
        self.by_name: dict[str, Pet] = {{}}
        self.total = 0
        self.least = 0

    def __key__(self):
        return self.name

    {owner}
"
    )
}

/// What is said about a method of that body.
fn said(body: &str) -> Vec<String> {
    let body = body.trim().replace('\n', "\n    ");
    with_pet(
        "",
        &format!("def go(self, pets: list[Pet], n: int):\n    {body}"),
    )
}

/// What is said about a loop that calls a method of `Pet`.
fn calling(method: &str) -> Vec<String> {
    with_pet(
        method,
        "def go(self, pets: list[Pet]):\n    return [pet.ask() for pet in pets]",
    )
}

const FOUND: [&str; 1] = ["W0507 [pet.need(n)]"];

#[test]
fn loops_of_calls_that_need_nothing_of_each_other() {
    assert_eq!(said("return [pet.need(n) for pet in pets]"), FOUND);
    assert_eq!(
        said("return sum([pet.need(n) for pet in self.by_name.values() if pet != n])"),
        FOUND
    );
    assert_eq!(
        said("return [(name, pet.need(n) + 1) for name, pet in self.by_name.items()]"),
        FOUND
    );
    assert_eq!(
        said("total = 0\nfor pet in self.pets[1:]:\n    total += pet.need(n)\nreturn total"),
        FOUND
    );
    assert_eq!(
        said("found = []\nfor pet in pets:\n    found.append(pet.need(n))\nreturn found"),
        FOUND
    );
    assert_eq!(
        said("found = {}\nfor pet in pets:\n    found[pet] = pet.need(n)\nreturn found"),
        FOUND
    );
    let best = "
best, most = None, 0
for pet in pets:
    need = pet.need(n)
    if need > most:
        best, most = pet, need
return best";
    assert_eq!(said(best), Vec::<String>::new());
    let best = best.replace("best, most = pet, need", "best = pet\n        most = need");
    assert_eq!(said(&best), FOUND);
}

#[test]
fn what_a_round_carries_on_to_the_next_call() {
    for body in [
        "for pet in pets:\n    n = pet.need(n)\nreturn n",
        "for pet in pets:\n    n += pet.need(n)\nreturn n",
        "least = 0\nfor pet in pets:\n    least += pet.need(least)\nreturn least",
        "for pet in pets:\n    pet = pets[pet.need(n)]",
        "seen = 0\nfor pet in pets:\n    if seen < n:\n        seen += pet.need(n)\nreturn seen",
        "seen = 0\nfor pet in pets:\n    seen = seen and pet.need(n)\nreturn seen",
        "seen = 0\nfor pet in pets:\n    if seen > 3:\n        continue\n    seen += pet.need(n)\nreturn seen",
        "more = []\nfor pet in pets:\n    more.append(pet.need(n))\n    pets = more\nreturn more",
        "one = pets[0]\nfor other in pets:\n    print(one.need(n))",
        "return [least := pet.need(n) for pet in pets]",
    ] {
        assert_eq!(said(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn loops_that_may_end_early() {
    for body in [
        "for pet in pets:\n    if pet.need(n) > 3:\n        break",
        "for pet in pets:\n    if pet.need(n) > 3:\n        return pet",
        "for pet in pets:\n    if pet.need(n) > 3:\n        raise ValueError(pet)",
        "for pet in pets:\n    assert pet.need(n) > 3",
        "for pet in pets:\n    print(10 / pet.need(n))",
        "total = 0\nfor pet in pets:\n    total += 10 // pet.need(n)\nreturn total",
        "return any(pet.need(n) for pet in pets)",
    ] {
        assert_eq!(said(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn what_is_seen_when_a_call_raises() {
    for body in [
        "for pet in pets:\n    self.total += pet.need(n)",
        "for pet in pets:\n    print(pet.need(n))",
        "found = self.by_name\nfor pet in pets:\n    found[pet.name] = pet.need(n)",
        "found = []\nself.found = found\nfor pet in pets:\n    found.append(pet.need(n))",
        "for _ in range(n):\n    found = []\n    for pet in pets:\n        found.append(pet.need(n))\n    self.found = found",
        "total = 0\ntry:\n    for pet in pets:\n        total += pet.need(n)\nfinally:\n    print(total)",
    ] {
        let said = said(body);
        let about = said.iter().filter(|one| one.starts_with("W0507"));
        assert_eq!(about.count(), 0, "{body}");
    }
}

#[test]
fn operators_that_may_raise_between_the_calls() {
    let body =
        "def go(self, pets: list[Pet], n: Worth):\n    return [n + pet.need() for pet in pets]";
    let said = |special: &str| {
        let raises = "if not other:\n            raise ValueError\n        return other";
        let worth =
            format!("class Worth:\n    def {special}(self, other: int) -> int:\n        {raises}");
        said_of(&format!("{}\n{worth}\n", app("", body)))
    };
    assert_eq!(said("plus"), ["W0507 [pet.need()]"]);
    assert_eq!(said("__add__"), Vec::<String>::new());
}

#[test]
fn fields_that_may_change_between_the_rounds() {
    for body in [
        "return [pet.need(self.least) for pet in pets]",
        "total = 0\nfor pet in pets:\n    total += pet.need(n) * self.least\nreturn total",
        "return [pet.need(n) for pet in pets if self.least]",
    ] {
        assert_eq!(said(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn more_than_one_call_in_a_round() {
    for body in [
        "return [pet.need(n) + pet.need(1) for pet in pets]",
        "return [pet.need(pet.hunger) for pet in pets]",
        "total = 0\nfor pet in pets:\n    total += pet.need(n)\n    total += pet.hunger\nreturn total",
        "return [pet.need(n) for pet in pets if pet.need(1)]",
    ] {
        assert_eq!(said(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn methods_that_do_not_only_read() {
    for method in [
        "def ask(self):\n    return self.feed()",
        "def ask(self):\n    self.hunger = 0",
        "def ask(self):\n    self.hunger += 1\n    return 1",
        "def ask(self):\n    self.meals.append(1)",
        "def ask(self):\n    self.meals[0] = 1",
        "def ask(self):\n    del self.meals[0]",
        "def ask(self):\n    meals = self.meals\n    meals += [1]\n    return meals",
        "def ask(self):\n    meals = []\n    meals = self.meals\n    meals.append(1)\n    return meals",
        "def ask(self):\n    return self.counts['asked']",
        "def ask(self):\n    counts = self.counts\n    return counts['asked']",
        "def ask(self):\n    return [one['asked'] for one in (self.counts,)]",
        "def ask(self):\n    return '%(asked)s' % self.counts",
        "def ask(self):\n    text = '%(asked)s'\n    text %= self.counts\n    return text",
        "def ask(self):\n    return '{asked}'.format_map(self.counts)",
        "def ask(self):\n    print(self.name)",
        "def ask(self):\n    return self.friend.hunger if self.friend else 0",
        "def ask(self):\n    return self.rank\n\n@property\ndef rank(self):\n    self.hunger += 1\n    return 1",
        "def ask(self):\n    for self.hunger in self.meals:\n        pass",
    ] {
        assert_eq!(calling(method), Vec::<String>::new(), "{method}");
    }
}

#[test]
fn methods_that_only_read() {
    for method in [
        "def ask(self):\n    return self.hunger, self.name.upper(), len(self.meals)",
        "def ask(self):\n    if not self.meals:\n        raise ValueError(self.name)\n    return self.meals",
        "def ask(self):\n    meals = list(self.meals)\n    return meals[-1] % 2, [self.name][0]",
        "def ask(self):\n    total = 0\n    for meal in self.meals:\n        total += meal\n    return total",
        "def ask(self):\n    found = []\n    for meal in self.meals:\n        found.append(meal)\n    return found",
    ] {
        assert_eq!(calling(method), ["W0507 [pet.ask()]"], "{method}");
    }
}

#[test]
fn look_ups_where_none_adds_anything() {
    for method in [
        "def ask(self):\n    return self.meals[-1] % self.hunger",
        "def ask(self):\n    counts = self.counts\n    return '{asked}'.format_map(counts)",
    ] {
        let go = "def go(self, pets: list[Pet]):\n    return [pet.ask() for pet in pets]";
        let app = app(method, go).replace("defaultdict", "Counter");
        assert_eq!(said_of(&app), ["W0507 [pet.ask()]"], "{method}");
    }
}

#[test]
fn asynchronous_methods_gather_what_they_await() {
    let said = |body: &str| {
        let method = format!("async def go(self, pets: list[Pet]):\n    {body}");
        with_pet(
            "async def rest(self):\n    await asyncio.sleep(1)\n    return self.hunger",
            &method,
        )
    };
    assert_eq!(
        said("return [await pet.wants(1) for pet in pets]"),
        ["W0507 [pet.wants(1)]"]
    );
    for body in [
        "return [pet.need(1) for pet in pets]",
        "return [await pet.rest() for pet in pets]",
        "return await asyncio.gather(*[pet.wants(1) for pet in pets])",
    ] {
        assert_eq!(said(body), Vec::<String>::new(), "{body}");
    }
    let gathered = "return stateflow.gather(*[pet.need(n) for pet in pets])";
    assert_eq!(self::said(gathered), Vec::<String>::new());
}

#[test]
fn the_advice_takes_names_that_are_free() {
    let advice = |body: &str| {
        let method = format!("def go(self, pets: list[Pet], answer: int):\n    {body}");
        let source = app("", &method);
        let memory = Memory::from_iter([("app.py", source.as_str())]);
        let compilation = crate::compile(&memory, Path::new("app.py")).unwrap();
        let found = compilation.diagnostics.into_iter();
        found.flat_map(|one| one.help).collect::<Vec<_>>()
    };
    assert_eq!(
        advice("return [pet.need(1) + answer for pet in pets]"),
        ["go over the answers: `for answer_ in stateflow.gather(*[pet.need(1) for pet in pets])`"]
    );
    assert_eq!(
        advice("return [(at, pet.need(answer)) for at, pet in enumerate(pets)]"),
        [
            "with `elements = list(enumerate(pets))`, go over the answers too: `for (at, pet), answer_ in zip(elements, stateflow.gather(*[pet.need(answer) for at, pet in elements]))`"
        ]
    );
    assert_eq!(
        advice("return [pet.need(answer) for pet in pets if pet != answer]"),
        ["write `stateflow.gather(*[pet.need(answer) for pet in pets if pet != answer])`"]
    );
}
