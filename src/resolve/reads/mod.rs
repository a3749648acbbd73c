//! What functions do beside giving a result: whether they only read.

mod fresh;
mod missing;
mod reading;
mod special;

pub(crate) use fresh::{Fresh, Kind, added, element_of, escapes};
pub(super) use missing::adds_what_is_missing;
pub(crate) use reading::{is_pure, only_read, reads};
pub(super) use special::has_special_writers;

use super::Resolution;
use crate::model::{Function, Model};
use crate::source::{FileId, Span};
use crate::syntax::{Ranged, span};

/// A function and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'m> {
    pub model: &'m Model<'m>,
    pub function: &'m Function<'m>,
    pub resolution: &'m Resolution,
    pub file: FileId,
}

impl<'m> Scope<'m> {
    pub fn of(
        model: &'m Model<'m>,
        resolution: &'m Resolution,
        function: &'m Function<'m>,
    ) -> Self {
        Self {
            model,
            function,
            resolution,
            file: model.program.module(function.module).file,
        }
    }

    pub fn at(&self, node: &impl Ranged) -> Span {
        span(self.file, node)
    }

    /// Whether a function of the app's is called in place in a piece of the function.
    pub fn calls_function(&self, at: Span) -> bool {
        let mut calls = self.resolution.calls.keys();
        calls.any(|call| call.is_inside(at))
    }

    /// Whether that is so, or control leaves there.
    pub fn calls(&self, at: Span) -> bool {
        let mut sites = self.resolution.sites.keys();
        sites.any(|site| site.is_inside(at)) || self.calls_function(at)
    }

    /// Whether a function of the app's is called there, or run by an operator.
    pub fn runs_function(&self, at: Span) -> bool {
        let mut operators = self.resolution.special_operators.iter();
        operators.any(|one| one.is_inside(at)) || self.calls_function(at)
    }
}
