//! Room for deep trees.

use std::io;
use std::panic::resume_unwind;
use std::thread::Builder;

/// Enough for every walk over a tree as deep as [`parse`](super::parse) lets through, with 80 KiB a level. It is reserved,
/// not used, until it is needed.
const STACK_SIZE: usize = 256 << 20;

/// Runs `work` on a thread with a stack for the deepest trees. Whatever parses, walks or drops syntax trees runs inside.
///
/// The error is that the system gives no such thread.
pub fn with_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = Builder::new()
            .name("compiler".to_owned())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, work)?;
        thread.join().or_else(|panic| resume_unwind(panic))
    })
}
