//! Whether the arguments of a call match the parameters.

use super::code::CodeId;
use super::facts::Facts;
use crate::diagnostics::Diagnostic;
use crate::ir::ParamKind;
use crate::model::{Param, nearest};
use crate::source::{FileId, Span};
use crate::syntax::{ast, span};

/// What is wrong with the arguments of a call of a function, or of a class without `__init__`.
pub(crate) fn check(
    facts: &Facts<'_>,
    call: &ast::ExprCall,
    code: Option<CodeId>,
    name: &str,
    file: FileId,
) -> Vec<Diagnostic> {
    let params = code.map_or(&[][..], |code| &facts.codes.get(code).function.params);
    let mut check = Check {
        call,
        params,
        name,
        file,
        found: Vec::new(),
    };
    check.positional();
    let misspelt = check.keywords();
    if !misspelt {
        check.missing();
    }
    let definition = code.map(|code| definition(facts, code));
    check
        .found
        .into_iter()
        .map(|diagnostic| match definition {
            Some(at) => diagnostic.also(at, "the parameters are declared here"),
            None => diagnostic,
        })
        .collect()
}

fn definition(facts: &Facts<'_>, code: CodeId) -> Span {
    let function = facts.codes.get(code).function;
    let file = facts.model.program.module(function.module).file;
    span(file, &*function.def.parameters)
}

struct Check<'c, 'a> {
    call: &'c ast::ExprCall,
    params: &'c [Param<'a>],
    name: &'c str,
    file: FileId,
    found: Vec<Diagnostic>,
}

impl<'c, 'a> Check<'c, 'a> {
    fn report(&mut self, message: String, at: Span, label: &str) -> &mut Diagnostic {
        self.found
            .push(Diagnostic::new("E0204", message, at, label));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The arguments by position whose place is certain: those before a starred one.
    fn placed(&self) -> &'c [ast::Expr] {
        let args = &self.call.arguments.args;
        let end = args
            .iter()
            .position(ast::Expr::is_starred_expr)
            .unwrap_or(args.len());
        &args[..end]
    }

    fn has_star(&self) -> bool {
        self.call
            .arguments
            .args
            .iter()
            .any(ast::Expr::is_starred_expr)
    }

    fn has_mapping(&self) -> bool {
        self.call
            .arguments
            .keywords
            .iter()
            .any(|keyword| keyword.arg.is_none())
    }

    fn by_position(&self) -> impl Iterator<Item = &'c Param<'a>> {
        self.params
            .iter()
            .filter(|param| matches!(param.kind, ParamKind::PositionalOnly | ParamKind::Regular))
    }

    fn has(&self, kind: ParamKind) -> bool {
        self.params.iter().any(|param| param.kind == kind)
    }

    fn positional(&mut self) {
        let taken = self.by_position().count();
        let given = self.placed().len();
        if given <= taken || self.has(ParamKind::VarPositional) {
            return;
        }
        let at = span(self.file, &self.placed()[taken]);
        let message = format!(
            "`{}` takes {}, but {given} {} given",
            self.name,
            counted(taken, "positional argument"),
            if given == 1 { "is" } else { "are" }
        );
        self.report(message, at, "one too many");
    }

    /// Reports wrong keywords; whether one is not known at all.
    fn keywords(&mut self) -> bool {
        let mut misspelt = false;
        let placed = self.placed().len();
        for keyword in &self.call.arguments.keywords {
            let Some(name) = &keyword.arg else {
                continue;
            };
            let at = span(self.file, name);
            let position = self
                .by_position()
                .position(|param| param.name == name.as_str());
            let known = self.params.iter().find(|param| param.name == name.as_str());
            match known.map(|param| param.kind) {
                Some(ParamKind::Regular) if position.is_some_and(|position| position < placed) => {
                    let message = format!("`{}` gets two values for `{name}`", self.name);
                    self.report(message, at, "it was already given by position");
                }
                Some(ParamKind::Regular | ParamKind::KeywordOnly) => {}
                _ if self.has(ParamKind::VarKeyword) => {}
                Some(ParamKind::PositionalOnly) => {
                    let message = format!("`{}` takes `{name}` by position only", self.name);
                    self.report(message, at, "");
                }
                _ => {
                    self.unknown_keyword(name, at);
                    misspelt = true;
                }
            }
        }
        misspelt
    }

    fn unknown_keyword(&mut self, name: &str, at: Span) {
        let named = self
            .params
            .iter()
            .filter(|param| matches!(param.kind, ParamKind::Regular | ParamKind::KeywordOnly));
        let known: Vec<&str> = named.map(|param| param.name).collect();
        let suggestion = nearest(name, known.iter().copied());
        let message = format!("`{}` has no parameter `{name}`", self.name);
        let diagnostic = self.report(message, at, "no such parameter");
        if let Some(suggestion) = suggestion {
            let mended = diagnostic
                .clone()
                .help(format!("did you mean `{suggestion}`?"));
            *diagnostic = mended.suggest(at, suggestion);
        }
    }

    fn missing(&mut self) {
        if self.has_mapping() {
            return;
        }
        let placed = self.placed().len();
        let has_star = self.has_star();
        let mut position = 0;
        let mut missing = Vec::new();
        for param in self.params {
            let by_position = matches!(param.kind, ParamKind::PositionalOnly | ParamKind::Regular);
            let filled = by_position && (position < placed || has_star);
            position += usize::from(by_position);
            let by_name = param.kind != ParamKind::PositionalOnly
                && self.call.arguments.find_keyword(param.name).is_some();
            let optional = matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword);
            if !filled && !by_name && !optional && param.default.is_none() {
                missing.push(format!("`{}`", param.name));
            }
        }
        if missing.is_empty() {
            return;
        }
        let message = format!(
            "the call of `{}` lacks {} {}",
            self.name,
            if missing.len() == 1 {
                "the argument"
            } else {
                "the arguments"
            },
            missing.join(", ")
        );
        let at = span(self.file, &self.call.arguments);
        self.report(message, at, "");
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
