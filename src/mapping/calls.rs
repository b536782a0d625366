//! Compiles the pipes of a field's text: each call to what runs.

use super::{
    dates::DateFormat,
    expr,
    fields::Fields,
    moment::Form,
    near::hint,
    plan::{Leaf, Pipe, Route},
};
use crate::formats::piece::Standard;

const PIPES: &[&str] = &[
    "date", "decimal", "table", "trim", "upper", "lower", "pad", "cut", "lines", "sscc", "number", "split", "join",
    "default", "party", "item", "ref", "when", "prefix",
];

/// Dates as most write them, for who misspells one.
const FORMS: &[&str] = &["yyyymmdd", "yymmdd", "ddmmyyyy", "mmddyyyy", "yyyy-mm-dd", "dd.mm.yyyy", "mm/dd/yyyy", "iso"];

impl Fields<'_> {
    /// Compiles a pipe.
    pub fn pipe(&mut self, call: &expr::PipeCall, route: Option<&Route>) -> Result<Pipe, (usize, String)> {
        let wrong = |sentence: String| (call.offset, sentence);
        let takes = |what: &str| wrong(format!("{} takes {what}", call.name));
        let argument = call.arguments.first().map(|a| a.text.as_str());
        let at = call.arguments.first().map_or(call.offset, |a| a.offset);
        let some = |text: Option<&str>| text.and_then(|t| t.parse::<usize>().ok()).filter(|n| (1..=1000).contains(n));
        let count = |text: Option<&str>| text.and_then(|t| t.parse::<usize>().ok()).filter(|n| *n <= 1000);
        Ok(match (call.name.as_str(), argument) {
            ("trim", None) => Pipe::Trim,
            ("upper", None) => Pipe::Upper,
            ("lower", None) => Pipe::Lower,
            ("item", None) => match route.map(|r| &r.leaf) {
                Some(Leaf::Pairs(_)) => Pipe::Item,
                _ => return Err(wrong("item takes pairs, as in PO1{VN,UP} | item; for a plain id, `ref(sku)`".into())),
            },
            ("decimal", None) => Pipe::Decimal(0),
            ("decimal", Some(_)) => Pipe::Decimal(
                count(argument).filter(|n| *n <= 9).ok_or_else(|| takes("the number of implied decimals, 0 to 9"))?
                    as u32,
            ),
            ("date", Some(text)) => match DateFormat::parse(text) {
                Some(format) => Pipe::Date(format),
                None => match route.map(|r| self.router.beside(text, r, at)) {
                    // Of CSV and JSON any word may be a column or a member: what is misspelt would be taken for one.
                    Some(Ok(leaf)) if self.router.edi() || text.starts_with('@') => Pipe::CodedDate(leaf),
                    _ => {
                        let near = hint(text, FORMS.iter().copied());
                        let sentence =
                            format!("`{text}` is no date format{near}; write yyyymmdd, yymmdd, dd.mm.yyyy, iso …");
                        return Err((at, sentence));
                    }
                },
            },
            ("table", Some(name)) => match self.tables.iter().position(|t| t.name == name) {
                Some(table) => Pipe::Table(table),
                None => {
                    let near = hint(name, self.tables.iter().map(|t| t.name.as_str()));
                    return Err((at, format!("the table `{name}` is not named under `tables:`{near}")));
                }
            },
            ("pad", Some(_)) => {
                let fill = call.arguments.get(1).map_or("0", |a| a.text.as_str());
                match (some(argument), fill.chars().next()) {
                    (Some(width), Some(fill)) => Pipe::Pad(width, fill),
                    _ => return Err(takes("a width and a character, as in pad(10, '0')")),
                }
            }
            ("cut", Some(_)) => Pipe::Cut(some(argument).ok_or_else(|| takes("a number of characters, from 1"))?),
            ("lines", _) => self.lines(call, route)?,
            ("split", Some(text)) if !text.is_empty() => Pipe::Split(text.into()),
            ("join", Some(text)) => Pipe::Join(text.into()),
            ("prefix", Some(text)) if !text.is_empty() => Pipe::Prefix(text.into()),
            ("default", Some(text)) => Pipe::Default(text.into()),
            ("ref", Some(scheme)) if !scheme.is_empty() => Pipe::Ref(scheme.into()),
            ("party", Some(text)) => {
                let route = route.ok_or_else(|| wrong("party needs a path before it".into()))?;
                self.party(text, route, at)?
            }
            ("when", _) => Pipe::When(self.when(call, route)?),
            ("date" | "table" | "pad" | "cut" | "prefix" | "split" | "join" | "default" | "ref" | "party", _) => {
                return Err(takes("an argument in parentheses"));
            }
            ("number" | "sscc", said) => written(&call.name, said)
                .ok_or_else(|| takes("'.' or ',', as in number(','); sscc takes 00 or nothing"))?,
            ("trim" | "upper" | "lower" | "item", Some(_)) => return Err(takes("no argument")),
            (name, _) => {
                return Err(wrong(format!("`{name}` is no pipe{}", hint(name, PIPES.iter().copied()))));
            }
        })
    }

    /// `N104 | party(03)`
    fn party(&mut self, text: &str, route: &Route, at: usize) -> Result<Pipe, (usize, String)> {
        let leaf = self.router.beside(text, route, at)?;
        let bare = self.router.may_be_empty(route, &leaf);
        Ok(Pipe::Party(leaf, bare))
    }

    /// `NAD04.01 | lines(35, 04.05)`: the text may run on up to that place; all places between are its own.
    fn lines(&mut self, call: &expr::PipeCall, route: Option<&Route>) -> Result<Pipe, (usize, String)> {
        let takes = "lines takes how many characters a place has, and the last place that the text may run on to, as in \
                     NAD04.01 | lines(35, 04.05)";
        let wrong = || (call.offset, takes.to_owned());
        let route = route.ok_or_else(wrong)?;
        let [width, last] = call.arguments.as_slice() else { return Err(wrong()) };
        let width = width.text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(wrong)?;
        let last = (self.router.beside(&last.text, route, last.offset)?, last.offset);
        if self.router.nowhere {
            return Ok(Pipe::Lines(width, vec![]));
        }
        let between =
            |from: u16, to: u16, leaf: &dyn Fn(u16) -> Leaf| -> Vec<Leaf> { (from + 1..=to).map(leaf).collect() };
        let behind = match (&route.leaf, &last.0) {
            (Leaf::Element { element, component }, Leaf::Element { element: other, component: to })
                if element == other =>
            {
                between((*component).max(1), *to, &|component| Leaf::Element { element: *element, component })
            }
            (Leaf::Element { element, component: 0 }, Leaf::Element { element: to, component: 0 }) => {
                between(*element, *to, &|element| Leaf::Element { element, component: 0 })
            }
            _ => vec![],
        };
        match behind.is_empty() {
            true => {
                Err((last.1, "the last place must stand behind the first, in the same composite or segment".into()))
            }
            false => Ok(Pipe::Lines(width, behind)),
        }
    }

    /// `when(06, 07)`: where time and zone stand beside an X12 date; `when(01.03)`: the code of EDIFACT's format; `when(iso)`.
    fn when(&mut self, call: &expr::PipeCall, route: Option<&Route>) -> Result<Form, (usize, String)> {
        let route = route.ok_or_else(|| (call.offset, "when needs a path before it".to_owned()))?;
        let mut leaves = Vec::new();
        if matches!(self.router.standard, Standard::X12 | Standard::Edifact) {
            for argument in &call.arguments {
                leaves.push(self.router.beside(&argument.text, route, argument.offset)?);
            }
        }
        let iso = matches!(call.arguments.as_slice(), [one] if one.text == "iso");
        let mut leaves = leaves.into_iter();
        match (self.router.standard, call.arguments.len()) {
            (Standard::X12, 0..=2) => Ok(Form::Beside { time: leaves.next(), zone: leaves.next() }),
            (Standard::Edifact, 1) => leaves.next().map(Form::Coded).ok_or_else(|| (call.offset, String::new())),
            (Standard::X12, _) => Err((
                call.offset,
                "when takes the elements of the time and of its zone, as in DTM02 | when(03, 04)".into(),
            )),
            (Standard::Edifact, _) => {
                Err((call.offset, "when takes the component of the format's code, as in when(01.03)".into()))
            }
            _ if iso => Ok(Form::Iso),
            _ => Err((call.offset, "when takes the form of the date, as in when(iso)".into())),
        }
    }
}

/// How a number or an SSCC is written: `number('.')`, `sscc(00)`.
fn written(pipe: &str, said: Option<&str>) -> Option<Pipe> {
    match (pipe, said) {
        ("number", Some(".")) => Some(Pipe::Number('.')),
        ("number", Some(",")) => Some(Pipe::Number(',')),
        ("sscc", None) => Some(Pipe::Sscc(false)),
        ("sscc", Some("00")) => Some(Pipe::Sscc(true)),
        _ => None,
    }
}
