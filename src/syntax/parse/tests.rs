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
fn misplaced_statements_are_reported() {
    let misplaced = |text: &str| {
        messages(text)
            .into_iter()
            .map(|(message, _)| message)
            .collect::<Vec<_>>()
    };
    assert_eq!(misplaced("return 1\n"), ["`return` outside a function"]);
    assert_eq!(
        misplaced("class A:\n    yield 1\n"),
        ["`yield` outside a function"]
    );
    assert_eq!(
        misplaced("def f():\n    break\n"),
        ["`break` outside a loop"]
    );
    assert_eq!(
        misplaced("for x in y:\n    pass\nelse:\n    continue\n"),
        ["`continue` outside a loop"]
    );
    assert_eq!(
        misplaced("while x:\n    def f():\n        break\n"),
        ["`break` outside a loop"]
    );
    assert_eq!(
        misplaced("def f():\n    await x\n"),
        ["`await` outside an `async` function"]
    );
    assert_eq!(
        misplaced("async def f():\n    await x\n    for x in y:\n        if x: break\n"),
        [] as [&str; 0]
    );
    assert_eq!(misplaced("f = lambda: (yield)\n"), [] as [&str; 0]);
    assert_eq!(
        misplaced("def f():\n    return (x for x in y if await x)\n"),
        [] as [&str; 0]
    );
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
