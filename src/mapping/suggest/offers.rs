//! Fields that no sample shows: what other mappings read into such a member, brought to the place that the guide has for
//! it, with all the ways that they go and from how many of them it is known.

use super::{
    super::shape::Shape,
    knowledge::{Fact, Known, Step},
    known::{beside, fits_shape},
    places::Key,
    propose::{Leaf, Says, Way, read, short, way_of},
    search::{Candidate, Scope, Search, Target},
    ubl,
    unseen::is_party,
};
use crate::formats::piece::Standard;
use std::collections::{BTreeMap, BTreeSet};

/// That others say so is no proof of what this document says.
const MOST: f64 = 0.7;

/// What a qualifier means, where no mapping reads it so.
const MEANT: f64 = 0.3;

/// A place that another mapping reads such a field from.
struct Offer<'a> {
    points: f64,
    fact: &'a Fact,
    way: Way,
    /// From the document's root.
    path: Vec<Step>,
}

/// How much speaks for a fact's way, how many frames up it begins, and its steps from there.
type Brought = (f64, usize, Vec<Step>);

/// What was found already, by names.
type Seen = BTreeMap<Vec<String>, Leaf>;

impl Search<'_> {
    /// A field as other mappings read it, where the samples have nothing that speaks against it.
    /// `found`: what is read already, shown or not.
    pub(super) fn offered(
        &self,
        scope: &Scope,
        names: &[String],
        shape: &Shape,
        seen: &Seen,
        found: &Seen,
    ) -> Option<Leaf> {
        let field = [scope.names.as_slice(), names].concat();
        let meant = self.meant(scope, names, shape);
        let mut offers = self.offers(scope, names, seen, &meant);
        // Whose contacts they are, their list says.
        let contact = scope.names.last().is_some_and(|name| name == "contacts");
        offers.retain(|offer| {
            fits_shape(offer.fact, shape)
                && (contact || !self.is_anothers(&field, &offer.path))
                && self.is_free(scope, offer, shape, seen)
                && !(is_meant(offer.fact) && is_read(found, offer))
        });
        // How many mappings read the same place, is what tells like ones apart.
        let counts: Vec<usize> = offers.iter().map(|offer| supporters(&offers, offer).len()).collect();
        for (offer, count) in offers.iter_mut().zip(&counts) {
            offer.points += 0.01 * (*count).min(10) as f64;
        }
        offers.sort_by(|a, b| b.points.total_cmp(&a.points));
        let best = offers.first()?;
        let alone = supporters(&offers, best).len() < 2 && !self.is_of_rule(&field);
        if names[0] == "ext" && (alone || is_read(found, best)) {
            return None;
        }
        let says = match shape {
            Shape::List(_) if names.last().is_some_and(|name| name != "item") => parts(&offers, best, found)?,
            _ => formula(&offers, best),
        };
        let shown = self.shown(scope, best);
        let also = supporters(&offers, best).len().saturating_sub(1);
        let others = if also > 0 { format!(", and {also} more") } else { String::new() };
        let source = match best.path.last().filter(|_| is_meant(best.fact)) {
            Some(step) => format!("a qualifier of {} means {}", step.name, best.fact.field.join(".")),
            None => format!("{} reads {} so{others}", best.fact.mapping, best.fact.field.join(".")),
        };
        let why = match &shown {
            Some(shown) => format!("{shown}; {source}"),
            None => format!("no sample shows it; {source}"),
        };
        let name = names.last().cloned()?;
        Some(Leaf { name, says, confidence: best.points.min(MOST), why, unseen: shown.is_none() })
    }

    fn offers<'o>(&'o self, scope: &Scope, names: &[String], seen: &Seen, meant: &'o [Fact]) -> Vec<Offer<'o>> {
        let ubl = self.compare.ubl.filter(|_| scope.names.is_empty());
        let party = ubl.and_then(|document| ubl::party(document, &names[0]));
        // Of UBL's several elements for a party each document has one that means it.
        let elsewhere = |fact: &Fact| {
            let own = |party: &&[&str]| fact.steps.first().is_some_and(|step| step.name != party[0]);
            party.as_ref().is_some_and(own)
        };
        let own = self.compare.knowledge.facts.iter().filter(|fact| self.of_family(fact) && !elsewhere(fact));
        let mut found: Vec<Offer> =
            own.filter_map(|fact| self.offer(scope, fact, seen, self.brought(scope, names, fact, seen)?)).collect();
        let mut like: Vec<Offer> = Vec::new();
        for fact in &self.likes {
            let Some((points, up, steps)) = self.brought(scope, names, fact, seen) else { continue };
            // Its own segment comes first, where the guide has that.
            let same = |offer: &Offer| offer.fact.formula == fact.formula && offer.fact.rank == fact.rank;
            if !found.iter().any(same) {
                like.extend(self.offer(scope, fact, seen, (points - 0.1, up, steps)));
            }
        }
        found.extend(like);
        if found.is_empty() {
            let own = self.compare.knowledge.facts.iter().filter(|fact| self.of_family(fact));
            found.extend(own.filter_map(|fact| self.offer(scope, fact, seen, self.as_party(scope, names, fact)?)));
        }
        found.extend(meant.iter().filter_map(|fact| self.offer(scope, fact, seen, (MEANT, 0, fact.steps.clone()))));
        found
    }

    fn offer<'f>(&self, scope: &Scope, fact: &'f Fact, seen: &Seen, brought: Brought) -> Option<Offer<'f>> {
        let (points, up, steps) = brought;
        let (mut way, path) = self.placed(scope, fact, up, steps, seen)?;
        way.own = self.own_conditions(scope, fact, &way);
        Some(Offer { points, fact, way, path })
    }

    /// What the segment that makes the item must say before another element of it is read.
    fn own_conditions(&self, scope: &Scope, fact: &Fact, way: &Way) -> Vec<(Key, Vec<String>)> {
        let frame = scope.frames.last().and_then(|path| path.last());
        let (Some(frame), Some(theirs), true) = (frame, fact.steps.last(), way.steps.is_empty()) else { return vec![] };
        let list = self.list_of(&fact.mapping, &scope.names).and_then(<[Step]>::last);
        let asked = |key: &Key| list.is_some_and(|list| list.conditions.iter().any(|(other, _)| other.same(key)));
        if theirs.name != frame.name {
            return vec![];
        }
        theirs.conditions.iter().filter(|(key, _)| !asked(key)).cloned().collect()
    }

    /// A party that no other mapping has, by the qualifiers that mean it, with what others read of theirs.
    fn as_party(&self, scope: &Scope, names: &[String], fact: &Fact) -> Option<Brought> {
        let (own, rest) = names.split_first().filter(|(_, rest)| !rest.is_empty() && scope.names.is_empty())?;
        let (_, theirs) = fact.field.split_first()?;
        if let Some(party) = self.compare.ubl.and_then(|document| ubl::party(document, own)) {
            let at = fact.steps.iter().position(is_party).filter(|_| theirs == rest)?;
            let own = party.iter().map(|name| Step { name: (*name).to_owned(), conditions: vec![] });
            return Some((0.35, 0, own.chain(fact.steps[at + 1..].iter().cloned()).collect()));
        }
        let codes = self.codes_of(own);
        let mut steps = fact.steps.clone();
        let party = steps.iter_mut().find(|step| is_party(step)).filter(|_| theirs == rest && !codes.is_empty())?;
        party.conditions = vec![(Key::Element(1, 0), codes)];
        Some((0.35, 0, steps))
    }

    /// A fact's way, seen from a scope; with what speaks for it.
    fn brought(&self, scope: &Scope, names: &[String], fact: &Fact, seen: &Seen) -> Option<Brought> {
        let whole = fact.field.len() == scope.names.len() + names.len()
            && fact.field.iter().eq(scope.names.iter().chain(names));
        let message = if fact.message == self.message { 0.15 } else { 0.0 };
        let first = 0.02 * fact.rank as f64;
        // The rest of an object of which the sample shows a part stands beside that part.
        if names.len() > 1
            && let Some(steps) = beside(names, fact, seen)
        {
            let own = if whole { 0.05 } else { 0.0 };
            return Some((0.55 + message / 2.0 + own - first, 0, steps));
        }
        if whole {
            let (up, steps) = self.seen_from(scope, fact)?;
            return Some((0.45 + message - first, up, steps));
        }
        let (points, steps) = self.moved(scope, names, fact)?;
        Some((points - first, 0, steps))
    }

    /// The same member at another level, by another name, or of one where the other has several.
    fn moved(&self, scope: &Scope, names: &[String], fact: &Fact) -> Option<(f64, Vec<Step>)> {
        if !self.compare.is_known() {
            return None;
        }
        let own = fact.steps.clone();
        if !scope.names.is_empty() {
            if fact.field == names {
                return Some((0.35, own));
            }
            // `tax` of an allowance is what `taxes` are made of.
            let (first, rest) = names.split_first()?;
            let several = fact.field.first().is_some_and(|name| *name == format!("{first}es"));
            return (several && !rest.is_empty() && fact.field[1..] == *rest).then_some((0.3, own));
        }
        if fact.field.len() == names.len() + 1 && fact.field[0] == "lines" && fact.field[1..] == *names {
            let list = self.list_of(&fact.mapping, &fact.field[..1])?;
            let steps = fact.steps.strip_prefix(list).filter(|steps| !steps.is_empty())?;
            let asked = steps.last().is_some_and(|step| !step.conditions.is_empty());
            return (asked || self.compare.ubl.is_some()).then(|| (0.3, steps.to_vec()));
        }
        // An order's number is `order.number` where it is told beside, and `order_number`.
        let about = self.message.split(['/', '_']).next()?;
        let same = match names {
            [name] => fact.field == [about, name.as_str()] || fact.field == [format!("{about}_{name}")],
            [name, day] if day == "date" => {
                fact.field == [name.as_str()]
                    || matches!(name.as_str(), "placed" | "issued") && fact.field == [about, "date"]
            }
            _ => false,
        };
        same.then_some((0.4, own))
    }

    pub(super) fn list_of(&self, mapping: &str, field: &[String]) -> Option<&[Step]> {
        let mut lists = self.compare.knowledge.lists.iter();
        lists.find(|list| list.mapping == mapping && list.field == field).map(|list| list.steps.as_slice())
    }

    pub(super) fn seen_from(&self, scope: &Scope, fact: &Fact) -> Option<(usize, Vec<Step>)> {
        if scope.names.is_empty() {
            return Some((0, fact.steps.clone()));
        }
        self.below(scope, self.list_of(&fact.mapping, &scope.names)?, &fact.steps)
    }

    /// Their steps, from our item on: how far up, and what is left of them.
    pub(super) fn below(&self, scope: &Scope, list: &[Step], steps: &[Step]) -> Option<(usize, Vec<Step>)> {
        let common = steps.iter().zip(list).take_while(|(a, b)| a.name == b.name).count();
        match common {
            0 if steps.is_empty() => None,
            0 => Some((scope.frames.len().saturating_sub(1), steps.to_vec())),
            common => Some((0, steps[common..].to_vec())),
        }
    }

    /// The place that the guide has for it: there, below what the fields around it stand in, or where the heading has the
    /// same data element.
    fn placed(&self, scope: &Scope, fact: &Fact, up: usize, steps: Vec<Step>, seen: &Seen) -> Option<(Way, Vec<Step>)> {
        let steps = self.compare.known_codes(steps)?;
        let way = self.on_opener(scope, way_of(fact, up, steps), fact);
        let path = |way: &Way| {
            let level = scope.frames.len().saturating_sub(way.up + 1);
            [scope.frames.get(level).map_or(&[][..], Vec::as_slice), way.steps.as_slice()].concat()
        };
        let there = |way: &Way| {
            let path = path(way);
            let has = path.last().is_none_or(|last| self.compare.has(&last.name, &way.key));
            (self.compare.leads(&path) && has).then_some(path)
        };
        if let Some(path) = there(&way) {
            return Some((way, path));
        }
        for other in firsts(seen).into_iter().filter(|_| up == 0 && !way.steps.is_empty()) {
            let steps = [vec![other], way.steps.clone()].concat();
            let below = Way { steps, ..way.clone() };
            if let Some(path) = there(&below) {
                return Some((below, path));
            }
        }
        let [step] = way.steps.as_slice() else { return None };
        let plain = step.conditions.is_empty() && scope.names.is_empty() && fact.standard == Standard::X12;
        let (step, key) = self.compare.element_of(fact.guide.filter(|_| plain)?, &step.name, &fact.key)?;
        let way = Way { steps: vec![step], key, ..way };
        there(&way).map(|path| (way, path))
    }

    /// An element of the loop's own segment: where the other mapping's loop is another, the same data element here.
    fn on_opener(&self, scope: &Scope, way: Way, fact: &Fact) -> Way {
        let own = scope.frames.last().and_then(|path| path.last());
        let (Some(own), Some(theirs), true) = (own, fact.steps.last(), way.steps.is_empty()) else { return way };
        let Key::Element(..) = way.key else { return way };
        if own.name == theirs.name {
            return way;
        }
        let compare = super::values::Comparer { guide: fact.guide, ..self.compare };
        let wanted = compare.spec(&theirs.name, &fact.key).map(|spec| spec.reference.clone());
        let segment = self.compare.guide.and_then(|guide| guide.segments.get(own.name.as_str()));
        let at = segment.and_then(|s| s.elements.iter().position(|e| Some(&e.reference) == wanted.as_ref()));
        // No segment has so many: what isn't there leads nowhere.
        Way { key: Key::Element(at.map_or(99, |at| at as u16 + 1), 0), ..way }
    }

    /// True if nothing of the samples stands there: what stands there and is not wanted, is something else, unless it reads
    /// as nothing. Without a message it is what is looked for, if it can be read, and nothing else reads it.
    fn is_free(&self, scope: &Scope, offer: &Offer, shape: &Shape, seen: &Seen) -> bool {
        let way = &offer.way;
        scope.targets.iter().all(|target| {
            let Some(at) = self.there(target, way) else { return true };
            let places = &self.places[target.pair];
            let reads = read(self, places, &places.values[at], &offer.fact.pipes, shape);
            if scope.bare {
                let same = |leaf: &Leaf| matches!(&leaf.says, Says::Ways { ways, .. } if ways.contains(way));
                return reads.is_some() && !seen.values().any(same);
            }
            reads.is_some_and(|text| text.is_empty())
        })
    }

    /// The first value of the samples that a way leads to.
    fn there(&self, target: &Target, way: &Way) -> Option<usize> {
        let one = Candidate::new(way.up, way.steps.clone(), way.key.clone(), vec![]);
        let places = &self.places[target.pair];
        let mut all = self.all(&one, target);
        all.find(|at| {
            let says = |key: &Key, values: &[String]| {
                places.at(places.values[*at].group, key).is_some_and(|own| values.iter().any(|v| v == own.text.trim()))
            };
            way.own.iter().all(|(key, values)| says(key, values))
        })
    }

    /// What the samples say there: without a message nothing was looked for in them.
    fn shown(&self, scope: &Scope, offer: &Offer) -> Option<String> {
        scope.targets.iter().filter(|_| scope.bare).find_map(|target| {
            let value = &self.places[target.pair].values[self.there(target, &offer.way)?];
            Some(format!("{} = \"{}\"", value.at, short(&value.text)))
        })
    }
}

/// The first steps of what was found, where it goes down from here; those of most fields first.
fn firsts(seen: &Seen) -> Vec<Step> {
    let mut found: Vec<(usize, Step)> = Vec::new();
    for leaf in seen.values() {
        let Says::Ways { ways, .. } = &leaf.says else { continue };
        for step in ways.iter().filter(|way| way.up == 0 && way.steps.len() > 1).filter_map(|way| way.steps.first()) {
            match found.iter_mut().find(|(_, known)| known == step) {
                Some((count, _)) => *count += 1,
                None => found.push((1, step.clone())),
            }
        }
    }
    found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    found.into_iter().map(|(_, step)| step).collect()
}

/// True if no mapping says it, but the meaning of a qualifier.
fn is_meant(fact: &Fact) -> bool {
    fact.mapping.is_empty()
}

/// The mappings that read the same place.
fn supporters<'a>(offers: &[Offer<'a>], one: &Offer) -> BTreeSet<&'a str> {
    let same = offers.iter().filter(|other| !is_meant(other.fact) && same_place(&other.way, &one.way));
    same.map(|other| other.fact.mapping.as_str()).collect()
}

/// One segment, asked for some qualifier that both ask for.
fn same_place(a: &Way, b: &Way) -> bool {
    let step = |(a, b): (&Step, &Step)| {
        a.name == b.name
            && a.conditions.iter().zip(&b.conditions).all(|((_, a), (_, b))| a.iter().any(|code| b.contains(code)))
    };
    a.key.same(&b.key)
        && a.own == b.own
        && a.up == b.up
        && a.steps.len() == b.steps.len()
        && a.steps.iter().zip(&b.steps).all(step)
}

/// All ways of one mapping, the first ones first; those that differ in a qualifier alone are one.
fn formula(offers: &[Offer], best: &Offer) -> Says {
    let own = |other: &&Offer| {
        let (a, b) = (other.fact, best.fact);
        a.pipes == b.pipes && (is_meant(a) || a.mapping == b.mapping && a.field == b.field)
    };
    let mut all: Vec<&Offer> = offers.iter().filter(own).collect();
    all.sort_by_key(|offer| (offer.fact.formula != best.fact.formula, offer.fact.formula, offer.fact.rank));
    let mut ways: Vec<Way> = Vec::new();
    for offer in all {
        let merged = ways.iter_mut().any(|way| merge(way, &offer.way));
        let further = is_meant(offer.fact) && !ways.iter().any(|way| same_place(way, &offer.way));
        if !merged && (offer.fact.formula == best.fact.formula || further) {
            ways.push(offer.way.clone());
        }
    }
    Says::Ways { ways, otherwise: best.fact.otherwise.clone(), pipes: best.fact.pipes.clone() }
}

/// The parts of a list of ids or texts, as all mappings have them.
fn parts(offers: &[Offer], best: &Offer, found: &Seen) -> Option<Says> {
    let mut parts: Vec<(Way, &Fact)> = Vec::new();
    let own = |offer: &&Offer| offer.fact.field == best.fact.field && !is_read(found, offer);
    // What one mapping alone has of a list may be its own.
    let several = |offer: &&Offer| supporters(offers, offer).len() > 1;
    let known = offers.iter().filter(own).any(|offer| several(&offer));
    for offer in
        offers.iter().filter(own).filter(|offer| several(offer) || !known && offer.fact.mapping == best.fact.mapping)
    {
        let merged = parts.iter_mut().any(|(way, fact)| fact.pipes == offer.fact.pipes && merge(way, &offer.way));
        // One kind of id stands in one place.
        let stands = || names_a_kind(offer.fact) && parts.iter().any(|(_, fact)| fact.pipes == offer.fact.pipes);
        if !merged && !stands() {
            parts.push((offer.way.clone(), offer.fact));
        }
    }
    let says = |(way, fact): (Way, &Fact)| Says::Ways { ways: vec![way], otherwise: vec![], pipes: fact.pipes.clone() };
    let mut all: Vec<Says> = parts.into_iter().map(says).collect();
    match all.len() {
        0 => None,
        1 => Some(all.remove(0)),
        _ => Some(Says::List(all)),
    }
}

/// True if its pipes say what kind of id it is: `ref(department)`.
fn names_a_kind(fact: &Fact) -> bool {
    fact.pipes.iter().any(|pipe| matches!(pipe, Known::Text(text) if text.starts_with("ref(")))
}

/// True if another field reads the same place, and as it is: what a table tells apart may be two fields.
fn is_read(found: &Seen, offer: &Offer) -> bool {
    let tells = |pipes: &[Known]| pipes.iter().any(|pipe| matches!(pipe, Known::Table(_)));
    let same = |leaf: &Leaf| match &leaf.says {
        Says::Ways { ways, pipes, .. } => {
            !(tells(pipes) && tells(&offer.fact.pipes)) && ways.iter().any(|own| same_place(own, &offer.way))
        }
        _ => false,
    };
    found.values().any(same)
}

/// Adds a way to another that differs from it in the values of one qualifier, if at all.
fn merge(way: &mut Way, other: &Way) -> bool {
    let keys = |step: &Step| step.conditions.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let same = way.up == other.up
        && way.key == other.key
        && way.own == other.own
        && way.steps.len() == other.steps.len()
        && way.steps.iter().zip(&other.steps).all(|(a, b)| a.name == b.name && keys(a) == keys(b));
    if !same {
        return false;
    }
    let pairs =
        |way: &Way| way.steps.iter().flat_map(|s| s.conditions.iter().map(|(_, v)| v.clone())).collect::<Vec<_>>();
    let apart = pairs(way).iter().zip(pairs(other)).filter(|(own, theirs)| **own != *theirs).count();
    if apart > 1 {
        return false;
    }
    for (own, theirs) in way.steps.iter_mut().zip(&other.steps) {
        for ((_, values), (_, more)) in own.conditions.iter_mut().zip(&theirs.conditions) {
            let fresh: Vec<String> = more.iter().filter(|value| !values.contains(value)).cloned().collect();
            let more = !fresh.is_empty();
            values.extend(fresh);
            if more {
                values.sort();
            }
        }
    }
    true
}
