//! The real binary: exit status, what goes to which output, and one clear message for bad input.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const BIN: &str = env!("CARGO_BIN_EXE_stateflow");

/// A folder to work in.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder that holds the app that `init` makes: `shop.py`.
    fn with_app() -> Self {
        let place = Self::new();
        place.run(&["init", "."]).succeeded();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "STATEFLOW_PYTHON"] {
            command.env_remove(name);
        }
        command.env("STATEFLOW_CACHE", self.path("cache"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(BIN).args(arguments))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("a plain name")
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }
}

/// What a command said, and how it ended.
#[derive(Debug)]
struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("a command that starts");
        Self {
            status: status.code(),
            out: String::from_utf8(stdout).expect("text"),
            err: String::from_utf8(stderr).expect("text"),
        }
    }

    #[track_caller]
    fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }

    /// The program has errors, and this one is shown.
    #[track_caller]
    fn rejected(self, code: &str) -> Self {
        assert_eq!(self.status, Some(1), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.contains(&format!("error[{code}]")), "{self:?}");
        self
    }

    /// One message that holds all of these words, and nothing else.
    #[track_caller]
    fn failed(self, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(2), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert_eq!(self.err.matches("error: ").count(), 1, "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in {self:?}");
        }
        self
    }
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).expect("a text file")
}

#[test]
fn a_good_app_is_checked_without_a_result() {
    let place = Place::with_app();
    let ended = place
        .run(&["check", "shop.py", "--deny", "warnings"])
        .succeeded();
    assert_eq!(ended.out, "");
    assert!(ended.err.contains("2 entities"), "{ended:?}");
    assert_eq!(
        place
            .run(&["check", "shop.py", "--message-format", "json"])
            .succeeded()
            .err,
        ""
    );
}

#[test]
fn a_file_that_is_not_python_is_rejected() {
    let place = Place::new();
    place.write("app.py", "Dear reader, this is a letter.\n");
    place.run(&["check", "app.py"]).rejected("E0001");
    place.write("binary.py", b"\x7fELF\x00\xff\xfe");
    place.run(&["check", "binary.py"]).rejected("E0002");
}

#[test]
fn an_app_without_entities_is_rejected() {
    let place = Place::new();
    place.write("empty.py", "");
    place.run(&["check", "empty.py"]).rejected("E0100");
    place.write("package/__init__.py", "");
    place.run(&["check", "package"]).rejected("E0100");
    place.write("folder/notes.txt", "");
    place
        .run(&["check", "folder"])
        .failed(&["folder", "Python files"]);
}

#[test]
fn a_missing_file_is_named() {
    let place = Place::new();
    place.run(&["check", "nosuch.py"]).failed(&["nosuch.py"]);
    place
        .run(&["compile", "nosuch.py", "--target", "local"])
        .failed(&["nosuch.py"]);
    place.run(&["run", "nosuch.py"]).failed(&["nosuch.py"]);
}

#[test]
fn a_missing_module_is_rejected_where_it_is_imported() {
    let place = Place::new();
    place.write("bank/__init__.py", "from .accounts import Account\n");
    let ended = place.run(&["check", "bank"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.err.contains("bank/__init__.py:1:"), "{ended:?}");
    assert!(ended.err.contains("accounts"), "{ended:?}");
}

#[test]
fn diagnostics_for_scripts_are_objects_a_line() {
    let place = Place::new();
    place.write("app.py", "x = (\ny = ]\n");
    let ended = place.run(&["check", "app.py", "--message-format", "json"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.err.lines().count() > 1, "{ended:?}");
    for line in ended.err.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        assert_eq!(object["code"], "E0001");
        assert_eq!(object["file"], "app.py");
    }
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/errors");
    let warning = fs::read_dir(fixtures)
        .expect("fixtures")
        .map(|entry| entry.expect("a fixture").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('W'))
        })
        .expect("a program with a warning")
        .join("app.py");
    let app = warning.to_str().expect("a plain path");
    let place = Place::new();
    place.run(&["check", app]).succeeded();
    let denied = place.run(&["check", app, "--deny", "warnings"]);
    assert_eq!(denied.status, Some(1), "{denied:?}");
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let place = Place::new();
    place.write("empty.py", "");
    let coloured = |name: &str, value: &str| {
        let ended = Ended::of(
            place
                .command(BIN)
                .args(["check", "empty.py"])
                .env(name, value),
        );
        ended.err.contains('\u{1b}')
    };
    assert!(!coloured("NO_COLOR", "1"));
    assert!(!coloured("CLICOLOR_FORCE", "0"));
    assert!(coloured("CLICOLOR_FORCE", "1"));
}

#[test]
fn the_ir_goes_to_standard_output() {
    let place = Place::with_app();
    let ended = place.run(&["ir", "shop.py"]).succeeded();
    let app: stateflow::ir::App = serde_json::from_str(&ended.out).expect("an app");
    assert_eq!(app.name, "shop");
    assert_eq!(ended.out, stateflow::emit::to_json(&app).expect("JSON"));
}

#[test]
fn bundles_go_where_they_are_wanted() {
    let place = Place::with_app();
    let ended = place
        .run(&["compile", "shop.py", "--target", "local"])
        .succeeded();
    assert_eq!(ended.out, "build/shop/local\n");
    place
        .run(&["compile", "shop.py", "--target", "local", "-o", "out"])
        .succeeded();
    place
        .run(&["compile", "shop.py", "--target", "all", "-o", "every"])
        .succeeded();
    for folder in ["build/shop/local", "out", "every/local"] {
        assert_eq!(
            text(place.path(folder).join("dataflow.json")),
            text(place.path("out/dataflow.json"))
        );
        assert!(place.path(folder).join("app/shop.py").is_file());
    }
}

#[test]
fn the_same_app_gives_the_same_bytes_from_anywhere() {
    let (here, there) = (Place::with_app(), Place::with_app());
    here.run(&["compile", "shop.py", "-t", "local", "-o", "out"])
        .succeeded();
    let app = there.path("shop.py");
    let elsewhere = Place::new();
    let app = app.to_str().expect("a plain path");
    elsewhere
        .run(&["compile", app, "-t", "local", "-o", "out"])
        .succeeded();
    assert_eq!(
        text(here.path("out/bundle.json")),
        text(elsewhere.path("out/bundle.json"))
    );
}

#[test]
fn a_failed_compile_leaves_the_old_bundle() {
    let place = Place::with_app();
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "out"])
        .succeeded();
    let before = text(place.path("out/bundle.json"));
    place.write("shop.py", "def broken(:\n");
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "out"])
        .rejected("E0001");
    assert_eq!(text(place.path("out/bundle.json")), before);
}

#[test]
fn a_full_disk_leaves_the_old_bundle_and_nothing_beside_it() {
    let place = Place::with_app();
    let compile = ["compile", "shop.py", "-t", "local", "-o", "made/out"];
    place.run(&compile).succeeded();
    let before = text(place.path("made/out/bundle.json"));
    place.write("shop.py", text(place.path("shop.py")) + "\nX = 1\n");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let ended = Ended::of(place.command("sh").args(["-c", limited, BIN]).args(compile));
    ended.failed(&["cannot write the bundle to made/out"]);
    assert_eq!(text(place.path("made/out/bundle.json")), before);
    assert_eq!(place.names("made"), ["out"]);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_named() {
    let place = Place::with_app();
    place.write("file", "");
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "file"])
        .failed(&["file"]);
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "file/out"])
        .failed(&["file/out"]);
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "/proc/out"])
        .failed(&["/proc/out"]);
    assert_eq!(text(place.path("file")), "");
}

#[test]
fn a_folder_of_the_users_is_not_replaced() {
    let place = Place::with_app();
    place.write("mine/thesis.txt", "years of work");
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "mine"])
        .failed(&["mine", "not a bundle"]);
    place
        .run(&["compile", "shop.py", "-t", "local", "-o", "."])
        .failed(&["current folder"]);
    assert_eq!(place.names("mine"), ["thesis.txt"]);
}

#[test]
fn init_makes_an_app_and_overwrites_nothing() {
    let place = Place::new();
    let ended = place.run(&["init", "new/app"]).succeeded();
    assert_eq!(ended.out, "new/app/shop.py\n");
    place
        .run(&["check", "new/app/shop.py", "--deny", "warnings"])
        .succeeded();
    place.write("new/app/shop.py", "mine\n");
    place
        .run(&["init", "new/app"])
        .failed(&["new/app/shop.py", "exists"]);
    assert_eq!(text(place.path("new/app/shop.py")), "mine\n");
    place.write("file", "");
    place.run(&["init", "file"]).failed(&["file"]);
}

#[test]
fn codes_are_explained() {
    let place = Place::new();
    let page = place.run(&["explain", "e0101"]).succeeded().out;
    assert!(page.starts_with("# E0101"), "{page}");
    let list = place.run(&["explain"]).succeeded().out;
    assert_eq!(list.lines().count(), stateflow::diagnostics::CODES.len());
    place
        .run(&["explain", "EO101"])
        .failed(&["EO101", "did you mean E0101"]);
    place
        .run(&["explain", "nonsense"])
        .failed(&["nonsense", "lists"]);
}

#[test]
fn every_target_is_listed() {
    let list = Place::new().run(&["targets"]).succeeded().out;
    for target in stateflow::emit::TARGETS {
        assert!(list.contains(target.name), "{list}");
    }
}

#[test]
fn shells_can_complete_the_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Place::new().run(&["completions", shell]).succeeded().out;
        assert!(
            script.contains("stateflow") && script.contains("compile"),
            "{shell}"
        );
    }
}

#[test]
fn wrong_usage_is_told_with_status_2() {
    let place = Place::with_app();
    place.run(&["frobnicate"]).failed(&["frobnicate", "Usage"]);
    place.run(&["check"]).failed(&["APP"]);
    place.run(&["compile", "shop.py"]).failed(&["--target"]);
    place
        .run(&["compile", "shop.py", "--target", "mainframe"])
        .failed(&["mainframe", "local"]);
    for verb in ["compile", "run"] {
        let of_another = [verb, "shop.py", "--target", "local", "--delivery", "log"];
        place
            .run(&of_another)
            .failed(&["--delivery", "pyflink", "local"]);
    }
    let soon = ["--target", "pyflink", "--state-ttl", "soon"];
    place
        .run(&[&["compile", "shop.py"][..], &soon].concat())
        .failed(&["--state-ttl", "7d"]);
    place
        .run(&["run", "shop.py", "--port", "70000"])
        .failed(&["70000"]);
    assert!(
        place
            .run(&["--version"])
            .succeeded()
            .out
            .starts_with("stateflow 0.")
    );
}

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = Ended::of(place.command(BIN).args(["explain", "E0101"]).stdout(writer)).succeeded();
    assert_eq!(ended.err, "");
}

#[test]
fn a_full_standard_output_is_told() {
    let place = Place::new();
    let full = fs::File::create("/dev/full").expect("the device");
    let ended = Ended::of(place.command(BIN).args(["explain", "E0101"]).stdout(full));
    ended.failed(&["cannot write to standard output"]);
}

#[test]
fn a_port_in_use_is_told_before_anything_is_installed() {
    let place = Place::with_app();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    place
        .run(&["run", "shop.py", "--port", &port])
        .failed(&[&format!("port {port}"), "--port"]);
    assert!(!place.path("cache/venvs").exists());
}

#[test]
fn a_missing_python_is_told() {
    let place = Place::with_app();
    let run = ["run", "shop.py", "--port", "0"];
    fs::create_dir(place.path("nothing")).expect("a folder");
    let without = Ended::of(
        place
            .command(BIN)
            .args(run)
            .env("PATH", place.path("nothing")),
    );
    without.failed(&["Python >=3.11", "python3.12", "STATEFLOW_PYTHON"]);
    let broken = Ended::of(
        place
            .command(BIN)
            .args(run)
            .env("STATEFLOW_PYTHON", "/bin/false"),
    );
    broken.failed(&["STATEFLOW_PYTHON", "/bin/false"]);
    let missing = Ended::of(
        place
            .command(BIN)
            .args(run)
            .env("STATEFLOW_PYTHON", "/no/python"),
    );
    missing.failed(&["STATEFLOW_PYTHON", "/no/python"]);
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let place = Place::with_app();
    place.write("file", "");
    place
        .run(&["run", "shop.py", "--port", "0", "--data", "file"])
        .failed(&["file", "--data"]);
}

#[test]
fn an_app_with_errors_does_not_run() {
    let place = Place::new();
    place.write("empty.py", "");
    place
        .run(&["run", "empty.py", "--port", "0"])
        .rejected("E0100");
}
