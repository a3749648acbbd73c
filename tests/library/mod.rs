//! The standard libraries that the tests and benches read.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The standard library of the Python on this machine.
#[must_use]
pub fn installed() -> PathBuf {
    python(&[
        "-c",
        "import sysconfig; print(sysconfig.get_path('stdlib'))",
    ])
}

/// That of CPython 3.13, brought from a package registry into the user's cache folder the first time.
#[must_use]
pub fn newer() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/library/fetch.py");
    python(&[script.to_str().expect("a path in UTF-8")])
}

/// What a Python program prints as a path.
fn python(arguments: &[&str]) -> PathBuf {
    let output = Command::new("python3")
        .arg("-I")
        .args(arguments)
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).expect("a path in UTF-8");
    PathBuf::from(printed.trim_end())
}
