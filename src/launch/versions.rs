//! Which Pythons an app asks for (PEP 440).

/// A Python's major, minor and micro version.
pub type Version = (u32, u32, u32);

/// Whether a version is one that the specifier allows. A clause that says nothing about releases allows all.
pub fn allows(specifier: &str, version: Version) -> bool {
    specifier
        .split(',')
        .all(|clause| clause_allows(clause.trim(), version))
}

fn clause_allows(clause: &str, version: Version) -> bool {
    let operator_length = clause
        .find(|c: char| !"<>=!~".contains(c))
        .unwrap_or(clause.len());
    let (operator, wanted) = clause.split_at(operator_length);
    let wanted = wanted.trim();
    let (wanted, is_prefix) = match wanted.strip_suffix(".*") {
        Some(prefix) => (prefix, true),
        None => (wanted, false),
    };
    let Some(release) = release(wanted) else {
        return true;
    };
    let have = [version.0, version.1, version.2];
    let mut full = [0; 3];
    full[..release.len()].copy_from_slice(&release);
    let same = if is_prefix {
        have.starts_with(&release)
    } else {
        have == full
    };
    match operator {
        "==" | "===" => same,
        "!=" => !same,
        ">=" => have >= full,
        ">" => have > full,
        "<=" => have <= full,
        "<" => have < full,
        "~=" => have >= full && have.starts_with(&release[..release.len() - 1]),
        _ => true,
    }
}

/// The first numbers of a version, at most three: `3.12` of `3.12rc1`.
fn release(text: &str) -> Option<Vec<u32>> {
    let number = |part: &str| {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part[..digits].parse().ok()
    };
    text.split('.').take(3).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn clauses_are_read_as_in_pep_440() {
        for (specifier, version, expected) in [
            (">=3.11", (3, 11, 0), true),
            (">=3.12", (3, 11, 9), false),
            (">=3.11,<3.13", (3, 13, 0), false),
            (">=3.11, <3.13", (3, 12, 4), true),
            ("==3.12.*", (3, 12, 4), true),
            ("==3.12.*", (3, 11, 4), false),
            ("==3.12", (3, 12, 1), false),
            ("!=3.12.*", (3, 12, 1), false),
            ("~=3.11", (3, 14, 0), true),
            ("~=3.11.2", (3, 12, 0), false),
            ("~=3.11.2", (3, 11, 5), true),
            (">3.11", (3, 11, 0), false),
            ("<=3.12.1", (3, 12, 1), true),
            (">=3.13rc1", (3, 12, 9), false),
            ("", (3, 11, 0), true),
            ("~=3", (3, 12, 0), true),
        ] {
            assert_eq!(
                allows(specifier, version),
                expected,
                "{specifier} {version:?}"
            );
        }
    }
}
