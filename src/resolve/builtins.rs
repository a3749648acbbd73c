//! Python's own names.

use super::types::Type;

/// Whether every module of some supported version of Python has a name without defining it.
pub(crate) fn is_name(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok() || (name.starts_with("__") && name.ends_with("__"))
}

/// The result of a built-in function that depends on none of its arguments.
pub(crate) fn fixed_result(name: &str) -> Option<Type> {
    Some(match name {
        "len" | "int" | "hash" | "ord" | "id" => Type::Int,
        "float" => Type::Float,
        "str" | "repr" | "format" | "chr" | "ascii" | "bin" | "hex" | "oct" | "input" => Type::Str,
        "bytes" => Type::Bytes,
        "bool" | "any" | "all" | "isinstance" | "issubclass" | "callable" | "hasattr" => Type::Bool,
        "print" | "setattr" | "delattr" => Type::None,
        "range" => Type::Named("builtins.range".to_owned(), Box::new(Type::iter(Type::Int))),
        "complex" | "bytearray" | "memoryview" | "object" | "slice" => {
            Type::External(format!("builtins.{name}"))
        }
        "divmod" | "dir" | "locals" | "globals" | "vars" | "compile" | "exec" | "breakpoint"
        | "help" => Type::Opaque,
        "open" => Type::External("io.TextIOWrapper".to_owned()),
        _ if is_exception(name) => Type::External(format!("builtins.{name}")),
        _ => return None,
    })
}

/// Whether a name is that of a built-in class, apart from those with a type of their own.
pub(crate) fn is_class(name: &str) -> bool {
    is_exception(name)
        || matches!(
            name,
            "complex"
                | "bytearray"
                | "memoryview"
                | "slice"
                | "super"
                | "property"
                | "staticmethod"
                | "classmethod"
        )
}

/// Whether all that a value of a built-in type may be has a method of that name, in every supported version of Python.
pub(crate) fn has_method(type_: &Type, name: &str) -> bool {
    type_.members().iter().all(|member| {
        methods_of(member).is_some_and(|methods| methods.split_whitespace().any(|one| one == name))
    })
}

fn methods_of(type_: &Type) -> Option<&'static str> {
    Some(match type_ {
        Type::Bool | Type::Int => INT_METHODS,
        Type::Float => FLOAT_METHODS,
        Type::Str => STR_METHODS,
        Type::Bytes => BYTES_METHODS,
        Type::List(_) => LIST_METHODS,
        Type::Set(_) => SET_METHODS,
        Type::Frozenset(_) => FROZENSET_METHODS,
        Type::Dict(..) => DICT_METHODS,
        Type::Tuple(_) | Type::TupleOf(_) => TUPLE_METHODS,
        _ => return None,
    })
}

const INT_METHODS: &str = "as_integer_ratio bit_count bit_length conjugate from_bytes to_bytes";
const FLOAT_METHODS: &str = "as_integer_ratio conjugate fromhex hex is_integer";
const STR_METHODS: &str = "capitalize casefold center count encode endswith expandtabs find format \
    format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace \
    istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust \
    rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill";
const BYTES_METHODS: &str = "capitalize center count decode endswith expandtabs find fromhex hex index \
    isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust lower lstrip maketrans partition \
    removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip \
    swapcase title translate upper zfill";
const LIST_METHODS: &str = "append clear copy count extend index insert pop remove reverse sort";
const SET_METHODS: &str = "add clear copy difference difference_update discard intersection \
    intersection_update isdisjoint issubset issuperset pop remove symmetric_difference \
    symmetric_difference_update union update";
const FROZENSET_METHODS: &str =
    "copy difference intersection isdisjoint issubset issuperset symmetric_difference union";
const DICT_METHODS: &str =
    "clear copy fromkeys get items keys pop popitem setdefault update values";
const TUPLE_METHODS: &str = "count index";

/// Whether a name is that of one of Python's own classes of exceptions.
pub(crate) fn is_exception(name: &str) -> bool {
    matches!(
        name,
        "BaseException"
            | "Exception"
            | "BaseExceptionGroup"
            | "ExceptionGroup"
            | "GeneratorExit"
            | "KeyboardInterrupt"
            | "StopAsyncIteration"
            | "StopIteration"
            | "SystemExit"
    ) || (name
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_uppercase())
        && (name.ends_with("Error") || name.ends_with("Warning")))
}

/// Whether functions of that module or class from outside never hand out what they were given.
pub(crate) fn gives_nothing_back(dotted: &str) -> bool {
    const MODULES: &[&str] = &[
        "base64",
        "binascii",
        "calendar",
        "cmath",
        "csv",
        "datetime",
        "decimal",
        "fractions",
        "gzip",
        "hashlib",
        "hmac",
        "html",
        "io",
        "json",
        "logging",
        "math",
        "os",
        "pathlib",
        "platform",
        "re",
        "secrets",
        "shutil",
        "statistics",
        "string",
        "struct",
        "subprocess",
        "sys",
        "textwrap",
        "time",
        "traceback",
        "unicodedata",
        "urllib",
        "uuid",
        "warnings",
        "zlib",
    ];
    let module = dotted.split('.').next().unwrap_or_default();
    MODULES.contains(&module)
}

/// What a function from outside returns, by its dotted name, where it is known.
pub(crate) fn external_result(dotted: &str) -> Option<Type> {
    let class = |name: &str| Some(Type::External(name.to_owned()));
    match dotted {
        "datetime.datetime.now"
        | "datetime.datetime.utcnow"
        | "datetime.datetime.fromisoformat"
        | "datetime.datetime.fromtimestamp"
        | "datetime.datetime.strptime"
        | "datetime.datetime.combine" => class("datetime.datetime"),
        "datetime.date.today" | "datetime.date.fromisoformat" => class("datetime.date"),
        "uuid.uuid1" | "uuid.uuid3" | "uuid.uuid4" | "uuid.uuid5" => class("uuid.UUID"),
        "time.time" | "time.monotonic" | "random.random" | "random.uniform" | "math.sqrt" => {
            Some(Type::Float)
        }
        "random.randint" | "random.randrange" | "math.floor" | "math.ceil" | "time.time_ns" => {
            Some(Type::Int)
        }
        "datetime.datetime" | "datetime.date" | "datetime.time" | "datetime.timedelta" => {
            class(dotted)
        }
        _ => None,
    }
}

/// Sorted by their bytes.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BaseExceptionGroup",
    "BlockingIOError", "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError",
    "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError",
    "DeprecationWarning", "EOFError", "Ellipsis", "EncodingWarning", "EnvironmentError",
    "Exception", "ExceptionGroup", "FileExistsError", "FileNotFoundError", "FloatingPointError",
    "FutureWarning", "GeneratorExit", "IOError", "ImportError", "ImportWarning", "IndentationError",
    "IndexError", "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError",
    "NotImplemented", "NotImplementedError", "OSError", "OverflowError",
    "PendingDeprecationWarning", "PermissionError", "ProcessLookupError", "PythonFinalizationError",
    "RecursionError", "ReferenceError", "ResourceWarning", "RuntimeError", "RuntimeWarning",
    "StopAsyncIteration", "StopIteration", "SyntaxError", "SyntaxWarning", "SystemError",
    "SystemExit", "TabError", "TimeoutError", "TypeError", "UnboundLocalError",
    "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError",
    "UnicodeWarning", "UserWarning", "ValueError", "Warning", "ZeroDivisionError", "abs", "aiter",
    "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
    "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir",
    "divmod", "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset",
    "getattr", "globals", "hasattr", "hash", "help", "hex", "id", "input", "int", "isinstance",
    "issubclass", "iter", "len", "license", "list", "locals", "map", "max", "memoryview", "min",
    "next", "object", "oct", "open", "ord", "pow", "print", "property", "quit", "range", "repr",
    "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super",
    "tuple", "type", "vars", "zip",
];
