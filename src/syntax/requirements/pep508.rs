//! The form of requirements (PEP 508) and version specifiers (PEP 440). Their meaning is left to the installer.

use ruff_python_ast::PythonVersion;

const OPERATORS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];

/// Checks a requirement and gives the normalised name of its distribution; the error says what is wrong.
pub(super) fn check(requirement: &str) -> Result<String, String> {
    let requirement = requirement.trim();
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        return Err("it does not begin with the name of a distribution".to_owned());
    }
    let rest = extras(rest.trim_start())?.trim_start();
    if let Some(url) = rest.strip_prefix('@') {
        check_url(url)?;
    } else {
        let (versions, marker) = match rest.split_once(';') {
            Some((versions, marker)) => (versions, Some(marker)),
            None => (rest, None),
        };
        if marker.is_some_and(|marker| marker.trim().is_empty()) {
            return Err("there is no marker behind the `;`".to_owned());
        }
        let versions = versions.trim();
        let versions = match versions.strip_prefix('(') {
            Some(inner) => inner.strip_suffix(')').ok_or("a `)` is missing")?,
            None => versions,
        };
        check_specifiers(versions)?;
    }
    Ok(normal(name))
}

/// Checks a list of version specifiers; an empty one is fine.
pub(super) fn check_specifiers(specifiers: &str) -> Result<(), String> {
    if specifiers.trim().is_empty() {
        return Ok(());
    }
    specifiers
        .split(',')
        .try_for_each(|specifier| specifier_parts(specifier).map(|_| ()))
}

/// Whether some release of a Python version meets every specifier.
pub(super) fn lets_through(specifiers: &str, python: PythonVersion) -> bool {
    specifiers.split(',').all(|specifier| {
        let Ok((operator, version)) = specifier_parts(specifier) else {
            return true;
        };
        let mut parts = version.split('.');
        let mut number = || parts.next().map(str::parse::<u8>);
        let (Some(Ok(major)), minor) = (number(), number()) else {
            return true;
        };
        let exact_minor = parts.next().is_some();
        let bound = PythonVersion {
            major,
            minor: minor.and_then(Result::ok).unwrap_or(0),
        };
        match operator {
            ">=" | ">" => python >= bound,
            "<=" => python <= bound,
            "<" if exact_minor => python <= bound,
            "<" => python < bound,
            "==" | "===" if version.ends_with(".*") && !exact_minor => python.major == major,
            "==" | "===" => python == bound,
            "~=" if exact_minor => python == bound,
            "~=" => python.major == major && python >= bound,
            _ => !version.ends_with(".*") || python != bound,
        }
    })
}

fn specifier_parts(specifier: &str) -> Result<(&str, &str), String> {
    let specifier = specifier.trim();
    let operator = OPERATORS
        .into_iter()
        .find(|operator| specifier.starts_with(operator))
        .ok_or_else(|| format!("`{specifier}` does not begin with a comparison such as `>=`"))?;
    let version = specifier[operator.len()..].trim();
    if version.is_empty() {
        return Err(format!("a version is missing behind the `{operator}`"));
    }
    let known =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '!' | '-' | '_');
    if version.starts_with(|c: char| c.is_ascii_alphanumeric()) && version.chars().all(known) {
        Ok((operator, version))
    } else {
        Err(format!("`{version}` is not a version"))
    }
}

fn extras(rest: &str) -> Result<&str, String> {
    let Some(inner) = rest.strip_prefix('[') else {
        return Ok(rest);
    };
    let (names, rest) = inner.split_once(']').ok_or("a `]` is missing")?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ',' | ' ');
    if names.chars().all(known) {
        Ok(rest)
    } else {
        Err(format!("`{names}` are not names of extras"))
    }
}

fn check_url(url: &str) -> Result<(), String> {
    let url = url.trim();
    if url.contains("://") && !url.starts_with("file:") {
        Ok(())
    } else {
        Err("a bundle can install from a URL, not from a local path".to_owned())
    }
}

fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_recognised() {
        for (requirement, name) in [
            ("requests", "requests"),
            ("Typing_Extensions >= 4.1, < 5", "typing-extensions"),
            ("uvicorn[standard]==0.30.*", "uvicorn"),
            ("httpx[http2, socks] (>=0.2,<1)", "httpx"),
            ("tomli>=1; python_version < '3.11'", "tomli"),
            ("pkg @ https://example.org/pkg-1.0.whl", "pkg"),
            ("a", "a"),
        ] {
            assert_eq!(check(requirement).as_deref(), Ok(name), "{requirement}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for requirement in [
            "",
            "-x",
            "./local",
            "name>",
            "name 1.2",
            "name>=",
            "name[x",
            "name==1;",
            "name @ ../x",
            "name>=a b",
            "é",
            "name (>=1",
            "name=1",
        ] {
            assert!(check(requirement).is_err(), "{requirement}");
        }
    }

    #[test]
    fn specifiers_let_versions_through() {
        let minors = |specifiers: &str| -> Vec<u8> {
            (10..=14)
                .filter(|minor| {
                    lets_through(
                        specifiers,
                        PythonVersion {
                            major: 3,
                            minor: *minor,
                        },
                    )
                })
                .collect()
        };
        assert_eq!(minors(">=3.12"), [12, 13, 14]);
        assert_eq!(minors(">=3.11.4, <3.13"), [11, 12]);
        assert_eq!(minors("<3.13.2"), [10, 11, 12, 13]);
        assert_eq!(minors("<=3.11"), [10, 11]);
        assert_eq!(minors("==3.12.*"), [12]);
        assert_eq!(minors("==3.*,!=3.10.*,!=3.11.1"), [11, 12, 13, 14]);
        assert_eq!(minors("~=3.12"), [12, 13, 14]);
        assert_eq!(minors("~=3.12.1"), [12]);
        assert_eq!(minors(">=3,<4"), [10, 11, 12, 13, 14]);
        assert!(minors("<3").is_empty());
    }
}
