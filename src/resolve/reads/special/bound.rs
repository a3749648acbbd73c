//! The names that are not those of the module.

use std::collections::HashSet;

use crate::resolve::Locals;
use crate::syntax::ast;

/// What a function, those in it and those around it bind.
pub(super) struct Bound<'m> {
    pub names: HashSet<String>,
    /// The first parameter, where nothing else is assigned to it.
    pub receiver: Option<&'m str>,
}

impl<'m> Bound<'m> {
    pub fn in_function(
        def: &'m ast::StmtFunctionDef,
        outer: Option<&'m ast::StmtFunctionDef>,
    ) -> Self {
        let mut names = Locals::anywhere_in(&def.body);
        let parameters = &def.parameters;
        let first = parameters.posonlyargs.iter().chain(&parameters.args).next();
        let receiver = first
            .map(|parameter| parameter.name().as_str())
            .filter(|name| !names.contains(*name));
        if let Some(outer) = outer {
            names.extend(Locals::anywhere_in(&outer.body));
        }
        for function in [Some(def), outer].into_iter().flatten() {
            let parameters = function.parameters.iter();
            names.extend(parameters.map(|parameter| parameter.name().to_string()));
        }
        Self { names, receiver }
    }
}
