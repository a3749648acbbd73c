//! Calls that leave together.

use insta::assert_snapshot;

use super::cut;
use super::printed::printed;

#[test]
fn operands_come_first() {
    let method = "
async def m(self, a: Item, b: Item, x: int) -> int:
    one, two = await asyncio.gather(a.h(self.n), b.h(await a.h(x), b.price))
    return one
";
    assert_snapshot!(printed(method), @r#"
    m []:
        a.h
        self_n = self.n
        b.h
        call a.h(x) -> m__after_h [a, b, self_n]

    m__after_h <- h_result of line 2 [a, b, self_n]:
        read b.price -> m__after_price [a, b, h_result, self_n]

    m__after_price <- b_price of line 2 [a, b, h_result, self_n]:
        gather a.h(self_n), b.h(h_result, b_price) -> m__after_gather []

    m__after_gather <- results of line 2 []:
        one, two = results
        return one
    "#);
}

#[test]
fn each_element_of_a_comprehension_is_a_call() {
    let method = "
async def m(self, items: list[Item], x: int) -> list[int]:
    return await asyncio.gather(*(i.h(x) for i in items if i is not None), *[items[0].h(1), items[1].h(2)], asyncio.sleep(x))
";
    assert_snapshot!(printed(method), @r#"
    m []:
        gather *[i.h(x) for i in items if i is not None], items[0].h(1), items[1].h(2), asyncio.sleep(x) and forward
    "#);
}

#[test]
fn reads_creations_and_values_in_a_method_that_is_not_asynchronous() {
    let method = "
def m(self, a: Item, b: Item, x: int) -> list[object]:
    got = stateflow.gather(a.price, b.f(x), Item(str(x)), x, *[i.price for i in [a, b]])
    return [got, x]
";
    assert_snapshot!(printed(method), @r#"
    m []:
        gather a.price, b.f(x), Item(str(x)), x, *[i.price for i in [a, b]] -> m__after_gather [x]

    m__after_gather <- got of line 2 [x]:
        return [got, x]
    "#);
}

#[test]
fn calls_in_parallel_are_one_of_others() {
    let method = "
async def m(self, a: Item, b: Item, x: int) -> object:
    return await asyncio.gather(asyncio.gather(a.h(await b.h(x)), asyncio.sleep(x)), *[asyncio.gather(i.h(x), return_exceptions=True) for i in [a, b]])
";
    assert_snapshot!(printed(method), @r"
    m []:
        a.h
        call b.h(x) -> m__after_h [a, b, x]

    m__after_h <- h_result of line 2 [a, b, x]:
        gather (a.h(h_result), asyncio.sleep(x)), *[(i.h(x), exceptions: True) for i in [a, b]] and forward
    ");
}

#[test]
fn a_method_that_is_not_asynchronous_makes_calls_within_where_they_stand() {
    let method = "
def m(self, a: Item, x: int) -> list[object]:
    return stateflow.gather(stateflow.gather(a.f(x), x), a.price)
";
    assert_snapshot!(printed(method), @r"
    m []:
        gather a.f(x), x -> m__after_gather [a]

    m__after_gather <- results of line 2 [a]:
        gather results, a.price and forward
    ");
}

#[test]
fn what_is_not_awaited_is_refused() {
    let refused = |body: &str| {
        let method = format!("async def m(self, a: Item, b: Item, x: int) -> object:\n    {body}");
        cut(&method).expect_err("a method that is refused")
    };
    assert_eq!(
        refused("c = asyncio.gather(a.h(1))\n    return await c"),
        ["E0214"]
    );
    assert_eq!(
        refused("c = [i.h(1) for i in [a, b]]\n    return await asyncio.gather(*c)"),
        ["E0214"]
    );
    assert_eq!(
        refused("return await asyncio.gather(a.f(1), b.h(1))"),
        ["E0215"]
    );
    assert_eq!(
        refused("return await asyncio.gather(a.price, b.h(1))"),
        ["E0215"]
    );
    assert_eq!(
        refused("return await asyncio.wait_for(a.h(1), 2)"),
        ["E0214"]
    );
    assert_eq!(
        refused("return await asyncio.gather(*[i.h(1) for i in [a, b] if i.price > 1])"),
        ["E0402"]
    );
    assert_eq!(
        refused("return await asyncio.gather(a.h(1), asyncio.sleep(1), b.h(a.price))"),
        ["E0405"]
    );
    assert_eq!(
        refused("return await asyncio.gather(asyncio.gather(asyncio.sleep(1)), b.h(a.price))"),
        ["E0405"]
    );
    assert_eq!(
        refused("return await asyncio.gather(a.h(1), **{'return_exceptions': True})"),
        ["E0214"]
    );
}

#[test]
fn coroutines_of_its_own_are_begun_when_all_operands_are_there() {
    let method = "
async def k(self, by: int) -> int:
    return by

async def m(self, a: Item) -> object:
    return await asyncio.gather(self.k(self.n), self.k(await a.h(1)))
";
    assert_snapshot!(printed(method), @r"
    m []:
        self_n = self.n
        call a.h(1) -> m__after_h [self_n]

    m__after_h <- h_result of line 5 [self_n]:
        gather self.k(self_n), self.k(h_result) and forward
    ");
}

#[test]
fn coroutines_of_its_own_are_not_kept() {
    let refused = |value: &str| {
        let method = format!(
            "async def k(self) -> int:\n    return 1\nasync def m(self, a: Item) -> object:\n    return {value}"
        );
        cut(&method).expect_err("a method that is refused")
    };
    assert_eq!(
        refused("await asyncio.wait_for(self.k(), await a.h(1))"),
        ["E0405"]
    );
    assert_eq!(refused("[self.k(), await a.h(1)]"), ["E0405"]);
    assert_eq!(
        refused("[*[None, self.k() if a else None], await a.h(1)]"),
        ["E0405"]
    );
}

#[test]
fn exceptions_are_returned_only_where_they_are_awaited() {
    let method = "def m(self, a: Item) -> object:\n    return stateflow.gather(a.f(1), return_exceptions=True)";
    assert_eq!(
        cut(method).expect_err("a method that is refused"),
        ["E0216"]
    );
}
