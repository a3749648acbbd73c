//! What blocks look like that hold comprehensions, and functions that a method makes for itself.

use insta::assert_snapshot;

use super::printed::printed;

#[test]
fn a_comprehension_is_a_loop_that_collects() {
    let method = r#"
def m(self, a: Item, x: int) -> list[int]:
    return [x + a.f(y) for x in self.xs for y in (1, x) if y]
"#;
    assert_snapshot!(printed(method), @r"
    m []:
        x_loop = flow.iterate(self.xs)
        elements = []
        goto -> m__for_x [a, elements, x_loop]

    m__for_x [a, elements, x_loop]:
        if x_loop.more():
            x_2 = x_loop.next()
            y_loop = flow.iterate((1, x_2))
            goto -> m__for_y [a, elements, x_2, x_loop, y_loop]
        return elements

    m__for_y [a, elements, x_2, x_loop, y_loop]:
        if y_loop.more():
            y = y_loop.next()
            if y:
                call a.f(y) -> m__after_f [a, elements, x_2, x_loop, y_loop]
            goto -> m__for_y [a, elements, x_2, x_loop, y_loop]
        goto -> m__for_x [a, elements, x_loop]

    m__after_f <- f_result of line 2 [a, elements, x_2, x_loop, y_loop]:
        elements.append(x_2 + f_result)
        goto -> m__for_y [a, elements, x_2, x_loop, y_loop]
    ");
}

#[test]
fn a_search_stops_where_it_has_found() {
    let method = r#"
def m(self, a: Item) -> bool:
    return any(a.f(x) for x in self.xs)
"#;
    assert_snapshot!(printed(method), @r"
    m []:
        x_loop = flow.iterate(self.xs)
        any_result = False
        goto -> m__for_x [a, any_result, x_loop]

    m__for_x [a, any_result, x_loop]:
        if x_loop.more():
            x = x_loop.next()
            call a.f(x) -> m__after_f [a, any_result, x_loop]
        goto -> m__after_any [any_result]

    m__after_f <- f_result of line 2 [a, any_result, x_loop]:
        if f_result:
            any_result = True
            goto -> m__after_any [any_result]
        goto -> m__for_x [a, any_result, x_loop]

    m__after_any [any_result]:
        return any_result
    ");
}

#[test]
fn keys_are_made_before_anything_is_compared() {
    let method = r#"
def m(self, a: Item) -> list[int]:
    return sorted(self.xs, key=lambda x: a.f(x), reverse=True)
"#;
    assert_snapshot!(printed(method), @r"
    m []:
        self_xs = self.xs
        elements = flow.listed(self_xs)
        keys = []
        element_loop = flow.iterate(elements)
        goto -> m__for_element [a, element_loop, elements, keys]

    m__for_element [a, element_loop, elements, keys]:
        if element_loop.more():
            element = element_loop.next()
            x = element
            call a.f(x) -> m__after_f [a, element_loop, elements, keys]
        sorted_result = flow.arranged(elements, keys, True)
        return sorted_result

    m__after_f <- f_result of line 2 [a, element_loop, elements, keys]:
        keys.append(f_result)
        goto -> m__for_element [a, element_loop, elements, keys]
    ");
}

#[test]
fn a_function_is_made_again_where_it_is_called() {
    let method = r#"
def m(self, a: Item, x: int) -> int:
    def add(y: int, z: int = self.n) -> int:
        return x + y + z
    a.f(add(1))
    x = a.price
    a.f(2)
    return add(x)
"#;
    assert_snapshot!(printed(method), @r"
    m []:
        add_z = self.n
        def add(y: int, z: int = add_z) -> int:
            return x + y + z
        call a.f(add(1)) -> m__after_a_f [a, add_z]

    m__after_a_f <- _ of line 4 [a, add_z]:
        read a.price -> m__after_price [a, add_z]

    m__after_price <- x of line 5 [a, add_z]:
        call a.f(2) -> m__after_a_f_2 [add_z, x]

    m__after_a_f_2 <- _ of line 6 [add_z, x]:
        def add(y: int, z: int = add_z) -> int:
            return x + y + z
        return add(x)
    ");
}
