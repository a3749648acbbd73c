//! As much of Python as it takes to run a method as it is written and as it is cut.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::source::{FileId, LineIndex, SourceFile};
use crate::syntax::ast::{self, BoolOp, Expr, Stmt};
use crate::syntax::parse;

/// Calls and reads after which a run is given up.
const BUDGET: usize = 60;

/// What a run that is given up ends with: no part of the method sees it.
pub const OUT_OF_BUDGET: &str = "out of budget";

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Int(i64),
    Str(String),
    Tuple(Vec<Value>),
    List(Rc<RefCell<Vec<Value>>>),
    /// The receiver.
    User,
    /// The other entity.
    Item,
    /// A method of one of the two.
    Method(Box<Value>, String),
    /// The state of a loop.
    Loop(Rc<RefCell<Vec<Value>>>, Rc<RefCell<usize>>),
    /// An exception.
    Error(String),
    /// What a call has raised in the place of its result.
    Raised(String),
    /// A `return` that is pending.
    Return(Box<Value>),
}

/// How a statement ends.
pub enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

pub type Env = HashMap<String, Value>;
pub type Result<T> = std::result::Result<T, String>;

/// A run: what has been called so far, in that order, and the state of both entities.
#[derive(Debug, Default, PartialEq)]
pub struct Run {
    /// Calls with their arguments.
    pub log: Vec<String>,
    fields: Env,
    /// How often the other entity has been called, which is all that reads of it tell.
    calls: i64,
    reads: usize,
    /// The exceptions that are being handled, the innermost last.
    pub handling: Vec<String>,
    /// Whether the other entity may be reached from within an expression.
    direct: bool,
}

/// The value, or the exception, of a method as it is written, and how it came to it.
pub fn run_as_written(body: &str) -> (Result<Value>, Run) {
    let mut run = Run::new(true);
    let mut env = parameters();
    let result = run.block(&statements(body), &mut env).map(value_of);
    (result, run)
}

pub fn parameters() -> Env {
    let values = [
        ("a", Value::Item),
        ("x", Value::Int(1)),
        ("y", Value::Int(2)),
    ];
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

fn value_of(flow: Flow) -> Value {
    match flow {
        Flow::Return(value) => value,
        _ => Value::None,
    }
}

/// The statements of a function's body.
pub fn statements(body: &str) -> Vec<Stmt> {
    let text = format!("def f():\n  {}\n", body.replace('\n', "\n  "));
    let source = SourceFile {
        path: "f.py".into(),
        display: "f.py".to_owned(),
        relative: "f.py".to_owned(),
        index: LineIndex::new(&text),
        text: text.clone(),
    };
    let (mut tree, found) = parse(FileId(0), &source, ast::PythonVersion::latest());
    assert_eq!(found, [], "{text}");
    match tree.body.remove(0) {
        Stmt::FunctionDef(def) => def.body.to_vec(),
        other => panic!("{other:?}"),
    }
}

pub fn expression(text: &str) -> Expr {
    match statements(&format!("({text})")).remove(0) {
        Stmt::Expr(stmt) => *stmt.value,
        other => panic!("{other:?}"),
    }
}

impl Run {
    pub fn new(direct: bool) -> Self {
        let xs = Rc::new(RefCell::new(vec![
            Value::Int(0),
            Value::Int(1),
            Value::Int(2),
        ]));
        Self {
            log: Vec::new(),
            fields: Env::from([
                ("n".to_owned(), Value::Int(0)),
                ("xs".to_owned(), Value::List(xs)),
            ]),
            calls: 0,
            reads: 0,
            handling: Vec::new(),
            direct,
        }
    }

    pub fn block(&mut self, body: &[Stmt], env: &mut Env) -> Result<Flow> {
        for stmt in body {
            match self.stmt(stmt, env)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&mut self, stmt: &Stmt, env: &mut Env) -> Result<Flow> {
        match stmt {
            Stmt::Pass(_) => {}
            Stmt::Break(_) => return Ok(Flow::Break),
            Stmt::Continue(_) => return Ok(Flow::Continue),
            Stmt::Expr(stmt) => drop(self.eval(&stmt.value, env)?),
            Stmt::Return(stmt) => {
                let value = stmt.value.as_deref().map(|value| self.eval(value, env));
                return Ok(Flow::Return(value.transpose()?.unwrap_or(Value::None)));
            }
            Stmt::Assign(stmt) => {
                let value = self.eval(&stmt.value, env)?;
                for target in &stmt.targets {
                    self.store(target, value.clone(), env)?;
                }
            }
            Stmt::AugAssign(stmt) => {
                let place = self.place(&stmt.target, env)?;
                let old = self.load(&place, env)?;
                let value = self.eval(&stmt.value, env)?;
                self.put(place, add(&old, &value)?, env)?;
            }
            Stmt::Delete(stmt) => {
                for target in &stmt.targets {
                    let name = target.as_name_expr().expect("a name").id.as_str();
                    env.remove(name).ok_or_else(|| unbound(name))?;
                }
            }
            Stmt::Assert(stmt) => {
                if !truth(&self.eval(&stmt.test, env)?) {
                    let message = stmt.msg.as_deref().map(|message| self.eval(message, env));
                    return Err(format!("AssertionError {:?}", message.transpose()?));
                }
            }
            Stmt::Raise(stmt) if stmt.exc.is_none() => {
                let handled = self.handling.last().cloned();
                return Err(handled.unwrap_or_else(|| "RuntimeError".to_owned()));
            }
            Stmt::Raise(stmt) => {
                let raised = stmt.exc.as_deref().map(|raised| self.eval(raised, env));
                return Err(format!("AssertionError {:?}", raised.transpose()?));
            }
            Stmt::If(stmt) => return self.if_(stmt, env),
            Stmt::While(stmt) => return self.while_(stmt, env),
            Stmt::For(stmt) => return self.for_(stmt, env),
            Stmt::Try(stmt) => return self.try_(stmt, env),
            Stmt::Match(stmt) => return self.match_(stmt, env),
            other => panic!("{other:?}"),
        }
        Ok(Flow::Next)
    }

    fn if_(&mut self, stmt: &ast::StmtIf, env: &mut Env) -> Result<Flow> {
        if truth(&self.eval(&stmt.test, env)?) {
            return self.block(&stmt.body, env);
        }
        for clause in &stmt.elif_else_clauses {
            let test = clause.test.as_ref().map(|test| self.eval(test, env));
            if test.transpose()?.is_none_or(|test| truth(&test)) {
                return self.block(&clause.body, env);
            }
        }
        Ok(Flow::Next)
    }

    fn while_(&mut self, stmt: &ast::StmtWhile, env: &mut Env) -> Result<Flow> {
        while truth(&self.eval(&stmt.test, env)?) {
            match self.block(&stmt.body, env)? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
        self.block(&stmt.orelse, env)
    }

    fn for_(&mut self, stmt: &ast::StmtFor, env: &mut Env) -> Result<Flow> {
        for item in elements(&self.eval(&stmt.iter, env)?)? {
            self.store(&stmt.target, item, env)?;
            match self.block(&stmt.body, env)? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
        self.block(&stmt.orelse, env)
    }

    /// Assigns to a target.
    pub fn store(&mut self, target: &Expr, value: Value, env: &mut Env) -> Result<()> {
        let parts = match target {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            _ => {
                let place = self.place(target, env)?;
                return self.put(place, value, env);
            }
        };
        let values = elements(&value)?;
        if values.len() != parts.len() {
            return Err("ValueError".to_owned());
        }
        for (part, value) in parts.iter().zip(values) {
            self.store(part, value, env)?;
        }
        Ok(())
    }

    fn place(&mut self, target: &Expr, env: &mut Env) -> Result<Place> {
        Ok(match target {
            Expr::Name(name) => Place::Name(name.id.to_string()),
            Expr::Attribute(target) => {
                self.eval(&target.value, env)?;
                Place::Field(target.attr.to_string())
            }
            Expr::Subscript(target) => {
                let container = self.eval(&target.value, env)?;
                let index = self.eval(&target.slice, env)?;
                Place::Element(container, index)
            }
            other => panic!("{other:?}"),
        })
    }

    fn load(&mut self, place: &Place, env: &Env) -> Result<Value> {
        match place {
            Place::Name(name) => env.get(name).cloned().ok_or_else(|| unbound(name)),
            Place::Field(name) => Ok(self.fields[name].clone()),
            Place::Element(container, index) => element(container, index),
        }
    }

    fn put(&mut self, place: Place, value: Value, env: &mut Env) -> Result<()> {
        match place {
            Place::Name(name) => drop(env.insert(name, value)),
            Place::Field(name) => drop(self.fields.insert(name, value)),
            Place::Element(Value::List(list), index) => {
                let index = number(&index)? as usize;
                let mut list = list.borrow_mut();
                *list.get_mut(index).ok_or("IndexError")? = value;
            }
            Place::Element(..) => return Err("TypeError".to_owned()),
        }
        Ok(())
    }

    pub fn eval(&mut self, expr: &Expr, env: &mut Env) -> Result<Value> {
        Ok(match expr {
            Expr::NumberLiteral(literal) => match &literal.value {
                ast::Number::Int(value) => Value::Int(value.as_i64().expect("a small number")),
                other => panic!("{other:?}"),
            },
            Expr::StringLiteral(literal) => Value::Str(literal.value.to_string()),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => match name.id.as_str() {
                "self" => Value::User,
                "LIMIT" => Value::Int(10),
                other => env.get(other).cloned().ok_or_else(|| unbound(other))?,
            },
            Expr::Named(named) => {
                let value = self.eval(&named.value, env)?;
                self.store(&named.target, value.clone(), env)?;
                value
            }
            Expr::Attribute(expr) => {
                let receiver = self.eval(&expr.value, env)?;
                self.attribute(&receiver, &expr.attr, self.direct)?
            }
            Expr::Call(call) => match self.call(call, env, self.direct)? {
                Value::Raised(error) => return Err(error),
                value => value,
            },
            Expr::BinOp(op) => {
                let left = self.eval(&op.left, env)?;
                let right = self.eval(&op.right, env)?;
                add(&left, &right)?
            }
            Expr::UnaryOp(op) => Value::Int(i64::from(!truth(&self.eval(&op.operand, env)?))),
            Expr::BoolOp(op) => self.bool_op(op, env)?,
            Expr::If(choice) => {
                let test = self.eval(&choice.test, env)?;
                let chosen = if truth(&test) {
                    &choice.body
                } else {
                    &choice.orelse
                };
                self.eval(chosen, env)?
            }
            Expr::Compare(compare) => self.compare(compare, env)?,
            Expr::Subscript(expr) => {
                let container = self.eval(&expr.value, env)?;
                let index = self.eval(&expr.slice, env)?;
                element(&container, &index)?
            }
            Expr::Tuple(tuple) => Value::Tuple(self.display(&tuple.elts, env)?),
            Expr::List(list) => Value::List(Rc::new(RefCell::new(self.display(&list.elts, env)?))),
            Expr::FString(string) => self.fstring(string, env)?,
            Expr::ListComp(_) => self.list(expr, env)?,
            Expr::BooleanLiteral(literal) => Value::Int(i64::from(literal.value)),
            other => panic!("{other:?}"),
        })
    }

    fn display(&mut self, elements: &[Expr], env: &mut Env) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        for element in elements {
            match element {
                Expr::Starred(starred) => {
                    values.extend(self::elements(&self.eval(&starred.value, env)?)?);
                }
                _ => values.push(self.eval(element, env)?),
            }
        }
        Ok(values)
    }

    fn bool_op(&mut self, op: &ast::ExprBoolOp, env: &mut Env) -> Result<Value> {
        let mut value = Value::None;
        for operand in &op.values {
            value = self.eval(operand, env)?;
            if truth(&value) == (op.op == BoolOp::Or) {
                break;
            }
        }
        Ok(value)
    }

    fn compare(&mut self, compare: &ast::ExprCompare, env: &mut Env) -> Result<Value> {
        let mut left = self.eval(&compare.left, env)?;
        for right in &compare.comparators {
            let right = self.eval(right, env)?;
            if *compare.ops == [ast::CmpOp::Eq] {
                return Ok(Value::Int(i64::from(left == right)));
            }
            if number(&left)? >= number(&right)? {
                return Ok(Value::Int(0));
            }
            left = right;
        }
        Ok(Value::Int(1))
    }

    fn fstring(&mut self, string: &ast::ExprFString, env: &mut Env) -> Result<Value> {
        let mut text = String::new();
        for part in string.value.elements() {
            match part {
                ast::InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                ast::InterpolatedStringElement::Interpolation(field) => {
                    match self.eval(&field.expression, env)? {
                        Value::Str(inner) => text.push_str(&inner),
                        other => text.push_str(&format!("{other:?}")),
                    }
                }
            }
        }
        Ok(Value::Str(text))
    }

    pub fn attribute(&mut self, receiver: &Value, name: &str, direct: bool) -> Result<Value> {
        match (receiver, name) {
            (Value::User, "n" | "xs") => Ok(self.fields[name].clone()),
            (Value::Item, "name") => self.read(direct, Value::Str("a".to_owned())),
            (Value::Item, "price") => self.read(direct, Value::Int(self.calls * 5 % 3)),
            (Value::Item, "owner") => self.read(direct, Value::Item),
            (Value::Return(value), "value") => Ok((**value).clone()),
            (Value::User, "g")
            | (Value::Item, "f" | "fail")
            | (Value::Loop(..), _)
            | (Value::List(_), "append") => {
                Ok(Value::Method(Box::new(receiver.clone()), name.to_owned()))
            }
            _ => Err("AttributeError".to_owned()),
        }
    }

    pub fn call(&mut self, call: &ast::ExprCall, env: &mut Env, direct: bool) -> Result<Value> {
        if let Expr::Attribute(callee) = &*call.func
            && matches!(&*callee.value, Expr::Name(name) if name.id.as_str() == "flow")
        {
            let argument = self.eval(&call.arguments.args[0], env)?;
            let more = self.display(&call.arguments.args[1..], env)?;
            return flow(&callee.attr, argument, more.first());
        }
        if let Expr::Lambda(lambda) = &*call.func {
            return self.eval(&lambda.body, env);
        }
        if let Expr::Name(name) = &*call.func {
            if let Some(value) = self.consumed(&name.id, call, env) {
                return value;
            }
            assert_eq!(name.id.as_str(), "AssertionError");
            return self.eval(&call.arguments.args[0], env);
        }
        let callee = self.eval(&call.func, env)?;
        let mut arguments = self.display(&call.arguments.args, env)?;
        for keyword in &call.arguments.keywords {
            arguments.push(self.eval(&keyword.value, env)?);
        }
        match callee {
            Value::Method(receiver, name) => match &*receiver {
                Value::Loop(values, at) => Ok(advance(&name, values, at)),
                Value::List(values) => {
                    values.borrow_mut().append(&mut arguments);
                    Ok(Value::None)
                }
                Value::Item if !direct => panic!("a call that is not cut out"),
                Value::Item => self.ask(&name, &arguments),
                _ => self.note(format!("{name} {arguments:?}")),
            },
            _ => Err("TypeError".to_owned()),
        }
    }

    fn ask(&mut self, name: &str, arguments: &[Value]) -> Result<Value> {
        self.calls += 1;
        let value = self.note(format!("{name} {arguments:?}"))?;
        Ok(match name {
            "fail" => Value::Raised(format!("ValueError {}", self.log.len())),
            _ => value,
        })
    }

    fn read(&mut self, direct: bool, value: Value) -> Result<Value> {
        assert!(direct, "a read that is not cut out");
        self.reads += 1;
        match self.reads > 20 * BUDGET {
            true => Err(OUT_OF_BUDGET.to_owned()),
            false => Ok(value),
        }
    }

    /// Writes down a call, which changes the receiver's state, and gives its value.
    fn note(&mut self, what: String) -> Result<Value> {
        self.log.push(what);
        if self.log.len() > BUDGET {
            return Err(OUT_OF_BUDGET.to_owned());
        }
        let count = self.log.len() as i64;
        self.fields.insert("n".to_owned(), Value::Int(count));
        Ok(Value::Int(count * 7 % 3))
    }
}

/// What the functions of `flow` do.
fn flow(function: &str, argument: Value, more: Option<&Value>) -> Result<Value> {
    match (function, argument) {
        ("field", Value::List(values)) => match more {
            Some(Value::Int(index)) => Ok(values.borrow()[*index as usize].clone()),
            other => panic!("{other:?}"),
        },
        ("key", Value::Item) => Ok(Value::Str("a".to_owned())),
        ("field", Value::Raised(error)) => Err(error),
        ("iterate", values) => {
            let values = Rc::new(RefCell::new(elements(&values)?));
            Ok(Value::Loop(values, Rc::default()))
        }
        ("result", Value::Raised(error)) | ("throw", Value::Error(error)) => Err(error),
        ("result", value) => Ok(value),
        ("throw", _) => Ok(Value::None),
        ("Return", value) => Ok(Value::Return(Box::new(value))),
        ("returns", value) => Ok(Value::Int(i64::from(matches!(value, Value::Return(_))))),
        (other, _) => panic!("{other}"),
    }
}

/// Where something is assigned to.
enum Place {
    Name(String),
    Field(String),
    Element(Value, Value),
}

fn advance(name: &str, values: &RefCell<Vec<Value>>, at: &RefCell<usize>) -> Value {
    let here = *at.borrow();
    match name {
        "more" => Value::Int(i64::from(here < values.borrow().len())),
        _ => {
            *at.borrow_mut() = here + 1;
            values.borrow()[here].clone()
        }
    }
}

fn unbound(name: &str) -> String {
    format!("UnboundLocalError {name}")
}

pub fn truth(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Int(value) => *value != 0,
        Value::Str(text) => !text.is_empty(),
        Value::Tuple(values) => !values.is_empty(),
        Value::List(values) => !values.borrow().is_empty(),
        _ => true,
    }
}

fn number(value: &Value) -> Result<i64> {
    match value {
        Value::Int(value) => Ok(*value),
        _ => Err("TypeError".to_owned()),
    }
}

fn add(left: &Value, right: &Value) -> Result<Value> {
    Ok(Value::Int(number(left)?.wrapping_add(number(right)?)))
}

/// What iteration gives.
pub fn elements(value: &Value) -> Result<Vec<Value>> {
    match value {
        Value::Tuple(values) => Ok(values.clone()),
        Value::List(values) => Ok(values.borrow().clone()),
        _ => Err("TypeError".to_owned()),
    }
}

fn element(container: &Value, index: &Value) -> Result<Value> {
    let index = number(index)? as usize;
    let found = elements(container)?.get(index).cloned();
    found.ok_or_else(|| "IndexError".to_owned())
}
