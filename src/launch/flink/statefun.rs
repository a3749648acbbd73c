//! Stateful Functions: a Flink of archives alone, whose job reads a module and calls functions over HTTP.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use super::super::process::Processes;
use super::config::Format;
use super::framework::{Distribution, Framework, Settings};
use super::functions::Functions;
use super::rest::Halt;
use crate::emit::{COMPOSED, Place};

/// The framework of the target `statefun`. Its source of Kafka's records cannot end by itself.
pub static STATEFUN: Framework = Framework {
    target: "statefun",
    archives: "Flink and Stateful Functions",
    ends_of_names: &[',', ':', '#'],
    of_state: &[],
    replays: false,
    format: Format::Lines,
    halt: Halt::Cancel,
    off_heap: 128,
    distribution,
    program,
    functions,
};

const JOB: &str = "org.apache.flink.statefun.flink.core.StatefulFunctionsJob";

/// What this Flink uses of a Java that is newer than it.
const OPENED: [&str; 12] = [
    "java.lang",
    "java.lang.reflect",
    "java.net",
    "java.io",
    "java.nio",
    "java.text",
    "java.time",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "java.util.concurrent.locks",
    "sun.nio.ch",
];
const EXPORTED: [&str; 3] = [
    "java.base/sun.net.util",
    "java.rmi/sun.rmi.registry",
    "java.security.jgss/sun.security.krb5",
];

/// An archive with nothing in it. The client wants one to send along; the job is in Flink's own archives.
const EMPTY_ARCHIVE: [u8; 22] = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn distribution(settings: &Settings<'_>) -> Result<Distribution> {
    let opened = OPENED.map(|package| format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
    let exported = EXPORTED.map(|package| format!("--add-exports={package}=ALL-UNNAMED"));
    Ok(Distribution {
        class_path: settings.archives.join("*").into_os_string(),
        options: opened.into_iter().chain(exported).collect(),
        environment: Vec::new(),
    })
}

fn program(settings: &Settings<'_>) -> Vec<OsString> {
    let module = format!("statefun.remote.module-name={}", url(&module(settings)));
    vec![
        "-D".into(),
        module.into(),
        "--class".into(),
        JOB.into(),
        archive(settings).into(),
    ]
}

fn functions(settings: &Settings<'_>, processes: &Rc<Processes>) -> Result<Option<Functions>> {
    let functions = Functions::start(settings, processes)?;
    let of_bundle = settings.bundle.join("module.yaml");
    let of_bundle = fs::read_to_string(&of_bundle)
        .with_context(|| format!("cannot read {}", of_bundle.display()))?;
    let here = Place {
        kafka: settings.bootstrap,
        functions: &format!("{}/", functions.address()),
    };
    fs::write(module(settings), placed(&of_bundle, &here))
        .and_then(|()| fs::write(archive(settings), EMPTY_ARCHIVE))
        .with_context(|| format!("cannot write to {}", settings.conf().display()))?;
    Ok(Some(functions))
}

fn module(settings: &Settings<'_>) -> PathBuf {
    settings.conf().join("module.yaml")
}

fn archive(settings: &Settings<'_>) -> PathBuf {
    settings.conf().join("empty.jar")
}

/// A bundle's module with the addresses of this machine.
fn placed(module: &str, here: &Place<'_>) -> String {
    module
        .replace(COMPOSED.kafka, here.kafka)
        .replace(COMPOSED.functions, here.functions)
}

/// A file as a URL (RFC 3986).
fn url(path: &Path) -> String {
    let mut text = "file://".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_written_as_urls_want_them() {
        let path = Path::new("/my data/Zoë/a+b_1.yaml");
        assert_eq!(url(path), "file:///my%20data/Zo%C3%AB/a%2Bb_1.yaml");
    }

    #[test]
    fn a_module_names_this_machine_wherever_it_named_another() {
        let module = "urlPathTemplate: \"http://functions:8001/\"\naddress: kafka:9092\n---\naddress: kafka:9092\n";
        let here = Place {
            kafka: "127.0.0.1:5",
            functions: "http://127.0.0.1:6/",
        };
        assert_eq!(
            placed(module, &here),
            "urlPathTemplate: \"http://127.0.0.1:6/\"\naddress: 127.0.0.1:5\n---\naddress: 127.0.0.1:5\n"
        );
    }
}
