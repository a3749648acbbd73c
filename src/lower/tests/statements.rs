//! What blocks of statements look like that do something when they are left, and of `match`.

use insta::assert_snapshot;

use super::printed::printed;

#[test]
fn handlers_stay_together() {
    let method = r#"
def m(self, a: Item, x: int) -> int:
    try:
        x += a.f(1)
        self.n = x
    except (ValueError, KeyError) as error:
        # Say so.
        print(error)
        a.f(2)
        raise
    except TypeError:
        return 1
    return x
"#;
    assert_snapshot!(printed(method), @"
    m []:
        try:
            call a.f(1) -> m__after_a_f [a, x]
        except BaseException as caught:
            goto -> m__except [a, caught]

    m__after_a_f <- f_result of line 3 [a, x]:
        try:
            f_result = flow.result(f_result)
            x += f_result
            self.n = x
            goto -> m__after_try [x]
        except BaseException as caught:
            goto -> m__except [a, caught]

    m__after_try [x]:
        return x

    m__except [a, caught]:
        try:
            flow.throw(caught)
        except (ValueError, KeyError) as error:
            # Say so.
            print(error)
            call a.f(2) -> m__after_a_f_2 [caught]
        except TypeError:
            return 1

    m__after_a_f_2 <- f_result of line 8 handling caught [caught]:
        flow.result(f_result)
        raise
    ");
}

#[test]
fn a_last_part_is_passed_by_every_way() {
    let method = r#"
def m(self, a: Item, xs: list[int]) -> int:
    for x in xs:
        try:
            if x == 1:
                continue
            return a.f(x)
        finally:
            self.n += 1
    return 0
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        x_loop = flow.iterate(xs)
        goto -> m__for_x [a, x_loop]

    m__for_x [a, x_loop]:
        if x_loop.more():
            x = x_loop.next()
            try:
                if x == 1:
                    pending = "continue"
                    goto -> m__finally [a, pending, x_loop]
                call a.f(x) -> m__after_f [a, x_loop]
            except BaseException as pending:
                goto -> m__finally [a, pending, x_loop]
        return 0

    m__after_f <- f_result of line 6 [a, x_loop]:
        try:
            f_result = flow.result(f_result)
            pending = flow.Return(f_result)
            goto -> m__finally [a, pending, x_loop]
        except BaseException as pending:
            goto -> m__finally [a, pending, x_loop]

    m__finally handling pending [a, pending, x_loop]:
        self.n += 1
        flow.throw(pending)
        if flow.returns(pending):
            return pending.value
        goto -> m__for_x [a, x_loop]
    "#);
}

#[test]
fn a_manager_lives_on() {
    let method = r#"
def m(self, a: Item, guard: Guard) -> int:
    with guard as kept, guard:
        kept += a.f(1)
    return kept
"#;
    assert_snapshot!(printed(method), @"
    m []:
        manager = guard
        kept = flow.enter(manager)
        try:
            manager_2 = guard
            flow.enter(manager_2)
            try:
                call a.f(1) -> m__after_f [kept, manager, manager_2]
            except BaseException as pending_2:
                goto -> m__exit [kept, manager, manager_2, pending_2]
        except BaseException as pending:
            goto -> m__exit_2 [kept, manager, pending]

    m__after_f <- f_result of line 3 [kept, manager, manager_2]:
        try:
            f_result = flow.result(f_result)
            kept += f_result
            pending_2 = None
            goto -> m__exit [kept, manager, manager_2, pending_2]
        except BaseException as pending_2:
            goto -> m__exit [kept, manager, manager_2, pending_2]

    m__exit handling pending_2 [kept, manager, manager_2, pending_2]:
        try:
            pending_2 = flow.leave(manager_2, pending_2)
            flow.throw(pending_2)
            pending = None
            goto -> m__exit_2 [kept, manager, pending]
        except BaseException as pending:
            goto -> m__exit_2 [kept, manager, pending]

    m__exit_2 handling pending [kept, manager, pending]:
        pending = flow.leave(manager, pending)
        flow.throw(pending)
        goto -> m__after_with [kept]

    m__after_with [kept]:
        return kept
    ");
}

#[test]
fn a_guard_that_leaves_parts_the_cases() {
    let method = r#"
def m(self, a: Item, x: object) -> object:
    match x:
        case 1 | 2:
            return 0
        case [first, *rest] if a.f(first):
            return rest
        case str(text) if text:
            text += "!"
            a.f(len(text))
        case _:
            text = ""
    return text
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        x_2 = x
        match x_2:
            case 1 | 2:
                return 0
            case [first, *rest]:
                call a.f(first) -> m__after_a_f [a, rest, text?, x_2]
        goto -> m__case [a, text?, x_2]

    m__after_a_f <- f_result of line 5 [a, rest, text?, x_2]:
        if f_result:
            return rest
        goto -> m__case [a, text?, x_2]

    m__case [a, text?, x_2]:
        match x_2:
            case str(text) if text:
                text += "!"
                call a.f(len(text)) -> m__after_a_f_2 [text]
            case _:
                text = ""
                goto -> m__after_match [text]
        goto -> m__after_match [text?]

    m__after_a_f_2 <- _ of line 9 [text]:
        goto -> m__after_match [text]

    m__after_match [text?]:
        return text
    "#);
}
