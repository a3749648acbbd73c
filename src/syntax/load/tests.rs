use super::*;
use crate::source::Memory;

fn loaded(files: &[(&str, &str)], path: &str) -> (Program, Vec<String>) {
    let memory: Memory = files.iter().copied().collect();
    let (program, diagnostics) = load(&memory, Path::new(path)).unwrap();
    let said = diagnostics
        .iter()
        .map(|found| {
            let file = program.sources.file(found.primary.span.file);
            let line = file.index.line(found.primary.span.start);
            format!("{} {}:{line} {}", found.code, file.relative, found.message)
        })
        .collect();
    (program, said)
}

fn modules(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let (program, said) = loaded(files, path);
    assert_eq!(said, [] as [&str; 0]);
    program
        .modules
        .into_iter()
        .map(|module| module.name)
        .collect()
}

fn failure(files: &[(&str, &str)], path: &str) -> String {
    let memory: Memory = files.iter().copied().collect();
    format!("{:#}", load(&memory, Path::new(path)).unwrap_err())
}

#[test]
fn a_file_brings_the_modules_it_imports() {
    let files = [
        (
            "/a/shop.py",
            "import json, item as i\nfrom users import User\nif TYPE_CHECKING:\n    import typed\ndef f():\n    import late\n",
        ),
        ("/a/item.py", "import shop\n"),
        (
            "/a/users.py",
            "try:\n    import fast\nexcept ImportError:\n    import slow\n",
        ),
        ("/a/slow.py", ""),
        ("/a/typed.py", ""),
        ("/a/late.py", ""),
        ("/a/unused.py", "import nothing\n"),
    ];
    assert_eq!(
        modules(&files, "/a/shop.py"),
        ["item", "late", "shop", "slow", "typed", "users"]
    );
    assert_eq!(loaded(&files, "/a/shop.py").0.name, "shop");
}

#[test]
fn packages_bring_their_parents_and_submodules() {
    let files = [
        (
            "/a/app.py",
            "import bank.core.accounts\nfrom bank import audit\n",
        ),
        ("/a/bank/__init__.py", "from .names import *\n"),
        (
            "/a/bank/names.py",
            "from . import money as m, x\nfrom .core import accounts\n",
        ),
        ("/a/bank/money.py", ""),
        ("/a/bank/audit.py", ""),
        ("/a/bank/core/__init__.py", ""),
        (
            "/a/bank/core/accounts.py",
            "from ..money import Euro\nfrom ... import nothing\n",
        ),
    ];
    let (program, said) = loaded(&files, "/a/app.py");
    assert_eq!(
        said,
        ["E0011 bank/core/accounts.py:2 this relative import leads out of the package"]
    );
    let names: Vec<_> = program
        .modules
        .iter()
        .map(|module| (module.name.as_str(), module.is_package))
        .collect();
    assert_eq!(
        names,
        [
            ("app", false),
            ("bank", true),
            ("bank.audit", false),
            ("bank.core", true),
            ("bank.core.accounts", false),
            ("bank.money", false),
            ("bank.names", false),
        ]
    );
    assert_eq!(program.find("bank.core"), Some(super::super::ModuleId(3)));
    assert_eq!(program.find("bank.cores"), None);
}

#[test]
fn a_package_folder_is_an_app_with_all_its_modules() {
    let files = [
        ("/a/bank/__init__.py", ""),
        ("/a/bank/__main__.py", "from bank import a\n"),
        ("/a/bank/a.py", ""),
        ("/a/bank/b.py", "import bank.sub.c\n"),
        ("/a/bank/not-a-module.py", "x"),
        ("/a/bank/sub/__init__.py", ""),
        ("/a/bank/sub/c.py", ""),
        ("/a/bank/sub/d.py", ""),
        ("/a/requirements.txt", "rich\n"),
    ];
    let expected = [
        "bank",
        "bank.__main__",
        "bank.a",
        "bank.b",
        "bank.sub",
        "bank.sub.c",
    ];
    assert_eq!(modules(&files, "/a/bank"), expected);
    let (program, _) = loaded(&files, "/a/bank/");
    assert_eq!(
        (program.name.as_str(), program.root.as_path()),
        ("bank", Path::new("/a"))
    );
    assert_eq!(program.requirements, ["rich"]);
    assert_eq!(modules(&files, "/a/bank/a.py"), ["bank", "bank.a"]);
    assert_eq!(loaded(&files, "/a/bank/__main__.py").0.name, "bank");
    assert_eq!(
        modules(&files, "/a/bank/sub"),
        ["bank", "bank.sub", "bank.sub.c", "bank.sub.d"]
    );
}

#[test]
fn modules_that_are_not_there_are_reported() {
    let files = [
        (
            "/a/pkg/__init__.py",
            "from .gone import x\nfrom . import fine_or_not\nimport pkg.gone\nimport pkg.mod.deep\n",
        ),
        (
            "/a/pkg/mod.py",
            "try:\n    from .fast import x\nexcept (ImportError, OSError):\n    x = 1\nimport os.path\n",
        ),
        (
            "/a/pkg/bad.py",
            "import bare.x\nfrom bare import x\nfrom .. import z\n",
        ),
        ("/a/bare/x.py", ""),
    ];
    assert_eq!(
        loaded(&files, "/a/pkg").1,
        [
            "E0010 pkg/__init__.py:1 there is no module `pkg.gone`",
            "E0010 pkg/__init__.py:3 there is no module `pkg.gone`",
            "E0010 pkg/__init__.py:4 there is no module `pkg.mod.deep`",
            "E0012 pkg/bad.py:1 the folder `bare` is not a package",
            "E0012 pkg/bad.py:2 the folder `bare` is not a package",
            "E0011 pkg/bad.py:3 this relative import leads out of the package",
        ]
    );
}

#[test]
fn a_module_that_nothing_provides_is_a_warning() {
    let app = "import itmes, os.path, stateflow\nimport numpy as np\nimport numpy.linalg\nif TYPE_CHECKING:\n    import pandas\n\
               try:\n    import fast\nexcept ImportError:\n    fast = None\n";
    let files = [("/a/app.py", app), ("/a/items.py", "")];
    let said = [
        "W0550 app.py:1 nothing says where the module `itmes` comes from",
        "W0550 app.py:2 nothing says where the module `numpy` comes from",
    ];
    assert_eq!(loaded(&files, "/a/app.py").1, said);
    let files = [&files[..], &[("/a/requirements.txt", "numpy\n")]].concat();
    assert_eq!(modules(&files, "/a/app.py"), ["app"]);
}

#[test]
fn a_star_brings_the_submodules_that_are_exported() {
    let files = [
        ("/a/app.py", "from pkg import *\n"),
        (
            "/a/pkg/__init__.py",
            "__all__ = ['items', 'x']\n__all__ += ('money',)\n",
        ),
        ("/a/pkg/items.py", ""),
        ("/a/pkg/money.py", ""),
        ("/a/pkg/other.py", ""),
    ];
    assert_eq!(
        modules(&files, "/a/app.py"),
        ["app", "pkg", "pkg.items", "pkg.money"]
    );
}

#[test]
fn the_runtime_is_never_the_apps_own() {
    let files = [
        (
            "/a/app.py",
            "import stateflow\nfrom stateflow import entity\nimport stateflow.flow\n",
        ),
        ("/a/stateflow.py", "import nothing\n"),
        ("/a/stateflow/__init__.py", ""),
    ];
    assert_eq!(modules(&files, "/a/app.py"), ["app"]);
    assert_eq!(
        failure(&files, "/a/stateflow.py"),
        "`/a/stateflow.py` hides the package `stateflow`; give it another name"
    );
}

#[test]
fn files_that_are_not_text_are_reported_with_their_line() {
    let memory: Memory = [
        ("app.py", b"import other\nx = '\xff'\n".to_vec()),
        ("other.py", b"\0".to_vec()),
    ]
    .into_iter()
    .collect();
    let (program, found) = load(&memory, Path::new("app.py")).unwrap();
    assert_eq!(program.modules.len(), 0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "E0002");
    assert_eq!(program.sources.text(found[0].primary.span), "\u{fffd}");
    assert_eq!(found[0].primary.text, "byte 0xff is not valid utf-8");
}

#[test]
fn a_place_in_a_file_that_is_not_text_is_one_of_its_characters() {
    for (content, marked) in [
        ("# coding: ascii\r\n\r\n'é€'", "é"),
        ("# coding: euc-kr\n'\u{80}'", "\u{80}"),
        ("# coding: klingon", "klingon"),
        ("\u{feff}# coding: cp1252\n", "cp1252"),
    ] {
        let memory: Memory = [("app.py", content)].into_iter().collect();
        let (program, found) = load(&memory, Path::new("app.py")).unwrap();
        assert_eq!(
            program.sources.text(found[0].primary.span),
            marked,
            "{content}"
        );
    }
}

#[test]
fn what_is_no_app_is_an_error() {
    let files = [
        ("/a/readme.md", ""),
        ("/a/my-app.py", ""),
        ("/a/folder/tool.py", ""),
        ("/a/docs/index.html", ""),
    ];
    assert_eq!(failure(&files, "/a/none.py"), "there is no `/a/none.py`");
    assert_eq!(
        failure(&files, "/a/readme.md"),
        "`/a/readme.md` is not a Python file: its name does not end in `.py`"
    );
    assert_eq!(
        failure(&files, "/a/my-app.py"),
        "`/a/my-app.py` cannot be imported: `my-app` is not a Python name"
    );
    assert_eq!(
        failure(&files, "/a/folder"),
        "the folder `/a/folder` is not a package, since it has no `__init__.py`; name the file of the app, such as \
         `/a/folder/tool.py`"
    );
    assert_eq!(
        failure(&files, "/a/docs"),
        "the folder `/a/docs` holds no Python files"
    );
}

#[test]
fn the_python_asked_for_decides_what_syntax_is_taken() {
    let files = |python: &str| {
        format!("# /// script\n# requires-python = \"{python}\"\n# ///\ntype Names = list[str]\n")
    };
    assert_eq!(
        loaded(&[("app.py", &files(">=3.12"))], "app.py").1,
        [] as [&str; 0]
    );
    let said = loaded(&[("app.py", &files(">=3.11"))], "app.py").1;
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("E0004 app.py:4 "), "{said:?}");
}
