//! What an element of a guide can hold, against what its field takes: a text is no number, and a code none of the message's
//! words.
//!
//! What is read all the same would be refused as the sender's mistake, document by document.

use super::{
    fields::Fields,
    plan::{Alternative, Formula, Pipe, Route},
    shape::Shape,
};
use crate::formats::{
    guides::{Class, ElementSpec},
    piece::Standard,
};
use rust_decimal::Decimal;

impl Fields<'_> {
    /// The element that a path leads to, as its guide has it.
    pub(super) fn spec(&self, route: &Route) -> Option<&'static ElementSpec> {
        if self.router.nowhere {
            return None;
        }
        let (element, component) = route.leaf.element();
        let segment = self.router.segment_of(route);
        let spec = self.router.elements(&segment).get(usize::from(element?).checked_sub(1)?)?;
        match component {
            Some(component) => spec.components.get(usize::from(component) - 1),
            // Of a composite its first component is meant.
            None => spec.components.first().or(Some(spec)),
        }
    }

    /// Why the elements that a formula reads can't give what its field takes, one sentence each.
    pub(super) fn misread(&self, formula: &Formula, shape: &Shape, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.each_misread(formula, shape, name, &mut found);
        found
    }

    fn each_misread(&self, formula: &Formula, shape: &Shape, name: &str, found: &mut Vec<String>) {
        // Any other pipe makes something else of it: a table leads to words, `decimal` says that a number stands there.
        if !formula.pipes.iter().all(|pipe| matches!(pipe, Pipe::Trim | Pipe::Default(_))) {
            return;
        }
        for alternative in &formula.alternatives {
            match alternative {
                Alternative::Group(inner) => self.each_misread(inner, shape, name, found),
                Alternative::Route(route) => {
                    let said = self.spec(route).and_then(|spec| self.no_such(spec, &route.text, shape, name));
                    found.extend(said);
                }
                _ => {}
            }
        }
    }

    fn no_such(&self, spec: &ElementSpec, text: &str, shape: &Shape, name: &str) -> Option<String> {
        let takes = shape.takes();
        let has = |wanted: &dyn Fn(&str) -> bool| spec.codes.iter().any(|code| wanted(code.trim()));
        match shape {
            Shape::Decimal | Shape::Integer(..) if !spec.codes.is_empty() => {
                let none = !has(&|code| Decimal::from_str_exact(code).is_ok());
                none.then(|| {
                    format!("{text} is a code, and none of the guide's list is a number; `{name}` takes {takes}")
                })
            }
            Shape::Decimal | Shape::Integer(..) if spec.class == Class::Time => {
                Some(format!("{text} is a time of day in the guide, and `{name}` takes {takes}"))
            }
            Shape::Decimal | Shape::Integer(..) if self.is_text(spec) => Some(format!(
                "{text} is text in the guide, and `{name}` takes {takes}; where numbers stand there, say so: \
                 `{text} | decimal`"
            )),
            Shape::Word(words) if !spec.codes.is_empty() => {
                let none = !has(&|code| words.iter().any(|word| word == code));
                none.then(|| {
                    format!(
                        "{text} is a code of the guide's list, and `{name}` takes {takes}: let a table lead there, \
                         `{text} | table(…)`"
                    )
                })
            }
            Shape::Word(_) => Some(format!(
                "{text} is {} in the guide, and `{name}` takes {takes}: let a table lead there, `{text} | table(…)`",
                if self.is_text(spec) { "text" } else { "a value of the partner's" }
            )),
            _ => None,
        }
    }

    /// X12's AN and EDIFACT's a. EDIFACT has periods, and later quantities, measures and counts as `an`, too.
    fn is_text(&self, spec: &ElementSpec) -> bool {
        match self.router.standard {
            Standard::X12 => &*spec.kind == "AN",
            _ => spec.class == Class::Alpha || &*spec.kind == "an" && spec.reference.starts_with(['1', '3', '4']),
        }
    }
}
