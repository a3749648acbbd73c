use super::*;
use crate::source::Memory;

fn requirements(files: &[(&str, &str)]) -> (Requirements, Vec<String>) {
    let memory: Memory = files.iter().copied().collect();
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let script = files
        .iter()
        .find(|(path, _)| *path == "/app/app.py")
        .map(|(path, text)| {
            sources.add(SourceFile {
                path: path.into(),
                display: (*path).to_owned(),
                relative: "app.py".to_owned(),
                text: (*text).to_owned(),
                index: LineIndex::new(text),
            })
        });
    let found = read(
        &memory,
        Path::new("/app"),
        script,
        &mut sources,
        &mut diagnostics,
    );
    let said = diagnostics
        .iter()
        .map(|one| {
            format!(
                "{} {} [{}]",
                one.code,
                one.message,
                sources.text(one.primary.span)
            )
        })
        .collect();
    (found, said)
}

const SCRIPT: &str = "#!/usr/bin/env python\n# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\n#   \"rich\",\n\
                      #   \"stateflow>=0.1\",\n#   \"httpx<1\",\n# ]\n# ///\nimport rich\n";

#[test]
fn inline_metadata_comes_first() {
    let (found, said) = requirements(&[
        ("/app/app.py", SCRIPT),
        ("/app/requirements.txt", "flask\n"),
    ]);
    assert_eq!(said, [] as [&str; 0]);
    assert_eq!(found.distributions, ["httpx<1", "rich"]);
    assert_eq!(found.python.as_deref(), Some(">=3.12"));
    assert_eq!(found.oldest_python(), PythonVersion::PY312);
}

#[test]
fn a_requirements_file_comes_before_the_project() {
    let (found, said) = requirements(&[
        ("/app/app.py", "x = 1\n"),
        (
            "/app/requirements.txt",
            "# all\nflask==3.0 # web\r\nrich>=1, \\\n  <2\n\n-r more.txt\nrich>=1, <2\n",
        ),
        (
            "/app/more.txt",
            "--requirement=requirements.txt\nhttpx#1\nStateFlow\n",
        ),
        (
            "/app/pyproject.toml",
            "[project]\nname = 'x'\nrequires-python = '>=3.9'\ndependencies = ['numpy']\n",
        ),
    ]);
    assert_eq!(said, ["E0021 `httpx#1` is not a requirement [httpx#1]"]);
    assert_eq!(found.distributions, ["flask==3.0", "rich>=1, <2"]);
    assert_eq!(found.oldest_python(), PythonVersion::PY311);
}

#[test]
fn the_project_is_asked_last() {
    let (found, said) = requirements(&[(
        "/app/pyproject.toml",
        "[project]\ndependencies = ['numpy', 'b>=1']\n",
    )]);
    assert_eq!(said, [] as [&str; 0]);
    assert_eq!(found.distributions, ["b>=1", "numpy"]);
    assert_eq!(found.oldest_python(), PythonVersion::latest());
    assert_eq!(
        requirements(&[("/app/pyproject.toml", "[tool.ruff]\n")]).1,
        [] as [&str; 0]
    );
}

#[test]
fn what_is_malformed_is_reported_where_it_stands() {
    let script = SCRIPT.replace("\"rich\"", "\"rich>\"");
    assert_eq!(
        requirements(&[("/app/app.py", &script)]).1,
        ["E0020 `rich>` is not a requirement [\"rich>\"]"]
    );
    let script = SCRIPT.replace(">=3.12\"", ">=3.8,<3.11\"");
    assert_eq!(
        requirements(&[("/app/app.py", &script)]).1,
        ["E0020 the app asks for a Python that StateFlow does not run on [\">=3.8,<3.11\"]"]
    );
    let script = SCRIPT.replace(">=3.12\"", "3.12\"");
    assert_eq!(
        requirements(&[("/app/app.py", &script)]).1,
        ["E0020 `requires-python` is not a version specifier [\"3.12\"]"]
    );
    assert_eq!(
        requirements(&[("/app/app.py", "# /// script\n# x = = 1\n# ///\n")]).1,
        ["E0020 the `# /// script` block is not valid TOML [=]"]
    );
    assert_eq!(
        requirements(&[("/app/app.py", "# /// script\nx = 1\n")]).1,
        ["E0020 the `# /// script` block is not closed [# /// script]"]
    );
    assert_eq!(
        requirements(&[("/app/requirements.txt", "-e .\n-r none.txt\n")]).1,
        [
            "E0021 the option `-e` cannot be carried into a bundle [-e .]",
            "E0021 `none.txt` is not there [-r none.txt]"
        ]
    );
    assert_eq!(
        requirements(&[("/app/pyproject.toml", "[project]\ndependencies = 'x'\n")]).1,
        ["E0022 `pyproject.toml` cannot be read ['x']"]
    );
}
