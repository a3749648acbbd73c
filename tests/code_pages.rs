//! The remedy that the page of a code shows is a program without any diagnostics.

use std::path::Path;

use stateflow::diagnostics::CODES;
use stateflow::source::Memory;

/// The last example of a page, where it is a whole app in one module.
fn remedy(page: &str) -> Option<&str> {
    let (_, instead) = page.split_once("\n## Instead\n")?;
    let (_, block) = instead.rsplit_once("```python\n")?;
    let (example, _) = block.split_once("\n```")?;
    let modules = example.matches("import stateflow").count();
    (modules == 1 && example.contains("@stateflow.entity")).then_some(example)
}

#[test]
fn remedies_compile() {
    let mut seen = 0;
    for code in CODES {
        let Some(example) = remedy(code.page) else {
            continue;
        };
        let files = Memory::from_iter([("app.py", example)]);
        let compilation = stateflow::compile(&files, Path::new("app.py")).expect("a readable app");
        assert_eq!(compilation.diagnostics, [], "{}", code.code);
        seen += 1;
    }
    assert!(seen > 10, "only {seen} pages have a whole app as a remedy");
}
