//! Values that cannot be carried to another machine.

use super::super::Uncarriable;
use super::super::types::Type;
use super::Interpreter;
use crate::model::Binding;
use crate::syntax::{Ranged, ast};

impl Interpreter<'_, '_> {
    /// Takes note of what a local name is assigned.
    pub(super) fn note_local(&mut self, name: &str, type_: &Type, value: Option<&ast::Expr>) {
        if !self.recording() || self.frame.depth > 0 {
            return;
        }
        let what = value.and_then(|value| self.uncarriable(value, type_));
        match (what, value) {
            (Some(what), Some(value)) => self.uncarriable_local(name, &what, value),
            _ => self.local(name, |local| local.carriable = true),
        }
    }

    pub(super) fn uncarriable_local(&mut self, name: &str, what: &str, at: &impl Ranged) {
        if self.frame.depth > 0 {
            return;
        }
        let at = self.at(at);
        self.local(name, |local| {
            local.uncarriable.get_or_insert_with(|| Uncarriable {
                what: what.to_owned(),
                at,
            });
        });
    }

    fn local(&mut self, name: &str, note: impl FnOnce(&mut super::findings::Local)) {
        if let Some(findings) = &mut self.findings {
            note(findings.locals.entry(name.to_owned()).or_default());
        }
    }

    /// Takes note of the manager of a `with`.
    pub(super) fn note_manager(&mut self, value: &ast::Expr, type_: &Type) {
        if !self.recording() || self.frame.depth > 0 {
            return;
        }
        let what = match value {
            ast::Expr::Name(name) => self.uncarriable_name(&name.id),
            ast::Expr::Call(call) if self.makes_manager(&call.func) => {
                Some("a manager made of a generator".to_owned())
            }
            _ => self.uncarriable(value, type_),
        };
        self.note_kept(value, what);
    }

    /// Takes note of what an `async for` goes over.
    pub(super) fn note_async_iterable(&mut self, value: &ast::Expr, type_: &Type) {
        if !self.recording() || self.frame.depth > 0 {
            return;
        }
        let what = match value {
            ast::Expr::Name(name) => self.uncarriable_name(&name.id),
            ast::Expr::Call(_) if matches!(type_, Type::Iter(_)) => {
                Some("an asynchronous generator".to_owned())
            }
            _ => self.uncarriable(value, type_),
        };
        self.note_kept(value, what);
    }

    fn note_kept(&mut self, value: &ast::Expr, what: Option<String>) {
        let at = self.at(value);
        if let (Some(what), Some(findings)) = (what, &mut self.findings) {
            findings.kept.push((at, what));
        }
    }

    /// What a local holds, if that cannot be carried whatever it is assigned.
    fn uncarriable_name(&self, name: &str) -> Option<String> {
        let local = self.findings.as_ref()?.locals.get(name)?;
        let uncarriable = local.uncarriable.as_ref()?;
        (!local.carriable).then(|| uncarriable.what.clone())
    }

    /// Whether an expression is a function of the app's that is decorated with `contextlib.contextmanager` or its
    /// asynchronous counterpart.
    fn makes_manager(&mut self, callee: &ast::Expr) -> bool {
        let Type::Function(function) = self.peek(callee) else {
            return false;
        };
        let model = self.facts.model;
        let function = model.function(function);
        let external = |name: &ast::ExprName| match model.name(function.module, &name.id) {
            Some(Binding::External(path)) => Some(path.as_str()),
            _ => None,
        };
        let mut decorators = function.def.decorator_list.iter();
        decorators.any(|decorator| match &decorator.expression {
            ast::Expr::Name(name) => external(name)
                .and_then(|path| path.strip_prefix("contextlib."))
                .is_some_and(is_manager_maker),
            ast::Expr::Attribute(attribute) => match &*attribute.value {
                ast::Expr::Name(name) => {
                    external(name) == Some("contextlib") && is_manager_maker(&attribute.attr)
                }
                _ => false,
            },
            _ => false,
        })
    }

    fn uncarriable(&mut self, value: &ast::Expr, type_: &Type) -> Option<String> {
        match value {
            ast::Expr::Lambda(_) => return Some("a lambda".to_owned()),
            ast::Expr::Generator(_) => return Some("a generator expression".to_owned()),
            ast::Expr::Call(call) => {
                let callee = self.peek(&call.func);
                if let Type::Symbol(name) = &callee
                    && let Some(what) = made_by(name)
                {
                    return Some(what);
                }
                if self.gives_coroutine(call) {
                    return Some("a coroutine".to_owned());
                }
                if let ast::Expr::Attribute(attribute) = &*call.func
                    && matches!(attribute.attr.as_str(), "keys" | "values" | "items")
                    && matches!(self.peek(&attribute.value).peel(), Type::Dict(..))
                {
                    return Some("a view of a dictionary".to_owned());
                }
            }
            _ => {}
        }
        match type_ {
            Type::Callable(_) if !value.is_call_expr() => {
                Some("a function made in this method".to_owned())
            }
            Type::Bound(_) => Some("a bound method".to_owned()),
            Type::Module(_) => Some("a module".to_owned()),
            Type::Super(_) => Some("what `super()` gives".to_owned()),
            _ => None,
        }
    }
}

/// Whether a decorator of `contextlib` makes managers of generators.
fn is_manager_maker(name: &str) -> bool {
    matches!(name, "contextmanager" | "asynccontextmanager")
}

/// What a function from outside the app makes, where that cannot be carried.
pub(crate) fn made_by(name: &str) -> Option<String> {
    let what = match name {
        "builtins.open" | "io.open" | "gzip.open" | "bz2.open" | "lzma.open" | "codecs.open" => {
            "an open file"
        }
        "tempfile.TemporaryFile"
        | "tempfile.NamedTemporaryFile"
        | "tempfile.SpooledTemporaryFile" => "an open file",
        "builtins.iter" => "an iterator",
        "builtins.map" | "builtins.filter" | "builtins.zip" | "builtins.enumerate"
        | "builtins.reversed" => {
            return Some(format!("a `{}` object", &name["builtins.".len()..]));
        }
        "threading.Lock" | "threading.RLock" | "asyncio.Lock" | "multiprocessing.Lock" => "a lock",
        "threading.Event"
        | "threading.Condition"
        | "threading.Semaphore"
        | "threading.BoundedSemaphore"
        | "threading.Barrier"
        | "asyncio.Event"
        | "asyncio.Semaphore"
        | "asyncio.Queue"
        | "queue.Queue" => "a synchronization object",
        "threading.Thread" | "multiprocessing.Process" | "subprocess.Popen" => {
            "a running thread or process"
        }
        "concurrent.futures.ThreadPoolExecutor" | "concurrent.futures.ProcessPoolExecutor" => {
            "an executor"
        }
        "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.gather" | "asyncio.shield" => {
            "a task"
        }
        "asyncio.timeout" | "asyncio.timeout_at" => "a timeout",
        "asyncio.TaskGroup" => "a group of tasks",
        "socket.socket" | "socket.create_connection" => "a socket",
        "sqlite3.connect" => "a database connection",
        "urllib.request.urlopen" => "a network response",
        "mmap.mmap" | "builtins.memoryview" => "a view of memory",
        _ if name.starts_with("itertools.") => "an iterator",
        _ => return None,
    };
    Some(what.to_owned())
}
