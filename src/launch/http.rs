//! Requests to processes on this machine.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Sends a request to a port of loopback, with JSON where there is a body. It is of HTTP 1.0, so that the answer ends with
/// the connection and comes in one piece.
pub fn request(port: u16, method: &str, path: &str, body: &str) -> Result<Answer> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "{method} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| Error::new(ErrorKind::UnexpectedEof, "the answer is cut off"))
}

fn read(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = body.to_owned();
    Some(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_what_stands_below_the_head() {
        let answer = read("HTTP/1.1 404 Not Found\r\nserver: x\r\n\r\n{\"a\": \"\r\n\r\n\"}");
        let body = "{\"a\": \"\r\n\r\n\"}".to_owned();
        assert_eq!(answer, Some(Answer { status: 404, body }));
        assert_eq!(read("HTTP/1.1 200 OK\r\nserver: x\r\n"), None);
        assert_eq!(read(""), None);
    }
}
