//! A proposal for each field of a message: the best way to its values, what stands beside it, how sure that is and why.

use super::{
    super::{
        pipes,
        shape::{Member, Shape},
    },
    knowledge::{Fact, Known, Made, Step},
    lists::Each,
    places::{Key, Places, Value},
    search::{Candidate, Scope, Search, Target},
    weigh,
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What stands in the text of a field that is computed.
const COMPUTED: &str = "cel:";

/// One way to a value, from a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    pub up: usize,
    /// What the frame's own segment must say: of a contact's numbers that with `TE` beside it.
    pub own: Vec<(Key, Vec<String>)>,
    pub steps: Vec<Step>,
    pub key: Key,
    /// Each of them gives an item of a list.
    pub every: bool,
}

/// How a field is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    Ways {
        ways: Vec<Way>,
        otherwise: Vec<String>,
        pipes: Vec<Known>,
    },
    List(Vec<Says>),
    /// YAML as it is.
    Raw(String),
}

/// A field with its reason.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub name: String,
    pub says: Says,
    /// 0 to 1.
    pub confidence: f64,
    pub why: String,
    /// No sample shows it: it is what others do.
    pub unseen: bool,
}

/// The proposal, as the mapping nests it.
#[derive(Debug, Clone)]
pub enum Node {
    Leaf(Leaf),
    Object { name: String, members: Vec<Node> },
    Each { name: String, each: Each, members: Vec<Node> },
}

impl Leaf {
    /// Another place of a list of ids, by a scheme that is not read yet.
    pub fn add(&mut self, other: &Leaf) -> bool {
        let pipes = |says: &Says| match says {
            Says::Ways { pipes, .. } => Some(pipes.clone()),
            _ => None,
        };
        let mut all = match &self.says {
            Says::List(all) => all.clone(),
            one => vec![one.clone()],
        };
        let known = all.iter().any(|one| pipes(one) == pipes(&other.says));
        if known {
            return false;
        }
        all.push(other.says.clone());
        self.why = format!("{}; {}", self.why, other.why);
        (self.says, self.confidence) = (Says::List(all), self.confidence.min(other.confidence));
        true
    }
}

impl Node {
    pub fn name(&self) -> &str {
        match self {
            Node::Leaf(leaf) => &leaf.name,
            Node::Object { name, .. } | Node::Each { name, .. } => name,
        }
    }

    /// True if no sample shows any of it.
    pub fn unseen(&self) -> bool {
        match self {
            Node::Leaf(leaf) => leaf.unseen,
            Node::Object { members, .. } => members.iter().all(Node::unseen),
            Node::Each { each, .. } => each.unseen,
        }
    }
}

/// A field that is looked for, with the ways to it.
pub(super) struct Sought<'v> {
    pub names: Vec<String>,
    pub shape: &'v Shape,
    pub targets: Vec<Target<'v>>,
    pub candidates: Vec<Candidate>,
}

impl<'a> Search<'a> {
    /// The members of a message, or of a list's items.
    pub fn object(&self, scope: &Scope, members: &[Member]) -> Vec<Node> {
        let mut found: BTreeMap<Vec<String>, Leaf> = BTreeMap::new();
        for member in members {
            let targets = stepped(&scope.targets, &member.name);
            let mut sought = Vec::new();
            self.seek(scope, member, vec![member.name.clone()], targets, &mut sought);
            sought.iter_mut().for_each(|one| self.coded(scope, one));
            let votes = votes(&sought);
            for mut one in sought {
                let leaf = self.leaf(scope, &mut one, &votes);
                found.extend(leaf.map(|leaf| (one.names, leaf)));
            }
        }
        if scope.bare {
            found = self.bare(scope, members);
        }
        self.complete(scope, members, &mut found);
        let mut nodes = self.nest(scope, members, &scope.targets, &mut Vec::new(), &mut found);
        self.add_lists(scope, members, &[], &mut nodes);
        nodes
    }

    /// The fields of a member, with the ways to each; lists of objects are scopes of their own.
    fn seek<'v>(
        &self,
        scope: &Scope,
        member: &'v Member,
        names: Vec<String>,
        targets: Vec<Target<'v>>,
        sought: &mut Vec<Sought<'v>>,
    ) {
        if targets.iter().all(|t| t.wanted.is_none()) {
            return;
        }
        match &member.shape {
            Shape::Object(inner) => {
                for member in inner {
                    let names = [names.clone(), vec![member.name.clone()]].concat();
                    self.seek(scope, member, names, stepped(&targets, &member.name), sought);
                }
            }
            Shape::Free => {
                let keys = targets.iter().filter_map(|t| t.wanted.and_then(Json::as_object)).flat_map(|o| o.keys());
                let mut keys: Vec<&String> = keys.collect();
                keys.sort();
                keys.dedup();
                for key in keys {
                    let names = [names.clone(), vec![key.clone()]].concat();
                    let targets = stepped(&targets, key);
                    let candidates = self.ways_to(scope, &targets, &Shape::Text, &names);
                    sought.push(Sought { names, shape: &Shape::Text, targets, candidates });
                }
            }
            Shape::List(item) if matches!(**item, Shape::Object(_)) => {}
            shape => {
                let candidates = self.ways_to(scope, &targets, shape, &names);
                sought.push(Sought { names, shape, targets, candidates });
            }
        }
    }

    fn ways_to(&self, scope: &Scope, targets: &[Target], shape: &Shape, names: &[String]) -> Vec<Candidate> {
        let compare = &self.compare;
        match shape {
            Shape::List(item) if **item == Shape::Ref => {
                let party = names.last().is_some_and(|name| name == "refs");
                self.gather(scope, targets, true, &|places, value, wanted| {
                    let refs = wanted.as_array().into_iter().flatten();
                    let same = refs.filter(|r| r["id"].as_str() == Some(value.text.trim()));
                    same.flat_map(|r| compare.reference(places, value, r["scheme"].as_str().unwrap_or_default(), party))
                        .collect()
                })
            }
            Shape::List(item) => self.gather(scope, targets, true, &|places, value, wanted| {
                let items = wanted.as_array().into_iter().flatten();
                let ways = items.flat_map(|text| compare.ways(places, value, text, item));
                let mut ways: Vec<_> = ways.map(|pipes| (value.key.clone(), pipes)).collect();
                let texts: Vec<&str> = wanted.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
                if texts.len() > 1 && texts.join("; ") == value.text.trim() {
                    ways.push((value.key.clone(), vec![Known::Text("split('; ')".into())]));
                }
                ways
            }),
            shape => self.gather(scope, targets, false, &|places, value, wanted| {
                let ways = compare.ways(places, value, wanted, shape);
                ways.into_iter().map(|pipes| (value.key.clone(), pipes)).collect()
            }),
        }
    }

    /// The proposal for one field.
    fn leaf(&self, scope: &Scope, one: &mut Sought, votes: &HashMap<String, f64>) -> Option<Leaf> {
        let name = one.names.last()?.clone();
        let (default, made) = (self.default_of(one), self.made(scope, one));
        self.weigh(scope, &one.names, &one.targets, &mut one.candidates, votes);
        if matches!(one.shape, Shape::List(_)) {
            return self.list_leaf(name, one);
        }
        let Some(best) = one.candidates.first() else { return made };
        let sure = |made: &Leaf| made.confidence > best.confidence && (made.confidence >= 0.6 || best.confidence < 0.2);
        if let Some(made) = made.filter(sure) {
            return Some(made);
        }
        let mut ways = vec![best.way(false)];
        let mut confidence = best.confidence;
        let mut open: Vec<bool> =
            one.targets.iter().zip(&best.explained).map(|(t, hit)| t.wanted.is_some() && !hit).collect();
        for other in &one.candidates[1..] {
            let helps = other.explained.iter().zip(&open).any(|(hit, open)| *hit && *open);
            let clashes = one.targets.iter().enumerate().any(|(at, target)| {
                !best.explained[at]
                    && !other.explained[at]
                    && self.first(best, target).is_none()
                    && self.first(other, target).is_some()
            });
            if helps && !clashes && other.pipes == best.pipes {
                ways.push(other.way(false));
                open.iter_mut().zip(&other.explained).for_each(|(open, hit)| *open &= !hit);
                confidence = confidence.max(other.confidence).min(0.88);
                break;
            }
        }
        let mut pipes = best.pipes.clone();
        let fact = weigh::knowledge_of(self.compare.knowledge, best.prior.fact).filter(|_| best.prior.strength > 0.3);
        let mut otherwise = fact.map(|fact| fact.otherwise.clone()).unwrap_or_default();
        otherwise.retain(|text| text.starts_with('$'));
        if self.is_position(one) && !otherwise.iter().any(|text| text == "$position") && name == "number" {
            otherwise.push("$position".into());
        }
        self.whole(scope, &one.names, fact, &best.pipes, &mut ways);
        confidence = confidence.min(self.defaulted(scope, &one.names, default, fact, &mut pipes));
        let why = self.why(one, best);
        // The form that stands beside a date may make another thing of it (110: a day of each month), and what other mappings
        // compute (how many lines there are) may be computed here.
        let is_coded = pipes.iter().any(|pipe| matches!(pipe, Known::CodedDate(_)));
        let told_otherwise = is_coded || self.known_made(scope, one, COMPUTED).is_some();
        let confidence = if told_otherwise { confidence.min(0.9) } else { confidence };
        Some(Leaf { name, says: Says::Ways { ways, otherwise, pipes }, confidence, why, unseen: false })
    }

    /// A list of ids or texts: ways until all that is wanted is there.
    fn list_leaf(&self, name: String, one: &Sought) -> Option<Leaf> {
        let mut parts: Vec<&Candidate> = Vec::new();
        let mut told: BTreeSet<(usize, usize)> = Default::default();
        let mut texts: BTreeSet<(usize, String)> = Default::default();
        for other in &one.candidates {
            let text = |(pair, value): &(usize, usize)| (*pair, self.places[*pair].values[*value].text.clone());
            let fresh = other.reads.iter().any(|read| !told.contains(read) && !texts.contains(&text(read)));
            if other.conflicts == 0 && fresh {
                told.extend(other.reads.iter().copied());
                texts.extend(other.reads.iter().map(text));
                parts.push(other);
            }
        }
        let confidence = parts.iter().map(|part| part.confidence).fold(1.0, f64::min);
        let why = parts.iter().map(|part| self.why(one, part)).collect::<Vec<_>>().join("; ");
        let says = |part: &&Candidate| {
            let mut way = part.way(part.reads.len() > one.targets.len() && !part.steps.is_empty());
            self.all_pairs(weigh::knowledge_of(self.compare.knowledge, part.prior.fact), &mut way);
            Says::Ways { ways: vec![way], otherwise: vec![], pipes: part.pipes.clone() }
        };
        let mut all: Vec<Says> = parts.iter().map(says).collect();
        let says = match all.len() {
            0 => return None,
            1 => all.remove(0),
            _ => Says::List(all),
        };
        Some(Leaf { name, says, confidence, why, unseen: false })
    }

    fn is_position(&self, one: &Sought) -> bool {
        let position = |t: &Target| t.wanted.and_then(pipes::plain) == Some(t.position.to_string());
        one.targets.iter().all(position) && one.targets.first().is_some_and(|t| t.position > 0)
    }

    /// A mapping that makes this field by a text that contains this one.
    fn known_made(&self, scope: &Scope, one: &Sought, text: &str) -> Option<&Made> {
        // What UBL's documents never say is the same in each of them.
        let constant = text.starts_with("\"'");
        let fits = |made: &&Made| match constant && self.compare.ubl.is_some() {
            true => made.standard == self.compare.standard,
            false => made.message == self.message,
        };
        let mut made = self.compare.knowledge.made.iter().filter(|made| fits(made) && made.text.contains(text));
        made.find(|made| made.field.iter().eq(scope.names.iter().chain(&one.names)))
    }

    /// What needs no document: the item's position, what others compute, a text that is always the same.
    fn made(&self, scope: &Scope, one: &Sought) -> Option<Leaf> {
        let name = one.names.last()?.clone();
        let known = |text: &str| self.known_made(scope, one, text);
        let leaf = |text: String, confidence, why: String| {
            Some(Leaf { name: name.clone(), says: Says::Raw(text), confidence, why, unseen: false })
        };
        if self.is_position(one) {
            return match known("$position") {
                Some(made) => leaf("$position".into(), 0.9, format!("counts the items, as {} does", made.mapping)),
                None => leaf("$position".into(), 0.6, "counts the items".into()),
            };
        }
        if let Some(made) = known(COMPUTED) {
            return leaf(made.text.clone(), 0.9, format!("computed, as {} does", made.mapping));
        }
        let first = one.targets.iter().find_map(|t| t.wanted)?;
        let same = one.targets.iter().all(|t| t.wanted.is_none_or(|w| w == first));
        let text = pipes::plain(first).filter(|text| same && !text.contains(['\'', '"', '\\']))?;
        let quoted = format!("\"'{text}'\"");
        match known(&quoted) {
            Some(made) => leaf(quoted, 0.85, format!("always the same, as {} has it", made.mapping)),
            None => leaf(quoted, 0.3, "nothing of the sample says it, and it is always the same".into()),
        }
    }

    fn why(&self, one: &Sought, best: &Candidate) -> String {
        let read = best.reads.iter().next();
        let value = read.map(|(pair, number)| &self.places[*pair].values[*number]);
        let text = value.map(|v| format!("{} = \"{}\"", v.at, short(&v.text))).unwrap_or_default();
        let wanted = one.targets.iter().filter(|t| t.wanted.is_some()).count();
        let count = if wanted > 1 { format!(", {} of {wanted}", best.hits()) } else { String::new() };
        let mut others: Vec<&str> = Vec::new();
        for other in one.candidates.iter().filter(|other| other.reads != best.reads) {
            let read = other.reads.iter().find(|read| !best.reads.contains(read));
            others.extend(read.map(|(pair, number)| self.places[*pair].values[*number].at.as_str()));
        }
        let alone = match others.as_slice() {
            [] => ", nowhere else".to_owned(),
            [other] => format!(", {other} says it too"),
            [first, second] => format!(", {first} and {second} say it too"),
            [first, second, rest @ ..] => format!(", {first}, {second} and {} more places say it too", rest.len()),
        };
        let prior = if best.prior.why.is_empty() { String::new() } else { format!("; {}", best.prior.why) };
        format!("{text}{count}{alone}{prior}")
    }

    /// Puts the proposals where the message has them, and goes into lists.
    pub(super) fn nest(
        &self,
        scope: &Scope,
        members: &[Member],
        targets: &[Target],
        names: &mut Vec<String>,
        found: &mut BTreeMap<Vec<String>, Leaf>,
    ) -> Vec<Node> {
        let mut nodes = Vec::new();
        for member in members {
            names.push(member.name.clone());
            let inner = stepped(targets, &member.name);
            match &member.shape {
                Shape::Object(members) => {
                    let members = self.nest(scope, members, &inner, names, found);
                    if !members.is_empty() {
                        nodes.push(Node::Object { name: member.name.clone(), members });
                    }
                }
                Shape::Free => {
                    let keys: Vec<Vec<String>> = found.keys().filter(|k| k.starts_with(names)).cloned().collect();
                    let members: Vec<Node> = keys.iter().filter_map(|k| found.remove(k)).map(Node::Leaf).collect();
                    if !members.is_empty() {
                        nodes.push(Node::Object { name: member.name.clone(), members });
                    }
                }
                Shape::List(item) => match &**item {
                    Shape::Object(members) => nodes.extend(self.list(scope, &member.name, names, members, inner)),
                    _ => nodes.extend(found.remove(names).map(Node::Leaf)),
                },
                _ => nodes.extend(found.remove(names).map(Node::Leaf)),
            }
            names.pop();
        }
        nodes
    }

    fn list(
        &self,
        scope: &Scope,
        name: &str,
        names: &[String],
        members: &[Member],
        targets: Vec<Target>,
    ) -> Option<Node> {
        if !scope.bare && targets.iter().all(|t| t.wanted.is_none()) {
            return None;
        }
        let field = [scope.names.as_slice(), names].concat();
        let each = self.each(scope, &field, members, &targets).or_else(|| self.column(members, &targets));
        let Some(each) = each else { return self.headed_list(scope, name, &field, members) };
        let mut frames = scope.frames.clone();
        let mut path = frames.last().cloned().unwrap_or_default();
        let above = path.clone();
        for level in &each.under {
            frames.push([above.clone(), vec![level.clone()]].concat());
        }
        if each.column.is_some() {
            frames.push(path.clone());
        }
        for step in &each.steps {
            path.push(step.clone());
            frames.push(path.clone());
        }
        let mut items = Vec::new();
        for (target, groups) in targets.iter().zip(&each.groups) {
            for (at, group) in groups.iter().enumerate() {
                items.push(Target {
                    pair: target.pair,
                    frames: self.frames_of(target, &each, *group),
                    wanted: target.wanted.and_then(|list| list.get(at)),
                    position: at + 1,
                });
            }
        }
        let names = [scope.names.clone(), names.to_vec()].concat();
        let inner = Scope { names, frames, targets: items, bare: scope.bare };
        let members = self.object(&inner, members);
        (!members.is_empty()).then_some(Node::Each { name: name.to_owned(), each, members })
    }
}

/// The targets' members of a name.
pub(super) fn stepped<'v>(targets: &[Target<'v>], name: &str) -> Vec<Target<'v>> {
    let wanted = |target: &Target<'v>| target.wanted.and_then(|w| w.get(name)).filter(|w| !w.is_null());
    targets.iter().map(|t| Target { wanted: wanted(t), ..t.clone() }).collect()
}

/// How many fields of an object each first step gives: what belongs together stands together.
fn votes(sought: &[Sought]) -> HashMap<String, f64> {
    let mut votes: HashMap<String, f64> = HashMap::new();
    if sought.len() < 2 {
        return votes;
    }
    for one in sought {
        let wanted = one.targets.iter().filter(|t| t.wanted.is_some()).count().max(1) as f64;
        let mut best: HashMap<String, f64> = HashMap::new();
        for candidate in &one.candidates {
            let anchor = candidate.first_step();
            if !anchor.is_empty() && candidate.conflicts == 0 {
                let share = candidate.hits() as f64 / wanted;
                let known = best.entry(anchor).or_default();
                *known = known.max(share);
            }
        }
        best.into_iter().for_each(|(anchor, share)| *votes.entry(anchor).or_default() += 4.0 * share);
    }
    votes
}

/// The first characters of a value, for a comment.
pub fn short(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(30).collect();
    if plain.chars().count() < text.chars().count() { format!("{plain}…") } else { plain }
}

/// A text read by pipes, as far as that is known without the document: for what no message confirms. None if it can't be.
pub(super) fn read(search: &Search, places: &Places, value: &Value, pipes: &[Known], shape: &Shape) -> Option<String> {
    let mut text = value.text.trim().to_owned();
    for pipe in pipes {
        match pipe {
            Known::Table(at) => match search.compare.knowledge.tables.get(*at).and_then(|t| t.table.row(&text)) {
                Some(target) => text = target.to_owned(),
                None => return None,
            },
            Known::CodedDate(beside) => {
                let code = places.at(value.group, beside).map(|v| v.text.clone()).unwrap_or_default();
                let format = super::super::dates::DateFormat::of_code(code.trim());
                match format.and_then(|format| format.read(&text, true)) {
                    Some(date) => text = date.to_string(),
                    None => return None,
                }
            }
            Known::Text(call) if call.starts_with("date(") => {
                let form = call.trim_start_matches("date(").trim_end_matches(')');
                let format = super::super::dates::DateFormat::parse(form);
                match format.and_then(|format| format.read(&text, false)) {
                    Some(date) => text = date.to_string(),
                    None => return None,
                }
            }
            Known::Text(call) if call == "lower" => text = text.to_lowercase(),
            Known::Text(call) if call == "upper" => text = text.to_uppercase(),
            _ => {}
        }
    }
    let fits = text.is_empty() || matches!(shape, Shape::List(_)) || pipes::shaped(&text, shape).is_ok();
    fits.then_some(text)
}

impl Candidate {
    pub fn way(&self, every: bool) -> Way {
        Way { own: vec![], up: self.up, steps: self.steps.clone(), key: self.key.clone(), every }
    }
}

/// A fact's way, once it has been brought to a scope.
pub(super) fn way_of(fact: &Fact, up: usize, steps: Vec<Step>) -> Way {
    Way {
        up,
        own: vec![],
        steps,
        key: fact.key.clone(),
        every: fact.every || matches!(fact.key, Key::Pairs(_)) && fact.steps.len() > 1 && up == 0,
    }
}
