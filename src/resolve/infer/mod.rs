//! What expressions evaluate to, statement by statement: an abstract interpretation of each function with an environment
//! of types. Branches join, loops run to a fixpoint.

mod arguments;
mod asking;
mod attributes;
mod awaits;
mod builtin_calls;
mod calls;
mod comprehensions;
mod env;
mod exceptions;
mod exprs;
mod external_calls;
mod findings;
mod functions;
mod generics;
mod growth;
mod imports;
mod loops;
mod members;
mod methods;
mod narrow;
mod nothing;
mod operators;
mod patterns;
mod special;
mod stmts;
mod targets;
mod uncarriable;

pub(crate) use findings::{Findings, Gather, OwnCall, Via};
pub(crate) use methods::changes;
pub(crate) use special::defined;
pub(crate) use uncarriable::made_by;

use std::collections::{HashMap, HashSet};

use env::Env;

use super::code::{CodeId, Owner};
use super::facts::Facts;
use super::types::Type;
use crate::source::{FileId, Span};
use crate::syntax::{ModuleId, Ranged, ast, span};

/// A function is run over this often at most; types that still change are left as they are.
const MAX_PASSES: u32 = 12;

/// Adds what a function assigns and returns to the facts.
pub(crate) fn learn(facts: &mut Facts<'_>, code: CodeId) {
    let mut interpreter = Interpreter::of_code(facts, code);
    interpreter.settle(code);
    let result = interpreter.result();
    facts.set_result(code, result);
}

/// Finds what matters in a function, once the facts are complete.
pub(crate) fn find(facts: &mut Facts<'_>, code: CodeId) -> Findings {
    let mut interpreter = Interpreter::of_code(facts, code);
    interpreter.settle(code);
    interpreter.findings = Some(Findings::default());
    interpreter.pass(code);
    interpreter.findings.take().unwrap_or_default()
}

/// The type of an expression at the top of a module.
pub(crate) fn expression<'a>(facts: &mut Facts<'a>, module: ModuleId, expr: &'a ast::Expr) -> Type {
    Interpreter::new(facts, module, Owner::Module).expr(expr)
}

/// The run over one function.
struct Interpreter<'a, 'f> {
    facts: &'f mut Facts<'a>,
    module: ModuleId,
    file: FileId,
    owner: Owner,
    /// The function, where it is one of the app's own.
    code: Option<CodeId>,
    env: Env,
    frame: Frame,
    /// The environments at the heads of loops, by where the loops start.
    heads: HashMap<u32, Env>,
    /// What nested functions bind or add to names of the functions around them.
    captured: HashMap<String, Type>,
    /// Whether no head and nothing captured has changed in this pass.
    stable: bool,
    /// Whether all that is put into containers has been seen: what comes out of one that nobody was seen to fill cannot be told.
    is_sealed: bool,
    /// What was found; only in the last pass.
    findings: Option<Findings>,
}

/// What belongs to one function or nested function.
#[derive(Default)]
struct Frame {
    /// Names that the function binds.
    locals: HashSet<String>,
    /// Those that a nested function binds itself; none for the outermost function.
    own: Option<HashSet<String>>,
    /// Names declared `global`.
    globals: HashSet<String>,
    /// The annotations of names.
    declared: HashMap<String, Type>,
    /// The loops around the current statement.
    loops: Vec<LoopFrame>,
    /// What was bound inside the `try` statements around the current statement.
    tries: Vec<HashMap<String, Type>>,
    /// What is returned.
    result: Option<Type>,
    /// What is yielded.
    yields: Option<Type>,
    /// Whether what is looked at runs later: names may have other values then.
    is_late: bool,
    /// How many functions are around it.
    depth: u32,
}

/// A loop around the current statement.
#[derive(Default)]
struct LoopFrame {
    breaks: Option<Env>,
    continues: Option<Env>,
}

impl<'a, 'f> Interpreter<'a, 'f> {
    fn new(facts: &'f mut Facts<'a>, module: ModuleId, owner: Owner) -> Self {
        let file = facts.model.program.module(module).file;
        Self {
            facts,
            module,
            file,
            owner,
            code: None,
            env: Env::default(),
            frame: Frame::default(),
            heads: HashMap::new(),
            captured: HashMap::new(),
            stable: true,
            is_sealed: false,
            findings: None,
        }
    }

    fn of_code(facts: &'f mut Facts<'a>, code: CodeId) -> Self {
        let found = facts.codes.get(code);
        let (module, owner) = (found.function.module, found.owner);
        let mut interpreter = Self::new(facts, module, owner);
        interpreter.code = Some(code);
        interpreter
    }

    /// Runs over the function until nothing changes: first to see what its own containers are filled with, then with what is not seen.
    fn settle(&mut self, code: CodeId) {
        self.settle_passes(code);
        self.is_sealed = self.facts.is_complete;
        if self.is_sealed {
            self.settle_passes(code);
        }
    }

    fn settle_passes(&mut self, code: CodeId) {
        for _ in 0..MAX_PASSES {
            self.pass(code);
            if self.stable {
                break;
            }
        }
    }

    fn pass(&mut self, code: CodeId) {
        self.stable = true;
        self.enter(code);
        let body = &self.facts.codes.get(code).function.def.body;
        self.body(body);
    }

    fn result(&mut self) -> Type {
        let ends = self.env.live.then_some(Type::None);
        let returned = self.frame.result.take();
        let result = Type::union(returned.into_iter().chain(ends));
        match self.frame.yields.take() {
            Some(yielded) => Type::iter(yielded),
            None => result,
        }
    }

    fn at(&self, node: &impl Ranged) -> Span {
        span(self.file, node)
    }

    fn recording(&self) -> bool {
        self.findings.is_some()
    }
}
