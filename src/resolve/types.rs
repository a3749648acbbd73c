//! What an expression may evaluate to, as far as entities are concerned.

use crate::model::{ClassId, ClassRef, EntityId, FunctionId};
use crate::source::Span;
use crate::syntax::ModuleId;

use super::code::CodeId;

/// Types nested deeper than this are not followed.
const MAX_DEPTH: usize = 6;
/// Unions with more members forget which classes from outside the app are among them.
const MAX_MEMBERS: usize = 16;

/// The values that an expression may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Type {
    /// None at all: the elements of an empty list, the result of a function that always raises.
    #[default]
    Never,
    /// It cannot be told.
    Unknown(Box<Reason>),
    /// Something that holds no entity.
    Opaque,
    /// `None`.
    None,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `str`.
    Str,
    /// `bytes`.
    Bytes,
    /// One of these values.
    Literal(Vec<serde_json::Value>),
    /// An instance of a class from outside the app, by its dotted name.
    External(String),
    /// The same, where it behaves as another type does: a `collections.deque` as a list.
    Named(String, Box<Type>),
    /// A class, a function or a module from outside the app, by its dotted name.
    Symbol(String),
    /// An entity of a class or of one that inherits from it: a reference, or the receiver of the method itself.
    Entity {
        /// Which.
        id: EntityId,
        /// Whether it surely is the receiver.
        is_self: bool,
    },
    /// The class of an entity.
    EntityClass(EntityId),
    /// An instance of a plain class of the app's or of one that inherits from it, which may be an entity.
    Instance {
        /// Which.
        id: ClassId,
        /// The arguments of a generic class, as far as they are known.
        of: Vec<Type>,
        /// Whether it surely is the receiver.
        is_self: bool,
    },
    /// `super()` in a method of that class.
    Super(ClassRef),
    /// A type variable of a generic class, function or alias; only in what annotations say.
    Var {
        /// Its name.
        name: String,
        /// What is known of it where nothing stands for it.
        otherwise: Box<Type>,
    },
    /// A plain class of the app's.
    ClassObject(ClassId),
    /// A function of the app's.
    Function(FunctionId),
    /// A method of the app's, bound to an object or a class.
    Bound(CodeId),
    /// A lambda or a nested function with what it gives.
    Callable(Box<Type>),
    /// A module of the app's.
    Module(ModuleId),
    /// `list`.
    List(Box<Type>),
    /// `set`.
    Set(Box<Type>),
    /// `frozenset`.
    Frozenset(Box<Type>),
    /// `dict`.
    Dict(Box<Type>, Box<Type>),
    /// `tuple` of known length.
    Tuple(Vec<Type>),
    /// `tuple` of any length.
    TupleOf(Box<Type>),
    /// Any other iterable: iterators, views, `Sequence`, `Iterable`.
    Iter(Box<Type>),
    /// One of several, none of them a union or `Never`.
    Union(Vec<Type>),
}

/// Why a type cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// What is missing.
    pub why: Why,
    /// Where an annotation would tell.
    pub at: Span,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// A parameter without annotation.
    Parameter(String),
    /// An annotation that says nothing: `Any`, `object`.
    Any(String),
    /// An annotation with a name that stands for nothing known.
    Name(String),
    /// What code from outside the app made of an entity that it was given.
    External(String),
    /// What a container holds that nobody was seen to fill.
    Content,
    /// A value that is nested too deeply, or changes its type all the time.
    Complex,
}

impl Type {
    /// A type that cannot be told, for that reason.
    pub fn unknown(why: Why, at: Span) -> Self {
        Self::Unknown(Box::new(Reason { why, at }))
    }

    /// A reference to an entity.
    pub fn reference(id: EntityId) -> Self {
        Self::Entity { id, is_self: false }
    }

    /// An instance of a plain class.
    pub fn instance(id: ClassId) -> Self {
        Self::Instance {
            id,
            of: Vec::new(),
            is_self: false,
        }
    }

    /// `list[of]`.
    pub fn list(of: Type) -> Self {
        Self::List(Box::new(of))
    }

    /// `set[of]`.
    pub fn set(of: Type) -> Self {
        Self::Set(Box::new(of))
    }

    /// `frozenset[of]`.
    pub fn frozenset(of: Type) -> Self {
        Self::Frozenset(Box::new(of))
    }

    /// `dict[key, value]`.
    pub fn dict(key: Type, value: Type) -> Self {
        Self::Dict(Box::new(key), Box::new(value))
    }

    /// `tuple[of, ...]`.
    pub fn tuple_of(of: Type) -> Self {
        Self::TupleOf(Box::new(of))
    }

    /// Another iterable.
    pub fn iter(of: Type) -> Self {
        Self::Iter(Box::new(of))
    }

    /// `self | None`.
    pub fn optional(self) -> Self {
        self.join(Self::None)
    }

    /// The same, also inside, where nothing is known to be the receiver of the method: elsewhere that is an object like any other.
    pub fn elsewhere(self) -> Self {
        match self {
            Self::Entity { id, .. } => Self::reference(id),
            Self::Instance { id, of, .. } => Self::Instance {
                id,
                of: of.into_iter().map(Self::elsewhere).collect(),
                is_self: false,
            },
            other => other.map(&mut |part| part.elsewhere()),
        }
    }

    /// The type with other parts.
    pub fn map(self, change: &mut impl FnMut(Type) -> Type) -> Self {
        let mut boxed = |part: Box<Type>| Box::new(change(*part));
        match self {
            Self::List(of) => Self::List(boxed(of)),
            Self::Set(of) => Self::Set(boxed(of)),
            Self::Frozenset(of) => Self::Frozenset(boxed(of)),
            Self::TupleOf(of) => Self::TupleOf(boxed(of)),
            Self::Iter(of) => Self::Iter(boxed(of)),
            Self::Callable(of) => Self::Callable(boxed(of)),
            Self::Named(name, like) => Self::Named(name, boxed(like)),
            Self::Dict(key, value) => Self::Dict(boxed(key), boxed(value)),
            Self::Tuple(of) => Self::Tuple(of.into_iter().map(change).collect()),
            Self::Union(of) => Self::union(of.into_iter().map(change)),
            Self::Instance { id, of, is_self } => Self::Instance {
                id,
                of: of.into_iter().map(change).collect(),
                is_self,
            },
            other => other,
        }
    }

    /// The class of an object of the app's.
    pub fn class(&self) -> Option<ClassRef> {
        match self {
            Self::Entity { id, .. } => Some(ClassRef::Entity(*id)),
            Self::Instance { id, .. } => Some(ClassRef::Class(*id)),
            _ => None,
        }
    }

    /// The members of a union; else the type itself.
    pub fn members(&self) -> &[Type] {
        match self {
            Self::Union(members) => members,
            Self::Never => &[],
            other => std::slice::from_ref(other),
        }
    }

    /// The type as what it behaves like.
    pub fn peel(&self) -> &Type {
        match self {
            Self::Named(_, like) => like.peel(),
            other => other,
        }
    }

    /// The union of both.
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (Self::Never, type_) | (type_, Self::Never) => type_,
            (left, right) if left == right => left,
            (left, right) => {
                let mut members = left.into_members();
                for member in right.into_members() {
                    add(&mut members, member);
                }
                from_members(members)
            }
        }
    }

    /// The union of all.
    pub fn union(types: impl IntoIterator<Item = Type>) -> Type {
        types.into_iter().fold(Self::Never, Type::join)
    }

    fn into_members(self) -> Vec<Type> {
        match self {
            Self::Union(members) => members,
            Self::Never => Vec::new(),
            other => vec![other],
        }
    }

    /// The type without the members for which `drop` holds.
    pub fn without(&self, mut drop: impl FnMut(&Type) -> bool) -> Type {
        let kept = self.members().iter().filter(|member| !drop(member));
        from_members(kept.cloned().collect())
    }

    /// Whether a value of it may be or hold an entity, or cannot be told not to.
    pub fn may_hold_entity(&self) -> bool {
        self.any(&mut |type_| matches!(type_, Self::Entity { .. } | Self::Unknown(_)))
    }

    /// Whether a value of it may be or hold an entity for certain reasons.
    pub fn holds_entity(&self) -> bool {
        self.any(&mut |type_| matches!(type_, Self::Entity { .. }))
    }

    /// The first reason inside it for which something cannot be told.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(reason) => Some(reason),
            _ => self.parts().find_map(Type::reason),
        }
    }

    fn any(&self, test: &mut impl FnMut(&Type) -> bool) -> bool {
        test(self) || self.parts().any(|part| part.any(test))
    }

    pub(super) fn parts(&self) -> Box<dyn Iterator<Item = &Type> + '_> {
        match self {
            Self::List(of)
            | Self::Set(of)
            | Self::Frozenset(of)
            | Self::TupleOf(of)
            | Self::Iter(of)
            | Self::Callable(of)
            | Self::Named(_, of) => Box::new(std::iter::once(&**of)),
            Self::Dict(key, value) => Box::new([&**key, &**value].into_iter()),
            Self::Tuple(of) | Self::Union(of) | Self::Instance { of, .. } => Box::new(of.iter()),
            _ => Box::new(std::iter::empty()),
        }
    }

    fn depth(&self) -> usize {
        1 + self.parts().map(Type::depth).max().unwrap_or(0)
    }

    /// The type, or one that cannot be told where it, or a part of it, nests too deeply.
    pub fn bounded(self, at: Span) -> Type {
        let complex =
            |type_: &Type| matches!(type_, Self::Unknown(reason) if reason.why == Why::Complex);
        if self.depth() > MAX_DEPTH || self.any(&mut { complex }) {
            Self::unknown(Why::Complex, at)
        } else {
            self
        }
    }

    /// Whether it is a string, a number or another value of Python's own that holds no others.
    pub fn is_plain(&self) -> bool {
        !self.members().is_empty()
            && self.members().iter().all(|member| {
                matches!(
                    member,
                    Self::None
                        | Self::Bool
                        | Self::Int
                        | Self::Float
                        | Self::Str
                        | Self::Bytes
                        | Self::Literal(_)
                )
            })
    }

    /// Whether it is a built-in container, string or number of Python's own.
    pub fn is_builtin(&self) -> bool {
        !self.members().is_empty()
            && self.members().iter().all(|member| {
                matches!(
                    member,
                    Self::Bool
                        | Self::Int
                        | Self::Float
                        | Self::Str
                        | Self::Bytes
                        | Self::List(_)
                        | Self::Set(_)
                        | Self::Frozenset(_)
                        | Self::Dict(..)
                        | Self::Tuple(_)
                        | Self::TupleOf(_)
                )
            })
    }

    /// Whether it is a container, or an iterator, that others may put something into.
    pub fn is_container(&self) -> bool {
        matches!(
            self.peel(),
            Self::List(_)
                | Self::Set(_)
                | Self::Frozenset(_)
                | Self::Dict(..)
                | Self::TupleOf(_)
                | Self::Iter(_)
        )
    }

    /// The type, where a container that holds nothing known holds that.
    pub fn filled_with(self, content: &Type) -> Type {
        match self {
            Self::Named(name, like) => Self::Named(name, Box::new(like.filled_with(content))),
            Self::Union(of) => Self::union(of.into_iter().map(|part| part.filled_with(content))),
            other if other.is_container() => other.map(&mut |part| match part {
                Self::Never => content.clone(),
                part => part,
            }),
            other => other,
        }
    }

    /// What iteration over it gives; `None` where it is an instance of one of the app's classes.
    pub fn element(&self) -> Option<Type> {
        Some(match self.peel() {
            Self::List(of)
            | Self::Set(of)
            | Self::Frozenset(of)
            | Self::TupleOf(of)
            | Self::Iter(of) => of.as_ref().clone(),
            Self::Dict(key, _) => key.as_ref().clone(),
            Self::Tuple(of) => Self::union(of.iter().cloned()),
            Self::Str => Self::Str,
            Self::Bytes => Self::Int,
            Self::Unknown(reason) => Self::Unknown(reason.clone()),
            Self::ClassObject(class) => Self::instance(*class),
            Self::Instance { .. } => return None,
            Self::None | Self::Never => Self::Never,
            _ => Self::Opaque,
        })
    }
}

fn from_members(mut members: Vec<Type>) -> Type {
    if members.len() > MAX_MEMBERS {
        members.retain(|member| {
            !matches!(
                member,
                Type::External(_) | Type::Symbol(_) | Type::Literal(_)
            )
        });
        add(&mut members, Type::Opaque);
    }
    match members.len() {
        0 => Type::Never,
        1 => members.remove(0),
        _ => Type::Union(members),
    }
}

fn add(members: &mut Vec<Type>, new: Type) {
    let foreign = matches!(new, Type::External(_) | Type::Symbol(_) | Type::Literal(_));
    if foreign && members.contains(&Type::Opaque) {
        return;
    }
    for member in members.iter_mut() {
        if *member == new {
            return;
        }
        if let Some(merged) = merge(member, &new) {
            *member = merged;
            return;
        }
    }
    members.push(new);
}

/// One type for both, where they differ only in what they hold.
fn merge(left: &Type, right: &Type) -> Option<Type> {
    let both = |left: &Type, right: &Type| left.clone().join(right.clone());
    Some(match (left, right) {
        (Type::Unknown(_), Type::Unknown(_)) => left.clone(),
        (Type::Entity { id, .. }, Type::Entity { id: other, .. }) if id == other => {
            Type::reference(*id)
        }
        (
            Type::Instance { id, of: a, .. },
            Type::Instance {
                id: other, of: b, ..
            },
        ) if id == other => Type::Instance {
            id: *id,
            of: match a.len() == b.len() {
                true => a.iter().zip(b).map(|(a, b)| both(a, b)).collect(),
                false => Vec::new(),
            },
            is_self: false,
        },
        (Type::List(a), Type::List(b)) => Type::list(both(a, b)),
        (Type::Set(a), Type::Set(b)) => Type::set(both(a, b)),
        (Type::Frozenset(a), Type::Frozenset(b)) => Type::frozenset(both(a, b)),
        (Type::TupleOf(a), Type::TupleOf(b)) => Type::tuple_of(both(a, b)),
        (Type::Iter(a), Type::Iter(b)) => Type::iter(both(a, b)),
        (Type::Callable(a), Type::Callable(b)) => Type::Callable(Box::new(both(a, b))),
        (Type::Dict(a, b), Type::Dict(c, d)) => Type::dict(both(a, c), both(b, d)),
        (Type::Named(name, a), Type::Named(other, b)) if name == other => {
            Type::Named(name.clone(), Box::new(both(a, b)))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::Tuple(a.iter().zip(b).map(|(a, b)| both(a, b)).collect())
        }
        (Type::Tuple(a), Type::Tuple(b)) => Type::tuple_of(Type::union(a.iter().chain(b).cloned())),
        (Type::Tuple(a), Type::TupleOf(b)) | (Type::TupleOf(b), Type::Tuple(a)) => {
            Type::tuple_of(both(b, &Type::union(a.iter().cloned())))
        }
        (Type::Literal(a), Type::Literal(b)) => {
            let mut values = a.clone();
            values.extend(b.iter().filter(|value| !a.contains(value)).cloned());
            Type::Literal(values)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    const USER: Type = Type::Entity {
        id: EntityId(0),
        is_self: false,
    };

    fn unknown(name: &str) -> Type {
        let at = Span {
            file: FileId(0),
            start: 0,
            end: 1,
        };
        Type::unknown(Why::Parameter(name.to_owned()), at)
    }

    #[test]
    fn joining_what_is_there_changes_nothing() {
        let type_ = Type::union([USER, Type::None, Type::list(Type::union([Type::Int, USER]))]);
        for part in [
            USER,
            Type::None,
            Type::list(Type::Int),
            Type::list(Type::Never),
            Type::Never,
            type_.clone(),
        ] {
            assert_eq!(type_.clone().join(part), type_);
        }
    }

    #[test]
    fn containers_join_by_what_they_hold() {
        assert_eq!(
            Type::list(Type::Int).join(Type::list(USER)),
            Type::list(Type::union([Type::Int, USER]))
        );
        assert_eq!(
            Type::Tuple(vec![Type::Int, USER]).join(Type::Tuple(vec![Type::Str, USER])),
            Type::Tuple(vec![Type::union([Type::Int, Type::Str]), USER])
        );
        assert_eq!(
            Type::Tuple(vec![Type::Int]).join(Type::Tuple(vec![Type::Int, USER])),
            Type::tuple_of(Type::union([Type::Int, USER]))
        );
    }

    #[test]
    fn the_receiver_and_a_reference_are_a_reference() {
        let receiver = Type::Entity {
            id: EntityId(0),
            is_self: true,
        };
        assert_eq!(receiver.clone().join(USER), USER);
        assert_eq!(receiver.clone().join(receiver.clone()), receiver);
    }

    #[test]
    fn only_the_first_reason_is_kept() {
        assert_eq!(unknown("a").join(unknown("b")), unknown("a"));
        assert_eq!(
            Type::list(unknown("a"))
                .reason()
                .map(|reason| reason.why.clone()),
            Some(Why::Parameter("a".to_owned()))
        );
    }

    #[test]
    fn depth_and_width_are_bounded() {
        let at = Span {
            file: FileId(0),
            start: 3,
            end: 4,
        };
        let mut deep = Type::Int;
        for _ in 0..50 {
            deep = Type::list(deep).bounded(at);
        }
        assert!(deep.depth() <= MAX_DEPTH);
        let wide = Type::union((0..100).map(|n| Type::External(format!("m.C{n}"))));
        assert_eq!(wide, Type::Opaque);
    }
}
