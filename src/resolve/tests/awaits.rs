use super::*;

/// A class whose method `go` and helper `other` are asynchronous where that is said.
fn cafe(go: &str, body: &str) -> String {
    let body = body.replace('\n', "\n        ");
    program(&format!(
        "
@stateflow.entity
class Cup:
    def __init__(self, name: str):
        self.name = name
        self.sugar = 1

    def __key__(self):
        return self.name

    async def fill(self) -> int:
        return 1

    def wash(self) -> int:
        return 1

    def either(self) -> int:
        return 1

@stateflow.entity
class Cafe:
    def __init__(self, name: str):
        self.name = name

    def __key__(self):
        return self.name

    async def other(self, cup: Cup) -> int:
        return await cup.fill()

    async def here(self) -> int:
        return 1

    async def either(self) -> int:
        return 1

    {go} go(self, cup: Cup):
        {body}
"
    ))
}

#[test]
fn asynchronous_calls_are_awaited_at_once() {
    assert_eq!(
        complaints_of(&cafe(
            "async def",
            "x = cup.fill()\ny = self.other(cup)\nreturn await x"
        )),
        [
            "E0214 [cup.fill()] `Cup.fill` is asynchronous, and the call of it is not awaited",
            "E0214 [self.other(cup)] `Cafe.other` is asynchronous, and the call of it is not awaited",
        ]
    );
}

#[test]
fn of_several_the_one_that_is_wrong_is_named() {
    let body =
        "either = cup if cup.sugar else self\nx = either.either()\nreturn await either.either()";
    assert_eq!(
        complaints_of(&cafe("async def", body)),
        [
            "E0214 [either.either()] `Cafe.either` is asynchronous, and the call of it is not awaited",
            "E0215 [either.either()] `Cup.either` is awaited, but gives no coroutine",
        ]
    );
}

#[test]
fn only_they_are_awaited() {
    assert_eq!(
        complaints_of(&cafe(
            "async def",
            "await cup.wash()\nawait cup.sugar\nreturn await Cup('x')"
        )),
        [
            "E0215 [cup.wash()] `Cup.wash` is awaited, but gives no coroutine",
            "E0215 [cup.sugar] `Cup.sugar` is awaited, but gives no coroutine",
            "E0215 [Cup('x')] `Cup(…)` is awaited, but gives no coroutine",
        ]
    );
}

#[test]
fn what_stays_here_is_python() {
    let body = "x = self.here()\nreturn await x + cup.wash()";
    assert_eq!(complaints_of(&cafe("async def", body)), [""; 0]);
}

#[test]
fn a_method_that_is_not_asynchronous_cannot_await() {
    let source = cafe("def", "return cup.fill()");
    let help = resolved(&[("app.py", &source)], |_, _, found| found[0].help.clone());
    assert_eq!(
        help,
        [
            "make `Cafe.go` an `async def` and await the call, or give the other entity a method that is not `async`"
        ]
    );
}
