//! What an app requires: PEP 723 metadata in its file, else `requirements.txt`, else `pyproject.toml` beside it.

mod file;
mod pep508;

use std::ops::Range;
use std::path::Path;

use ruff_python_ast::PythonVersion;
use ruff_python_ast::script::ScriptTag;
use ruff_text_size::{Ranged, TextRange, TextSize};
use serde::Deserialize;
use toml::Spanned;

use super::span;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Files, LineIndex, SourceFile, Sources, Span};

/// The oldest Python that the runtime runs on.
const OLDEST: PythonVersion = PythonVersion::PY311;

/// What an app requires.
#[derive(Debug, Default)]
pub(super) struct Requirements {
    /// Third-party distributions (PEP 508), sorted, without `stateflow` itself.
    pub(super) distributions: Vec<String>,
    /// The Python versions asked for (PEP 440).
    pub(super) python: Option<String>,
}

impl Requirements {
    /// The oldest Python that the app is to run on; the newest known where it does not say.
    pub(super) fn oldest_python(&self) -> PythonVersion {
        let Some(specifiers) = &self.python else {
            return PythonVersion::latest();
        };
        supported()
            .find(|version| pep508::lets_through(specifiers, *version))
            .unwrap_or(PythonVersion::latest())
    }
}

/// The versions that the runtime runs on, as far as they are known.
fn supported() -> impl Iterator<Item = PythonVersion> {
    PythonVersion::iter().filter(|version| *version >= OLDEST)
}

/// Reads what the app in the folder `root` requires; `script` is the app's own file, where it has one.
pub(super) fn read(
    files: &dyn Files,
    root: &Path,
    script: Option<FileId>,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Requirements {
    let mut reader = Reader {
        files,
        sources,
        diagnostics,
        requirements: Requirements::default(),
    };
    if !script.is_some_and(|script| reader.script(script)) {
        reader.beside(root);
    }
    let mut requirements = reader.requirements;
    requirements.distributions.sort();
    requirements.distributions.dedup();
    requirements
}

/// The keys that PEP 723 and PEP 621 share.
#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "requires-python")]
    requires_python: Option<Spanned<String>>,
    dependencies: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
struct PyProject {
    project: Option<Metadata>,
}

struct Reader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    requirements: Requirements,
}

impl Reader<'_> {
    /// Reads the `# /// script` block of a file and says whether it has one.
    fn script(&mut self, file: FileId) -> bool {
        let text = &self.sources.file(file).text;
        let Some(tag) = ScriptTag::parse(text.as_bytes()) else {
            return self.unclosed_script(file);
        };
        let place = |range: Range<usize>| {
            let range = TextRange::new(
                TextSize::new(range.start as u32),
                TextSize::new(range.end as u32),
            );
            span(file, &tag.source_map().map_range(range))
        };
        match toml::from_str::<Metadata>(tag.metadata()) {
            Ok(metadata) => self.metadata(metadata, "E0020", &place),
            Err(error) => {
                let at = error.span().map_or_else(|| span(file, &tag.range()), place);
                self.diagnostics.push(
                    Diagnostic::new(
                        "E0020",
                        "the `# /// script` block is not valid TOML",
                        at,
                        error.message(),
                    )
                    .note("inline script metadata is defined by PEP 723"),
                );
            }
        }
        true
    }

    fn unclosed_script(&mut self, file: FileId) -> bool {
        let opening = "# /// script";
        let source = self.sources.file(file);
        let mut offset = 0;
        for line in source.text.split('\n') {
            if line.trim_end() == opening {
                let at = Span {
                    file,
                    start: offset as u32,
                    end: (offset + opening.len()) as u32,
                };
                self.diagnostics.push(
                    Diagnostic::new(
                        "E0020",
                        "the `# /// script` block is not closed",
                        at,
                        "opened here",
                    )
                    .note("every line of it begins with `# `, and the last is `# ///` (PEP 723)"),
                );
                return true;
            }
            offset += line.len() + 1;
        }
        false
    }

    /// Reads the files in the app's folder.
    fn beside(&mut self, root: &Path) {
        let list = root.join("requirements.txt");
        let listed = self.files.is_file(&list);
        if listed {
            self.list(&list, root, &mut Vec::new());
        }
        let project = root.join("pyproject.toml");
        if self.files.is_file(&project) {
            self.project(&project, root, listed);
        }
    }

    fn project(&mut self, path: &Path, root: &Path, listed: bool) {
        let Some(file) = self.open(path, root, "E0022") else {
            return;
        };
        let text = self.sources.file(file).text.clone();
        let place = |range: Range<usize>| Span {
            file,
            start: range.start as u32,
            end: range.end as u32,
        };
        match toml::from_str::<PyProject>(&text) {
            Ok(PyProject {
                project: Some(mut metadata),
            }) => {
                if listed {
                    metadata.dependencies = None;
                }
                self.metadata(metadata, "E0022", &place);
            }
            Ok(_) => {}
            Err(error) => {
                let at = place(error.span().unwrap_or(0..0));
                self.diagnostics.push(Diagnostic::new(
                    "E0022",
                    "`pyproject.toml` cannot be read",
                    at,
                    error.message(),
                ));
            }
        }
    }

    fn metadata(
        &mut self,
        metadata: Metadata,
        code: &'static str,
        place: &dyn Fn(Range<usize>) -> Span,
    ) {
        if let Some(python) = metadata.requires_python {
            self.python(python.get_ref(), code, place(python.span()));
        }
        for requirement in metadata.dependencies.into_iter().flatten() {
            self.require(requirement.get_ref(), code, place(requirement.span()));
        }
    }

    fn python(&mut self, specifiers: &str, code: &'static str, at: Span) {
        let problem = match pep508::check_specifiers(specifiers) {
            Err(reason) => Diagnostic::new(
                code,
                "`requires-python` is not a version specifier",
                at,
                reason,
            ),
            Ok(()) if !supported().any(|version| pep508::lets_through(specifiers, version)) => {
                Diagnostic::new(
                    code,
                    "the app asks for a Python that StateFlow does not run on",
                    at,
                    "",
                )
                .note(format!("StateFlow runs on Python {OLDEST} and newer"))
            }
            Ok(()) => {
                self.requirements.python = Some(specifiers.trim().to_owned());
                return;
            }
        };
        self.diagnostics
            .push(problem.help("write for instance `requires-python = \">=3.11\"`"));
    }

    fn require(&mut self, requirement: &str, code: &'static str, at: Span) {
        match pep508::check(requirement) {
            Ok(name) if name == "stateflow" => {}
            Ok(_) => {
                let words: Vec<_> = requirement.split_whitespace().collect();
                self.requirements.distributions.push(words.join(" "));
            }
            Err(reason) => self.diagnostics.push(
                Diagnostic::new(
                    code,
                    format!("`{}` is not a requirement", requirement.trim()),
                    at,
                    reason,
                )
                .note("requirements are written as PEP 508 defines them: `name>=1.2`"),
            ),
        }
    }

    /// Takes a text file in; one that cannot be read is reported.
    fn open(&mut self, path: &Path, root: &Path, code: &'static str) -> Option<FileId> {
        let content = self.files.read(path);
        let relative = path.strip_prefix(root).unwrap_or(path);
        let mut problem = None;
        let text = match content.map(String::from_utf8) {
            Ok(Ok(text)) => text.trim_start_matches('\u{feff}').to_owned(),
            Ok(Err(_)) => {
                problem = Some("it is not UTF-8".to_owned());
                String::new()
            }
            Err(error) => {
                problem = Some(error.to_string());
                String::new()
            }
        };
        let file = self.sources.add(SourceFile {
            path: path.to_owned(),
            display: path.display().to_string(),
            relative: super::program::slashed(relative),
            index: LineIndex::new(&text),
            text,
        });
        if let Some(reason) = problem {
            let at = Span {
                file,
                start: 0,
                end: 0,
            };
            let message = format!("`{}` cannot be read: {reason}", relative.display());
            self.diagnostics
                .push(Diagnostic::new(code, message, at, ""));
            return None;
        }
        Some(file)
    }
}

#[cfg(test)]
mod tests;
