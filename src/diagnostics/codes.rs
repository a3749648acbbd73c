//! The codes. Each has a page under `docs/codes/` and a fixture under `fixtures/errors/`.

/// A code and its documented page.
#[derive(Debug)]
pub struct Code {
    /// `E` or `W` and four digits.
    pub code: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// The page, in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($code:literal $title:literal,)*) => {
        &[$(Code {
            code: $code,
            title: $title,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes/", $code, ".md")),
        },)*]
    };
}

/// Every code, sorted.
pub static CODES: &[Code] = codes![
    "E0001" "syntax error",
    "E0002" "a file is not readable text",
    "E0003" "nested too deeply",
    "E0004" "syntax too new for the Python asked for",
    "E0005" "Python's compiler refuses this",
    "E0010" "an import leads to a module that is not there",
    "E0011" "a relative import leads out of its package",
    "E0012" "a folder is not a package",
    "E0013" "an import names what its module does not have",
    "E0020" "inline script metadata is malformed",
    "E0021" "a line of requirements.txt cannot be used",
    "E0022" "pyproject.toml is malformed",
    "E0100" "the app has no entity",
    "E0101" "an entity has no __key__",
    "E0102" "__key__ cannot be used",
    "E0103" "a key is neither str nor int",
    "E0104" "a key field is assigned outside __init__",
    "E0105" "an entity is defined twice",
    "E0106" "an entity defines a special method that it may not",
    "E0107" "an entity is not at the top of a module",
    "E0108" "a base class of an entity cannot be used",
    "E0109" "an entity has another decorator",
    "E0110" "a method of an entity has an unknown decorator",
    "E0111" "a method of an entity is a generator, or `__init__` is async",
    "E0112" "a method has no parameter for its instance",
    "E0113" "the entity decorator is written in a wrong way",
    "E0201" "an entity has no such method",
    "E0202" "an entity has no such attribute",
    "E0203" "the type of a receiver cannot be told",
    "E0204" "the arguments do not match the parameters",
    "E0205" "an attribute of another entity is changed",
    "E0206" "a copy of another entity's state is changed",
    "E0207" "a method of another entity is used as a value",
    "E0208" "a special method of another entity is called",
    "E0209" "a method is used through the class",
    "E0210" "a function that calls other entities is used where nothing can be cut",
    "E0212" "attributes of a reference are reached indirectly",
    "E0213" "an entity's class is handed to something that would call it",
    "E0214" "an asynchronous method is called without await",
    "E0215" "what is awaited is no coroutine",
    "E0216" "exceptions as results in a method that is not asynchronous",
    "E0301" "__init__ or __key__ leaves the entity",
    "E0302" "an entity changes the state of a module or a class",
    "E0303" "an entity is created when a module is imported",
    "E0304" "a default can be changed or is computed",
    "E0305" "a method that leaves looks at its own frame",
    "E0306" "a callee changes an argument that the caller goes on using",
    "E0401" "a call inside a statement that cannot be cut yet",
    "E0402" "a call inside an expression that is not evaluated in place",
    "E0405" "a local that cannot be kept across a call",
    "E0406" "a name that the parts of a method cannot share",
    "E0407" "a local that has no value where it is read",
    "W0501" "the value of a read is not used",
    "W0502" "a field changes on the strength of what it was before a call",
    "W0503" "a callee changes an argument",
    "W0504" "a local grows in a loop and travels with its calls",
    "W0505" "nothing can create an entity",
    "W0506" "an exception of a class that only its function knows",
    "W0507" "a loop of calls that could be made in parallel",
    "W0508" "what comes from outside cannot be recorded",
    "W0550" "nothing says where a module comes from",
];

/// The code of that name, in any case.
pub fn find(name: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .find(|code| code.code.eq_ignore_ascii_case(name))
}
