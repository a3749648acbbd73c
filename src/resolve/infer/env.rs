//! The types of local names at one point.

use std::collections::{HashMap, HashSet};

use super::super::types::Type;

/// The types of names, and of dotted paths (`self.owner`) where a test has narrowed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Env {
    types: HashMap<String, Type>,
    /// The names and paths that a test has left no value.
    nothing: HashSet<String>,
    /// Whether control can get here.
    pub live: bool,
}

impl Default for Env {
    fn default() -> Self {
        Self {
            types: HashMap::new(),
            nothing: HashSet::new(),
            live: true,
        }
    }
}

impl Env {
    /// Where control cannot get.
    pub fn unreachable() -> Self {
        Self {
            live: false,
            ..Self::default()
        }
    }

    pub fn get(&self, path: &str) -> Option<&Type> {
        self.types.get(path)
    }

    /// Binds a name: what was known of its attributes is forgotten.
    pub fn bind(&mut self, name: &str, type_: Type) {
        self.forget_below(name);
        self.nothing.remove(name);
        self.types.insert(name.to_owned(), type_);
    }

    /// Sets what a test says of a path.
    pub fn narrow(&mut self, path: String, type_: Type) {
        self.types.insert(path, type_);
    }

    /// Sets that a path has no value that a test leaves it.
    pub fn narrow_to_nothing(&mut self, path: String) {
        self.nothing.insert(path.clone());
        self.types.insert(path, Type::Never);
    }

    /// Whether a test has left a path no value.
    pub fn is_nothing(&self, path: &str) -> bool {
        self.nothing.contains(path) && self.types.get(path) == Some(&Type::Never)
    }

    /// Removes a name.
    pub fn remove(&mut self, name: &str) -> Option<Type> {
        self.forget_below(name);
        self.types.remove(name)
    }

    /// Removes what is known of a path and of all below it.
    pub fn forget(&mut self, path: &str) {
        self.types.remove(path);
        self.forget_below(path);
    }

    /// Forgets that attributes hold no entity: code that has run elsewhere may have assigned one.
    pub fn forget_attributes(&mut self) {
        self.types
            .retain(|path, type_| !path.contains('.') || type_.may_hold_entity());
    }

    fn forget_below(&mut self, path: &str) {
        self.types.retain(|known, _| {
            !(known.starts_with(path) && known.as_bytes().get(path.len()) == Some(&b'.'))
        });
    }

    /// Joins the types of one name in.
    pub fn widen(&mut self, name: &str, type_: Type) {
        match self.types.get_mut(name) {
            Some(known) => *known = std::mem::replace(known, Type::Never).join(type_),
            None => {
                self.types.insert(name.to_owned(), type_);
            }
        }
    }

    /// What holds whichever way control came.
    pub fn join(mut self, other: Env) -> Env {
        if !other.live {
            return self;
        }
        if !self.live {
            return other;
        }
        let is_nothing = |env: &Env, path: &String| {
            env.is_nothing(path) || !path.contains('.') && !env.types.contains_key(path)
        };
        let nothing = self.nothing.union(&other.nothing);
        self.nothing = nothing
            .filter(|path| is_nothing(&self, path) && is_nothing(&other, path))
            .cloned()
            .collect();
        self.types
            .retain(|path, _| !path.contains('.') || other.types.contains_key(path));
        for (path, type_) in other.types {
            if self.types.contains_key(&path) || !path.contains('.') {
                self.widen(&path, type_);
            }
        }
        self
    }
}
