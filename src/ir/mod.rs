//! The intermediate representation: all that `emit`, `graph` and `diff` see.
//!
//! An [`App`] is self-contained: it carries the sources of the app's modules, the typed surface of its entities, and for
//! every method that leaves its entity the blocks that the method was cut into. It is serialized as JSON (`stateflow ir`,
//! and `dataflow.json` in every bundle), versioned by [`VERSION`], and stable: the same input gives the same bytes, and
//! names stand wherever a reader would compare two of them.

mod branch;
mod digest;
mod schema;
mod stop;
mod types;

pub use branch::Branch;
pub use digest::digest_blocks;
pub use schema::json_schema;
pub use stop::Stop;
pub use types::{Type, UnionOf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the format. It grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// A compiled app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// The version of this format ([`VERSION`]).
    pub version: u32,
    /// The app's name: the stem of the file, or the name of the package, that was compiled.
    pub name: String,
    /// The Python versions that the app asks for (a PEP 440 specifier), where it says so.
    pub requires_python: Option<String>,
    /// Third-party requirements (PEP 508), sorted.
    pub requirements: Vec<String>,
    /// The app's own modules, sorted by name.
    pub modules: Vec<Module>,
    /// The entities, sorted by name.
    pub entities: Vec<Entity>,
    /// The functions that were cut, sorted by module and line.
    pub functions: Vec<Function>,
}

/// A module of the app, as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// The dotted name under which the app imports it.
    pub name: String,
    /// Its path below the app's root, with `/`.
    pub path: String,
    /// The text, decoded, with `\n` line ends.
    pub source: String,
    /// The line before which an import can be added: after the docstring and the `__future__` imports.
    pub imports_before: u32,
    /// What is recorded in the functions that were not cut, where steps may run again.
    #[serde(default, skip_serializing_if = "Recorded::is_empty")]
    pub recorded: Recorded,
}

/// What is recorded in a module: values from outside, which go through the log before they are used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The functions that are recorded as a whole: the line of the decorator or `def` before which that is said, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<u32>,
    /// What the text gets where calls are recorded, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Insertion>,
}

impl Recorded {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.calls.is_empty()
    }
}

/// Text that stands in the place of other text, or before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Insertion {
    /// The line of the user's file, counted from 1.
    pub line: u32,
    /// The byte of that line in UTF-8, counted from 0.
    pub column: u32,
    /// How many bytes it takes the place of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed: u32,
    /// The text.
    pub text: String,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What the text of a module's [`Code`] calls `stateflow.flow`: `flow`, with as many underscores behind it as it takes to be no
/// word of the module's source.
pub fn flow_name(source: &str) -> String {
    let mut name = "flow".to_owned();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while source.split(|c| !is_word(c)).any(|word| word == name) {
        name.push('_');
    }
    name
}

/// Whether Python mangles a name inside a class.
pub fn is_private(name: &str) -> bool {
    name.starts_with("__") && !name.ends_with("__")
}

/// A name as Python keeps it inside the class of that qualified name.
pub fn mangled(class: Option<&str>, name: &str) -> String {
    let class = class.unwrap_or_default();
    let class = class.rsplit_once('.').map_or(class, |(_, inner)| inner);
    match class.trim_start_matches('_') {
        "" => name.to_owned(),
        class if is_private(name) => format!("_{class}{name}"),
        _ => name.to_owned(),
    }
}

/// A stateful entity: a class whose instances live under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// The class name, unique in the app.
    pub name: String,
    /// The module that defines it.
    pub module: String,
    /// The docstring, cleaned of indentation.
    pub doc: Option<String>,
    /// Where the class stands.
    pub origin: Lines,
    /// What names an instance.
    pub key: Key,
    /// The fields that `__init__` assigns, in that order.
    pub fields: Vec<Field>,
    /// The parameters of `__init__`, without `self`.
    pub init: Vec<Param>,
    /// The methods, sorted by name, without `__init__` and `__key__`.
    pub methods: Vec<Method>,
}

/// The identity of an entity's instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The type of the key.
    #[serde(rename = "type")]
    pub type_: KeyType,
    /// The fields that `__key__` reads, in the order in which they stand there.
    pub fields: Vec<String>,
}

/// The types that a key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// Python's `str`.
    Str,
    /// Python's `int`.
    Int,
}

/// A field of an entity's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The attribute's name.
    pub name: String,
    /// Its type, as annotated or inferred.
    #[serde(rename = "type")]
    pub type_: Type,
}

/// A range of lines of one of the app's files, both ends included, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// The file's path below the app's root, with `/`.
    pub path: String,
    /// The first line (of the first decorator, where there is one).
    pub first: u32,
    /// The last line.
    pub last: u32,
}

/// A method of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The method's name.
    pub name: String,
    /// The docstring, cleaned of indentation.
    pub doc: Option<String>,
    /// The whole definition.
    pub origin: Lines,
    /// Whether it is an `async def`: then it gives a coroutine.
    pub is_async: bool,
    /// The parameters, without `self`.
    pub params: Vec<Param>,
    /// What it returns, as annotated; [`Type::Any`] where nothing is said.
    pub returns: Type,
    /// How it runs.
    pub body: Body,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// The name.
    pub name: String,
    /// How arguments are matched to it.
    pub kind: ParamKind,
    /// Its type, as annotated; [`Type::Any`] where nothing is said.
    #[serde(rename = "type")]
    pub type_: Type,
    /// The source text of its default.
    pub default: Option<String>,
}

/// How arguments are matched to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParamKind {
    /// Before a `/`.
    PositionalOnly,
    /// By position or by name.
    Regular,
    /// `*args`.
    VarPositional,
    /// After a `*`.
    KeywordOnly,
    /// `**kwargs`.
    VarKeyword,
}

/// How a method runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Body {
    /// It never leaves its entity: it runs as the user wrote it.
    Plain,
    /// It was cut where it leaves its entity.
    Split {
        /// The module that defines it, which may be that of a base class.
        module: String,
        /// The [`Function`]'s name in that module.
        function: String,
    },
}

/// A function that was cut where it leaves the entity that it runs at: a method of an entity or of another class, or a
/// function of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The module that defines it.
    pub module: String,
    /// Its qualified name there: `User.buy_item`, `total_of`. What reads, sets and deletes a property has the property's.
    pub name: String,
    /// The whole definition.
    pub origin: Lines,
    /// Whether it is an `async def`: then it gives a coroutine, and so do its blocks.
    pub is_async: bool,
    /// The definition from its first decorator through its colon and a comment on that line. A docstring is the first
    /// statement of the entry block.
    pub header: Code,
    /// What a method of an entity calls its first parameter, `self`: every block takes it, and is given the entity that it
    /// runs at. `None` for the others, whose own first parameter is a variable like any other.
    pub receiver: Option<String>,
    /// The blocks; the first is the entry and bears the function's own name and parameters.
    pub blocks: Vec<Block>,
}

/// A part of a split function that runs without leaving the entity: a tree of basic blocks with a single entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The name of the function that runs it: the method and what it resumes from (`buy_item__after_update_stock`).
    pub name: String,
    /// 16 hexadecimal digits that change when the block's code or its variables do ([`digest_blocks`]).
    pub digest: String,
    /// The name that the result of the call which it resumes from is bound to, where it is one of those and uses it.
    pub result: Option<String>,
    /// The line of the call which it resumes from, for tracebacks.
    pub resumes_at: Option<u32>,
    /// Whether it takes the exception, too, that the call has raised: its code asks for the result by `flow.result`.
    pub takes_errors: bool,
    /// The live variables that hold the exceptions which are being handled, the outermost first. One of a `finally` may hold
    /// something else that is pending.
    pub handling: Vec<String>,
    /// The variables that live on into this block, sorted by name; empty for the entry, which has the parameters.
    pub live: Vec<Variable>,
    /// What it does.
    pub body: Vec<Node>,
}

/// A local variable that lives on across a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name in the user's code, or that of a temporary.
    pub name: String,
    /// Whether a path leads here on which it has no value.
    pub maybe_unbound: bool,
}

/// A piece of a block. Control that reaches the end of a block returns `None` from the method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Node {
    /// Statements that stay as they are; a `return` among them returns from the method.
    Code(Code),
    /// A choice of which at least one side makes a transition.
    If {
        /// The condition, an expression.
        test: Code,
        /// Where it is true.
        then: Vec<Node>,
        /// Where it is false.
        orelse: Vec<Node>,
    },
    /// A choice by patterns of which at least one case makes a transition.
    Match {
        /// What is matched, an expression.
        subject: Code,
        /// The cases; control goes on behind them where none fits.
        cases: Vec<Case>,
    },
    /// Statements whose exceptions are handled.
    Try {
        /// The statements.
        body: Vec<Node>,
        /// The handlers.
        handlers: Vec<Handler>,
    },
    /// A call that leaves the method: of a method of an entity or of a split helper of `self`. It ends the block.
    Call {
        /// What is called, as an expression: `item.update_stock`.
        callee: Code,
        /// The arguments as written between the parentheses, but for a lone generator expression, which has its own.
        arguments: Code,
        /// What it may reach, sorted: `Item.update_stock`.
        targets: Vec<String>,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// Where the result goes; `None` forwards it (a tail call).
        then: Option<Transition>,
    },
    /// A read of attributes of another entity. It ends the block.
    Read {
        /// The reference, as an expression.
        receiver: Code,
        /// The attributes; with more than one, the result is a tuple of their values.
        attributes: Vec<String>,
        /// The parameter that is the reference, where the method begins with the read: then it may be made on the way to the
        /// method.
        parameter: Option<String>,
        /// What it may reach, sorted: `Item.price`.
        targets: Vec<String>,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// Where the result goes; `None` forwards it.
        then: Option<Transition>,
    },
    /// The creation of an entity. It ends the block.
    Create {
        /// The class, as an expression.
        class: Code,
        /// The arguments as written between the parentheses, but for a lone generator expression, which has its own.
        arguments: Code,
        /// The entity that is created.
        entity: String,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// Where the reference goes; `None` forwards it.
        then: Option<Transition>,
    },
    /// Calls that leave the method together; it goes on when all have answered, with the list of their results. It ends the
    /// block.
    Gather {
        /// The calls, in the order of the results.
        branches: Vec<Branch>,
        /// An expression: whether exceptions are to be among the results. Without it, or where it is false, the first of
        /// them in this order is raised.
        return_exceptions: Option<Code>,
        /// The line that CPython names in a traceback through it.
        line: u32,
        /// Where the results go; `None` returns them.
        then: Option<Transition>,
    },
    /// Control goes on in another block of the method, in the same step. It ends the block.
    Goto(Transition),
}

/// A case of a [`Node::Match`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The pattern.
    pub pattern: Code,
    /// The condition behind it, an expression.
    pub guard: Option<Code>,
    /// Where both hold.
    pub body: Vec<Node>,
}

/// A handler of a [`Node::Try`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// The class or classes that it is for, an expression; `None` for any.
    pub classes: Option<Code>,
    /// What it calls the exception.
    pub name: Option<String>,
    /// What it does.
    pub body: Vec<Node>,
}

/// Control going on in another block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The block's name.
    pub block: String,
    /// The variables handed over: the block's live variables with what is known here of their being bound.
    pub live: Vec<Variable>,
    /// The calls that surely come next, of what only reads, and that can travel along with the one whose result goes there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub along: Vec<Stop>,
}

/// A fragment of Python and where each of its lines comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The text, without the indentation that its first line has in the file and without a final line end. Lines inside a
    /// string literal that spans lines keep theirs (see `verbatim`).
    pub text: String,
    /// For each line of `text` the line of the user's file, counted from 1; 0 where it comes from none.
    pub lines: Vec<u32>,
    /// Indexes of lines of `text` that begin inside a string literal and must not be indented.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbatim: Vec<u32>,
}

impl Code {
    /// A fragment of one line that stands for nothing in the user's file.
    pub fn hidden(text: impl Into<String>) -> Self {
        Self::line(text, 0)
    }

    /// A fragment of one line.
    pub fn line(text: impl Into<String>, line: u32) -> Self {
        Self {
            text: text.into(),
            lines: vec![line],
            verbatim: Vec::new(),
        }
    }

    /// Adds more code behind an operator, on a line of its own where it does not stand on the line that this ends with.
    pub fn append(&mut self, operator: &str, next: &Self) {
        if self.lines.last() == next.lines.first() {
            self.text.push_str(operator);
        } else {
            self.text.push_str(operator.trim_end());
            self.text.push_str(" \\\n    ");
            self.lines.extend(next.lines.first());
        }
        let shift = self.lines.len() as u32 - 1;
        self.text.push_str(&next.text);
        self.lines.extend(next.lines.iter().skip(1));
        self.verbatim
            .extend(next.verbatim.iter().map(|line| line + shift));
    }
}
