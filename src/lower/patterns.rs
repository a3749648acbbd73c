//! Patterns that leave the method: they are taken apart from outside to inside, and what is taken out is tried against the parts
//! of the pattern one after the other, as CPython does it. Names are bound when all of it fits.

use std::collections::BTreeMap;

use super::builder::Builder;
use super::cfg::{BlockId, Case, Handler, Leaving, Role, Term};
use super::depart::Departure;
use super::effects::Effects;
use super::fields;
use super::refuse;
use super::text::Edit;
use super::zones::Zone;
use crate::ir::Code;
use crate::resolve::Site;
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, Pattern};
use crate::syntax::{Ranged, TextSize};

/// What is raised where an attribute that a pattern names is missing.
const MISSING: &str = "AttributeError";

/// The locals that hold what a pattern captures until all of it fits, by the names that the user gives.
type Captured = BTreeMap<String, String>;

/// A pattern around others, each of which stands in it as the local that holds what it is tried against.
struct Around<'e> {
    code: Code,
    effects: Effects,
    parts: Vec<(String, &'e Pattern)>,
}

impl Builder<'_, '_> {
    /// Tries a pattern that leaves the method; goes on where it fits, with its names bound.
    pub fn lower_pattern(&mut self, pattern: &Pattern, subject: &str, otherwise: BlockId) {
        let mut captured = Captured::new();
        self.fit(pattern, subject, otherwise, &mut captured);
        for (name, held) in &captured {
            self.push_hidden(format!("{name} = {held}"), &[held], Some(name));
        }
    }

    fn fit(&mut self, pattern: &Pattern, subject: &str, otherwise: BlockId, to: &mut Captured) {
        if !self.has_site(pattern.range()) {
            return self.fit_whole(std::slice::from_ref(pattern), subject, otherwise, to);
        }
        let around = match pattern {
            Pattern::MatchOr(or) => return self.fit_one(or, subject, otherwise, to),
            Pattern::MatchAs(as_) => {
                if let Some(inner) = &as_.pattern {
                    self.fit(inner, subject, otherwise, to);
                }
                if let Some(name) = &as_.name {
                    let held = self.held(name, to);
                    self.push_hidden(format!("{held} = {subject}"), &[subject], Some(&held));
                }
                return;
            }
            Pattern::MatchMapping(mapping) => self.mapping(mapping, subject, otherwise, to),
            Pattern::MatchClass(class) => self.class(class, to),
            Pattern::MatchSequence(sequence) => self.sequence(sequence, to),
            Pattern::MatchValue(value) => {
                self.lower_expr(&value.value);
                let (code, effects) = self.dotted(&value.value);
                Around::new(code, effects)
            }
            Pattern::MatchSingleton(_) | Pattern::MatchStar(_) => {
                unreachable!("it holds no expression")
            }
        };
        self.go_on_if(subject, around.code, around.effects, otherwise);
        let mut parts = around.parts;
        if let Pattern::MatchClass(class) = pattern
            && self.reads_attributes(class)
        {
            parts.extend(self.read_attributes(class, subject, otherwise));
        }
        for (part, pattern) in parts {
            self.fit(pattern, &part, otherwise, to);
        }
    }

    /// Goes on where a pattern fits.
    fn go_on_if(&mut self, subject: &str, pattern: Code, mut fits: Effects, otherwise: BlockId) {
        let target = self.block(Role::Part("case"));
        self.graph.blocks[target].entry = std::mem::take(&mut fits.binds);
        let mut effects = Effects::of_uses([subject.to_owned()]);
        effects.then(&fits);
        self.end(Term::Match {
            subject: Code::hidden(subject),
            effects,
            cases: vec![Case {
                pattern,
                guard: None,
                target,
            }],
            otherwise,
        });
        self.enter(target);
    }

    /// Tries alternatives that do not leave the method, as they stand.
    fn fit_whole(
        &mut self,
        alternatives: &[Pattern],
        subject: &str,
        otherwise: BlockId,
        to: &mut Captured,
    ) {
        let mut effects = Effects::default();
        let mut names = Captures::default();
        for alternative in alternatives {
            names.visit_pattern(alternative);
            effects.uses.extend(self.scan().pattern(alternative).uses);
        }
        for name in names.0 {
            let held = self.held(name, to);
            let (text, uses) = (held.clone(), Vec::new());
            self.edits.set(name.range, Edit { text, uses });
            effects.then(&Effects::of_binding(&held));
        }
        let mut pattern: Option<Code> = None;
        for alternative in alternatives {
            let mut code = self.pattern(alternative);
            if alternatives.len() > 1 {
                code.text = format!("({})", code.text);
            }
            match &mut pattern {
                Some(before) => before.append(" | ", &code),
                None => pattern = Some(code),
            }
        }
        if let Some(pattern) = pattern {
            self.go_on_if(subject, pattern, effects, otherwise);
        }
    }

    /// Tries alternatives one after the other; goes on with the first that fits.
    fn fit_one(
        &mut self,
        or: &ast::PatternMatchOr,
        subject: &str,
        otherwise: BlockId,
        to: &mut Captured,
    ) {
        let join = self.block(Role::Join("pattern"));
        let mut rest = or.patterns.as_slice();
        while let [first, others @ ..] = rest {
            let stays = |this: &Self, one: &Pattern| !this.has_site(one.range());
            let count = match stays(self, first) {
                true => 1 + others.iter().take_while(|one| stays(self, one)).count(),
                false => 1,
            };
            let (tried, left) = rest.split_at(count);
            let next = match left {
                [] => otherwise,
                _ => self.block(Role::Part("case")),
            };
            match stays(self, first) {
                true => self.fit_whole(tried, subject, next, to),
                false => self.fit(first, subject, next, to),
            }
            self.end(Term::Goto(join));
            self.enter(next);
            rest = left;
        }
        self.enter(join);
    }

    fn sequence<'e>(
        &mut self,
        sequence: &'e ast::PatternMatchSequence,
        to: &mut Captured,
    ) -> Around<'e> {
        let mut around = Around::new(self.line_of("[", sequence.start()), Effects::default());
        for pattern in &sequence.patterns {
            let part = self.part(pattern, &mut around, to);
            around.code.text.push_str(&part);
            around.code.text.push_str(", ");
        }
        around.closed(']')
    }

    /// A class pattern; where attributes leave the method, without those that it names: they are asked for when the class fits.
    fn class<'e>(&mut self, class: &'e ast::PatternMatchClass, to: &mut Captured) -> Around<'e> {
        self.lower_expr(&class.cls);
        let (mut code, effects) = self.dotted(&class.cls);
        code.text.push('(');
        let mut around = Around::new(code, effects);
        for pattern in &class.arguments.patterns {
            let part = self.part(pattern, &mut around, to);
            around.code.text.push_str(&format!("{part}, "));
        }
        let apart = self.reads_attributes(class);
        for keyword in class.arguments.keywords.iter().filter(|_| !apart) {
            let part = self.part(&keyword.pattern, &mut around, to);
            let text = format!("{}={part}, ", keyword.attr);
            around.code.text.push_str(&text);
        }
        around.closed(')')
    }

    fn reads_attributes(&self, class: &ast::PatternMatchClass) -> bool {
        let mut keywords = class.arguments.keywords.iter();
        keywords.any(|keyword| self.attribute_site(keyword).is_some())
    }

    fn attribute_site(&self, keyword: &ast::PatternKeyword) -> Option<&[String]> {
        match self.resolution.sites.get(&self.span(&keyword.attr))? {
            Site::Read { targets } | Site::Getter { targets } => Some(targets),
            _ => None,
        }
    }

    /// Reads the attributes that a pattern names, one after the other; where one is missing, the pattern does not fit.
    fn read_attributes<'e>(
        &mut self,
        class: &'e ast::PatternMatchClass,
        subject: &str,
        otherwise: BlockId,
    ) -> Vec<(String, &'e Pattern)> {
        let outer = self.zone;
        let caught = self.temporary("caught");
        let catch = self.block(Role::Part("missing"));
        self.enter_guarded(&caught, catch);
        let mut parts = Vec::new();
        for keyword in &class.arguments.keywords {
            let part = self.temporary(&keyword.attr);
            match self.attribute_site(keyword).map(<[String]>::to_vec) {
                Some(targets) => {
                    let departure = self.depart_to_match(keyword, subject, targets, class.start());
                    self.leave_to(&part, keyword.attr.range, departure);
                }
                None => {
                    let read = format!("{part} = {subject}.{}", keyword.attr);
                    self.push_line(read, class.start(), &[subject], Some(&part));
                }
            }
            parts.push((part, &keyword.pattern));
        }
        self.zone = outer;
        let then = self.block(Role::Part("then"));
        self.end(Term::Goto(then));
        self.enter(catch);
        self.give_up_where_missing(&caught, otherwise);
        self.enter(then);
        parts
    }

    fn give_up_where_missing(&mut self, caught: &str, otherwise: BlockId) {
        if !self.is_builtin(MISSING) {
            let at = self.span(&self.function.def.name);
            let refused = refuse::binding("an `AttributeError` of your own", at);
            self.diagnostics.push(refused);
        }
        let zone = Zone::Handling {
            caught: caught.to_owned(),
            name: None,
        };
        let zone = self.graph.zones.add(zone, self.zone);
        let missing = self.graph.add(Role::Part("missing"), Some(zone));
        self.end(Term::Dispatch {
            again: Code::hidden(format!("{}.throw({caught})", self.flow)),
            effects: Effects::of_uses([caught.to_owned()]),
            handlers: vec![Handler {
                classes: Some(Code::hidden(MISSING)),
                name: None,
                target: missing,
            }],
        });
        self.enter(missing);
        self.end(Term::Goto(otherwise));
    }

    fn depart_to_match(
        &self,
        keyword: &ast::PatternKeyword,
        subject: &str,
        targets: Vec<String>,
        at: TextSize,
    ) -> Departure {
        Departure {
            leaving: Leaving::Read {
                receiver: self.line_of(subject, at),
                attributes: vec![keyword.attr.to_string()],
                is_field: fields::are_fields(self.model, &targets),
                is_key: fields::are_keys(self.model, &targets),
            },
            targets,
            receiver: Some(subject.to_owned()),
            effects: Effects::of_uses([subject.to_owned()]),
            wanted: keyword.attr.to_string(),
            role: Role::After {
                callee: keyword.attr.to_string(),
                receiver: String::new(),
            },
            line: self.text.line(at),
            stop: None,
        }
    }

    /// Keys are asked for when it is known that what is tried is a mapping which has as many.
    fn mapping<'e>(
        &mut self,
        mapping: &'e ast::PatternMatchMapping,
        subject: &str,
        otherwise: BlockId,
        to: &mut Captured,
    ) -> Around<'e> {
        let at = mapping.start();
        if mapping.keys.iter().any(|key| self.has_site(key.range())) {
            self.go_on_if(
                subject,
                self.line_of("{}", at),
                Effects::default(),
                otherwise,
            );
            let count = mapping.keys.len();
            let then = self.block(Role::Part("then"));
            self.end(Term::Branch {
                test: self.line_of(&format!("{subject}.__len__() >= {count}"), at),
                effects: Effects::of_uses([subject.to_owned()]),
                then,
                orelse: otherwise,
            });
            self.enter(then);
            let keys: Vec<&Expr> = mapping.keys.iter().collect();
            self.lower_in_order(&keys);
        }
        let mut around = Around::new(self.line_of("{", at), Effects::default());
        for (key, pattern) in mapping.keys.iter().zip(&mapping.patterns) {
            let (key, effects) = self.dotted(key);
            around.effects.then(&effects);
            around.code.append("", &key);
            let part = self.part(pattern, &mut around, to);
            around.code.text.push_str(&format!(": {part}, "));
        }
        if let Some(rest) = &mapping.rest {
            let held = self.held(rest, to);
            around.binds(&held);
            around.code.text.push_str(&format!("**{held}, "));
        }
        around.closed('}')
    }

    /// What stands for a part in the pattern around it.
    fn part<'e>(
        &mut self,
        pattern: &'e Pattern,
        around: &mut Around<'e>,
        to: &mut Captured,
    ) -> String {
        let (star, name) = match pattern {
            Pattern::MatchStar(star) => ("*", &star.name),
            Pattern::MatchAs(as_) if as_.pattern.is_none() => ("", &as_.name),
            _ => {
                let part = self.temporary("part");
                around.binds(&part);
                around.parts.push((part.clone(), pattern));
                return part;
            }
        };
        let held = match name {
            Some(name) => {
                let held = self.held(name, to);
                around.binds(&held);
                held
            }
            None => "_".to_owned(),
        };
        format!("{star}{held}")
    }

    /// A value as a pattern may name it: what has come from elsewhere needs a dot.
    fn dotted(&mut self, value: &Expr) -> (Code, Effects) {
        let Some(held) = self.edits.at(value.range()).map(|edit| edit.text.clone()) else {
            let code = self.text.render_expr(value, &self.edits);
            return (code, self.effects(value));
        };
        let constant = self.temporary("constant");
        let make = format!("{constant} = {}.Constant({held})", self.flow);
        self.push_hidden(make, &[&held], Some(&constant));
        let code = self.line_of(&format!("{constant}.value"), value.start());
        (code, Effects::of_uses([constant]))
    }

    fn held(&mut self, name: &ast::Identifier, to: &mut Captured) -> String {
        if let Some(held) = to.get(name.as_str()) {
            return held.clone();
        }
        let held = self.temporary(&format!("{name}_captured"));
        to.insert(name.to_string(), held.clone());
        held
    }

    fn line_of(&self, text: &str, at: TextSize) -> Code {
        Code::line(text, self.text.line(at))
    }
}

impl Around<'_> {
    fn new(code: Code, effects: Effects) -> Self {
        Self {
            code,
            effects,
            parts: Vec::new(),
        }
    }

    fn binds(&mut self, name: &str) {
        self.effects.then(&Effects::of_binding(name));
    }

    /// The pattern with its closing bracket in the place of the last comma.
    fn closed(mut self, bracket: char) -> Self {
        let text = self.code.text.trim_end_matches(", ").len();
        self.code.text.truncate(text);
        self.code.text.push(bracket);
        self
    }
}

/// The names that patterns capture.
#[derive(Default)]
struct Captures<'e>(Vec<&'e ast::Identifier>);

impl<'e> Visitor<'e> for Captures<'e> {
    fn visit_pattern(&mut self, pattern: &'e Pattern) {
        self.0.extend(match pattern {
            Pattern::MatchAs(as_) => as_.name.as_ref(),
            Pattern::MatchStar(star) => star.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        });
        visitor::walk_pattern(self, pattern);
    }
}
