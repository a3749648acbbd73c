//! Special methods that change something although they are called to read.
//!
//! Reading runs them without a call that shows, and what they call in turn is not known by its type: it is followed by its
//! name. What is not surely harmless counts as a change.

mod app;
mod body;
mod bound;
mod calls;
mod known;
mod making;

use std::collections::HashSet;

use self::app::App;
use self::body::Body;
use crate::model::Model;

/// Those that are there to make, to call, to enter and leave, to change, or to be awaited: nothing runs them that only reads.
const NOT_READING: [&str; 19] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__init_subclass__",
    "__class_getitem__",
    "__key__",
    "__call__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__aiter__",
    "__anext__",
    "__await__",
    "__setitem__",
    "__delitem__",
    "__setattr__",
    "__delattr__",
    "__set_name__",
];

/// Whether a special method of the app's, which reading may run without a call that shows (a loop, a look-up, an operator, the
/// truth of a value), may change something, itself or in what it calls, or may never end. A look-up may add what is missing where
/// that is said.
pub(in crate::resolve) fn has_special_writers(
    model: &Model<'_>,
    adds_what_is_missing: bool,
) -> bool {
    let app = App::of(model, adds_what_is_missing);
    if app.is_opaque {
        return true;
    }
    let mut pending = app.special.clone();
    let mut seen = HashSet::new();
    while let Some(run) = pending.pop() {
        if !seen.insert(run.id()) {
            continue;
        }
        match Body::harmless(&app, run) {
            Some(runs) => pending.extend(runs),
            None => return true,
        }
    }
    false
}

fn reads_by_name(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") && !NOT_READING.contains(&name)
}
