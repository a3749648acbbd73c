//! What the JobManager answers.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::super::http;

/// The JobManager's address for requests.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    port: u16,
}

/// How a job does.
#[derive(Debug, PartialEq, Eq)]
pub enum Health {
    /// All of its tasks run.
    Running,
    /// It is on its way to that, for the first time or after a failure.
    Starting,
    /// It has come to an end: FAILED, CANCELED or FINISHED.
    Over(String),
}

/// How a job is ended with a savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Its sources end first.
    Stop,
    /// It is cancelled once the savepoint is there, for jobs with sources that cannot end by themselves.
    Cancel,
}

/// How a savepoint does.
#[derive(Debug, PartialEq, Eq)]
pub enum Savepoint {
    Pending,
    Done(String),
    Failed(String),
}

impl Rest {
    /// A JobManager on this machine.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// Where people look.
    pub fn address(self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many slots wait for tasks.
    pub fn free_slots(self) -> Result<u64> {
        let overview = self.request("GET", "/overview", "")?;
        Ok(overview["slots-available"].as_u64().unwrap_or(0))
    }

    /// How a job does.
    pub fn health(self, job: &str) -> Result<Health> {
        Ok(health(&self.request("GET", &format!("/jobs/{job}"), "")?))
    }

    /// Why a job failed last, where it did.
    pub fn failure(self, job: &str) -> Option<String> {
        let answer = self.request("GET", &format!("/jobs/{job}/exceptions"), "");
        root_cause(&answer.ok()?)
    }

    /// Begins to end a job with a savepoint below `folder`; gives the name to ask for it by.
    pub fn end(self, job: &str, halt: Halt, folder: &str) -> Result<String> {
        let (verb, wish) = halt.request(folder);
        let answer = self.request("POST", &format!("/jobs/{job}/{verb}"), &wish.to_string())?;
        let name = answer["request-id"].as_str();
        Ok(name
            .context("Flink gives no name for the savepoint")?
            .to_owned())
    }

    /// How the savepoint of that name does.
    pub fn savepoint(self, job: &str, name: &str) -> Result<Savepoint> {
        let answer = self.request("GET", &format!("/jobs/{job}/savepoints/{name}"), "")?;
        Ok(savepoint(&answer))
    }

    fn request(self, method: &str, path: &str, body: &str) -> Result<Value> {
        let answer = http::request(self.port, method, path, body)
            .with_context(|| format!("the JobManager does not answer to {method} {path}"))?;
        let (status, body) = (answer.status, answer.body);
        if !(200..300).contains(&status) {
            bail!("the JobManager answers {status} to {method} {path}: {body}");
        }
        serde_json::from_str(&body)
            .with_context(|| format!("the JobManager's answer to {method} {path} is not JSON"))
    }
}

impl Halt {
    /// What is asked of which resource of a job.
    fn request(self, folder: &str) -> (&'static str, Value) {
        match self {
            Self::Stop => (
                "stop",
                json!({"targetDirectory": folder, "drain": false, "formatType": "CANONICAL"}),
            ),
            Self::Cancel => (
                "savepoints",
                json!({"target-directory": folder, "cancel-job": true, "formatType": "CANONICAL"}),
            ),
        }
    }
}

fn health(job: &Value) -> Health {
    let state = job["state"].as_str().unwrap_or_default();
    if ["FAILED", "CANCELED", "FINISHED", "SUSPENDED"].contains(&state) {
        return Health::Over(state.to_owned());
    }
    let tasks = job["vertices"].as_array();
    let all_run = tasks.is_some_and(|tasks| {
        !tasks.is_empty() && tasks.iter().all(|task| task["status"] == "RUNNING")
    });
    if state == "RUNNING" && all_run {
        Health::Running
    } else {
        Health::Starting
    }
}

fn savepoint(answer: &Value) -> Savepoint {
    if answer["status"]["id"] != "COMPLETED" {
        return Savepoint::Pending;
    }
    match answer["operation"]["location"].as_str() {
        Some(location) => Savepoint::Done(location.to_owned()),
        None => {
            let trace = answer["operation"]["failure-cause"]["stack-trace"].as_str();
            Savepoint::Failed(last_cause(trace.unwrap_or("Flink gives no reason")).to_owned())
        }
    }
}

fn root_cause(exceptions: &Value) -> Option<String> {
    let last = exceptions["exceptionHistory"]["entries"].get(0)?;
    let trace = last["stacktrace"].as_str()?;
    Some(last_cause(trace).to_owned())
}

/// The last cause in a Java stack trace, without the frames. A cause of Python's is a traceback of several lines.
fn last_cause(trace: &str) -> &str {
    const CAUSED_BY: &str = "Caused by: ";
    let cause = match trace.rfind(CAUSED_BY) {
        Some(at) => &trace[at + CAUSED_BY.len()..],
        None => trace,
    };
    let end = cause.find("\n\tat ").unwrap_or(cause.len());
    cause[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_runs_when_all_of_its_tasks_do() {
        let job = |state: &str, tasks: &[&str]| {
            let vertices: Vec<_> = tasks.iter().map(|task| json!({"status": task})).collect();
            health(&json!({"state": state, "vertices": vertices}))
        };
        assert_eq!(job("RUNNING", &["RUNNING", "RUNNING"]), Health::Running);
        assert_eq!(
            job("RUNNING", &["RUNNING", "INITIALIZING"]),
            Health::Starting
        );
        assert_eq!(job("RUNNING", &[]), Health::Starting);
        assert_eq!(job("RESTARTING", &["RUNNING"]), Health::Starting);
        assert_eq!(
            job("FAILED", &["FAILED"]),
            Health::Over("FAILED".to_owned())
        );
    }

    #[test]
    fn a_savepoint_is_where_it_was_written_or_failed_for_a_reason() {
        let pending = json!({"status": {"id": "IN_PROGRESS"}, "operation": null});
        assert_eq!(savepoint(&pending), Savepoint::Pending);
        let done = json!({"status": {"id": "COMPLETED"}, "operation": {"location": "file:/s"}});
        assert_eq!(savepoint(&done), Savepoint::Done("file:/s".to_owned()));
        let trace = "a.B: x\n\tat c\nCaused by: d.E: disk full\n\tat f\n\t... 5 more\n";
        let failed = json!({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"stack-trace": trace}}});
        assert_eq!(
            savepoint(&failed),
            Savepoint::Failed("d.E: disk full".to_owned())
        );
    }

    #[test]
    fn a_job_is_stopped_or_cancelled_with_its_savepoint_below_the_folder() {
        let (verb, wish) = Halt::Stop.request("file:///s");
        assert_eq!(
            (verb, &wish["targetDirectory"]),
            ("stop", &json!("file:///s"))
        );
        let (verb, wish) = Halt::Cancel.request("file:///s");
        assert_eq!(
            (verb, &wish["target-directory"]),
            ("savepoints", &json!("file:///s"))
        );
        assert_eq!(wish["cancel-job"], true);
    }

    #[test]
    fn of_a_failure_the_last_cause_is_told() {
        let trace = "a.B\n\tat c\nCaused by: pemja.PythonException: Traceback:\n  line 1\nKeyError: 'x'\n\tat f\n";
        let answer = json!({"exceptionHistory": {"entries": [{"stacktrace": trace}]}});
        let cause = root_cause(&answer).unwrap();
        assert_eq!(
            cause,
            "pemja.PythonException: Traceback:\n  line 1\nKeyError: 'x'"
        );
        assert_eq!(
            root_cause(&json!({"exceptionHistory": {"entries": []}})),
            None
        );
    }
}
