//! What blocks look like.

use insta::assert_snapshot;

use super::printed::printed;

#[test]
fn an_operand_before_a_call_is_kept() {
    let method = r#"
def m(self, a: Item, k: int) -> int:
    return self.n + k + a.price + self.n
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        value = self.n + k
        read a.price -> m__after_price [value]

    m__after_price <- a_price of line 2 [value]:
        return value + a_price + self.n
    "#);
}

#[test]
fn what_is_not_cut_stays_as_written() {
    let method = r#"
def m(self, a: Item) -> int:
    """What it does."""
    # Before anything else.
    if self.n > 3:  # enough

        return 0  # none

    for x in self.xs:
        # inside
        self.n += x
    # Then ask.
    price = (
        a.price  # as it is
        + 1
    )
    return price
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        """What it does."""
        # Before anything else.
        if self.n > 3:  # enough

            return 0  # none
        for x in self.xs:
            # inside
            self.n += x
        # Then ask.
        read a.price -> m__after_price []

    m__after_price <- a_price of line 13 []:
        price = (
            a_price  # as it is
            + 1
        )
        return price
    "#);
}

#[test]
fn a_branch_goes_on_where_both_meet() {
    let method = r#"
def m(self, a: Item) -> int:
    if a.f(1):
        self.n = 1
    elif self.n:
        return a.f(2)
    else:
        self.n += a.price
    return self.n
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        call a.f(1) -> m__after_f [a]

    m__after_f <- f_result of line 2 [a]:
        if f_result:
            self.n = 1
            goto -> m__after_if []
        if self.n:
            call a.f(2) and forward
        self_n = self.n
        read a.price -> m__after_price [self_n]

    m__after_price <- a_price of line 7 [self_n]:
        self_n += a_price
        self.n = self_n
        goto -> m__after_if []

    m__after_if []:
        return self.n
    "#);
}

#[test]
fn an_if_whose_sides_leave_needs_no_join() {
    let method = r#"
def m(self, a: Item) -> int:
    if self.n:
        x = a.price
        return x
    return 2
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        if self.n:
            read a.price -> m__after_price []
        return 2

    m__after_price <- x of line 3 []:
        return x
    "#);
}

#[test]
fn the_end_of_a_method_is_no_block() {
    let method = r#"
def m(self, a: Item) -> None:
    if self.n:
        self.n = a.price
    elif a.f(1):
        self.n = 2
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        if self.n:
            read a.price -> m__after_price []
        call a.f(1) -> m__after_f []

    m__after_price <- a_price of line 3 []:
        self.n = a_price

    m__after_f <- f_result of line 4 []:
        if f_result:
            self.n = 2
            return
    "#);
}

#[test]
fn short_circuits_branch() {
    let method = r#"
def m(self, a: Item, x: int) -> int:
    if x and not a.f(1) or a.f(2):
        return 1
    return 2
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        if x:
            call a.f(1) -> m__after_a_f [a]
        goto -> m__part [a]

    m__after_a_f <- f_result of line 2 [a]:
        if f_result:
            goto -> m__part [a]
        goto -> m__then []

    m__part [a]:
        call a.f(2) -> m__after_a_f_2 []

    m__after_a_f_2 <- f_result of line 2 []:
        if f_result:
            goto -> m__then []
        return 2

    m__then []:
        return 1
    "#);
}

#[test]
fn a_while_loop_decides_in_its_header() {
    let method = r#"
def m(self, a: Item) -> int:
    count = 0
    while a.f(count) < 3:
        if self.n:
            break
        count += 1
    else:
        count = 7
    return count
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        count = 0
        goto -> m__while [a, count]

    m__while [a, count]:
        call a.f(count) -> m__after_f [a, count]

    m__after_f <- f_result of line 3 [a, count]:
        if f_result < 3:
            if self.n:
                goto -> m__after_while [count]
            count += 1
            goto -> m__while [a, count]
        count = 7
        goto -> m__after_while [count]

    m__after_while [count]:
        return count
    "#);
}

#[test]
fn a_for_loop_carries_its_state() {
    let method = r#"
def m(self, a: Item) -> int:
    total = 0
    for name, (x, y) in [("a", (1, 2))]:
        if x:
            continue
        total += a.f(y)
    return total
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        total = 0
        item_loop = flow.iterate([("a", (1, 2))])
        goto -> m__for_item [a, item_loop, total]

    m__for_item [a, item_loop, total]:
        if item_loop.more():
            name, (x, y) = item_loop.next()
            if x:
                goto -> m__for_item [a, item_loop, total]
            call a.f(y) -> m__after_f [a, item_loop, total]
        return total

    m__after_f <- f_result of line 6 [a, item_loop, total]:
        total += f_result
        goto -> m__for_item [a, item_loop, total]
    "#);
}

#[test]
fn a_loop_over_a_result_stays_whole() {
    let method = r#"
def m(self, a: Item) -> int:
    total = 0
    for x in a.items():
        total += x
    return total
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        total = 0
        call a.items() -> m__after_items [total]

    m__after_items <- items_result of line 3 [total]:
        for x in items_result:
            total += x
        return total
    "#);
}

#[test]
fn a_variable_that_may_be_unbound_stays_so() {
    let method = r#"
def m(self, a: Item) -> int:
    if self.n:
        x = 1
    a.f(2)
    return x
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        if self.n:
            x = 1
        call a.f(2) -> m__after_f [x?]

    m__after_f <- _ of line 4 [x?]:
        return x
    "#);
}

#[test]
fn a_tail_call_forwards() {
    let method = r#"
def m(self, a: Item) -> int:
    return a.owner.f(a.price, *self.xs)
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        read ahead a.owner,price -> m__after_owner []

    m__after_owner <- a_fields of line 2 []:
        a_owner = flow.field(a_fields, 0)
        a_owner.f
        a_price = flow.field(a_fields, 1)
        call a_owner.f(a_price, *self.xs) and forward
    "#);
}

#[test]
fn a_target_is_read_once() {
    let method = r#"
def m(self, a: Item, i: int) -> None:
    self.xs[i] += a.price
    self.xs[a.f(1)], x = [a.price, i]
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        self_xs = self.xs
        xs_item = self_xs[i]
        read a.price -> m__after_price [a, i, self_xs, xs_item]

    m__after_price <- a_price of line 2 [a, i, self_xs, xs_item]:
        xs_item += a_price
        self_xs[i] = xs_item
        value = [a_price, i]
        (xs_item, x_2,) = value
        self_xs = self.xs
        call a.f(1) -> m__after_f [self_xs, x_2, xs_item]

    m__after_f <- f_result of line 3 [self_xs, x_2, xs_item]:
        self_xs[f_result] = xs_item
        x = x_2
    "#);
}

#[test]
fn blocks_of_one_name_tell_their_receivers() {
    let method = r#"
def m(self, a: Item, b: Item) -> int:
    return a.price + b.price + a.price
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        read ahead a.price -> m__after_a_price [a, b]

    m__after_a_price <- a_price of line 2 [a, b]:
        read b.price -> m__after_b_price [a, a_price]

    m__after_b_price <- b_price of line 2 [a, a_price]:
        value = a_price + b_price
        read a.price -> m__after_a_price_2 [value]

    m__after_a_price_2 <- a_price_2 of line 2 [value]:
        return value + a_price_2
    "#);
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let method = r#"
def m(self, a: Item, a_price: int) -> int:
    return a_price + a.price
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        read ahead a.price -> m__after_price [a_price]

    m__after_price <- a_price_2 of line 2 [a_price]:
        return a_price + a_price_2
    "#);
}

#[test]
fn only_free_names_of_inner_scopes_are_carried() {
    let method = r#"
def m(self, a: Item, x: int, y: int) -> list[int]:
    a.f(1)
    return [x for x in self.xs if (lambda z: z + y)(x)]
"#;
    assert_snapshot!(printed(method), @r#"
    m []:
        call a.f(1) -> m__after_f [y]

    m__after_f <- _ of line 2 [y]:
        return [x for x in self.xs if (lambda z: z + y)(x)]
    "#);
}
