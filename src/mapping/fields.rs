//! Compiles `fields:`: each canonical field against the message's shape, each path against the guide.

use super::{
    cel::{Expression, Wanted},
    dates::DateFormat,
    expr,
    moment::Form,
    near::hint,
    plan::{Alternative, Block, Computed, Field, Formula, Leaf, Pipe, Repeat, Route, Source, Step, Walk},
    route::Router,
    shape::{self, Member, Shape},
    tables::Table,
    yaml::{Entry, Spot, What, Yaml},
};
use crate::formats::piece::Standard;

/// Compiles fields of one mapping; what is wrong is collected, so that one run tells all of it.
pub struct Fields<'a> {
    pub router: Router,
    pub tables: &'a [Table],
    pub message: &'a str,
    /// The items of lists that stand around what is being compiled: what `this` is.
    pub items: Vec<Shape>,
    /// A field is computed.
    pub computes: bool,
    pub wrong: Vec<(Spot, String)>,
}

const PIPES: &[&str] = &[
    "date", "decimal", "table", "trim", "upper", "lower", "pad", "cut", "split", "join", "default", "party", "item",
    "ref", "when", "prefix",
];

impl Fields<'_> {
    fn say(&mut self, spot: Spot, sentence: impl Into<String>) {
        self.wrong.push((spot, sentence.into()));
    }

    /// The fields of one canonical object. `keys`: the mapping's own words that may stand beside them.
    pub fn object(&mut self, yaml: &Yaml, members: &[Member], keys: &[&str]) -> Vec<Field> {
        let What::Map(entries) = &yaml.what else {
            self.say(yaml.spot, "an object is expected here, as in { value: PO102, unit: PO103 }");
            return vec![];
        };
        let mut fields = Vec::new();
        for entry in entries {
            if let Some(member) = members.iter().find(|m| m.name == entry.key) {
                fields.extend(self.field(entry, member));
            } else if !keys.contains(&entry.key.as_str()) {
                self.unknown(entry, members);
            }
        }
        for member in members.iter().filter(|m| m.mandatory && !entries.iter().any(|e| e.key == m.name)) {
            // A party without any field stands as an empty one; all else has to come from somewhere.
            if member.shape.members().iter().any(|m| m.mandatory) || !matches!(member.shape, Shape::Object(_)) {
                self.say(yaml.spot, format!("{} needs `{}`, and nothing gives it", self.message, member.name));
            }
        }
        fields
    }

    fn unknown(&mut self, entry: &Entry, members: &[Member]) {
        let near = hint(&entry.key, members.iter().map(|m| m.name.as_str()));
        self.say(entry.key_spot, format!("`{}` is no field of {} here{near}", entry.key, self.message));
    }

    fn field(&mut self, entry: &Entry, member: &Member) -> Option<Field> {
        let source = match &member.shape {
            Shape::Object(members) => self.object_source(&entry.value, members)?,
            Shape::List(item) => match &**item {
                Shape::Object(members) => self.each(entry, members)?,
                item => self.list(&entry.value, item)?,
            },
            Shape::Free => Source::Object(self.free(&entry.value)),
            shape => self.leaf(&entry.value, shape)?,
        };
        let (name, shape, spot) = (member.name.clone(), member.shape.clone(), entry.value.spot);
        Some(Field { name, number: 0, shape, mandatory: member.mandatory, source, spot })
    }

    fn object_source(&mut self, yaml: &Yaml, members: &[Member]) -> Option<Source> {
        // `shipped: G6202 | when(04, 05)`
        if matches!(yaml.what, What::Text(_))
            && ["date", "time", "zone"].iter().all(|n| members.iter().any(|m| m.name == *n))
        {
            return self.leaf(yaml, &Shape::Object(members.to_vec()));
        }
        let at = yaml.get("at").filter(|_| !members.iter().any(|m| m.name == "at"));
        let Some(at) = at else { return Some(Source::Object(self.object(yaml, members, &[]))) };
        let parsed = self.parsed(at)?;
        if !parsed.pipes.is_empty() {
            self.say(at.spot, "`at:` takes a path, and others behind ??");
        }
        let mut blocks = Vec::new();
        for alternative in &parsed.alternatives {
            let expr::Alternative::Path(path) = alternative else {
                self.say(at.spot, "`at:` takes paths only");
                continue;
            };
            // What is wrong in the fields is told once, not for each alternative.
            let told = self.wrong.len();
            blocks.extend(self.block(yaml, at, path, members, &["at"]));
            if blocks.len() > 1 {
                self.wrong.truncate(told);
            }
        }
        Some(Source::At(blocks))
    }

    fn each(&mut self, entry: &Entry, members: &[Member]) -> Option<Source> {
        let Some(each) = entry.value.get("each") else {
            self.say(entry.key_spot, format!("`{}` is a list: say `each:` with the loop that makes one", entry.key));
            return None;
        };
        if each.text() == Some(".") {
            return Some(self.own(&entry.value, each.spot, members));
        }
        let parsed = self.parsed(each)?;
        match (parsed.alternatives.as_slice(), parsed.pipes.as_slice()) {
            ([expr::Alternative::Path(path)], []) => {
                self.items.push(Shape::Object(members.to_vec()));
                let block = self.block(&entry.value, each, path, members, &["each", "under", "repeat"]);
                self.items.pop();
                Some(Source::Each(block?))
            }
            _ => {
                self.say(each.spot, "`each:` takes one path");
                None
            }
        }
    }

    /// `each: .`: the place itself says the one item, or with `repeat:` several in its segment (RCD).
    fn own(&mut self, yaml: &Yaml, spot: Spot, members: &[Member]) -> Source {
        let opener = self.router.scopes.last().and_then(|scope| scope.opener).map(str::to_owned);
        let repeat = self.repeat(yaml, opener.as_deref());
        self.items.push(Shape::Object(members.to_vec()));
        let fields = self.object(yaml, members, &["each", "repeat"]);
        self.items.pop();
        Source::Each(Block { up: 0, each: true, under: vec![], repeat, walk: vec![], fields, spot })
    }

    fn block(&mut self, yaml: &Yaml, at: &Yaml, path: &expr::Path, members: &[Member], keys: &[&str]) -> Option<Block> {
        let (up, steps) = match self.router.place(path) {
            Ok(found) => found,
            Err(wrong) => {
                self.wrong_at(at.spot, wrong);
                return None;
            }
        };
        let above = self.under(yaml, &steps);
        let segment = steps.last().filter(|step| step.opens.is_none()).and_then(|step| step.names.first());
        let repeat = self.repeat(yaml, segment.map(|name| name.name.as_str()));
        let base = self.router.scopes.len();
        let level = base - 1 - up;
        let mut slots = Vec::new();
        // Scopes of this walk stand above `level`: what was there in between is put back afterwards.
        let aside = self.router.scopes.split_off(level + 1);
        for (step, _) in &above {
            slots.push(self.router.enter(level, step));
        }
        for (at, step) in steps.iter().enumerate() {
            let from = if at == 0 { level } else { self.router.scopes.len() - 1 };
            slots.push(self.router.enter(from, step));
        }
        let fields = self.object(yaml, members, keys);
        let scopes = self.router.scopes.split_off(base - up);
        self.router.scopes.extend(aside);
        let texts = path.steps.iter().map(|s| s.name.clone()).skip(path.steps.len() - steps.len());
        let (unders, count) = (above.len(), steps.len());
        let steps = above.into_iter().chain(steps.into_iter().zip(texts));
        let walk = steps.zip(slots).zip(scopes);
        let mut walk: Vec<Walk> =
            walk.map(|(((step, text), slot), scope)| Walk { step, text, slot, slots: scope.slots }).collect();
        debug_assert_eq!(walk.len(), unders + count);
        let own = walk.split_off(unders);
        Some(Block { up, each: keys.contains(&"each"), under: walk, repeat, walk: own, fields, spot: at.spot })
    }

    /// `repeat: 03/2`
    fn repeat(&mut self, yaml: &Yaml, segment: Option<&str>) -> Option<Repeat> {
        let yaml = yaml.get("repeat")?;
        let Some(segment) = segment.filter(|_| self.dots()) else {
            self.say(
                yaml.spot,
                "`repeat:` is for a segment of X12 or EDIFACT that says several items, as in `each: SDQ`",
            );
            return None;
        };
        let said = yaml.text().and_then(|text| text.split_once('/'));
        let numbers =
            said.and_then(|(first, size)| Some((first.trim().parse::<u16>().ok()?, size.trim().parse().ok()?)));
        let elements = self.router.elements(segment).len() as u16;
        match numbers {
            Some((first, size)) if first > 0 && size > 0 && first + size <= elements + 1 => {
                Some(Repeat { first, size, most: (elements + 1 - first) / size })
            }
            _ => {
                let sentence = format!(
                    "`repeat:` says at which element the first item begins, and how many elements an item has, as in 03/2; {segment} has {elements} elements"
                );
                self.say(yaml.spot, sentence);
                None
            }
        }
    }

    /// `under: ['HL[03=O]', 'HL[03=P]']`: the same loop, told apart by a condition.
    fn under(&mut self, yaml: &Yaml, steps: &[Step]) -> Vec<(Step, String)> {
        let Some(yaml) = yaml.get("under") else { return vec![] };
        let What::List(items) = &yaml.what else {
            self.say(yaml.spot, "`under:` is a list, the outermost first, as in ['HL[03=O]', 'HL[03=P]']");
            return vec![];
        };
        let mut found = Vec::new();
        for item in items {
            let Some(expr::Field { alternatives, .. }) = self.parsed(item) else { continue };
            let [expr::Alternative::Path(path)] = alternatives.as_slice() else {
                self.say(item.spot, "a path is expected here, as in HL[03=O]");
                continue;
            };
            match self.router.place(path) {
                Ok((0, above)) if above.len() == 1 && above[0].names == steps[0].names => {
                    let text = path.steps.first().map(|s| s.name.clone()).unwrap_or_default();
                    found.extend(above.into_iter().map(|step| (step, text.clone())));
                }
                Ok(_) => {
                    let name = steps[0].names.first().map_or("", |n| &n.name);
                    self.say(item.spot, format!("only a loop {name} can stand above a loop {name}"));
                }
                Err(wrong) => self.wrong_at(item.spot, wrong),
            }
        }
        found
    }

    fn list(&mut self, yaml: &Yaml, item: &Shape) -> Option<Source> {
        let parts: Vec<&Yaml> = match &yaml.what {
            What::List(items) => items.iter().collect(),
            _ => vec![yaml],
        };
        let mut formulas = Vec::new();
        for part in parts {
            let mut formula = self.formula(part)?;
            let tags = matches!(formula.pipes.last(), Some(Pipe::Item | Pipe::Party(_) | Pipe::Ref(_)));
            match item {
                Shape::Ref if !tags => {
                    self.say(part.spot, "an id needs its scheme: end with `| item`, `| party(…)` or `| ref(sku)`");
                }
                Shape::Ref => {}
                _ => every(&mut formula),
            }
            formulas.push(formula);
        }
        Some(Source::List(formulas))
    }

    /// Extension fields: any names, each with a text.
    fn free(&mut self, yaml: &Yaml) -> Vec<Field> {
        let mut fields = Vec::new();
        for entry in yaml.entries() {
            if let Some(source) = self.leaf(&entry.value, &Shape::Text) {
                let (name, spot) = (entry.key.clone(), entry.value.spot);
                fields.push(Field { name, number: 0, shape: Shape::Text, mandatory: false, source, spot });
            }
        }
        fields
    }

    fn leaf(&mut self, yaml: &Yaml, shape: &Shape) -> Option<Source> {
        let source: fn(Formula) -> Source;
        let text = match yaml.entries() {
            [] => {
                source = Source::Value;
                yaml
            }
            [entry] if entry.key == "read" => {
                source = Source::ReadOnly;
                &entry.value
            }
            [entry, how] if entry.key == "read" && how.key == "write" && how.value.text() == Some("where_empty") => {
                source = Source::Spare;
                &entry.value
            }
            [entry] if entry.key == "cel" => {
                self.computes = true;
                let expression = self.expression(&entry.value, Wanted::Value(shape))?;
                return Some(Source::Computed(Computed { expression, spot: entry.value.spot }));
            }
            [entry, ..] => {
                let near = hint(&entry.key, ["read", "cel"]);
                let sentence = format!(
                    "{} is expected here: a path, with pipes if need be, {{ read: … }} or {{ cel: … }}{near}",
                    shape.takes()
                );
                self.say(entry.key_spot, sentence);
                return None;
            }
        };
        let formula = self.formula(text)?;
        self.fits(&formula, shape, text.spot);
        Some(source(formula))
    }

    fn fits(&mut self, formula: &Formula, shape: &Shape, spot: Spot) {
        let dated = formula_has(formula, &|p| matches!(p, Pipe::Date(_) | Pipe::CodedDate(_)));
        let whole = matches!(formula.pipes.last(), Some(Pipe::When(_)));
        match shape {
            Shape::Object(_) if !whole => {
                self.say(spot, "a date with its time is expected here: end with `| when(…)`, or say { date: … }");
            }
            Shape::Object(_) => {}
            _ if formula_has(formula, &|p| matches!(p, Pipe::When(_))) => {
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
        if formula_has(formula, &|p| matches!(p, Pipe::Item | Pipe::Party(_) | Pipe::Ref(_))) {
            self.say(spot, format!("{} is expected here, and the pipe gives ids with schemes", shape.takes()));
        }
        let Shape::Word(words) = shape else { return };
        let Some(Pipe::Table(table)) = formula.pipes.last() else { return };
        let table = &self.tables[*table];
        for (line, _, target) in &table.rows {
            if !target.is_empty() && !words.contains(target) {
                let near = hint(target, words.iter().map(String::as_str));
                let sentence = format!(
                    "table {} (line {line}) leads to `{target}`; {} is expected{near}",
                    table.name,
                    shape.takes()
                );
                self.wrong.push((spot, sentence));
            }
        }
    }

    /// An expression of CEL, checked against the message and what is expected of it.
    pub fn expression(&mut self, yaml: &Yaml, wanted: Wanted) -> Option<Expression> {
        let Some(text) = yaml.text() else {
            self.say(yaml.spot, "an expression is expected here, in quotes: { cel: \"size(lines)\" }");
            return None;
        };
        let message = shape::message(self.message)?;
        match Expression::new(text, message, self.items.last(), wanted) {
            Ok(expression) => Some(expression),
            Err(wrong) => {
                self.wrong_at(yaml.spot, wrong);
                None
            }
        }
    }

    // ---- texts ----

    fn wrong_at(&mut self, spot: Spot, (offset, sentence): (usize, String)) {
        self.wrong.push((Spot { column: spot.column + offset as u32, ..spot }, sentence));
    }

    fn dots(&self) -> bool {
        matches!(self.router.standard, Standard::X12 | Standard::Edifact)
    }

    fn parsed(&mut self, yaml: &Yaml) -> Option<expr::Field> {
        let text = match &yaml.what {
            What::Text(text) => text,
            What::Float => {
                self.say(yaml.spot, "put quotes around a number with a point");
                return None;
            }
            _ => {
                self.say(yaml.spot, "a path is expected here, with pipes if need be");
                return None;
            }
        };
        match expr::field(text, self.dots()) {
            Ok(field) => Some(field),
            Err(wrong) => {
                self.wrong_at(yaml.spot, wrong);
                None
            }
        }
    }

    /// Compiles a field's text.
    pub fn formula(&mut self, yaml: &Yaml) -> Option<Formula> {
        let parsed = self.parsed(yaml)?;
        self.compiled(&parsed, yaml.spot)
    }

    fn compiled(&mut self, field: &expr::Field, spot: Spot) -> Option<Formula> {
        let mut alternatives = Vec::new();
        for alternative in &field.alternatives {
            alternatives.push(match alternative {
                expr::Alternative::Literal(text) => Alternative::Literal(text.clone()),
                expr::Alternative::Group(inner) => Alternative::Group(self.compiled(inner, spot)?),
                expr::Alternative::Setting(name, _) if name == "tenant.currency" => Alternative::TenantCurrency,
                expr::Alternative::Setting(name, _) if name == "position" => Alternative::Position,
                expr::Alternative::Setting(name, offset) => {
                    let near = hint(name, ["tenant.currency", "position"]);
                    self.wrong_at(spot, (*offset, format!("`${name}` is no setting{near}")));
                    return None;
                }
                expr::Alternative::Path(path) if number(path) => Alternative::Literal(path.text.clone()),
                expr::Alternative::Path(path) => match self.router.value(path) {
                    Ok(route) => Alternative::Route(route),
                    Err(wrong) => {
                        self.wrong_at(spot, wrong);
                        return None;
                    }
                },
            });
        }
        let first = alternatives.iter().find_map(|a| match a {
            Alternative::Route(route) => Some(route.clone()),
            _ => None,
        });
        let mut pipes = Vec::new();
        for call in &field.pipes {
            match self.pipe(call, first.as_ref()) {
                // A table is undone by its own targets only.
                Ok(Pipe::Upper | Pipe::Lower | Pipe::Cut(_)) if pipes.iter().any(|p| matches!(p, Pipe::Table(_))) => {
                    let sentence = format!("{} behind table can't be undone; put it before the table", call.name);
                    self.wrong_at(spot, (call.offset, sentence));
                    return None;
                }
                Ok(pipe) => pipes.push(pipe),
                Err(wrong) => {
                    self.wrong_at(spot, wrong);
                    return None;
                }
            }
        }
        let every = first.is_some_and(|r| r.steps.iter().any(|s| s.every));
        Some(Formula { alternatives, pipes, every })
    }

    /// Compiles a pipe.
    pub fn pipe(&mut self, call: &expr::PipeCall, route: Option<&Route>) -> Result<Pipe, (usize, String)> {
        let wrong = |sentence: String| (call.offset, sentence);
        let takes = |what: &str| wrong(format!("{} takes {what}", call.name));
        let argument = call.arguments.first().map(|a| a.text.as_str());
        let at = call.arguments.first().map_or(call.offset, |a| a.offset);
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
                    Some(Ok(leaf)) => Pipe::CodedDate(leaf),
                    _ => {
                        return Err((
                            at,
                            format!("`{text}` is no date format; write yyyymmdd, yymmdd, dd.mm.yyyy, iso …"),
                        ));
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
                match (count(argument), fill.chars().next()) {
                    (Some(width), Some(fill)) => Pipe::Pad(width, fill),
                    _ => return Err(takes("a width and a character, as in pad(10, '0')")),
                }
            }
            ("cut", Some(_)) => Pipe::Cut(count(argument).ok_or_else(|| takes("a number of characters"))?),
            ("split", Some(text)) if !text.is_empty() => Pipe::Split(text.into()),
            ("join", Some(text)) => Pipe::Join(text.into()),
            ("prefix", Some(text)) if !text.is_empty() => Pipe::Prefix(text.into()),
            ("default", Some(text)) => Pipe::Default(text.into()),
            ("ref", Some(scheme)) if !scheme.is_empty() => Pipe::Ref(scheme.into()),
            ("party", Some(text)) => match route.map(|r| self.router.beside(text, r, at)) {
                Some(found) => Pipe::Party(found?),
                None => return Err(wrong("party needs a path before it".into())),
            },
            ("when", _) => Pipe::When(self.when(call, route)?),
            ("date" | "table" | "pad" | "cut" | "prefix" | "split" | "join" | "default" | "ref" | "party", _) => {
                return Err(takes("an argument in parentheses"));
            }
            ("trim" | "upper" | "lower" | "item", Some(_)) => return Err(takes("no argument")),
            (name, _) => {
                return Err(wrong(format!("`{name}` is no pipe{}", hint(name, PIPES.iter().copied()))));
            }
        })
    }
}

impl Fields<'_> {
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

/// Plain digits are a number and no path: `per: 1`.
fn number(path: &expr::Path) -> bool {
    path.up == 0 && !path.text.is_empty() && path.text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A list of texts takes all that the path leads to, and writes each on its own.
fn every(formula: &mut Formula) {
    let joined = formula.pipes.iter().any(|p| matches!(p, Pipe::Split(_) | Pipe::Join(_)));
    if formula.every || joined {
        return;
    }
    formula.every = true;
    for alternative in &mut formula.alternatives {
        if let Alternative::Route(route) = alternative
            && let Some(last) = route.steps.last_mut()
        {
            last.every = true;
        }
    }
}

fn formula_has(formula: &Formula, wanted: &dyn Fn(&Pipe) -> bool) -> bool {
    formula.pipes.iter().any(wanted)
        || formula.alternatives.iter().any(|a| matches!(a, Alternative::Group(inner) if formula_has(inner, wanted)))
}
