//! What is known of functions and methods from outside the app.

use super::super::is_pure;

/// Whether a function or class from outside the app, called by name, changes nothing and comes to its end. What it is given as a
/// function to call is looked at besides.
pub(super) fn is_harmless(dotted: &str) -> bool {
    if let Some(name) = dotted.strip_prefix("builtins.") {
        return match name.split_once('.') {
            Some((_, method)) => is_harmless_method(method),
            None => is_pure(name) || is_builtin(name),
        };
    }
    let (module, name) = dotted.split_once('.').unwrap_or((dotted, ""));
    match module {
        "math" | "cmath" => true,
        "operator" => is_operator(name),
        "dataclasses" => matches!(
            name,
            "asdict" | "astuple" | "fields" | "is_dataclass" | "replace"
        ),
        "decimal" => matches!(name, "Decimal"),
        "fractions" => matches!(name, "Fraction"),
        "datetime" => matches!(
            name,
            "date" | "time" | "datetime" | "timedelta" | "timezone"
        ),
        "functools" => name == "reduce",
        "itertools" => matches!(
            name,
            "chain" | "chain.from_iterable" | "islice" | "pairwise" | "zip_longest"
        ),
        "typing" => matches!(name, "cast"),
        "uuid" => name == "UUID",
        _ => false,
    }
}

/// Built-in functions besides the pure ones of [`is_pure`], among them exceptions.
fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "ascii"
            | "bin"
            | "bytes"
            | "callable"
            | "chr"
            | "complex"
            | "divmod"
            | "filter"
            | "format"
            | "frozenset"
            | "hash"
            | "hex"
            | "id"
            | "issubclass"
            | "iter"
            | "map"
            | "object"
            | "oct"
            | "ord"
            | "pow"
            | "repr"
            | "slice"
            | "super"
            | "type"
            | "StopIteration"
    ) || ["Error", "Exception", "Exit", "Interrupt"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Those of `operator` that neither change their operand nor give something to call.
fn is_operator(name: &str) -> bool {
    matches!(
        name,
        "abs"
            | "add"
            | "and_"
            | "contains"
            | "eq"
            | "floordiv"
            | "ge"
            | "gt"
            | "index"
            | "invert"
            | "is_"
            | "is_not"
            | "le"
            | "lshift"
            | "lt"
            | "matmul"
            | "mod"
            | "mul"
            | "ne"
            | "neg"
            | "not_"
            | "or_"
            | "pos"
            | "pow"
            | "rshift"
            | "sub"
            | "truediv"
            | "truth"
            | "xor"
    )
}

/// Whether a method of that name of Python's own values changes nothing, whatever value it is a method of.
pub(super) fn is_harmless_method(name: &str) -> bool {
    is_of_text(name) || is_of_others(name) || is_special_method(name)
}

fn is_of_text(name: &str) -> bool {
    matches!(
        name,
        "capitalize"
            | "casefold"
            | "center"
            | "count"
            | "decode"
            | "encode"
            | "endswith"
            | "expandtabs"
            | "find"
            | "format"
            | "format_map"
            | "hex"
            | "index"
            | "isalnum"
            | "isalpha"
            | "isascii"
            | "isdecimal"
            | "isdigit"
            | "isidentifier"
            | "islower"
            | "isnumeric"
            | "isprintable"
            | "isspace"
            | "istitle"
            | "isupper"
            | "join"
            | "ljust"
            | "lower"
            | "lstrip"
            | "partition"
            | "removeprefix"
            | "removesuffix"
            | "replace"
            | "rfind"
            | "rindex"
            | "rjust"
            | "rpartition"
            | "rsplit"
            | "rstrip"
            | "split"
            | "splitlines"
            | "startswith"
            | "strip"
            | "swapcase"
            | "title"
            | "translate"
            | "upper"
            | "zfill"
    )
}

/// Those of containers, numbers, dates and named tuples.
fn is_of_others(name: &str) -> bool {
    matches!(
        name,
        "_asdict"
            | "_replace"
            | "as_integer_ratio"
            | "as_tuple"
            | "astimezone"
            | "bit_count"
            | "bit_length"
            | "conjugate"
            | "copy"
            | "difference"
            | "elements"
            | "from_bytes"
            | "fromhex"
            | "fromisoformat"
            | "fromkeys"
            | "get"
            | "intersection"
            | "is_integer"
            | "isdisjoint"
            | "isocalendar"
            | "isoformat"
            | "isoweekday"
            | "issubset"
            | "issuperset"
            | "items"
            | "keys"
            | "most_common"
            | "normalize"
            | "quantize"
            | "strftime"
            | "symmetric_difference"
            | "timestamp"
            | "timetuple"
            | "to_bytes"
            | "toordinal"
            | "total_seconds"
            | "union"
            | "utcoffset"
            | "values"
            | "weekday"
    )
}

fn is_special_method(name: &str) -> bool {
    let operator = name.strip_prefix("__").and_then(|rest| {
        let operator = rest.strip_suffix("__")?;
        Some(operator.strip_prefix('r').unwrap_or(operator))
    });
    operator.is_some_and(|one| {
        matches!(
            one,
            "add" | "sub" | "mul" | "matmul" | "truediv" | "floordiv" | "mod" | "divmod" | "pow"
        )
    }) || matches!(
        name,
        "__abs__"
            | "__and__"
            | "__bool__"
            | "__ceil__"
            | "__contains__"
            | "__eq__"
            | "__float__"
            | "__floor__"
            | "__format__"
            | "__ge__"
            | "__getitem__"
            | "__gt__"
            | "__hash__"
            | "__index__"
            | "__int__"
            | "__invert__"
            | "__iter__"
            | "__le__"
            | "__len__"
            | "__lshift__"
            | "__lt__"
            | "__ne__"
            | "__neg__"
            | "__or__"
            | "__pos__"
            | "__repr__"
            | "__reversed__"
            | "__round__"
            | "__rshift__"
            | "__str__"
            | "__trunc__"
            | "__xor__"
    )
}

/// Whether a decorator from outside the app leaves a function one that does what its body does.
pub(super) fn keeps_function(dotted: &str) -> bool {
    matches!(
        dotted,
        "builtins.property"
            | "builtins.staticmethod"
            | "builtins.classmethod"
            | "abc.abstractmethod"
            | "typing.final"
            | "typing.overload"
            | "typing.override"
            | "typing_extensions.final"
            | "typing_extensions.overload"
            | "typing_extensions.override"
    )
}

/// Whether making an instance of a class that inherits from that one runs nothing besides what the app's classes define.
pub(super) fn is_plain_base(dotted: &str) -> bool {
    ["builtins.", "typing.", "abc.", "enum.", "collections."]
        .iter()
        .any(|module| dotted.starts_with(module))
}
