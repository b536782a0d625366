//! What a field takes, held against what its line gives: by pipes, constants, and the rows of tables.

use super::{
    fields::Fields,
    near::hint,
    pipes::{self, Wrong},
    plan::{Alternative, Block, Field, Formula, Leaf, Pipe, Route, Source},
    shape::Shape,
    tables::{ANY, Row, Table},
    yaml::Spot,
};
use crate::{
    canonical::currency::CURRENCIES,
    formats::{guides::ElementSpec, piece::Standard},
};
use std::slice;

/// What a field of a shape takes, if a value that a mapping says by itself is none: `one of original, change, cancel`.
pub fn misfit(text: &str, shape: &Shape) -> Option<String> {
    match shape {
        Shape::Word(_) => pipes::shaped(text, shape).is_err().then(|| shape.takes()),
        shape => match pipes::shaped(text, shape) {
            Err(Wrong::Value { expected, .. }) => Some(expected),
            _ => None,
        },
    }
}

/// What units are, for sentences.
pub const UNITS: &str = "units are codes of UN/ECE Recommendation 20 (EA, CT, KGM)";

/// Is the field a unit, and the text none? Units have two or three capital letters and digits.
pub fn is_no_unit(text: &str, field: &str) -> bool {
    let has_form = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    field == "unit" && !((2..=3).contains(&text.len()) && text.bytes().all(has_form))
}

/// As [`misfit`], of a field by its name.
fn misfit_of(name: &str, text: &str, shape: &Shape) -> Option<String> {
    let no_unit = *shape == Shape::Text && !text.is_empty() && is_no_unit(text, name);
    if no_unit { Some(format!("a unit; {UNITS}")) } else { misfit(text, shape) }
}

/// `; nearest original`, of a text that is not among the words that a field takes.
pub fn nearest(text: &str, shape: &Shape) -> String {
    match shape {
        Shape::Word(words) => hint(text, words.iter().map(String::as_str)),
        Shape::Currency => hint(text, CURRENCIES),
        _ => String::new(),
    }
}

/// What a formula gives without the document.
enum Own<'t> {
    Text(String),
    Currency,
    Position,
    /// What a row of a table leads to.
    Row(&'t Table, &'t Row),
}

impl Fields<'_> {
    pub(super) fn fits(&mut self, formula: &Formula, shape: &Shape, name: &str, spot: Spot) {
        let dated = has(formula, &|p| matches!(p, Pipe::Date(_) | Pipe::CodedDate(_)));
        let whole = matches!(formula.pipes.last(), Some(Pipe::When(_)));
        match shape {
            Shape::Object(_) if !whole => {
                self.say(spot, "a date with its time is expected here: end with `| when(…)`, or say { date: … }");
            }
            Shape::Object(_) => {}
            _ if has(formula, &|p| matches!(p, Pipe::When(_))) => {
                self.say(spot, format!("{} is expected here, and the pipe gives a date with its time", shape.takes()));
            }
            _ => {}
        }
        let self_describing = matches!(self.router.standard, Standard::Xml | Standard::Json);
        let literal = formula.alternatives.iter().all(|a| matches!(a, Alternative::Literal(_)));
        if *shape == Shape::Date && !dated && !self_describing && !literal {
            self.say(spot, "a date needs its format: `| date(yyyymmdd)`");
        }
        if *shape != Shape::Date && dated {
            self.say(spot, format!("{} is expected here, and the pipe gives a date", shape.takes()));
        }
        if has(formula, &|p| matches!(p, Pipe::Item | Pipe::Party(..) | Pipe::Ref(_))) {
            self.say(spot, format!("{} is expected here, and the pipe gives ids with schemes", shape.takes()));
        }
        for sentence in self.misread(formula, shape, name) {
            self.say(spot, sentence);
        }
        for (sentence, at) in self.dates(formula, shape) {
            self.say(spot, format!("{sentence} ({at} in the guide)"));
        }
        self.constants(formula, shape, name, spot);
    }

    /// `at: NAD[01=ST] ?? LOC[01=7]`: what is said of a place by an element's number alone (`02`) must be the same in all of them.
    pub(super) fn mean_alike(&mut self, blocks: &[Block]) {
        let Some((first, others)) = blocks.split_first() else { return };
        for other in others {
            let (Some(here), Some(there)) = (segment(first), segment(other)) else { continue };
            for (route, spot) in by_number(&first.fields) {
                let (one, also) = (self.element(here, route), self.element(there, route));
                let (Some(one), also) = (one, also) else { continue };
                if here == there || also.is_some_and(|also| also.reference == one.reference) {
                    continue;
                }
                let also = match also {
                    Some(also) => format!("{} ({there}{})", also.label, route.text),
                    None => format!("no element of {there}"),
                };
                let sentence = format!(
                    "`{}` is {} ({here}{}) in the first place of `at:`, and {also} in another one: give each a field of its \
                     own, or take the value by a path with both ({here}… ?? {there}…)",
                    route.text, one.label, route.text
                );
                self.say(spot, sentence);
            }
        }
    }

    fn element(&self, segment: &str, route: &Route) -> Option<&'static ElementSpec> {
        let Leaf::Element { element, component } = route.leaf else { return None };
        let spec = self.router.elements(segment).get(usize::from(element).checked_sub(1)?)?;
        match component {
            0 => Some(spec),
            _ => spec.components.get(usize::from(component) - 1),
        }
    }

    /// Dates whose form the guide's element can't have, and elements that are dates where a number is expected.
    fn dates(&self, formula: &Formula, shape: &Shape) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for alternative in &formula.alternatives {
            let Alternative::Route(route @ Route { text, .. }) = alternative else { continue };
            let Some(spec) = self.spec(route) else { continue };
            let takes = format!("{text} has {} characters", between(spec.min, spec.max));
            match formula.pipes.first() {
                Some(Pipe::Date(format)) => {
                    let width = format.width().filter(|w| *w < spec.min || spec.max > 0 && *w > spec.max);
                    found.extend(
                        width.map(|w| (format!("a date of the form {} has {w} characters", format.words()), takes)),
                    );
                }
                None if &*spec.kind == "DT" && matches!(shape, Shape::Decimal | Shape::Integer(..)) => {
                    found.push((format!("{text} is a date, and {} is expected here", shape.takes()), takes));
                }
                _ => {}
            }
        }
        found
    }

    /// What the mapping says itself, before any document does.
    fn constants(&mut self, formula: &Formula, shape: &Shape, name: &str, spot: Spot) {
        for own in owns(formula, self.tables) {
            match own {
                Own::Text(text) => {
                    if let Some(takes) = misfit_of(name, &text, shape) {
                        let near = nearest(&text, shape);
                        self.say(spot, format!("`{text}` can't stand here: `{name}` takes {takes}{near}"));
                    }
                }
                Own::Currency if !matches!(shape, Shape::Text | Shape::Currency) => {
                    let sentence = format!("`$tenant.currency` is a currency, and `{name}` takes {}", shape.takes());
                    self.say(spot, sentence);
                }
                Own::Position if !matches!(shape, Shape::Text | Shape::Decimal | Shape::Integer(..)) => {
                    self.say(spot, format!("`$position` is a number, and `{name}` takes {}", shape.takes()));
                }
                Own::Row(table, row) => {
                    if let Some(takes) = misfit_of(name, &row.target, shape) {
                        self.row(table, row, name, &takes, shape, spot);
                    }
                }
                Own::Currency | Own::Position => {}
            }
        }
    }
}

impl Fields<'_> {
    /// A row that leads where its field can't go. Of a field that stands in a file below, the row is to blame.
    fn row(&mut self, table: &Table, row: &Row, name: &str, takes: &str, shape: &Shape, spot: Spot) {
        let (target, near) = (&row.target, nearest(&row.target, shape));
        if spot.file > 0 {
            let sentence = format!("the row leads to `{target}`, and `{name}` takes {takes}{near}");
            return self.wrong_rows.push((row.clone(), sentence));
        }
        let at = match &row.file {
            Some(file) => format!("{file}:{}", row.spot.line),
            None => format!("line {}", row.spot.line),
        };
        self.say(spot, format!("table {} ({at}) leads to `{target}`; {takes} is expected{near}", table.name));
    }
}

/// What a formula can give that no document says.
fn owns<'t>(formula: &Formula, tables: &'t [Table]) -> Vec<Own<'t>> {
    let mut found = Vec::new();
    for alternative in &formula.alternatives {
        match alternative {
            Alternative::Literal(text) => found.push(Own::Text(text.clone())),
            Alternative::TenantCurrency => found.push(Own::Currency),
            Alternative::Position => found.push(Own::Position),
            Alternative::Group(inner) => found.extend(owns(inner, tables)),
            Alternative::Route(_) => {}
        }
    }
    let mut found: Vec<Own> = found.into_iter().filter_map(|own| through(own, &formula.pipes)).collect();
    for (at, pipe) in formula.pipes.iter().enumerate() {
        let rest = &formula.pipes[at + 1..];
        match pipe {
            Pipe::Default(text) => found.extend(through(Own::Text(text.clone()), rest)),
            // What stands behind a table may make another text of what its rows lead to.
            Pipe::Table(number) if rest.is_empty() => {
                let rows = tables[*number].rows.iter().filter(|row| !row.target.is_empty() && row.target != ANY);
                found.extend(rows.map(|row| Own::Row(&tables[*number], row)));
            }
            _ => {}
        }
    }
    found
}

/// What pipes make of it; none where that can't be told.
fn through<'t>(own: Own<'t>, pipes: &[Pipe]) -> Option<Own<'t>> {
    match own {
        Own::Text(text) => pipes::constant(pipes, &text).map(Own::Text),
        Own::Row(..) if !pipes.is_empty() => None,
        own => Some(own),
    }
}

/// `8`, `6 to 8`, `at least 1`.
fn between(min: u32, max: u32) -> String {
    match (min, max) {
        (min, max) if min == max => max.to_string(),
        (min, 0) => format!("at least {min}"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn has(formula: &Formula, wanted: &dyn Fn(&Pipe) -> bool) -> bool {
    formula.pipes.iter().any(wanted)
        || formula.alternatives.iter().any(|a| matches!(a, Alternative::Group(inner) if has(inner, wanted)))
}

/// The segment that a place begins with.
fn segment(block: &Block) -> Option<&str> {
    let step = &block.walk.last()?.step;
    step.opens.as_deref().or_else(|| step.names.first().map(|name| &*name.name))
}

/// Paths of an object's members that lead to an element of the place itself.
fn by_number(fields: &[Field]) -> Vec<(&Route, Spot)> {
    let mut found = Vec::new();
    for field in fields {
        let formulas = match &field.source {
            Source::Value(one) | Source::ReadOnly(one) | Source::Spare(one) | Source::Key(one, _) => {
                slice::from_ref(one)
            }
            Source::List(all) => all,
            Source::Object(inner) => {
                found.extend(by_number(inner));
                continue;
            }
            Source::At(_) | Source::Each(_) | Source::Computed(_) => continue,
        };
        let is_own = |route: &&Route| {
            let named = route.text.starts_with(char::is_alphabetic);
            route.up == 0 && route.steps.is_empty() && !named
        };
        let routes = formulas.iter().flat_map(|formula| &formula.alternatives).filter_map(|one| match one {
            Alternative::Route(route) => Some(route).filter(is_own).map(|route| (route, field.spot)),
            _ => None,
        });
        found.extend(routes);
    }
    found
}
