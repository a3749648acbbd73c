//! What asks something of the world outside, or may do so: calls whose value another run may not get again.

/// Whether a function, class or method from outside the app may give something else when it is called again with the same
/// arguments. What is not known may.
pub(crate) fn may_differ(dotted: &str) -> bool {
    let is_in = |list: &[&str]| list.iter().any(|entry| covers(entry, dotted));
    is_in(ASKING) || !is_in(COMPUTING)
}

/// Whether a name is that of a class, as names are usually written.
pub(crate) fn is_class(dotted: &str) -> bool {
    let last = dotted.rsplit('.').next().unwrap_or(dotted);
    last.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether a dotted name is an entry, or something in it.
fn covers(entry: &str, dotted: &str) -> bool {
    dotted
        .strip_prefix(entry)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What asks, in modules that otherwise compute.
const ASKING: &[&str] = &[
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.open_connection",
    "asyncio.open_unix_connection",
    "asyncio.to_thread",
    "builtins.input",
    "builtins.open",
    "codecs.open",
    "io.FileIO",
    "io.TextIOWrapper",
    "io.open",
    "io.open_code",
    "numpy.fromfile",
    "numpy.genfromtxt",
    "numpy.load",
    "numpy.loadtxt",
    "numpy.random",
    "sys.stdin",
    "time.get_clock_info",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.process_time_ns",
    "time.thread_time",
    "time.thread_time_ns",
];

/// What only computes from what it is given, or draws on time and chance, which follow from the message; what gives nothing back
/// (`print`, `logging`) has nothing to record.
const COMPUTING: &[&str] = &[
    "abc",
    "array",
    "ast",
    "asyncio",
    "attr",
    "attrs",
    "base64",
    "binascii",
    "bisect",
    "builtins",
    "calendar",
    "cmath",
    "codecs",
    "collections",
    "colorsys",
    "contextlib",
    "contextvars",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "dateutil",
    "decimal",
    "difflib",
    "email",
    "enum",
    "fnmatch",
    "fractions",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "logging",
    "math",
    "more_itertools",
    "msgpack",
    "numbers",
    "numpy",
    "operator",
    "orjson",
    "os.PathLike",
    "os.fsdecode",
    "os.fsencode",
    "os.fspath",
    "os.path.basename",
    "os.path.commonpath",
    "os.path.commonprefix",
    "os.path.dirname",
    "os.path.isabs",
    "os.path.join",
    "os.path.normcase",
    "os.path.normpath",
    "os.path.split",
    "os.path.splitdrive",
    "os.path.splitext",
    "os.urandom",
    "pathlib.PurePath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "pprint",
    "pydantic",
    "pytz",
    "queue",
    "quopri",
    "random",
    "re",
    "reprlib",
    "secrets",
    "shlex",
    "simplejson",
    "sortedcontainers",
    "stateflow",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "sys",
    "textwrap",
    "threading",
    "time",
    "toolz",
    "traceback",
    "types",
    "typing",
    "typing_extensions",
    "unicodedata",
    "urllib.parse",
    "uuid",
    "warnings",
    "weakref",
    "xml.etree.ElementTree.Element",
    "xml.etree.ElementTree.fromstring",
    "xml.etree.ElementTree.tostring",
    "yaml",
    "zlib",
    "zoneinfo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_may_differ() {
        for name in [
            "builtins.open",
            "requests.get",
            "os.environ.get",
            "os.path.exists",
            "numpy.random.rand",
            "mathematics.solve",
            "time.perf_counter",
        ] {
            assert!(may_differ(name), "{name}");
        }
        for name in [
            "builtins.print",
            "json.loads",
            "math.sqrt",
            "os.path.join",
            "numpy.array",
            "time.time",
            "random.choice",
        ] {
            assert!(!may_differ(name), "{name}");
        }
    }
}
