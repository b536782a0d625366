//! Fields that no sample shows, and fields of a document without a message beside it: what others do with such places.

use super::{
    super::shape::{Member, Shape},
    defaults::is_default,
    headed::{Headed, SURE},
    knowledge::{Fact, Known, Step},
    places::Key,
    propose::{Leaf, Says, Way, read},
    roles::is_party,
    search::{Candidate, Scope, Search},
    text::names_ids,
    weigh::{self, Place},
};
use crate::formats::piece::Standard;
use std::collections::{BTreeMap, BTreeSet};

/// A field of an object, through the objects in it.
pub(super) type Field<'m> = (Vec<String>, &'m Shape);

/// A place of the document, seen from a scope: how far up, steps, key.
type Spot = (usize, Vec<Step>, Key);

/// That a field stands in a place: how loudly that is said, and by whom.
struct Claim<'a> {
    points: f64,
    /// Of the field.
    number: usize,
    spot: Spot,
    by: By<'a>,
}

enum By<'a> {
    Header(&'a Headed),
    Others(weigh::Prior),
}

fn flat<'m>(members: &'m [Member], names: &[String], found: &mut Vec<Field<'m>>) {
    for member in members {
        let names = [names, std::slice::from_ref(&member.name)].concat();
        match &member.shape {
            Shape::Object(inner) => flat(inner, &names, found),
            Shape::List(item) if matches!(**item, Shape::Object(_)) => {}
            Shape::Free => {}
            shape => found.push((names, shape)),
        }
    }
}

impl Search<'_> {
    /// Adds what no sample shows: the rest of an address of which a part was found, and what others read there.
    pub(super) fn complete(&self, scope: &Scope, members: &[Member], found: &mut BTreeMap<Vec<String>, Leaf>) {
        let mut fields = Vec::new();
        flat(members, &[], &mut fields);
        self.add_extra(scope, members, &mut fields);
        let seen: BTreeMap<Vec<String>, Leaf> = found.clone();
        for (names, shape) in fields.iter().filter(|(names, _)| !seen.contains_key(names)) {
            let leaf = self.offered(scope, names, shape, &seen, found);
            found.extend(leaf.filter(|leaf| !leaf.unseen || !self.only_shown).map(|leaf| (names.clone(), leaf)));
        }
        if !self.only_shown {
            self.add_parts(scope, &fields, &seen, found);
            self.add_constants(scope, &fields, found);
        }
    }

    /// Ids of other kinds in lists of which the samples show some: the next document brings a contract, or a VAT number.
    fn add_parts(
        &self,
        scope: &Scope,
        fields: &[Field],
        seen: &BTreeMap<Vec<String>, Leaf>,
        found: &mut BTreeMap<Vec<String>, Leaf>,
    ) {
        let lists = fields.iter().filter(|(names, shape)| is_list_of_ids(shape) && seen.contains_key(names));
        for (names, shape) in lists.filter(|(names, _)| names.last().is_some_and(|name| name != "item")) {
            let Some(more) = self.offered(scope, names, shape, seen, found) else { continue };
            let parts = match more.says {
                Says::List(parts) => parts,
                one => vec![one],
            };
            let Some(leaf) = found.get_mut(names) else { continue };
            let (shown, mut further) = (leaf.confidence, 0);
            for says in parts {
                let part = Leaf { name: leaf.name.clone(), says, confidence: shown, why: String::new(), unseen: true };
                let why = leaf.why.clone();
                further += usize::from(leaf.add(&part));
                leaf.why = why;
            }
            if further > 0 {
                // How sure it is, is said of what the sample shows.
                leaf.confidence = shown;
                leaf.why = format!("{}; {further} more that no sample shows: {}", leaf.why, more.why);
            }
        }
    }

    /// Members of `ext` that several mappings of the standard have in such objects.
    fn add_extra<'m>(&self, scope: &Scope, members: &[Member], fields: &mut Vec<Field<'m>>) {
        if !members.iter().any(|member| member.name == "ext") {
            return;
        }
        let mut kinds: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
        for fact in self.compare.knowledge.facts.iter().filter(|fact| self.of_family(fact)) {
            let own = fact.field.strip_prefix(scope.names.as_slice());
            let Some(names) = own.filter(|names| names.len() == 2 && names[0] == "ext") else { continue };
            kinds.entry(names).or_default().insert(&fact.kind);
        }
        // What the message has a member for is that.
        let several = kinds.into_iter().filter(|(names, kinds)| kinds.len() > 1 && !is_member(members, &names[1]));
        let mut all: Vec<Vec<String>> = several.map(|(names, _)| names.to_vec()).collect();
        let of_rules = self.extra_of_rules(&scope.names).into_iter().filter(|names| !all.contains(names));
        all.extend(of_rules.collect::<Vec<_>>());
        fields.extend(all.into_iter().map(|names| (names, &Shape::Text)));
    }

    /// What others always say in an object that is proposed: the unit of what lies in a package.
    fn add_constants(&self, scope: &Scope, fields: &[Field], found: &mut BTreeMap<Vec<String>, Leaf>) {
        for (names, _) in fields.iter().filter(|(names, _)| names.len() > 1) {
            let object = &names[..names.len() - 1];
            // Where a sample shows some of the object, what it lacks is to be asked for.
            let mut beside = found.iter().filter(|(other, _)| other.len() > object.len() && other.starts_with(object));
            let unseen = beside.next().is_some_and(|(_, leaf)| leaf.unseen) && beside.all(|(_, leaf)| leaf.unseen);
            if found.contains_key(names) || !unseen {
                continue;
            }
            let says = |made: &&super::knowledge::Made| {
                made.text.starts_with("\"'") && made.field.iter().eq(scope.names.iter().chain(names))
            };
            let Some(made) = self.compare.knowledge.made.iter().find(says) else { continue };
            let Some(name) = names.last().cloned() else { continue };
            let why = format!("no sample shows it; {} always says so", made.mapping);
            let says = Says::Raw(made.text.clone());
            found.insert(names.clone(), Leaf { name, says, confidence: 0.5, why, unseen: true });
        }
    }

    /// Documents of one family have the same places, shown or not: X12, EDIFACT, UBL. What one CSV file has, another
    /// need not have.
    pub(super) fn of_family(&self, fact: &Fact) -> bool {
        let word = |kind: &str| kind.split(' ').next().map(str::to_owned);
        match self.compare.standard {
            Standard::X12 | Standard::Edifact => fact.standard == self.compare.standard,
            Standard::Xml => fact.standard == Standard::Xml && word(&fact.kind) == word(self.kind),
            _ => false,
        }
    }

    /// Without a message: what others read from such places as the document has.
    pub(super) fn bare(&self, scope: &Scope, members: &[Member]) -> BTreeMap<Vec<String>, Leaf> {
        let mut fields = Vec::new();
        flat(members, &[], &mut fields);
        let extra = self.compare.knowledge.facts.iter().filter(|fact| {
            fact.field.len() == scope.names.len() + 2
                && fact.field.starts_with(&scope.names)
                && fact.field[scope.names.len()] == "ext"
                && !is_member(members, &fact.field[scope.names.len() + 1])
        });
        let extra: BTreeSet<Vec<String>> = extra.map(|fact| fact.field[scope.names.len()..].to_vec()).collect();
        if members.iter().any(|m| m.name == "ext") {
            fields.extend(extra.into_iter().map(|names| (names, &Shape::Text)));
        }
        let mut all: Vec<Claim> = Vec::new();
        for spot in self.spots(scope) {
            let one = Candidate::new(spot.0, spot.1.clone(), spot.2.clone(), vec![]);
            let steps = self.absolute(scope, &one);
            let headed = self.headings.at(&steps, &spot.2);
            // What is called something else, is that.
            let here = |headed: &Headed| {
                fields.iter().any(|(names, _)| scope.names.iter().chain(names).eq(headed.field.iter()))
            };
            if headed.is_some_and(|headed| !here(headed)) {
                continue;
            }
            let heard = weigh::heard(&self.compare, &Place { steps: &steps, key: &spot.2 });
            for (number, (names, shape)) in fields.iter().enumerate() {
                let field = [scope.names.clone(), names.clone()].concat();
                if let Some(headed) = headed.filter(|headed| headed.field == field) {
                    let points = 0.6 + 0.4 * headed.score;
                    all.push(Claim { points, number, spot: spot.clone(), by: By::Header(headed) });
                }
                if self.is_anothers(&field, &steps) {
                    continue;
                }
                let mut prior = weigh::told(&self.compare, &field, &heard, None, self.message);
                prior.words = weigh::words(&self.compare, &field, &Place { steps: &steps, key: &spot.2 });
                let points = prior.strength + 0.12 * prior.words;
                if points > 0.38 && !self.is_of_another(names, &prior) && self.reads(scope, &one, &prior, shape) {
                    all.push(Claim { points, number, spot: spot.clone(), by: By::Others(prior) });
                }
            }
        }
        all.sort_by(|a, b| b.points.total_cmp(&a.points));
        let mut found = self.settled(scope, members, &fields, all);
        self.share_unit(scope, &fields, &mut found);
        found
    }

    /// Gives each field its place, the loudest claim first.
    fn settled(
        &self,
        scope: &Scope,
        members: &[Member],
        fields: &[Field],
        all: Vec<Claim>,
    ) -> BTreeMap<Vec<String>, Leaf> {
        let mut found: BTreeMap<Vec<String>, Leaf> = BTreeMap::new();
        let mut taken: BTreeSet<Spot> = BTreeSet::new();
        for Claim { points, number, spot, by } in all {
            let names = &fields[number].0;
            // What the message must have may stand where another of its fields does: the day of an instant.
            let shared = is_needed(members, names) && points > 0.8 && self.is_whole(scope, names, &by);
            if taken.contains(&spot) && !shared {
                continue;
            }
            let mut way = Way { own: vec![], up: spot.0, steps: spot.1.clone(), key: spot.2.clone(), every: false };
            way.every = matches!(way.key, Key::Pairs(_)) && !way.steps.is_empty();
            let adds = matches!(by, By::Header(_)) && is_list_of_ids(fields[number].1);
            let Some(leaf) = self.claimed(scope, names, way, points, by) else { continue };
            let is_taken = match found.get_mut(names) {
                Some(known) => adds && known.add(&leaf),
                None => found.insert(names.clone(), leaf).is_none(),
            };
            taken.extend(is_taken.then_some(spot));
        }
        found
    }

    fn claimed(&self, scope: &Scope, names: &[String], way: Way, points: f64, by: By) -> Option<Leaf> {
        let name = names.last().cloned()?;
        let mut ways = vec![way];
        let (pipes, otherwise, confidence, why) = match by {
            By::Header(headed) => {
                // A line without a number is counted.
                let counts = name == "number" && names.len() == 1 && headed.field.len() > 1;
                let otherwise = if counts { vec!["$position".to_owned()] } else { vec![] };
                (headed.pipes.clone(), otherwise, headed.score * SURE, headed.why.clone())
            }
            By::Others(prior) => {
                let fact = weigh::knowledge_of(self.compare.knowledge, prior.fact);
                let otherwise = fact.map(|fact| fact.otherwise.clone()).unwrap_or_default();
                let mut pipes = fact.map(|fact| fact.pipes.clone()).unwrap_or_default();
                self.whole(scope, names, fact, &pipes, &mut ways);
                ways.iter_mut().for_each(|way| self.all_pairs(fact, way));
                pipes.retain(|pipe| !is_default(pipe));
                let most = self.defaulted(scope, names, None, fact, &mut pipes);
                (pipes, otherwise, (points * 0.85).min(0.88).min(most), prior.why)
            }
        };
        Some(Leaf { name, says: Says::Ways { ways, otherwise, pipes }, confidence, why, unseen: false })
    }

    /// True if what speaks loudest is a mapping that reads another object's member of a name that says little: the code of the
    /// terms of payment is no code of a delivery's.
    fn is_of_another(&self, names: &[String], prior: &weigh::Prior) -> bool {
        let fact = weigh::knowledge_of(self.compare.knowledge, prior.fact);
        let [.., object, last] = names else { return false };
        let theirs = fact.and_then(|fact| fact.field.iter().rev().nth(1));
        matches!(last.as_str(), "code" | "kind" | "description")
            && !is_party(object)
            && theirs.is_some_and(|theirs| theirs != object)
    }

    /// True if what speaks loudest is a mapping that reads the very field from there.
    fn is_whole(&self, scope: &Scope, names: &[String], by: &By) -> bool {
        let By::Others(prior) = by else { return false };
        let fact = weigh::knowledge_of(self.compare.knowledge, prior.fact);
        fact.is_some_and(|fact| fact.field.iter().eq(scope.names.iter().chain(names)))
    }

    fn reads(&self, scope: &Scope, one: &Candidate, prior: &weigh::Prior, shape: &Shape) -> bool {
        let Some(fact) = weigh::knowledge_of(self.compare.knowledge, prior.fact) else { return false };
        let refs = is_list_of_ids(shape);
        if refs != fact.pipes.iter().any(names_ids) || refs && self.is_of_a_vendor(fact) {
            return false;
        }
        // Where nothing but a name says what stands there, an id is told from a name by its blanks.
        let named = matches!(self.compare.standard, Standard::Csv | Standard::Json);
        scope.targets.iter().all(|target| {
            let places = &self.places[target.pair];
            let fits = |text: &str| !named || !refs || !text.trim().contains(' ');
            self.first(one, target).is_none_or(|at| {
                fits(&places.values[at].text) && read(self, places, &places.values[at], &fact.pipes, shape).is_some()
            })
        })
    }

    /// True of an id that only one vendor gives (`ref(shopify_order)` in a document of Shopify's), where the document is no other
    /// of theirs: its `id` is somebody else's.
    fn is_of_a_vendor(&self, fact: &Fact) -> bool {
        fn vendor(kind: &str) -> Option<&str> {
            kind.split_once(' ')?.1.split_once('-').map(|(vendor, _)| vendor)
        }
        let Some(theirs) = vendor(&fact.kind).filter(|theirs| vendor(self.kind) != Some(theirs)) else { return false };
        fact.standard == Standard::Json
            && fact.pipes.iter().any(|pipe| match pipe {
                Known::Text(text) => text.strip_prefix("ref(").is_some_and(|scheme| scheme.starts_with(theirs)),
                _ => false,
            })
    }

    /// The places of a scope, without those of lists in it; pairs of one segment are one place.
    fn spots(&self, scope: &Scope) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::new();
        for target in &scope.targets {
            let places = &self.places[target.pair];
            for value in &places.values {
                let Some((up, groups)) = self.relative(target, value.group) else { continue };
                let items = groups.iter().any(|g| self.is_item(&places.groups[*g].name, scope));
                if up > 0 || items {
                    continue;
                }
                let segment = places.groups[value.group].name.as_str();
                let pair = self.compare.pair(segment, &value.key).and_then(|key| places.at(value.group, &key));
                let key = match pair {
                    Some(qualifier) => Key::Pairs(vec![qualifier.text.trim().to_owned()]),
                    None => value.key.clone(),
                };
                let last = groups.len().saturating_sub(1);
                let steps = groups.iter().enumerate();
                let steps: Vec<Step> =
                    steps.map(|(at, g)| self.step(places, *g, (at == last).then_some(&value.key))).collect();
                let same = spots.iter_mut().find(|spot| spot.1 == steps && spot.2.same(&key));
                match (same, key) {
                    (None, key) => spots.push((up, steps, key)),
                    (Some((_, _, Key::Pairs(own))), Key::Pairs(more)) => {
                        let fresh = more.into_iter().filter(|q| !own.contains(q)).collect::<Vec<_>>();
                        own.extend(fresh);
                    }
                    _ => {}
                }
            }
        }
        spots
    }

    /// True if a group is what lists are made of: it has item numbers, and the scope is the message's own.
    fn is_item(&self, name: &str, scope: &Scope) -> bool {
        let elements = self.compare.guide.and_then(|guide| guide.segments.get(name));
        scope.names.is_empty()
            && elements.is_some_and(|s| s.elements.iter().any(|e| matches!(&*e.reference, "234" | "C212")))
    }
}

fn is_member(members: &[Member], name: &str) -> bool {
    members.iter().any(|member| member.name == name)
}

/// True if the field and all that it stands in are mandatory.
fn is_needed(members: &[Member], names: &[String]) -> bool {
    let Some((first, rest)) = names.split_first() else { return true };
    let own = members.iter().find(|member| member.name == *first && member.mandatory);
    own.is_some_and(|own| is_needed(own.shape.members(), rest))
}

pub(super) fn fits_shape(fact: &Fact, shape: &Shape) -> bool {
    is_list_of_ids(shape) == fact.pipes.iter().any(names_ids)
}

fn is_list_of_ids(shape: &Shape) -> bool {
    matches!(shape, Shape::List(item) if **item == Shape::Ref)
}

/// Where a member of an object stands, by the members that were found: a street beside its city.
pub(super) fn beside(names: &[String], fact: &Fact, seen: &BTreeMap<Vec<String>, Leaf>) -> Option<Vec<Step>> {
    let tail = &names[1..];
    if fact.field.len() <= tail.len() || !fact.field.ends_with(tail) || fact.field.ends_with(names) && names.len() < 2 {
        return None;
    }
    let siblings = seen.iter().filter(|(other, _)| other.len() > 1 && other[0] == names[0]);
    let mut best: Option<(usize, Vec<Step>)> = None;
    for (_, leaf) in siblings {
        let Says::Ways { ways, .. } = &leaf.says else { continue };
        let [way] = ways.as_slice() else { continue };
        if way.up > 0 {
            continue;
        }
        for (own, step) in way.steps.iter().enumerate() {
            let Some(theirs) = fact.steps.iter().rposition(|other| other.name == step.name) else { continue };
            let mut steps = way.steps[..=own].to_vec();
            steps.extend(fact.steps[theirs + 1..].iter().cloned());
            if best.as_ref().is_none_or(|(depth, _)| own > *depth) {
                best = Some((own, steps));
            }
        }
    }
    best.map(|(_, steps)| steps)
}
