use super::*;
use crate::source::LineIndex;
use crate::syntax::with_large_stack;

fn source(text: &str) -> SourceFile {
    SourceFile {
        path: "app.py".into(),
        display: "app.py".to_owned(),
        relative: "app.py".to_owned(),
        text: text.to_owned(),
        index: LineIndex::new(text),
    }
}

fn parsed(text: &str) -> (Tree, Vec<Diagnostic>) {
    parse(FileId(0), &source(text), PythonVersion::latest())
}

fn messages(text: &str) -> Vec<(String, String)> {
    let (_, diagnostics) = parsed(text);
    diagnostics
        .into_iter()
        .map(|found| {
            let place = found.primary.span.start as usize..found.primary.span.end as usize;
            (found.message, text[place].to_owned())
        })
        .collect()
}

#[test]
fn a_file_gives_its_statements_and_comments() {
    let text = "# one\nx = 1  # two\n\ndef f():\n    # three\n    pass\n";
    let (tree, diagnostics) = parsed(text);
    assert_eq!(diagnostics, []);
    assert_eq!(tree.body.len(), 2);
    let comments: Vec<_> = tree.comments.iter().map(|range| &text[*range]).collect();
    assert_eq!(comments, ["# one", "# two", "# three"]);
}

#[test]
fn all_syntax_errors_are_reported_at_once() {
    let found = messages("def f(:\n    pass\n\nx = = 1\n\ny = 'abc\n");
    assert!(found.len() >= 3, "{found:?}");
    assert!(
        found
            .iter()
            .all(|(message, _)| message.starts_with("syntax error: ")),
        "{found:?}"
    );
}

#[test]
fn syntax_that_is_too_new_is_refused_for_an_older_python() {
    let text = "type Names = list[str]\n";
    assert_eq!(parsed(text).1, []);
    let (_, diagnostics) = parse(FileId(0), &source(text), PythonVersion::PY311);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "E0004");
}

#[test]
fn what_pythons_compiler_refuses_is_reported() {
    for (text, message) in [
        ("return 1", "`return` statement outside of a function"),
        (
            "class A:\n    yield 1",
            "`yield` statement outside of a function",
        ),
        ("def f():\n    break", "`break` outside loop"),
        (
            "for x in y:\n    pass\nelse:\n    continue",
            "`continue` outside loop",
        ),
        (
            "while x:\n    def f():\n        break",
            "`break` outside loop",
        ),
        (
            "def f():\n    await x",
            "`await` outside of an asynchronous function",
        ),
        ("def f(a, a): pass", "duplicate parameter \"a\""),
        ("f(a=1, a=2)", "duplicate keyword argument `a`"),
        (
            "def f():\n    nonlocal x",
            "no binding for nonlocal `x` found",
        ),
        (
            "def f():\n    print(x)\n    global x",
            "name `x` is used prior to global declaration",
        ),
        (
            "x = 1\nfrom __future__ import annotations",
            "__future__ imports must be at the top of the file",
        ),
        (
            "def f():\n    from a import *",
            "`from a import *` only allowed at module level",
        ),
        ("a, *b, *c = x", "two starred expressions in assignment"),
        (
            "[x := 1 for x in y]",
            "assignment expression cannot rebind comprehension variable",
        ),
    ] {
        let found: Vec<_> = messages(text)
            .into_iter()
            .map(|(message, _)| message)
            .collect();
        assert_eq!(found, [message], "{text}");
    }
}

#[test]
fn what_pythons_compiler_takes_is_taken() {
    for text in [
        "async def f():\n    await x\n    for x in y:\n        if x: break",
        "f = lambda: (yield)",
        "def f():\n    return (x for x in y if await x)",
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        def h():\n            nonlocal x",
        "def f(x):\n    class A:\n        def g(self):\n            nonlocal x",
        "def f():\n    import a.b as c, d.e\n    def g():\n        nonlocal c, d",
        "class A:\n    def f(self):\n        nonlocal __class__",
        "async def f():\n    return [await x async for x in y]",
        "def f():\n    global x\n    x = 1\n    print(x)",
    ] {
        assert_eq!(messages(text), [], "{text}");
    }
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    for text in [
        "(".repeat(1_000_000),
        format!("x = {}1", "-".repeat(1_000_000)),
        format!("x = 1{}", " + 1".repeat(1_000_000)),
        format!("with ({}): pass", vec!["x"; 1_000_000].join(".")),
        "lambda: ".repeat(300_000),
        "f\"{'((".repeat(100_000),
    ] {
        let (_, diagnostics) = parsed(&text);
        assert_eq!(diagnostics[0].code, "E0003", "{}", &text[..20]);
    }
}

#[test]
fn the_deepest_accepted_tree_can_be_walked_and_dropped() {
    let text = format!(
        "x = 1{}\ny = {}x\nz = x{}\n",
        " + 1".repeat(2_890),
        "not ".repeat(2_890),
        ".a".repeat(2_890)
    );
    let found = with_large_stack(|| parsed(&text).1).unwrap();
    assert_eq!(found, []);
}
