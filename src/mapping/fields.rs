//! Compiles `fields:`: each canonical field against the message's shape, each path against the guide.

use super::{
    cel::{Expression, Wanted},
    expr,
    near::hint,
    needs::Slots,
    plan::{Alternative, BelowZero, Block, Computed, Field, Formula, Leaf, Pipe, Repeat, Route, Source, Step, Walk},
    route::Router,
    shape::{self, Member, Shape},
    tables::{Row, Table},
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
    /// Of the field that is being compiled: when its number is below zero.
    below_zero: Option<BelowZero>,
    /// The names that lead to what is being compiled.
    pub names: Vec<String>,
    /// Fields that say `$todo`: nobody has said yet where they stand.
    pub open: Vec<(Spot, String)>,
    pub wrong: Vec<(Spot, String)>,
    /// Rows of tables that lead where a field can't take it.
    pub wrong_rows: Vec<(Row, String)>,
}

impl<'a> Fields<'a> {
    pub fn new(router: Router, tables: &'a [Table], message: &'a str) -> Fields<'a> {
        Fields {
            router,
            tables,
            message,
            items: Vec::new(),
            computes: false,
            below_zero: None,
            names: Vec::new(),
            open: Vec::new(),
            wrong: Vec::new(),
            wrong_rows: Vec::new(),
        }
    }
}

impl Fields<'_> {
    pub(super) fn say(&mut self, spot: Spot, sentence: impl Into<String>) {
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
                if self.names.is_empty() {
                    self.router.read = self.read_before(entries, &entry.key);
                }
                self.names.push(member.name.clone());
                fields.extend(self.field(entry, member));
                self.names.pop();
            } else if !keys.contains(&entry.key.as_str()) {
                self.unknown(entry, members);
            }
        }
        for member in members.iter().filter(|m| m.mandatory && !entries.iter().any(|e| e.key == m.name)) {
            // A party without any field stands as an empty one; all else has to come from somewhere.
            if matches!(&member.shape, Shape::Object(own) if !own.iter().any(|m| m.mandatory)) {
                let (name, shape, source) = (member.name.clone(), member.shape.clone(), Source::Object(vec![]));
                fields.push(Field {
                    name,
                    number: 0,
                    pointer: 0,
                    needs: Slots::default(),
                    shape,
                    mandatory: true,
                    source,
                    below_zero: None,
                    spot: yaml.spot,
                });
                continue;
            }
            self.say(yaml.spot, format!("{} needs `{}`, and nothing gives it", self.message, member.name));
        }
        fields
    }

    /// How many of the members that conditions can compare with are read before another member of the message.
    fn read_before(&self, entries: &[Entry], name: &str) -> usize {
        let before = entries.iter().take_while(|entry| entry.key != name);
        before.filter(|entry| self.router.members.iter().any(|member| member.name == entry.key)).count()
    }

    fn unknown(&mut self, entry: &Entry, members: &[Member]) {
        let near = hint(&entry.key, members.iter().map(|m| m.name.as_str()));
        self.say(entry.key_spot, format!("`{}` is no field of {} here{near}", entry.key, self.message));
    }

    fn field(&mut self, entry: &Entry, member: &Member) -> Option<Field> {
        let source = match &member.shape {
            Shape::Object(members) => self.object_source(entry, members)?,
            Shape::List(item) => match &**item {
                Shape::Object(members) => self.each(entry, members)?,
                item => self.list(&entry.value, item)?,
            },
            Shape::Free => Source::Object(self.free(&entry.value)),
            shape => self.leaf(&entry.value, shape, &entry.key)?,
        };
        let (name, shape, spot) = (member.name.clone(), member.shape.clone(), entry.value.spot);
        let below_zero = self.below_zero.take();
        let needs = Slots::default();
        Some(Field { name, number: 0, pointer: 0, needs, shape, mandatory: member.mandatory, source, below_zero, spot })
    }

    fn object_source(&mut self, entry: &Entry, members: &[Member]) -> Option<Source> {
        let yaml = &entry.value;
        // `shipped: G6202 | when(04, 05)`
        if matches!(yaml.what, What::Text(_))
            && ["date", "time", "zone"].iter().all(|n| members.iter().any(|m| m.name == *n))
        {
            return self.leaf(yaml, &Shape::Object(members.to_vec()), &entry.key);
        }
        let at = yaml.get("at").filter(|_| !members.iter().any(|m| m.name == "at"));
        let Some(at) = at else { return Some(Source::Object(self.object(yaml, members, &[]))) };
        let Some(parsed) = self.parsed(at) else { return self.nowhere(yaml, members, &["at"]) };
        if !parsed.pipes.is_empty() {
            self.say(at.spot, "`at:` takes a path, and others behind ??");
        }
        let mut blocks = Vec::new();
        for alternative in &parsed.alternatives {
            let expr::Alternative::Path(path) = alternative else {
                self.say(at.spot, "`at:` takes paths only");
                continue;
            };
            let told = self.wrong.len();
            blocks.extend(self.block(yaml, at, path, members, &["at"]));
            // What is wrong in the fields wherever they stand is told once.
            for wrong in self.wrong.split_off(told) {
                if !self.wrong.contains(&wrong) {
                    self.wrong.push(wrong);
                }
            }
        }
        self.mean_alike(&blocks);
        Some(Source::At(blocks))
    }

    fn each(&mut self, entry: &Entry, members: &[Member]) -> Option<Source> {
        let Some(each) = entry.value.get("each") else {
            self.say(entry.key_spot, format!("`{}` is a list: say `each:` with the loop that makes one", entry.key));
            return self.items_nowhere(&entry.value, members);
        };
        if each.text() == Some(".") {
            return Some(self.own(&entry.value, each.spot, members));
        }
        let Some(parsed) = self.parsed(each) else { return self.items_nowhere(&entry.value, members) };
        match (parsed.alternatives.as_slice(), parsed.pipes.as_slice()) {
            ([expr::Alternative::Path(path)], []) => {
                self.items.push(Shape::Object(members.to_vec()));
                let block = self.block(&entry.value, each, path, members, &["each", "under", "repeat"]);
                self.items.pop();
                Some(Source::Each(block?))
            }
            _ => {
                self.say(each.spot, "`each:` takes one path");
                self.items_nowhere(&entry.value, members)
            }
        }
    }

    /// `messages: HL[03=S]`: the loop of which each makes a message of its own.
    pub fn messages(&mut self, key: &str, yaml: &Yaml) -> Option<Step> {
        let parsed = self.parsed(yaml)?;
        let ([expr::Alternative::Path(path)], []) = (parsed.alternatives.as_slice(), parsed.pipes.as_slice()) else {
            self.say(
                yaml.spot,
                format!("`{key}:` takes one path: to the loop that a message has one of, as in HL[03=S]"),
            );
            return None;
        };
        match self.router.place(path) {
            Ok((0, mut steps)) if steps.len() == 1 => return steps.pop(),
            Ok(_) => {
                let sentence = format!("`{key}:` takes a loop that stands right below the document, as HL[03=S] does");
                self.say(yaml.spot, sentence);
            }
            Err(wrong) => self.wrong_at(yaml.spot, wrong),
        }
        None
    }

    /// Of a place that is not there the fields can be looked at all the same, but for where they would stand.
    fn nowhere(&mut self, yaml: &Yaml, members: &[Member], keys: &[&str]) -> Option<Source> {
        let outer = std::mem::replace(&mut self.router.nowhere, true);
        if matches!(yaml.what, What::Map(_)) {
            self.object(yaml, members, keys);
        }
        self.router.nowhere = outer;
        None
    }

    fn items_nowhere(&mut self, yaml: &Yaml, members: &[Member]) -> Option<Source> {
        self.items.push(Shape::Object(members.to_vec()));
        self.nowhere(yaml, members, &["each", "under", "repeat"]);
        self.items.pop();
        None
    }

    /// `each: .`: the place itself says the one item, or with `repeat:` several in its segment (RCD).
    fn own(&mut self, yaml: &Yaml, spot: Spot, members: &[Member]) -> Source {
        let opener = self.router.scopes.last().and_then(|scope| scope.opener).map(str::to_owned);
        let repeat = self.repeat(yaml, opener.as_deref());
        self.items.push(Shape::Object(members.to_vec()));
        let fields = self.object(yaml, members, &["each", "repeat"]);
        self.items.pop();
        Source::Each(Block { up: 0, each: true, under: vec![], repeat, walk: vec![], optional: false, fields, spot })
    }

    fn block(&mut self, yaml: &Yaml, at: &Yaml, path: &expr::Path, members: &[Member], keys: &[&str]) -> Option<Block> {
        let found = if self.router.nowhere { None } else { Some(self.router.place(path)) };
        let (up, steps) = match found {
            Some(Ok(found)) => found,
            found => {
                found.and_then(Result::err).into_iter().for_each(|wrong| self.wrong_at(at.spot, wrong));
                self.nowhere(yaml, members, keys);
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
        let mut walk: Vec<Walk> = walk
            .map(|(((step, text), slot), scope)| Walk { step, text, number: 0, slot, slots: scope.slots })
            .collect();
        debug_assert_eq!(walk.len(), unders + count);
        let own = walk.split_off(unders);
        let each = keys.contains(&"each");
        if path.optional && (!each || count < 2) {
            self.say(at.spot, "`?` stands behind the last of several steps of `each:`, as in `each: PO1/ACK?`");
        }
        Some(Block { up, each, under: walk, repeat, walk: own, optional: path.optional, fields, spot: at.spot })
    }

    /// `repeat: 03/2`
    fn repeat(&mut self, yaml: &Yaml, segment: Option<&str>) -> Option<Repeat> {
        let yaml = yaml.get("repeat").filter(|_| !self.router.nowhere)?;
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
            let Some(mut formula) = self.formula(part) else { continue };
            let tags = matches!(formula.pipes.last(), Some(Pipe::Item | Pipe::Party(..) | Pipe::Ref(_)));
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
            if let Some(source) = self.leaf(&entry.value, &Shape::Text, &entry.key) {
                let (name, spot) = (entry.key.clone(), entry.value.spot);
                fields.push(Field {
                    name,
                    number: 0,
                    pointer: 0,
                    needs: Slots::default(),
                    shape: Shape::Text,
                    mandatory: false,
                    source,
                    below_zero: None,
                    spot,
                });
            }
        }
        fields
    }

    fn leaf(&mut self, yaml: &Yaml, shape: &Shape, name: &str) -> Option<Source> {
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
            [entry, how] if entry.key == "read" && how.key == "write" && how.value.text() == Some("key") => {
                source = key;
                &entry.value
            }
            [entry, how] if entry.key == "read" && how.key == "below_zero" && *shape == Shape::Decimal => {
                self.below_zero = self.below_zero(&how.value);
                self.computes = true;
                source = Source::Value;
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
        self.fits(&formula, shape, name, text.spot);
        Some(source(formula))
    }

    /// `below_zero: { kind: [credit] }`
    fn below_zero(&mut self, yaml: &Yaml) -> Option<BelowZero> {
        let [entry] = yaml.entries() else {
            self.say(yaml.spot, "`below_zero:` names a member beside the field and its words: { kind: [credit] }");
            return None;
        };
        let words: Vec<String> = match &entry.value.what {
            What::List(items) => items.iter().filter_map(Yaml::text).map(str::to_owned).collect(),
            _ => entry.value.text().map(str::to_owned).into_iter().collect(),
        };
        let item = self.items.last().or(shape::message(self.message))?;
        let Some(member) = item.member(&entry.key) else {
            let near = hint(&entry.key, item.members().iter().map(|member| member.name.as_str()));
            self.say(entry.key_spot, format!("`{}` is no member beside the field{near}", entry.key));
            return None;
        };
        if let (Shape::Word(known), Some(word)) = (&member.shape, words.first())
            && !known.contains(word)
        {
            let near = hint(word, known.iter().map(String::as_str));
            self.say(entry.value.spot, format!("`{word}` is no word of `{}`{near}", entry.key));
        }
        Some(BelowZero { member: entry.key.clone(), words })
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

    /// All that is wrong in it is told: what stands behind a path that leads nowhere, too.
    fn compiled(&mut self, field: &expr::Field, spot: Spot) -> Option<Formula> {
        let told = self.wrong.len();
        let alternatives: Vec<Alternative> =
            field.alternatives.iter().filter_map(|one| self.alternative(one, spot)).collect();
        let first = alternatives.iter().find_map(|a| match a {
            Alternative::Route(route) => Some(route.clone()),
            _ => None,
        });
        let astray = self.router.nowhere || self.wrong.len() > told;
        let outer = std::mem::replace(&mut self.router.nowhere, astray);
        let mut pipes = Vec::new();
        for call in &field.pipes {
            match self.pipe(call, first.as_ref()) {
                // A table is undone by its own targets only.
                Ok(Pipe::Upper | Pipe::Lower | Pipe::Cut(_)) if pipes.iter().any(|p| matches!(p, Pipe::Table(_))) => {
                    let sentence = format!("{} behind table can't be undone; put it before the table", call.name);
                    self.wrong_at(spot, (call.offset, sentence));
                }
                Ok(Pipe::Lines(..)) if !pipes.is_empty() || field.alternatives.len() > 1 => {
                    let sentence = "lines stands first, behind the one path whose places it names".to_owned();
                    self.wrong_at(spot, (call.offset, sentence));
                }
                Ok(pipe) => pipes.push(pipe),
                Err(wrong) => self.wrong_at(spot, wrong),
            }
        }
        self.router.nowhere = outer;
        let every = first.is_some_and(|r| r.steps.iter().any(|s| s.every));
        (self.wrong.len() == told).then_some(Formula::new(alternatives, pipes, every))
    }

    fn alternative(&mut self, alternative: &expr::Alternative, spot: Spot) -> Option<Alternative> {
        Some(match alternative {
            expr::Alternative::Literal(text) => Alternative::Literal(text.clone()),
            expr::Alternative::Group(inner) => Alternative::Group(self.compiled(inner, spot)?),
            expr::Alternative::Setting(name, _) if name == "tenant.currency" => Alternative::TenantCurrency,
            expr::Alternative::Setting(name, _) if name == "position" => Alternative::Position,
            expr::Alternative::Setting(name, _) if name == "todo" => {
                let open = (spot, self.names.join("."));
                // Two places of one object, `at: a ?? b`, compile its fields twice.
                if !self.open.contains(&open) {
                    self.open.push(open);
                }
                return None;
            }
            expr::Alternative::Setting(name, offset) => {
                let near = hint(name, ["tenant.currency", "position", "todo"]);
                self.wrong_at(spot, (*offset, format!("`${name}` is no setting{near}")));
                return None;
            }
            expr::Alternative::Path(path) if number(path) => Alternative::Literal(path.text.clone()),
            expr::Alternative::Path(path) => Alternative::Route(self.router.value(path).unwrap_or_else(|wrong| {
                self.wrong.push((Spot { column: spot.column + wrong.0 as u32, ..spot }, wrong.1));
                Route::nowhere(path)
            })),
        })
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
    (formula.every, formula.several, formula.short) = (true, true, None);
    for alternative in &mut formula.alternatives {
        if let Alternative::Route(route) = alternative
            && let Some(last) = route.steps.last_mut()
        {
            last.every = true;
        }
    }
}

/// What is read so is a name within the message: written, it only says which loop is meant.
fn key(formula: Formula) -> Source {
    let first = formula.destination().map(|(_, route)| (route.up, route.text.clone()));
    let (up, text) = first.unwrap_or_default();
    let (own, steps, leaf) = (vec![], vec![], Leaf::Key);
    Source::Key(formula, Box::new(Route { up, slot: 0, own, steps, leaf, refuses: None, text, number: 0 }))
}
