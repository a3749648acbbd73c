//! The state of cutting one method, and the small moves that build its graph.

use std::collections::{BTreeMap, HashSet};

use super::cfg::{BlockId, Graph, Instr, Role, Term};
use super::closures::{Closures, closures};
use super::effects::{Effects, Scan};
use super::exits::Final;
use super::fresh::Fresh;
use super::home::Home;
use super::imports::imports;
use super::keepers::{Around, Made, kept};
use super::names::{Names, locals};
use super::scope::inner_names;
use super::supers;
use super::text::{Edit, Edits, Text};
use super::zones::ZoneId;
use crate::diagnostics::Diagnostic;
use crate::ir::{Code, flow_name};
use crate::model::{Function, Model};
use crate::resolve::reads;
use crate::resolve::{Resolution, Site};
use crate::source::{FileId, Span};
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{Expr, Stmt};
use crate::syntax::{Ranged, TextRange, TextSize, span};

/// A loop that is being cut.
pub struct Loop {
    /// Where `continue` goes.
    pub next: BlockId,
    /// Where `break` goes.
    pub end: BlockId,
    /// How many `finally` parts stand around it.
    pub finals: usize,
}

/// Builds the graph of one method.
pub struct Builder<'m, 'p> {
    pub model: &'m Model<'p>,
    pub resolution: &'m Resolution,
    pub home: Home<'m, 'p>,
    pub function: &'m Function<'p>,
    /// The first parameter, where every block is given the entity that it runs at in its place.
    pub receiver: Option<&'p str>,
    pub file: FileId,
    pub text: Text<'p>,
    pub edits: Edits,
    pub locals: HashSet<String>,
    /// What imports the names that do not travel.
    pub imports: BTreeMap<String, Code>,
    /// Functions that do not travel either.
    pub closures: Closures<'p>,
    /// What is made and something else may keep.
    pub kept: Vec<Made<'p>>,
    pub fresh: Fresh,
    /// What the locals are assigned.
    pub assigned: reads::Fresh<'m>,
    pub graph: Graph,
    pub loops: Vec<Loop>,
    /// What jumps have to pass, the innermost last.
    pub finals: Vec<Final>,
    /// What stands around what is being lowered.
    pub zone: Option<ZoneId>,
    /// The name of `stateflow.flow` in this module.
    pub flow: String,
    pub diagnostics: Vec<Diagnostic>,
    /// Names that only comprehensions and lambdas have, for themselves.
    pub inner_names: HashSet<String>,
    /// Names of the scopes that are being written into the method.
    pub names_in_use: Vec<String>,
    /// The block that is being written to; `None` after a jump.
    current: Option<BlockId>,
    /// Where the sites of the method begin and end, sorted.
    sites: Vec<TextRange>,
    unsafe_loads: HashSet<TextRange>,
    /// Comments above a statement that have been written before its first part.
    commented: HashSet<TextSize>,
}

impl<'m, 'p> Builder<'m, 'p> {
    pub fn new(
        model: &'m Model<'p>,
        resolution: &'m Resolution,
        home: Home<'m, 'p>,
        function: &'m Function<'p>,
    ) -> Self {
        let module = model.program.module(function.module);
        let source = model.program.sources.file(module.file);
        let params = names(home.params(function));
        let flow = flow_name(&source.text);
        let mut bound = locals(&function.def.body);
        bound.extend(params.iter().cloned());
        let receiver = home.receiver(function);
        if let Some(receiver) = receiver {
            bound.remove(receiver);
        }
        let mut edits = Edits::default();
        if let (Some(_), None, Some(own)) = (home.class(), receiver, function.receiver) {
            supers::write_out(&function.def.body, own, &mut edits);
        }
        let sites = sites_of(resolution, module.file, function);
        let around = Around {
            model,
            resolution,
            function,
            locals: &bound,
            sites: &sites,
        };
        let closures = closures(around);
        let kept = kept(&closures, around);
        let unsafe_loads =
            Scan::new(&bound, &edits, &closures).unsafe_loads(&params, &function.def.body);
        let at = span(module.file, function.def);
        let mut text = Text::new(source, &module.tree, function.def);
        let recorded = resolution.recorded.calls.iter();
        text.record(recorded.filter(|call| call.at.is_inside(at)), &flow);
        Self {
            model,
            resolution,
            home,
            function,
            receiver,
            file: module.file,
            text,
            edits,
            fresh: Fresh::new(taken(home, function, &flow)),
            assigned: reads::Fresh::of(model, function.module, function.def),
            locals: bound,
            imports: imports(source, function),
            closures,
            kept,
            graph: Graph::default(),
            loops: Vec::new(),
            finals: Vec::new(),
            zone: None,
            flow,
            diagnostics: Vec::new(),
            inner_names: inner_names(function, home.root().into_iter().chain(["locals"])),
            names_in_use: Vec::new(),
            current: None,
            sites,
            unsafe_loads,
            commented: HashSet::new(),
        }
    }

    /// The names of the parameters, without the receiver of an entity's method.
    pub fn params(&self) -> Names {
        names(self.home.params(self.function))
    }

    /// The names that the function binds.
    pub fn bound(&self) -> HashSet<String> {
        let mut bound = locals(&self.function.def.body);
        bound.extend(self.params());
        bound
    }

    /// The site that an expression is, or that it awaits, if any.
    pub fn site(&self, expr: &Expr) -> Option<&'m Site> {
        let site = match expr {
            Expr::Await(await_) => &await_.value,
            other => other,
        };
        self.resolution.sites.get(&span(self.file, site))
    }

    /// Whether there is a site in that range.
    pub fn has_site(&self, range: TextRange) -> bool {
        holds_site(&self.sites, range)
    }

    /// All sites of the method, sorted.
    pub fn sites(&self) -> &[TextRange] {
        &self.sites
    }

    /// The first site in that range.
    pub fn first_site(&self, range: TextRange) -> Option<TextRange> {
        let mut sites = self.sites.iter();
        sites.find(|site| range.contains_range(**site)).copied()
    }

    /// Whether one of these may be of the entity itself: what waits for it is not encoded then, and code of the function's own may
    /// change what is read.
    pub fn may_be_here(&self, targets: &[String]) -> bool {
        let mut entities = targets
            .iter()
            .map(|target| target.split('.').next().unwrap_or(target));
        let here = self.home.entities(self.function);
        here.is_none_or(|here| entities.any(|entity| here.contains(entity)))
    }

    /// The first site of the method.
    pub fn first_cut(&self) -> Span {
        let def = self.function.def;
        let site = self.first_site(def.range);
        self.span(&site.unwrap_or(def.name.range))
    }

    /// Whether one of these statements holds a site.
    pub fn body_has_site(&self, body: &[Stmt]) -> bool {
        body.iter().any(|stmt| self.has_site(stmt.range()))
    }

    /// Whether a name may have no value where it is read.
    pub fn may_be_unbound(&self, load: TextRange) -> bool {
        self.unsafe_loads.contains(&load)
    }

    /// Whether a name means Python's own function or class.
    pub fn is_builtin(&self, name: &str) -> bool {
        !self.locals.contains(name)
            && self.function.receiver != Some(name)
            && !self.model.may_define(self.function.module, name)
    }

    /// The name under which the module imports what generated code calls.
    pub fn flow(&self) -> String {
        flow_name(&self.model.program.sources.file(self.file).text)
    }

    /// The span of a node of this file.
    pub fn span(&self, node: &impl Ranged) -> Span {
        span(self.file, node)
    }

    /// Where a local of that name is first read without surely having a value.
    pub fn first_unbound_load(&self, name: &str) -> Option<TextRange> {
        let loads = self.unsafe_loads.iter().copied();
        loads
            .filter(|load| self.text.slice(*load) == name)
            .min_by_key(Ranged::start)
    }

    /// What an expression, with what has been replaced in it, does to local names.
    pub fn effects(&self, expr: &Expr) -> Effects {
        self.scan().expr(expr)
    }

    /// A walk over code of the function, with what has been replaced in it.
    pub fn scan(&self) -> Scan<'_> {
        Scan::new(&self.locals, &self.edits, &self.closures)
    }

    /// The effects of several expressions that are evaluated one after the other.
    pub fn effects_of<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Effects {
        let mut all = Effects::default();
        for expr in exprs {
            all.then(&self.effects(expr));
        }
        all
    }

    /// Whether what follows can be reached.
    pub fn is_reached(&self) -> bool {
        self.current.is_some()
    }

    /// A new block, not yet written to.
    pub fn block(&mut self, role: Role) -> BlockId {
        self.graph.add(role, self.zone)
    }

    /// A new loop, with its header and what follows it.
    pub fn new_loop(&self, next: BlockId, end: BlockId) -> Loop {
        Loop {
            next,
            end,
            finals: self.finals.len(),
        }
    }

    /// Goes on writing in that block.
    pub fn enter(&mut self, block: BlockId) {
        self.current = Some(block);
    }

    /// Adds an instruction.
    pub fn push(&mut self, code: Code, effects: Effects) {
        self.push_instr(Instr {
            code,
            effects,
            is_calm: false,
        });
    }

    /// Adds an instruction.
    pub fn push_instr(&mut self, instr: Instr) {
        if let Some(current) = self.current {
            self.graph.blocks[current].instrs.push(instr);
        }
    }

    /// Adds a statement as it stands, with its comments and what has been replaced in it.
    pub fn push_stmt(&mut self, stmt: &Stmt, floor: TextSize) {
        let range = if self.commented.contains(&stmt.start()) {
            self.text.with_comments(stmt.range(), stmt.start())
        } else {
            self.text.with_comments(stmt.range(), floor)
        };
        let code = self.text.render(range, &self.edits);
        let effects = self.scan().stmts(std::slice::from_ref(stmt));
        self.push_instr(Instr {
            code,
            effects,
            is_calm: self.is_calm(stmt),
        });
    }

    /// Adds the comments above a statement that is about to be cut.
    pub fn push_comments(&mut self, stmt: &Stmt, floor: TextSize) {
        if let Some(comments) = self.text.above(stmt.range(), floor) {
            let code = self.text.render(comments, &self.edits);
            self.push_instr(Instr::calm(code, Effects::default()));
        }
        self.commented.insert(stmt.start());
    }

    /// Adds the comment behind a statement of which nothing but a site is left.
    pub fn push_comment_behind(&mut self, stmt: &Stmt) {
        if let Some(comment) = self.text.behind(stmt.range()) {
            let code = self.text.render(comment, &self.edits);
            self.push_instr(Instr::calm(code, Effects::default()));
        }
    }

    /// Ends the block; what follows is not reached until another is entered.
    pub fn end(&mut self, term: Term) {
        if let Some(current) = self.current.take() {
            self.graph.blocks[current].term = term;
        }
    }

    /// Ends the block by a condition.
    pub fn branch(&mut self, test: &Expr, then: BlockId, orelse: BlockId) {
        let effects = self.effects(test);
        let test = self.text.render_expr(test, &self.edits);
        self.end(Term::Branch {
            test,
            effects,
            then,
            orelse,
        });
    }

    /// Puts a temporary in the place of an expression.
    pub fn replace(&mut self, range: TextRange, name: &str) {
        self.edits.set(
            range,
            Edit {
                text: name.to_owned(),
                uses: vec![name.to_owned()],
            },
        );
    }

    /// A new temporary.
    pub fn temporary(&mut self, wanted: &str) -> String {
        let name = self.fresh.name(wanted);
        self.locals.insert(name.clone());
        name
    }

    /// Assigns the value of an expression to a temporary.
    pub fn assign(&mut self, name: &str, value: &Expr) {
        let mut effects = self.effects(value);
        let mut code = self.text.render_expr(value, &self.edits);
        code.text.insert_str(0, &format!("{name} = "));
        effects.then(&Effects::of_binding(name));
        self.push_instr(Instr {
            code,
            effects,
            is_calm: self.is_calm_value(value),
        });
    }

    /// Assigns to a temporary what a function of ours gives for an expression. A traceback names the line of `at` for the call.
    pub fn push_call(
        &mut self,
        name: &str,
        (function, uses): (&str, Effects),
        argument: &Expr,
        at: TextSize,
    ) {
        let mut effects = self.effects(argument);
        effects.then(&uses);
        effects.then(&Effects::of_binding(name));
        let value = self.text.render_expr(argument, &self.edits);
        let mut code = Code::line(format!("{name} = {function}("), self.text.line(at));
        code.append("", &value);
        code.text.push(')');
        self.push(code, effects);
    }

    /// Adds a line of our own that stands for something at `at`, reads `uses` and binds `binds`.
    pub fn push_line(&mut self, text: String, at: TextSize, uses: &[&str], binds: Option<&str>) {
        let code = Code::line(text, self.text.line(at));
        self.push_ours(code, uses, binds);
    }

    /// Adds a line of our own that stands for nothing in the user's file.
    pub fn push_hidden(&mut self, text: String, uses: &[&str], binds: Option<&str>) {
        self.push_ours(Code::hidden(text), uses, binds);
    }

    /// Adds a line of our own.
    pub fn push_ours(&mut self, code: Code, uses: &[&str], binds: Option<&str>) {
        let uses = uses.iter().filter(|name| self.locals.contains(**name));
        let mut effects = Effects::of_uses(uses.map(|name| (*name).to_owned()));
        if let Some(name) = binds {
            effects.then(&Effects::of_binding(name));
        }
        self.push(code, effects);
    }
}

fn names(names: Vec<&str>) -> Names {
    names.into_iter().map(str::to_owned).collect()
}

/// Every name in a function, and those that its blocks need.
fn taken(home: Home<'_, '_>, function: &Function<'_>, flow: &str) -> HashSet<String> {
    let ours = [Some(flow), Some("locals"), home.root(), function.receiver];
    let mut found = Identifiers(ours.into_iter().flatten().map(str::to_owned).collect());
    let params = function.params.iter();
    found.0.extend(params.map(|param| param.name.to_owned()));
    found.0.extend(locals(&function.def.body));
    found.visit_body(&function.def.body);
    found.0
}

struct Identifiers(HashSet<String>);

impl<'a> Visitor<'a> for Identifiers {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

/// The ranges of the sites in a function, sorted.
pub fn sites_of(resolution: &Resolution, file: FileId, function: &Function<'_>) -> Vec<TextRange> {
    let body = function.def.range;
    let mut sites: Vec<TextRange> = resolution
        .sites
        .keys()
        .filter(|site| {
            site.file == file
                && site.start >= body.start().to_u32()
                && site.end <= body.end().to_u32()
        })
        .map(|site| TextRange::new(site.start.into(), site.end.into()))
        .collect();
    sites.sort_by_key(|site| (site.start(), site.end()));
    sites
}

/// Whether one of these sites, which are sorted, is in that range.
fn holds_site(sites: &[TextRange], range: TextRange) -> bool {
    let from = sites.partition_point(|site| site.start() < range.start());
    sites[from..]
        .iter()
        .take_while(|site| site.start() < range.end())
        .any(|site| site.end() <= range.end())
}
