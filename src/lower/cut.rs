//! Cutting one method.

use std::collections::HashSet;

use super::builder::Builder;
use super::cfg::{BlockId, Role, Term};
use super::closures::Closures;
use super::effects::Effects;
use super::home::Home;
use super::liveness::{Liveness, reachable};
use super::names::Names;
use super::regions::Remade;
use super::shared::refuse_changed;
use super::{ahead, along, keys, refuse, regions, together};
use crate::diagnostics::Diagnostic;
use crate::ir::{Block, Code, digest_blocks};
use crate::model::{Function, Model};
use crate::resolve::Resolution;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{Expr, ExprContext, Stmt};
use crate::syntax::{Ranged, TextRange, span};

/// A function that has been cut.
pub struct Cut {
    /// The definition through its colon.
    pub header: Code,
    /// The blocks; the first is the entry.
    pub blocks: Vec<Block>,
}

/// Cuts a function at its sites.
pub fn cut<'p>(
    model: &Model<'p>,
    resolution: &Resolution,
    home: Home<'_, 'p>,
    function: &Function<'p>,
) -> (Cut, Vec<Diagnostic>) {
    let mut builder = Builder::new(model, resolution, home, function);
    let header = builder.text.header(function.def);
    let entry = builder.block(Role::Entry);
    builder.enter(entry);
    let floor = header.end();
    builder.lower_body(&function.def.body, floor);
    builder.end(Term::End);
    builder.graph.thread_jumps();
    builder.graph.connect();
    keys::know(&mut builder, entry);
    together::join(&mut builder, entry);
    along::note(&mut builder.graph);
    let liveness = Liveness::new(&builder.graph, entry, &builder.params());
    let reachable = reachable(&builder.graph, entry);
    refuse_bindings(&mut builder);
    let first = regions::entry(&builder.graph, &reachable);
    refuse_unbound(&mut builder, &first);
    refuse_uncarriable(&mut builder, &liveness, &reachable);
    refuse_changed(&mut builder, &reachable);
    let mut blocks: Vec<Block> = regions::blocks(
        &builder.graph,
        &liveness,
        &reachable,
        &Remade {
            imports: &builder.imports,
            functions: &builder.remade(),
        },
        &home.block_prefix(function),
        &home.names(function),
    );
    if let Some(entry) = blocks.first_mut() {
        entry.name = function.name.to_owned();
    }
    refuse_locals(&mut builder, &blocks);
    refuse_exceptions(&mut builder);
    let begins_with = &builder.graph.block(entry).term;
    if builder.receiver.is_some() && ahead::is_read_of_fields(begins_with) {
        ahead::note(&mut blocks, function);
    }
    digest_blocks(&mut blocks);
    let header = builder.text.render(header, &builder.edits);
    (Cut { header, blocks }, builder.diagnostics)
}

fn refuse_bindings(builder: &mut Builder<'_, '_>) {
    let mut found = Bindings {
        receiver: builder.receiver,
        class: builder.home.root(),
        closures: &builder.closures,
        found: Vec::new(),
    };
    found.visit_body(&builder.function.def.body);
    if found.found.is_empty() {
        // Bound by a parameter, an import, a definition, a handler or a pattern.
        let bound = builder.bound();
        let ours = [builder.home.root(), builder.receiver];
        for name in ours.into_iter().flatten() {
            if bound.contains(name) {
                let at = builder.function.def.name.range;
                found
                    .found
                    .push((format!("a local of the name `{name}`"), at));
            }
        }
    }
    for (what, range) in found.found {
        let span = builder.span(&range);
        builder.diagnostics.push(refuse::binding(&what, span));
    }
}

/// What may be unbound is handed over by way of the built-in `locals`.
fn refuse_locals(builder: &mut Builder<'_, '_>, blocks: &[Block]) {
    let live = blocks.iter().flat_map(|block| &block.live);
    if live.into_iter().any(|variable| variable.maybe_unbound) && builder.bound().contains("locals")
    {
        let at = builder.span(&builder.function.def.name.range);
        let refused = refuse::binding("a local of the name `locals`", at);
        builder.diagnostics.push(refused);
    }
}

/// What is raised in the body of a `try` is caught by way of the built-in `BaseException`.
fn refuse_exceptions(builder: &mut Builder<'_, '_>) {
    let name = "BaseException";
    let is_global = builder.model.name(builder.function.module, name).is_some();
    let catches = builder.graph.zones.catches().next().is_some();
    if catches && (is_global || builder.bound().contains(name)) {
        let at = builder.span(&builder.function.def.name.range);
        let refused = refuse::binding("a `BaseException` of your own", at);
        builder.diagnostics.push(refused);
    }
}

struct Bindings<'n> {
    receiver: Option<&'n str>,
    /// The name by which its class is found.
    class: Option<&'n str>,
    closures: &'n Closures<'n>,
    found: Vec<(String, TextRange)>,
}

impl<'a> Visitor<'a> for Bindings<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.ctx != ExprContext::Load
            && [self.receiver, self.class].contains(&Some(name.id.as_str()))
        {
            let what = format!("assigning to `{}`", name.id);
            self.found.push((what, name.range));
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Global(_) => self.found.push(("`global`".to_owned(), stmt.range())),
            Stmt::Nonlocal(_) => {
                let mut closures = self.closures.values();
                if !closures.any(|closure| closure.holds(stmt.range())) {
                    self.found.push(("`nonlocal`".to_owned(), stmt.range()));
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}

/// Reports locals that the method reads before any way leads to an assignment: in a function of its own, the first part would
/// take such a name for one of the module.
fn refuse_unbound(builder: &mut Builder<'_, '_>, region: &[BlockId]) {
    let mut whole = Effects::default();
    for id in region {
        let effects = builder.graph.block(*id).effects();
        whole.uses.extend(effects.uses);
        whole.binds.extend(effects.binds);
        whole.may_bind.extend(effects.may_bind);
    }
    if !builder.diagnostics.is_empty() {
        return;
    }
    let params = builder.params();
    // What a function inside binds has to be bound around it as well.
    let inside = builder.closures.values().flat_map(|closure| &closure.binds);
    let inside: Names = inside
        .filter(|name| !whole.binds.contains(*name))
        .cloned()
        .collect();
    let bound = &(&whole.may_bind - &inside) | &params;
    for name in &whole.uses - &bound {
        let at = builder.first_unbound_load(&name);
        let span = builder.span(&at.unwrap_or(builder.function.def.name.range));
        builder.diagnostics.push(refuse::never_bound(&name, span));
    }
}

/// Reports what lives on across a call and cannot be encoded, once a name.
fn refuse_uncarriable(builder: &mut Builder<'_, '_>, liveness: &Liveness, reachable: &[BlockId]) {
    let function = span(builder.file, builder.function.def);
    let Some(locals) = builder.resolution.uncarriable.get(&function) else {
        return;
    };
    let mut reported = HashSet::new();
    for (block, site) in cuts(builder, reachable) {
        for name in liveness.live(block) {
            let Some(held) = locals.get(name) else {
                continue;
            };
            let closure = builder.closures.get(name);
            let is_remade = builder.imports.contains_key(name)
                || closure.is_some_and(|closure| closure.is_ready);
            let is_made = is_remade && liveness.is_bound(block, name);
            // Handed over, a function would go on with the variables of the block that made it.
            let travels = builder.graph.block(block).site.is_some() || closure.is_some();
            if !is_made && travels && reported.insert(name.clone()) {
                let call = builder.span(&site);
                let refused = refuse::uncarriable(name, &held.what, held.at, call);
                builder.diagnostics.push(refused);
            }
        }
    }
}

/// The blocks that become functions of their own, with a call that makes them so: first those where a call returns.
fn cuts(builder: &Builder<'_, '_>, reachable: &[BlockId]) -> Vec<(BlockId, TextRange)> {
    let heads = regions::heads(&builder.graph, reachable);
    let site = |id: &BlockId| builder.graph.block(*id).site;
    let (mut cuts, others): (Vec<_>, Vec<_>) = heads.into_iter().partition(|id| site(id).is_some());
    cuts.sort_by_key(|id| site(id).map(|site| site.start()));
    let first = cuts.first().and_then(site);
    let cuts = cuts.into_iter().chain(others);
    cuts.filter_map(|id| Some((id, site(&id).or(first)?)))
        .collect()
}
