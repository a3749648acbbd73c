//! `stateflow run` for real: an environment is made, a server starts, serves, reloads and ends.
//!
//! The environment is cached below `target`, so that only the first test to need it installs anything.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const BIN: &str = env!("CARGO_BIN_EXE_stateflow");

/// How long a test waits for something that must come before it gives up.
const PATIENCE: Duration = Duration::from_secs(240);

fn command(folder: &Path) -> Command {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let mut command = Command::new(BIN);
    command.current_dir(folder).env("STATEFLOW_CACHE", cache);
    command
}

/// A folder with the app that `init` makes.
fn new_app() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = command(folder.path()).args(["init", "."]).output();
    assert!(made.expect("a command that starts").status.success());
    let app = folder.path().join("shop.py");
    (folder, app)
}

/// A running `stateflow run`, and all that it says.
struct Run {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Run {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = command(folder)
            .args(["run", "shop.py", "--port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a command that starts");
        let (sender, lines) = mpsc::channel();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().expect("its output"));
        let err: Box<dyn Read + Send> = Box::new(child.stderr.take().expect("its errors"));
        for stream in [out, err] {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Starts and waits until the address is printed.
    fn serving(folder: &Path, arguments: &[&str]) -> (Self, SocketAddr) {
        let mut run = Self::start(folder, arguments);
        let line = run.wait_for("serving shop at http://");
        let address = line.rsplit('/').next().expect("an address").parse();
        run.wait_for("stop with Ctrl-C");
        (run, address.expect("an address"))
    }

    /// The next line that holds these words.
    #[track_caller]
    fn wait_for(&mut self, words: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no `{words}` after:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(status.expect("the command kill").success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("a status");
        self.seen.extend(self.lines.iter());
        (status, self.seen.join("\n"))
    }
}

/// The status and the body that a request is answered with.
fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    let content = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all((head + &content).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status.ok_or(ErrorKind::InvalidData)?, body.to_owned()))
}

fn is_up(address: SocketAddr) -> bool {
    matches!(request(address, "GET", "/healthz", ""), Ok((200, _)))
}

/// Waits until nothing listens at the address any more.
#[track_caller]
fn wait_until_gone(address: SocketAddr) {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if TcpStream::connect(address).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{address} is served still");
}

#[test]
fn a_run_serves_until_it_is_interrupted() {
    for signal in ["INT", "TERM"] {
        let (folder, _) = new_app();
        let (run, address) = Run::serving(folder.path(), &[]);
        assert!(is_up(address));
        run.signal(signal);
        let (status, said) = run.end();
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(TcpStream::connect(address).is_err());
        assert!(folder.path().join(".stateflow/shop/state.db").is_file());
    }
}

#[test]
fn the_example_works_as_printed_and_data_outlives_a_run() {
    let (folder, _) = new_app();
    let mut run = Run::start(folder.path(), &[]);
    run.wait_for("serving shop at http://");
    run.wait_for("try it");
    let mut answers = Vec::new();
    for _ in 0..3 {
        let line = run.wait_for("curl http://");
        let line = line.trim().strip_prefix("curl http://").expect("a URL");
        let (url, body) = line.split_once(" --json ").expect("a body");
        let (address, path) = url.split_once('/').expect("a path");
        let address = address.parse().expect("an address");
        answers.push(
            request(
                address,
                "POST",
                &format!("/{path}"),
                body.trim_matches('\''),
            )
            .expect("an answer"),
        );
    }
    run.signal("INT");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(answers[0], (201, r#"{"key":"name"}"#.to_owned()));
    assert_eq!(answers[1], (201, r#"{"key":"username"}"#.to_owned()));
    assert_eq!(answers[2], (200, "true".to_owned()));

    let (run, address) = Run::serving(folder.path(), &[]);
    let (status, user) = request(address, "GET", "/User/username", "").expect("an answer");
    assert_eq!(
        (status, user.contains("\"balance\":0")),
        (200, true),
        "{user}"
    );
    run.signal("INT");
    assert_eq!(run.end().0.code(), Some(0));
}

#[test]
fn calls_interleave_in_memory_on_demand() {
    let (folder, _) = new_app();
    let (run, address) = Run::serving(folder.path(), &["--interleave", "7"]);
    let body = r#"{"name": "apple", "price": 3}"#;
    let made = request(address, "POST", "/Item", body).expect("an answer");
    assert_eq!(made, (201, r#"{"key":"apple"}"#.to_owned()));
    run.signal("INT");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("seed 7"), "{said}");
    assert!(!folder.path().join(".stateflow/shop/state.db").exists());
}

#[test]
fn the_server_ends_with_the_command_however_that_ends() {
    let (folder, _) = new_app();
    let (run, address) = Run::serving(folder.path(), &[]);
    run.signal("KILL");
    assert_eq!(run.end().0.code(), None);
    wait_until_gone(address);
}

#[test]
fn data_is_used_by_one_run_at_a_time() {
    let (folder, _) = new_app();
    let (run, _) = Run::serving(folder.path(), &["--data", "data"]);
    let (status, said) = Run::start(folder.path(), &["--data", "data"]).end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("the data folder data is in use"), "{said}");
    run.signal("INT");
    assert_eq!(run.end().0.code(), Some(0));
}

#[test]
fn a_change_is_compiled_and_served_and_a_mistake_is_told() {
    let (folder, app) = new_app();
    let source = fs::read_to_string(&app).expect("the app");
    let (mut run, address) = Run::serving(folder.path(), &["--reload"]);
    fs::write(&app, format!("{source}\ndef broken(:\n")).expect("a change");
    run.wait_for("error[E0001]");
    run.wait_for("served on as it was");
    assert!(is_up(address));
    fs::write(&app, format!("{source}\nWORD = 'new'\n")).expect("a change");
    run.wait_for("reloaded");
    assert!(is_up(address));
    fs::write(&app, format!("{source}\nraise SystemError('not today')\n")).expect("a change");
    run.wait_for("did not start");
    run.wait_for("served on as it was");
    run.wait_for("event=listening");
    assert!(is_up(address));
    run.signal("INT");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
}

#[test]
fn what_cannot_be_installed_is_told_in_the_installers_words() {
    let (folder, _) = new_app();
    fs::write(folder.path().join("requirements.txt"), "msgpack==0.0.0\n").expect("a file");
    let (status, said) = Run::start(folder.path(), &[]).end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains("the Python environment could not be set up"),
        "{said}"
    );
    assert!(said.contains("msgpack==0.0.0"), "{said}");
}
