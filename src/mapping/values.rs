//! Takes the values of fields out of the document, through their pipes, into the message.

use super::{
    frames::{self, Hit, Hits},
    pipes::{self, Shaped},
    plan::{Alternative, Field, Formula, Route},
    provenance::Behind,
    read::{Got, Run},
    shape::Shape,
    words,
};
use crate::{canonical::body::ITEM, formats::tree::NodeId};
use serde_json::{Map, Value};
use std::borrow::Cow;

impl<'a> Run<'a> {
    pub(super) fn level(&self, route: &Route) -> usize {
        let last = self.frames.len() - 1;
        last - route.up.min(last)
    }

    pub(super) fn single(&mut self, formula: &'a Formula, field: &'a Field) -> Got {
        match self.short(formula, field) {
            Some(got) => got,
            None => self.long(formula, field),
        }
    }

    /// The value of a field, whatever there is about it.
    pub(super) fn long(&mut self, formula: &'a Formula, field: &Field) -> Got {
        self.odd();
        let Ok(found) = self.value(formula) else { return Got::Faulty };
        let Some(hit) = &found else { return Got::Nothing };
        match pipes::fitted(&hit.text, &field.shape, self.program.standard) {
            Ok(Shaped::When(when)) => {
                self.moment_from(hit, formula, &when);
                self.when(field.number, &when);
            }
            Ok(Shaped::Text(text)) => {
                self.came_from(hit, Behind::Nothing);
                self.body.text(field.number, &text);
            }
            Ok(Shaped::Whole(whole)) => {
                self.came_from(hit, Behind::Nothing);
                self.body.whole(field.number, whole);
            }
            Err(wrong) => {
                self.wrong(hit, formula, wrong);
                return Got::Faulty;
            }
        }
        Got::Value(hit.node.is_some())
    }

    fn when(&mut self, number: u32, when: &Map<String, Value>) {
        let began = self.body.mark();
        self.body.object(number);
        for (member, name) in words::KNOWN.iter().enumerate() {
            if let Some(text) = when.get(*name).and_then(Value::as_str) {
                self.body.text(member as u32, text);
            }
        }
        self.body.close(began);
    }

    /// An empty list is a list where there must be one: what a line without any item id means is the core's to say.
    pub(super) fn counted(&mut self, empty: bool, present: bool, of: &'a Field) -> Got {
        if empty && !of.mandatory {
            return Got::Nothing;
        }
        if empty {
            self.empty_list(of);
        }
        Got::Value(present)
    }

    pub(super) fn list(&mut self, formulas: &'a [Formula], of: &'a Field) -> Got {
        let refs = matches!(&of.shape, Shape::List(item) if **item == Shape::Ref);
        let (mut present, mut count) = (false, 0);
        let began = self.body.mark();
        self.body.list(of.number);
        for formula in formulas {
            let before = count;
            if refs && self.short_ids(formula, &mut count) {
                present |= count > before;
                continue;
            }
            self.odd();
            let mut hits = Hits::new();
            if self.formula(formula, &mut hits).is_err() {
                return Got::Faulty;
            }
            for hit in &hits {
                present |= hit.node.is_some();
                self.came_from(hit, if refs { Behind::Id(count) } else { Behind::Index(count) });
                match hit.tag.as_ref().filter(|_| refs) {
                    Some(scheme) => self.reference(scheme, &hit.text),
                    None => self.body.text(ITEM, &hit.text),
                }
                count += 1;
            }
        }
        self.body.close(began);
        self.counted(count == 0, present, of)
    }

    /// An id with its scheme.
    pub(super) fn reference(&mut self, scheme: &str, id: &str) {
        let began = self.body.mark();
        self.body.object(ITEM);
        self.body.text(words::SCHEME, scheme);
        self.body.text(words::ID, id);
        self.body.close(began);
    }

    /// The first value of a formula; `Err` if a fault or a miss was noted. Most formulas give no more than one, and no list
    /// is made of it.
    fn value(&mut self, formula: &'a Formula) -> Result<Option<Hit<'a>>, ()> {
        if formula.several {
            let mut hits = Hits::new();
            self.formula(formula, &mut hits)?;
            return Ok(hits.into_iter().next());
        }
        let mut found = None;
        for alternative in &formula.alternatives {
            found = match alternative {
                Alternative::Route(route) => self.hit(route)?,
                Alternative::Group(inner) => self.value(inner)?,
                own => self.said(own),
            };
            if found.is_some() {
                break;
            }
        }
        if formula.pipes.is_empty() {
            return Ok(found);
        }
        let tables = self.context.tables;
        let read = pipes::read_alone(&formula.pipes, &mut found, self.program, self.tree, tables, &mut self.seen);
        match (read, &found) {
            (Err(wrong), Some(hit)) => {
                self.wrong(hit, formula, wrong);
                Err(())
            }
            _ => Ok(found),
        }
    }

    /// The first value that a path leads to; `Err` if only others stand there, and it refuses these.
    #[inline]
    fn hit(&mut self, route: &'a Route) -> Result<Option<Hit<'a>>, ()> {
        match frames::hit(self.tree, &self.frames, route, &mut self.seen) {
            None if route.refuses.is_some() && self.refuses(route) => Err(()),
            found => Ok(found),
        }
    }

    /// Adds the values of a formula; `Err` if a fault or a miss was noted.
    fn formula(&mut self, formula: &'a Formula, hits: &mut Hits<'a>) -> Result<(), ()> {
        if !formula.several {
            hits.extend(self.value(formula)?);
            return Ok(());
        }
        for alternative in &formula.alternatives {
            match alternative {
                Alternative::Route(route) if formula.every || route.is_of_pairs() => {
                    frames::hits(self.tree, &self.frames, route, &mut self.seen, hits);
                }
                Alternative::Route(route) => hits.extend(self.hit(route)?),
                Alternative::Group(inner) => self.formula(inner, hits)?,
                own => hits.extend(self.said(own)),
            }
            if !hits.is_empty() {
                break;
            }
        }
        let tables = self.context.tables;
        pipes::read(&formula.pipes, hits, self.program, self.tree, tables, &mut self.seen).map_err(|told| {
            self.wrong(&told.0, formula, told.1);
        })
    }

    /// What the mapping says itself, or the tenant's setting.
    fn said(&self, alternative: &'a Alternative) -> Option<Hit<'a>> {
        let text: Cow<str> = match alternative {
            Alternative::Literal(text) => text.as_str().into(),
            Alternative::TenantCurrency => self.context.tenant_currency.into(),
            Alternative::Position => self.position.to_string().into(),
            Alternative::Route(_) | Alternative::Group(_) => return None,
        };
        let container = self.frames.last().map_or(NodeId(0), |frame| frame.container);
        Some(Hit { text, tag: None, node: None, element: 0, container, route: None })
    }
}
