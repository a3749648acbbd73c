//! Ports on loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Different ports of loopback that nothing listens on.
pub fn free<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .context("there is no free port on 127.0.0.1")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Fails where another process listens on that port of loopback.
pub fn check_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error}); choose another with --port, or --port 0 for any free one"
        ),
    }
}

/// Whether something accepts connections on that port of loopback.
pub fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_different_and_free() {
        let [one, two] = free().unwrap();
        assert_ne!(one, two);
        assert!(!answers(one));
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, one)).unwrap();
        assert!(answers(one));
        assert!(check_free(one).is_err());
        assert!(check_free(two).is_ok());
    }
}
