//! Which class inherits from which.

use std::collections::{HashMap, HashSet};

use super::{Binding, ClassRef, Model};
use crate::syntax::{ModuleId, ast};

/// What a class inherits from.
#[derive(Debug, Clone, PartialEq)]
pub enum Base<'p> {
    /// A class of the app's.
    Own(ClassRef, &'p ast::Expr),
    /// One from outside, by its dotted name; `builtins.dict`.
    External(String, &'p ast::Expr),
    /// Something that cannot be told from the text.
    Unknown(&'p ast::Expr),
}

/// The classes of the app in their relation to each other.
#[derive(Debug, Default)]
pub struct Hierarchy<'p> {
    bases: HashMap<ClassRef, Vec<Base<'p>>>,
    orders: HashMap<ClassRef, Vec<ClassRef>>,
    derived: HashMap<ClassRef, Vec<ClassRef>>,
    /// Classes whose bases have no consistent order.
    disordered: HashSet<ClassRef>,
}

impl<'p> Hierarchy<'p> {
    /// That of the classes of a model.
    pub(super) fn new(model: &Model<'p>) -> Self {
        let mut hierarchy = Self::default();
        let all: Vec<ClassRef> = model.class_refs().collect();
        for class in &all {
            let module = model.module_of(*class);
            let bases = model.class_def(*class).bases().iter();
            let bases = bases.map(|base| self::base(model, module, base)).collect();
            hierarchy.bases.insert(*class, bases);
        }
        for class in &all {
            hierarchy.order(*class, &mut HashSet::new());
        }
        for class in &all {
            for base in hierarchy.orders[class].clone() {
                hierarchy.derived.entry(base).or_default().push(*class);
            }
        }
        for (class, derived) in &mut hierarchy.derived {
            derived.sort_by_key(|other| (other != class, *other));
        }
        hierarchy
    }

    /// The method resolution order as C3 gives it, without classes from outside the app.
    fn order(&mut self, class: ClassRef, open: &mut HashSet<ClassRef>) -> Vec<ClassRef> {
        if let Some(known) = self.orders.get(&class) {
            return known.clone();
        }
        if !open.insert(class) {
            return vec![class];
        }
        let bases: Vec<ClassRef> = self.own_bases(class).collect();
        let mut lists: Vec<Vec<ClassRef>> =
            bases.iter().map(|base| self.order(*base, open)).collect();
        lists.push(bases);
        let mut order = vec![class];
        if !merge(lists, &mut order) {
            self.disordered.insert(class);
        }
        open.remove(&class);
        self.orders.insert(class, order.clone());
        order
    }

    fn own_bases(&self, class: ClassRef) -> impl Iterator<Item = ClassRef> + use<'p> {
        let bases = self.bases.get(&class).cloned().unwrap_or_default();
        bases.into_iter().filter_map(|base| match base {
            Base::Own(base, _) => Some(base),
            _ => None,
        })
    }
}

/// Merges orders as C3 does; false where there is no order, and then the rest is added as it comes.
fn merge(mut lists: Vec<Vec<ClassRef>>, order: &mut Vec<ClassRef>) -> bool {
    loop {
        lists.retain(|list| !list.is_empty());
        let Some(first) = lists.first() else {
            return true;
        };
        let in_tail = |class: &ClassRef| lists.iter().any(|list| list[1..].contains(class));
        let good = lists.iter().map(|list| list[0]).find(|head| !in_tail(head));
        let next = good.unwrap_or(first[0]);
        if !order.contains(&next) {
            order.push(next);
        }
        lists
            .iter_mut()
            .for_each(|list| list.retain(|one| *one != next));
        if good.is_none() {
            order.extend(lists.concat());
            return false;
        }
    }
}

fn base<'p>(model: &Model<'p>, module: ModuleId, expr: &'p ast::Expr) -> Base<'p> {
    match model.unaliased(module, generic(expr), generic) {
        Some(Binding::Entity(id)) => Base::Own(ClassRef::Entity(id), expr),
        Some(Binding::Class(id)) => Base::Own(ClassRef::Class(id), expr),
        Some(Binding::External(dotted)) => Base::External(dotted, expr),
        _ => Base::Unknown(expr),
    }
}

/// The class of which an expression may give the type arguments.
fn generic(expr: &ast::Expr) -> &ast::Expr {
    match expr {
        ast::Expr::Subscript(generic) => &generic.value,
        _ => expr,
    }
}

impl<'p> Model<'p> {
    /// What a class inherits from, as written.
    pub fn bases(&self, class: ClassRef) -> &[Base<'p>] {
        self.hierarchy.bases.get(&class).map_or(&[], Vec::as_slice)
    }

    /// The order in which names are looked up in a class: itself and those of the app's classes that it inherits from.
    pub fn order(&self, class: ClassRef) -> &[ClassRef] {
        self.hierarchy.orders.get(&class).map_or(&[], Vec::as_slice)
    }

    /// A class and those that inherit from it.
    pub fn derived(&self, class: ClassRef) -> &[ClassRef] {
        self.hierarchy
            .derived
            .get(&class)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether a class is another, or inherits from it.
    pub fn derives(&self, class: ClassRef, from: ClassRef) -> bool {
        self.order(class).contains(&from)
    }

    /// Whether the bases of a class contradict each other in their order.
    pub fn is_disordered(&self, class: ClassRef) -> bool {
        self.hierarchy.disordered.contains(&class)
    }

    /// Whether one of the classes that a class inherits from comes from outside the app and is such a one.
    pub fn has_external_base(&self, class: ClassRef, test: impl Fn(&str) -> bool) -> bool {
        let bases = self.order(class).iter().flat_map(|one| self.bases(*one));
        bases
            .into_iter()
            .any(|base| matches!(base, Base::External(dotted, _) if test(dotted)))
    }

    /// Every class of the app.
    pub fn class_refs(&self) -> impl Iterator<Item = ClassRef> + use<'p> {
        let entities =
            (0..self.entities.len() as u32).map(|id| ClassRef::Entity(super::EntityId(id)));
        let classes = (0..self.classes.len() as u32).map(|id| ClassRef::Class(super::ClassId(id)));
        entities.chain(classes)
    }
}
