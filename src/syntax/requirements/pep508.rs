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

/// The Python version below which a specifier lets none through, where it says so.
pub(super) fn least_version(specifier: &str) -> Option<PythonVersion> {
    let (operator, version) = specifier_parts(specifier).ok()?;
    if !matches!(operator, ">=" | ">" | "==" | "~=" | "===") {
        return None;
    }
    let mut parts = version.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().map_or(Some(0), |minor| minor.parse().ok())?;
    Some(PythonVersion { major, minor })
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
    fn the_least_python_is_told() {
        assert_eq!(least_version(" >=3.12"), Some(PythonVersion::PY312));
        assert_eq!(least_version("==3.13.*"), Some(PythonVersion::PY313));
        assert_eq!(least_version("~=3.11.4"), Some(PythonVersion::PY311));
        assert_eq!(least_version("<4"), None);
        assert_eq!(
            least_version(">=3"),
            Some(PythonVersion { major: 3, minor: 0 })
        );
    }
}
