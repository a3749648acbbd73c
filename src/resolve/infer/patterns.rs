//! `match`.

use super::super::Site;
use super::super::code::Owner;
use super::super::errors;
use super::super::types::Type;
use super::Interpreter;
use super::findings::Via;
use super::members::Found;
use crate::syntax::ast::{self, Pattern};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn match_(&mut self, match_: &'a ast::StmtMatch) {
        let subject = self.expr(&match_.subject);
        let mut after: Option<super::Env> = None;
        let mut exhaustive = false;
        for case in &match_.cases {
            let before = self.env.clone();
            self.pattern(&case.pattern, &subject);
            self.narrow_subject(&match_.subject, &case.pattern);
            if let Some(guard) = &case.guard {
                self.expr(guard);
                self.narrow(guard, true);
            }
            self.body(&case.body);
            let end = std::mem::replace(&mut self.env, before);
            after = Some(match after {
                Some(known) => known.join(end),
                None => end,
            });
            exhaustive |= case.guard.is_none() && case.pattern.is_irrefutable();
        }
        self.env.live &= !exhaustive;
        if let Some(after) = after {
            self.env = std::mem::take(&mut self.env).join(after);
        }
    }

    fn narrow_subject(&mut self, subject: &ast::Expr, pattern: &Pattern) {
        match pattern {
            Pattern::MatchClass(class) => {
                let class = self.peek(&class.cls);
                self.narrow_to(subject, &class, true);
            }
            Pattern::MatchAs(ast::PatternMatchAs {
                pattern: Some(pattern),
                ..
            }) => self.narrow_subject(subject, pattern),
            Pattern::MatchOr(or) => {
                let classes: Option<Vec<Type>> = or
                    .patterns
                    .iter()
                    .map(|pattern| match pattern {
                        Pattern::MatchClass(class) => Some(self.peek(&class.cls)),
                        _ => None,
                    })
                    .collect();
                if let Some(classes) = classes {
                    self.narrow_to(subject, &Type::Tuple(classes), true);
                }
            }
            _ => {}
        }
    }

    /// Binds what a pattern captures of a value.
    fn pattern(&mut self, pattern: &Pattern, subject: &Type) {
        match pattern {
            Pattern::MatchAs(as_) => self.as_pattern(as_, subject),
            Pattern::MatchClass(class) => {
                self.class_pattern(class, subject);
            }
            Pattern::MatchSequence(sequence) => self.sequence_pattern(sequence, subject),
            Pattern::MatchMapping(mapping) => self.mapping_pattern(mapping, subject),
            Pattern::MatchOr(or) => {
                let before = self.env.clone();
                let mut after: Option<super::Env> = None;
                for alternative in &or.patterns {
                    self.env = before.clone();
                    self.pattern(alternative, subject);
                    let end = std::mem::take(&mut self.env);
                    after = Some(match after {
                        Some(known) => known.join(end),
                        None => end,
                    });
                }
                self.env = after.unwrap_or(before);
            }
            Pattern::MatchValue(value) => {
                self.expr(&value.value);
            }
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    self.bind(name, Type::list(subject.clone()));
                }
            }
            Pattern::MatchSingleton(_) => {}
        }
    }

    fn as_pattern(&mut self, as_: &ast::PatternMatchAs, subject: &Type) {
        let mut captured = subject.clone();
        match as_.pattern.as_deref() {
            Some(Pattern::MatchClass(class)) => captured = self.class_pattern(class, subject),
            Some(pattern) => self.pattern(pattern, subject),
            None => {}
        }
        if let Some(name) = &as_.name {
            self.bind(name, captured);
        }
    }

    /// The type of what a class pattern matches.
    fn class_pattern(&mut self, pattern: &ast::PatternMatchClass, subject: &Type) -> Type {
        let class = self.expr(&pattern.cls);
        let instance = match &class {
            Type::EntityClass(id) => Type::reference(*id),
            Type::ClassObject(id) => Type::instance(*id),
            Type::Symbol(name) => match super::narrow::builtin_instance(name) {
                Type::Opaque if name == "builtins.object" => subject.clone(),
                Type::Opaque => {
                    subject.without(|member| matches!(member, Type::Entity { .. } | Type::None))
                }
                plain => plain,
            },
            _ => Type::Opaque,
        };
        let arguments = &pattern.arguments;
        if let (Type::EntityClass(id), Some(first)) = (class, arguments.patterns.first()) {
            let at = self.at(first);
            self.report(|facts| errors::pattern_by_position(facts.model.entity(id).name, at));
        }
        for (index, pattern) in arguments.patterns.iter().enumerate() {
            let type_ = match &instance {
                Type::Instance { id: class, .. } => self.positional_field(*class, index),
                other => other.clone(),
            };
            self.pattern(pattern, &type_);
        }
        for keyword in &arguments.keywords {
            let type_ = self.matched_attribute(pattern, &instance, &keyword.attr);
            self.pattern(&keyword.pattern, &type_);
        }
        instance
    }

    /// The type of an attribute that a class pattern names, which may be read from another entity.
    fn matched_attribute(
        &mut self,
        pattern: &ast::PatternMatchClass,
        instance: &Type,
        name: &ast::Identifier,
    ) -> Type {
        let at = self.at(name);
        for member in instance.members() {
            if let Type::Unknown(reason) = member {
                self.refuse_unknown_at(self.at(pattern), name, reason, errors::Use::Read);
            }
        }
        let mut targets = Vec::new();
        for id in self.facts.entities_behind(instance) {
            let is_read = match self.find(&Type::reference(id), name) {
                Found::Code(code) => self.facts.is_property(code),
                Found::Value(_) => self.facts.is_readable(id, name),
                Found::Nothing => false,
            };
            match is_read {
                true => targets.extend(self.facts.targets(id, name)),
                false => self.report(|facts| {
                    errors::pattern_of_nothing(facts.model.entity(id).name, name, at)
                }),
            }
        }
        self.site(at, targets, |targets| Site::Read { targets });
        for code in self.facts.codes_of(instance, name) {
            if self.facts.is_property(code) {
                self.own_call(at, code, Via::Property);
            }
        }
        self.read_quietly(instance, name)
    }

    fn positional_field(&mut self, class: crate::model::ClassId, index: usize) -> Type {
        let field = self.facts.model.class(class).fields.get(index);
        field
            .and_then(|field| self.facts.field(Owner::Class(class), field.name))
            .unwrap_or(Type::Opaque)
    }

    fn sequence_pattern(&mut self, sequence: &ast::PatternMatchSequence, subject: &Type) {
        let element = self.element(subject, self.at(sequence));
        let types = match subject.peel() {
            Type::Tuple(types)
                if types.len() == sequence.patterns.len()
                    && !sequence.patterns.iter().any(Pattern::is_match_star) =>
            {
                Some(types.clone())
            }
            _ => None,
        };
        for (index, pattern) in sequence.patterns.iter().enumerate() {
            let type_ = types.as_ref().map_or(&element, |types| &types[index]);
            self.pattern(pattern, type_);
        }
    }

    fn mapping_pattern(&mut self, mapping: &ast::PatternMatchMapping, subject: &Type) {
        let (key, value) = self.key_and_value(subject, self.at(mapping));
        for key in &mapping.keys {
            self.expr(key);
        }
        for pattern in &mapping.patterns {
            self.pattern(pattern, &value);
        }
        if let Some(rest) = &mapping.rest {
            self.bind(rest, Type::dict(key, value));
        }
    }
}
