//! What making an instance runs.

use super::body::{Body, Run};
use super::known;
use crate::model::{Base, ClassId, ClassRef};
use crate::resolve::values::{external, unaliased};
use crate::syntax::ModuleId;
use crate::syntax::ast::{self, Expr};

/// The methods that run then, but for `__new__`, which may give an object that is not new.
const MAKERS: [&str; 3] = ["__init__", "__post_init__", "_missing_"];

impl<'m> Body<'_, 'm> {
    /// Takes note of what runs where an instance of some class of the app's is made; whether that may be told.
    pub(super) fn makes_any(&mut self) -> bool {
        let mut classes = 0..self.app.model.classes.len() as u32;
        classes.all(|id| self.makes(ClassId(id)))
    }

    /// The same of a certain class.
    pub(super) fn makes(&mut self, class: ClassId) -> bool {
        let order = self.app.model.order(ClassRef::Class(class));
        !self.made.insert(class) || order.iter().all(|one| self.is_made_plainly(*one))
    }

    /// The same of one of the classes that a class consists of.
    fn is_made_plainly(&mut self, class: ClassRef) -> bool {
        let model = self.app.model;
        let (module, def) = (model.module_of(class), model.class_def(class));
        for name in MAKERS {
            let own = self.app.functions_in(module, def, name).into_iter();
            self.calls.extend(own.map(|one| Run {
                fills: name != "_missing_",
                ..one
            }));
        }
        let mut bases = model.bases(class).iter();
        let known = bases.all(|base| match base {
            Base::Own(..) => true,
            Base::External(name, _) => known::is_plain_base(name),
            Base::Unknown(_) => false,
        });
        known
            && self.has_plain_metaclass(module, def)
            && self.app.functions_in(module, def, "__new__").is_empty()
            && self.app.values("__new__").is_empty()
            && MAKERS.iter().all(|name| self.app.values(name).is_empty())
            && self.defaults(module, def)
    }

    fn has_plain_metaclass(&self, module: ModuleId, def: &ast::StmtClassDef) -> bool {
        let arguments = def.arguments.as_ref();
        let metaclass = arguments.and_then(|arguments| arguments.find_keyword("metaclass"));
        metaclass.is_none_or(|metaclass| {
            external(self.app.model, module, &metaclass.value)
                .is_some_and(|name| known::is_plain_base(&name))
        })
    }

    /// Looks at the functions that give the fields of a dataclass their defaults.
    fn defaults(&mut self, module: ModuleId, def: &ast::StmtClassDef) -> bool {
        let values = self.app.values_in(module, def);
        let calls = values.into_iter().filter_map(Expr::as_call_expr);
        let mut factories = calls.filter_map(|call| call.arguments.find_keyword("default_factory"));
        factories.all(|factory| {
            let found = unaliased(self.app.model, module, &factory.value);
            found.and_then(|found| self.called(module, found)) == Some(true)
        })
    }
}
