//! Looks a path up: in the guide for X12 and EDIFACT, by name for CSV, XML and JSON.

use super::{
    expr,
    near::hint,
    plan::{ANYTHING, Condition, Leaf, Name, Pairs, Route, Slot, Step},
    shape::Member,
};
use crate::formats::{
    guides::{ElementSpec, Guide, Part},
    piece::Standard,
};
use std::collections::HashMap;

/// What is wrong with a path, and at which character of the field's text.
pub type Wrong = (usize, String);

/// A place in the document while compiling: what the names in it mean.
#[derive(Debug, Clone)]
pub struct Scope {
    /// X12, EDIFACT: what may stand here.
    parts: &'static [Part],
    /// X12, EDIFACT: the segment that opened this loop.
    pub opener: Option<&'static str>,
    /// Names from the root, to remember the order in which they were first mentioned.
    path: String,
    /// What routes look for here.
    pub slots: Vec<Slot>,
}

/// Looks paths up, for one mapping.
#[derive(Debug)]
pub struct Router {
    pub standard: Standard,
    pub guide: Option<&'static Guide>,
    /// `850 004010`, for sentences.
    pub guide_name: String,
    pub namespaces: HashMap<String, String>,
    pub scopes: Vec<Scope>,
    mentioned: HashMap<String, u32>,
    /// A CSV column was named by its number: it can be read, and not written.
    pub by_number: bool,
    /// What stands around is not there: paths lead nowhere, and that is told once, where it begins.
    pub nowhere: bool,
    /// Members of the message that a condition can compare with, in the order in which they are read.
    pub members: Vec<Member>,
    /// So many of them are read before what is being compiled.
    pub read: usize,
    /// Those that conditions do compare with.
    pub compared: Vec<String>,
}

/// Conditions on the scope's own segment, the steps below it, and the leaf, if one was named.
type Walked = (Vec<Condition>, Vec<Step>, Option<Leaf>);

/// Where a walk down has come to.
struct Here {
    parts: &'static [Part],
    opener: Option<&'static str>,
    path: String,
}

impl Router {
    /// A router that stands at the document's root.
    pub fn new(standard: Standard, guide: Option<&'static Guide>, namespaces: HashMap<String, String>) -> Self {
        let parts: &'static [Part] = guide.map_or(&[], |g| &g.parts);
        let guide_name = guide.map(|g| format!("{} {}", g.kind, g.version)).unwrap_or_default();
        let root = Scope { parts, opener: None, path: String::new(), slots: Vec::new() };
        Router {
            standard,
            guide,
            guide_name,
            namespaces,
            scopes: vec![root],
            mentioned: HashMap::new(),
            by_number: false,
            nowhere: false,
            members: Vec::new(),
            read: usize::MAX,
            compared: Vec::new(),
        }
    }

    pub fn edi(&self) -> bool {
        matches!(self.standard, Standard::X12 | Standard::Edifact)
    }

    /// The level at which a path begins.
    fn level(&self, path: &expr::Path) -> Result<usize, Wrong> {
        let deepest = self.scopes.len() - 1;
        if path.absolute {
            if self.standard == Standard::Json {
                return Ok(0);
            }
            return Err((path.offset, "only JSON paths begin with /; ^ goes up to the parent".into()));
        }
        deepest
            .checked_sub(path.up)
            .ok_or_else(|| (path.offset, format!("{} goes up further than the document's root", "^".repeat(path.up))))
    }

    fn here(&self, level: usize) -> Here {
        let scope = &self.scopes[level];
        Here { parts: scope.parts, opener: scope.opener, path: scope.path.clone() }
    }

    /// The slot of a step in a scope.
    fn slot(&mut self, level: usize, step: &Step) -> usize {
        let slots = &mut self.scopes[level].slots;
        slots.iter().position(|s| s.names == step.names).unwrap_or_else(|| {
            slots.push(Slot { names: step.names.clone() });
            slots.len() - 1
        })
    }

    /// A path to a value.
    pub fn value(&mut self, path: &expr::Path) -> Result<Route, Wrong> {
        if self.nowhere {
            return Ok(Route::nowhere(path));
        }
        if path.optional {
            let at = path.offset + path.text.chars().count();
            return Err((at, "`?` stands behind the last of several steps of `each:`, as in `each: PO1/ACK?`".into()));
        }
        let level = self.level(path)?;
        let (own, steps, leaf) = self.walk(path, level, true)?;
        let Some(leaf) = leaf else {
            let last = path.steps.last().map(|s| s.name.as_str()).unwrap_or_default();
            return Err((path.offset, format!("`{last}` is a segment; name its element, as in {last}01")));
        };
        let refuses = self.refuses(path, &leaf, steps.last().map_or(&own, |last| &last.conditions))?;
        let slot = steps.first().map(|first| self.slot(level, first)).unwrap_or_default();
        let up = self.scopes.len() - 1 - level;
        let text = shown(path.text.trim_start_matches('^'));
        Ok(Route { up, slot, own, steps, leaf, refuses, text, number: 0 })
    }

    /// A path to a loop, segment, record or element: for `at:` and `each:`.
    pub fn place(&mut self, path: &expr::Path) -> Result<(usize, Vec<Step>), Wrong> {
        if let Some(one) = path.steps.iter().flat_map(|step| &step.conditions).find(|one| one.refuses) {
            return Err((one.offset, "`?? refuse` is for a path to a value, and this one leads to a loop".into()));
        }
        let level = self.level(path)?;
        let (own, steps, leaf) = self.walk(path, level, false)?;
        // Within a row a column may be a list's only item.
        let outside = self.standard == Standard::Csv && self.scopes[level].path.is_empty();
        if let Some(step) = path.steps.first().filter(|step| outside && step.name != "row") {
            let sentence = format!("a CSV document has no `{}`: its loop is the row, `each: row`", step.name);
            return Err((step.offset, sentence));
        }
        if leaf.is_some() || steps.is_empty() || !own.is_empty() {
            return Err((path.offset, format!("`{}` is no loop or segment of its own", path.text)));
        }
        Ok((self.scopes.len() - 1 - level, steps))
    }

    /// Goes into a step, as a new scope below level; gives its slot there.
    pub fn enter(&mut self, level: usize, step: &Step) -> usize {
        let slot = self.slot(level, step);
        let mut here = self.here(level);
        self.descend(&mut here, step);
        self.scopes.push(Scope { parts: here.parts, opener: here.opener, path: here.path, slots: Vec::new() });
        slot
    }

    fn descend(&self, here: &mut Here, step: &Step) {
        let name = step.names.first().map(|n| n.name.as_str()).unwrap_or_default();
        let found = here.parts.iter().find(|p| part_name(p) == name);
        (here.parts, here.opener) = match found {
            Some(Part::Loop { parts, .. }) => (parts.as_slice(), parts.first().map(part_name)),
            Some(Part::Segment { id, .. }) => (&[][..], Some(&**id)),
            None => (&[][..], None),
        };
        here.path = format!("{}/{name}", here.path);
    }

    fn walk(&mut self, path: &expr::Path, level: usize, value: bool) -> Result<Walked, Wrong> {
        let mut here = self.here(level);
        if self.edi() { self.edi_walk(path, &mut here) } else { self.named_walk(path, &mut here, value) }
    }

    // ---- CSV, XML, JSON ----

    fn named_walk(&mut self, path: &expr::Path, here: &mut Here, value: bool) -> Result<Walked, Wrong> {
        let mut steps = Vec::new();
        for (i, raw) in path.steps.iter().enumerate() {
            let last = i + 1 == path.steps.len();
            if raw.qualifiers.is_some() {
                return Err((raw.offset, "{…} is for X12 and EDIFACT".into()));
            }
            if self.standard == Standard::Csv && (path.steps.len() > 1 || !raw.conditions.is_empty()) {
                return Err((raw.offset, "a CSV path is a header, or #3 for the third column".into()));
            }
            if last && value {
                let own = raw.name == "." || self.standard == Standard::Xml && !raw.name.starts_with('@');
                if !own {
                    return Ok((vec![], steps, Some(self.named_leaf(raw, here)?)));
                }
                if raw.name != "." {
                    steps.push(self.named_step(raw, here)?);
                }
                return Ok((vec![], steps, Some(Leaf::Own)));
            }
            let step = self.named_step(raw, here)?;
            self.descend(here, &step);
            steps.push(step);
        }
        Ok((vec![], steps, None))
    }

    fn named_step(&mut self, raw: &expr::Step, here: &Here) -> Result<Step, Wrong> {
        let name = self.name(&raw.name, raw.offset)?;
        let mut conditions = Vec::new();
        for c in &raw.conditions {
            let names: Vec<Name> = match self.standard {
                Standard::Xml | Standard::Json => {
                    c.leaf.split('/').map(|name| self.name(name, c.offset)).collect::<Result<_, Wrong>>()?
                }
                _ => vec![self.name(&c.leaf, c.offset)?],
            };
            let leaf = match <[Name; 1]>::try_from(names) {
                Ok([name]) => Leaf::Child { name, order: 0 },
                Err(names) => Leaf::Deep(names),
            };
            conditions.push(self.condition(c, leaf, &conditions, None)?);
        }
        let order = self.mention(&format!("{}/{}", here.path, name.name));
        Ok(Step { names: vec![name], conditions, every: raw.every, opens: None, once: false, order })
    }

    fn named_leaf(&mut self, raw: &expr::Step, here: &Here) -> Result<Leaf, Wrong> {
        if let Some(number) = raw.name.strip_prefix('#').filter(|_| self.standard == Standard::Csv) {
            self.by_number = true;
            let column: u32 = number.parse().map_err(|_| (raw.offset, format!("`#{number}` is no column")))?;
            return if column == 0 { Err((raw.offset, "columns count from #1".into())) } else { Ok(Leaf::Nth(column)) };
        }
        let name = self.name(&raw.name, raw.offset)?;
        let order = self.mention(&format!("{}/{}", here.path, name.name));
        Ok(Leaf::Child { name, order })
    }

    fn name(&self, text: &str, offset: usize) -> Result<Name, Wrong> {
        let (at, plain) = text.strip_prefix('@').map_or(("", text), |rest| ("@", rest));
        if self.standard != Standard::Xml {
            return Ok(Name::new(text.replace("~1", "/").replace("~0", "~"), None));
        }
        let Some((prefix, local)) = plain.split_once(':') else {
            return Ok(Name::new(text, None));
        };
        let Some(namespace) = self.namespaces.get(prefix) else {
            let near = hint(prefix, self.namespaces.keys().map(String::as_str));
            return Err((offset, format!("the prefix `{prefix}` is not declared under `namespaces:`{near}")));
        };
        Ok(Name::new(format!("{at}{local}"), Some(namespace.clone())))
    }

    /// `order:`: mentions the names below a parent (`.` for the root) before the fields do.
    pub fn order(&mut self, parent: &str, name: &str) {
        let local = |step: &str| step.split_once(':').map_or(step, |(_, local)| local).to_owned();
        let steps = parent.split('/').filter(|s| *s != ".").map(local);
        let path: String = steps.chain([local(name)]).map(|step| format!("/{step}")).collect();
        self.mention(&path);
    }

    /// When a name was first mentioned: the order in which XML, JSON and CSV are written.
    fn mention(&mut self, path: &str) -> u32 {
        let next = self.mentioned.len() as u32 + 1;
        *self.mentioned.entry(path.to_owned()).or_insert(next)
    }

    // ---- X12, EDIFACT ----

    fn edi_walk(&mut self, path: &expr::Path, here: &mut Here) -> Result<Walked, Wrong> {
        let mut own = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        for (i, raw) in path.steps.iter().enumerate() {
            let last = i + 1 == path.steps.len();
            let (word, digits) = self.edi_word(raw, here, last)?;
            let on_opener = word.is_empty() || here.opener == Some(word);
            let segment = if on_opener { here.opener.unwrap_or_default() } else { opened(here.parts, word) };
            let conditions = self.edi_conditions(segment, raw)?;
            if on_opener {
                match steps.last_mut() {
                    Some(step) => step.conditions.extend(conditions),
                    None => own.extend(conditions),
                }
            } else {
                let step = edi_step(here.parts, word, conditions, raw.every);
                // `MS3[02=*]/MS301`: into the segment itself, where it stands.
                let itself = path.steps.get(i + 1).is_some_and(|next| next.name.starts_with(word));
                if !last && step.opens.is_none() && !itself {
                    return Err((raw.offset, format!("{word} is a segment, not a loop: nothing stands below it")));
                }
                self.descend(here, &step);
                steps.push(step);
            }
            if last {
                let leaf = self.edi_leaf(segment, digits, raw)?;
                return Ok((own, steps, leaf));
            }
        }
        Ok((own, steps, None))
    }

    /// The segment's or loop's name in a step, and the two digits of an element behind it.
    fn edi_word<'r>(&self, raw: &'r expr::Step, here: &Here, last: bool) -> Result<(&'r str, Option<&'r str>), Wrong> {
        let word = raw.name.as_str();
        let known = |w: &str| here.opener == Some(w) || position(here.parts, w).is_some();
        if word.is_empty() || known(word) {
            return Ok((word, None));
        }
        if here.opener.is_some() && word.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(("", Some(word)));
        }
        let split = word.len().checked_sub(2).filter(|at| word.is_char_boundary(*at)).map(|at| word.split_at(at));
        if let Some((segment, digits)) = split.filter(|(_, d)| last && d.bytes().all(|b| b.is_ascii_digit()))
            && known(segment)
        {
            return Ok((segment, Some(digits)));
        }
        let segment = split.filter(|(_, d)| d.bytes().all(|b| b.is_ascii_digit())).map_or(word, |(s, _)| s);
        let where_ = match here.path.as_str() {
            "" => format!("the guide of {}", self.guide_name),
            path => format!("{} of the guide of {}", path.trim_start_matches('/'), self.guide_name),
        };
        let names = here.parts.iter().flat_map(|p| [part_name(p), opener(p)]).chain(here.opener);
        // `N102x` is more like one of N1's elements than like any segment.
        let begun = here.parts.iter().map(opener).chain(here.opener).filter(|id| segment.starts_with(id));
        let elements = begun.flat_map(|id| (1..=self.elements(id).len()).map(move |n| format!("{id}{n:02}")));
        let elements: Vec<String> = elements.collect();
        let near = match hint(segment, elements.iter().map(String::as_str)) {
            near if near.is_empty() => hint(segment, names.clone()),
            near => near,
        };
        // `P01` may be a PO1 as well as the first element of a P.
        let near = if near.is_empty() { hint(word, names) } else { near };
        Err((raw.offset, format!("{segment} is not in {where_}{near}")))
    }

    /// What the guide says of a segment's elements.
    pub fn elements(&self, segment: &str) -> &'static [ElementSpec] {
        self.guide.and_then(|g| g.segments.get(segment)).map_or(&[], |s| &s.elements)
    }

    fn edi_conditions(&mut self, segment: &str, raw: &expr::Step) -> Result<Vec<Condition>, Wrong> {
        let mut conditions = Vec::new();
        for c in &raw.conditions {
            let (leaf, spec) = self.element(segment, &c.leaf, c.offset)?;
            for value in c.texts().filter(|value| !value.is_empty()) {
                self.code(spec, value, &format!("{segment}{}", c.leaf), c.offset)?;
            }
            // A composite without a component means its first.
            let spec = spec.components.first().unwrap_or(spec);
            conditions.push(self.condition(c, leaf, &conditions, Some(spec))?);
        }
        Ok(conditions)
    }

    fn code(&self, spec: &ElementSpec, value: &str, element: &str, offset: usize) -> Result<(), Wrong> {
        if spec.codes.is_empty() || spec.codes.contains(value) || value == ANYTHING {
            return Ok(());
        }
        let codes: Vec<String> = spec.codes.iter().collect();
        let near = hint(value, codes.iter().map(String::as_str));
        Err((offset, format!("`{value}` is no code of {element} in the guide of {}{near}", self.guide_name)))
    }

    fn edi_leaf(&self, segment: &str, digits: Option<&str>, raw: &expr::Step) -> Result<Option<Leaf>, Wrong> {
        if let Some(qualifiers) = &raw.qualifiers {
            return self.pairs(segment, qualifiers, raw.offset).map(Some);
        }
        let text = match (digits, &raw.leaf) {
            (None, None) => return Ok(None),
            (Some(digits), None) => digits.to_owned(),
            (None, Some(leaf)) => leaf.clone(),
            (Some(digits), Some(leaf)) => format!("{digits}.{leaf}"),
        };
        self.element(segment, &text, raw.offset).map(|(leaf, _)| Some(leaf))
    }

    /// `02`, `03.01`, `C212.01`: a leaf of a segment, and what the guide says of it.
    pub fn element(&self, segment: &str, text: &str, offset: usize) -> Result<(Leaf, &'static ElementSpec), Wrong> {
        let specs = self.elements(segment);
        let (first, second) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
        let unknown =
            |name: String, near: String| (offset, format!("{name} is not in the guide of {}{near}", self.guide_name));
        let element = match first.parse::<usize>() {
            Ok(number) => number,
            Err(_) => match specs.iter().position(|s| &*s.reference == first) {
                Some(at) => at + 1,
                None => {
                    let near = hint(first, specs.iter().map(|s| &*s.reference));
                    return Err(unknown(format!("{segment}.{first}"), near));
                }
            },
        };
        let Some(spec) = element.checked_sub(1).and_then(|at| specs.get(at)) else {
            // Digits that changed places, else the last.
            let turned = element % 10 * 10 + element / 10;
            let near = if (1..=specs.len()).contains(&turned) { turned } else { specs.len() };
            return Err(unknown(format!("{segment}{element:02}"), format!("; nearest {segment}{near:02}")));
        };
        let Some(second) = second else {
            return Ok((Leaf::Element { element: element as u16, component: 0 }, spec));
        };
        let component = second.parse::<usize>().ok().filter(|c| (1..=spec.components.len()).contains(c));
        let Some(component) = component else {
            let near = match spec.components.len() {
                0 => format!("; {segment}{element:02} has no components"),
                n => format!("; nearest {segment}{element:02}.{n:02}"),
            };
            return Err(unknown(format!("{segment}{element:02}.{second}"), near));
        };
        let leaf = Leaf::Element { element: element as u16, component: component as u16 };
        Ok((leaf, &spec.components[component - 1]))
    }

    /// Qualifier and id, next to each other as X12 has them (235, 234), or in one composite (EDIFACT C212).
    fn pairs(&self, segment: &str, qualifiers: &[String], offset: usize) -> Result<Leaf, Wrong> {
        let specs = self.elements(segment);
        let mut places = Vec::new();
        let mut codes = None;
        for (at, spec) in (1u16..).zip(specs) {
            let (qualifier, id) = match &*spec.reference {
                "C212" => {
                    codes = spec.components.get(1);
                    let component = |component| Leaf::Element { element: at, component };
                    (component(2), component(1))
                }
                "235" if specs.get(usize::from(at)).is_some_and(|next| &*next.reference == "234") => {
                    codes = Some(spec);
                    (Leaf::Element { element: at, component: 0 }, Leaf::Element { element: at + 1, component: 0 })
                }
                _ => continue,
            };
            places.push((qualifier, id));
        }
        let Some(codes) = codes else {
            return Err((
                offset,
                format!("{segment} has no pairs of qualifier and item number in {}", self.guide_name),
            ));
        };
        let qualifiers = if qualifiers == [ANYTHING] { &[] } else { qualifiers };
        let named = match qualifiers {
            [named @ .., last] if last == ANYTHING => named,
            all => all,
        };
        if named.iter().any(|qualifier| qualifier == ANYTHING) {
            return Err((offset, "`*` takes all qualifiers that are not named before it: it stands last".into()));
        }
        for qualifier in named {
            self.code(codes, qualifier, &format!("a qualifier in {segment}"), offset)?;
        }
        Ok(Leaf::Pairs(Box::new(Pairs { places, qualifiers: qualifiers.to_vec() })))
    }

    /// What stands beside a value, in the same segment, element or record: an argument of `party` and `date`.
    pub fn beside(&mut self, text: &str, route: &Route, offset: usize) -> Result<Leaf, Wrong> {
        if self.nowhere {
            return Ok(Leaf::Own);
        }
        let shift = |(at, why): Wrong| (offset + at, why);
        let path = expr::path(text, self.edi()).map_err(shift)?;
        if self.edi() && text.starts_with(|c: char| c.is_ascii_digit()) {
            return self.element(&self.segment_of(route), text, offset).map(|(leaf, _)| leaf);
        }
        let written = Route { up: route.up, ..self.value(&path).map_err(shift)? };
        let own = self.standard == Standard::Xml && path.steps.len() == 1 && path.text.starts_with('@');
        if own || (&written.own, &written.steps) == (&route.own, &route.steps) {
            Ok(written.leaf)
        } else {
            let sentence = "it must stand beside the value: in the same segment, record or element";
            Err((offset, format!("`{text}`: {sentence}")))
        }
    }

    /// May the qualifier of an id stand empty? Of X12 the guide says it: N1's note P0304 wants both, and SDQ wants its stores
    /// only. EDIFACT and the others have ids without one.
    pub fn may_be_empty(&self, route: &Route, qualifier: &Leaf) -> bool {
        let Leaf::Element { element, .. } = *qualifier else { return self.standard != Standard::X12 };
        if self.standard != Standard::X12 {
            return true;
        }
        let Some(spec) = self.guide.and_then(|guide| guide.segments.get(&*self.segment_of(route))) else {
            return false;
        };
        let is_mandatory = spec.elements.get(usize::from(element).wrapping_sub(1)).is_none_or(|one| one.mandatory);
        !is_mandatory && !spec.notes.iter().any(|note| note.positions.iter().any(|at| u16::from(*at) == element))
    }

    /// The segment that a path leads into.
    pub fn segment_of(&self, route: &Route) -> String {
        let level = self.scopes.len() - 1 - route.up.min(self.scopes.len() - 1);
        match route.steps.last() {
            Some(Step { opens: Some(opens), .. }) => opens.clone(),
            Some(step) => step.names.first().map(|n| n.name.clone()).unwrap_or_default(),
            None => self.scopes[level].opener.unwrap_or_default().to_owned(),
        }
    }
}

/// A path as it is told: what a document is refused for (`?? refuse`) doesn't say where the value stands.
fn shown(text: &str) -> String {
    let parts = text.split_once("??").and_then(|(before, behind)| Some((before, behind.split_once(']')?.1)));
    parts.map_or_else(|| text.to_owned(), |(before, behind)| format!("{}]{behind}", before.trim_end()))
}

impl Route {
    /// What a path is taken for that leads nowhere, so that what stands behind it can be looked at.
    pub fn nowhere(path: &expr::Path) -> Route {
        let pairs = path.steps.last().is_some_and(|step| step.qualifiers.is_some());
        let none = || Pairs { places: vec![], qualifiers: vec![] };
        let leaf = if pairs { Leaf::Pairs(Box::new(none())) } else { Leaf::Own };
        Route { up: 0, slot: 0, own: vec![], steps: vec![], leaf, refuses: None, text: path.text.clone(), number: 0 }
    }
}

/// A loop's name or a segment's id.
pub fn part_name(part: &'static Part) -> &'static str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { name, .. } => name,
    }
}

/// The segment that opens a loop; a segment's id.
pub fn opener(part: &'static Part) -> &'static str {
    match part {
        Part::Segment { id, .. } => id,
        Part::Loop { parts, .. } => parts.first().map_or("", opener),
    }
}

/// The first part of a scope that a word names: a loop or segment by name, or a loop by the segment that opens it.
fn position(parts: &'static [Part], word: &str) -> Option<usize> {
    parts.iter().position(|p| part_name(p) == word || opener(p) == word)
}

fn opened(parts: &'static [Part], word: &str) -> &'static str {
    position(parts, word).map_or("", |at| opener(&parts[at]))
}

/// A step to all the parts of a scope that a word names; the first is the one that is written.
fn edi_step(parts: &'static [Part], word: &str, conditions: Vec<Condition>, every: bool) -> Step {
    let mut names: Vec<Name> = Vec::new();
    for part in parts.iter().filter(|p| part_name(p) == word || opener(p) == word) {
        let name = Name::new(part_name(part), None);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let at = position(parts, word).unwrap_or_default();
    let opens = match parts.get(at) {
        Some(part @ Part::Loop { .. }) => Some(opener(part).to_owned()),
        _ => None,
    };
    let once = matches!(parts.get(at), Some(Part::Segment { max: Some(1), .. }));
    Step { names, conditions, every, opens, once, order: at as u32 }
}
