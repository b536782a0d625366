//! Looks for the places that say a field's values: each way down that gives the wanted value for each item, with the
//! qualifiers that keep it apart from its like.

use super::{
    super::plan::ANYTHING,
    headed::Headings,
    knowledge::{Fact, Knowledge, Known, Step, Told},
    likes::likes,
    places::{Key, Places, Value},
    rules::Rule,
    values::{Comparer, weight},
    weigh::{self, Place, Prior},
};
use crate::formats::{guides::RelationKind, piece::Standard};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a field should be in one sample, or in one item of a list.
#[derive(Debug, Clone)]
pub struct Target<'v> {
    pub pair: usize,
    /// The group of each frame, the root first; none where nothing stands at that level.
    pub frames: Vec<Option<usize>>,
    pub wanted: Option<&'v Json>,
    /// Which item of its list, from 1.
    pub position: usize,
}

/// The objects of one kind that are looked for: the message itself, or the items of a list.
#[derive(Debug)]
pub struct Scope<'v> {
    /// Canonical names that lead here.
    pub names: Vec<String>,
    /// The absolute path of each frame.
    pub frames: Vec<Vec<Step>>,
    pub targets: Vec<Target<'v>>,
    /// True if no message is wanted: the document alone is there.
    pub bare: bool,
}

/// A way to a field's values.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub up: usize,
    /// From the frame that it begins at.
    pub steps: Vec<Step>,
    pub key: Key,
    pub pipes: Vec<Known>,
    /// By target: it gives what is wanted.
    pub explained: Vec<bool>,
    /// Targets for which it gives something else.
    pub conflicts: usize,
    /// What it reads of the samples: (sample, value).
    pub reads: BTreeSet<(usize, usize)>,
    pub prior: Prior,
    pub points: f64,
    /// Its share of what all say, 0 to 1.
    pub confidence: f64,
}

/// A candidate's way without the values that it asks for.
type Shape = (usize, Vec<(String, Vec<Key>)>, String, Vec<String>);

/// By segment and member: mappings.
type Readers<'k> = HashMap<&'k str, BTreeMap<&'k str, BTreeSet<&'k str>>>;

/// How a value may be read: the place, and the pipes.
pub type Ways<'f> = &'f dyn Fn(&Places, &Value, &Json) -> Vec<(Key, Vec<Known>)>;

/// Searches the samples.
pub struct Search<'a> {
    pub compare: Comparer<'a>,
    pub places: &'a [Places],
    pub message: &'a str,
    /// What the document is: `850`, `ubl order`.
    pub kind: &'a str,
    /// CSV: the column whose equal values make one set.
    pub by: Option<&'a str>,
    /// What the headers of CSV and the names of JSON say.
    pub headings: Headings,
    /// Nothing but these says which message it is.
    pub guessed: bool,
    /// What no sample shows is left out.
    pub only_shown: bool,
    /// What the document must not say, as all others of its kind have it.
    pub rules: Vec<Rule>,
    /// What other mappings read from segments that say the same as those of this standard.
    pub likes: Vec<Fact>,
    /// How many groups of a class there are below one parent, at most.
    repeats: HashMap<String, usize>,
    readers: Readers<'a>,
}

impl<'a> Search<'a> {
    pub fn new(
        compare: Comparer<'a>,
        places: &'a [Places],
        message: &'a str,
        kind: &'a str,
        by: Option<&'a str>,
    ) -> Self {
        let mut repeats: HashMap<String, usize> = HashMap::new();
        for one in places {
            let mut counts: BTreeMap<(Option<usize>, &str), usize> = BTreeMap::new();
            for group in &one.groups {
                *counts.entry((group.parent, &group.class)).or_default() += 1;
            }
            for ((_, class), count) in counts {
                let most = repeats.entry(class.to_owned()).or_default();
                *most = count.max(*most);
            }
        }
        let likes = likes(&compare.knowledge.facts, compare.standard);
        let readers = readers(compare.knowledge, compare.standard);
        let (headings, guessed, only_shown) = (Headings::default(), false, false);
        Search {
            compare,
            places,
            message,
            kind,
            by,
            headings,
            guessed,
            only_shown,
            rules: vec![],
            likes,
            repeats,
            readers,
        }
    }

    /// The mappings that make this message of such documents.
    pub fn of_same_document(&self) -> impl Iterator<Item = &'a Told> {
        let (standard, kind, message) = (self.compare.standard, self.kind, self.message);
        let same = move |told: &&Told| told.standard == standard && told.kind == kind && told.message == message;
        self.compare.knowledge.programs.iter().filter(same)
    }

    /// How many groups of a class stand below one parent, at most.
    pub fn repeats(&self, class: &str) -> usize {
        self.repeats.get(class).copied().unwrap_or_default()
    }

    /// How many frames up, and the groups from there to a value.
    pub fn relative(&self, target: &Target, group: usize) -> Option<(usize, Vec<usize>)> {
        let places = &self.places[target.pair];
        let chain = places.chain(group);
        let rows = matches!(self.compare.standard, Standard::Csv | Standard::Fixed);
        for (up, frame) in target.frames.iter().rev().enumerate() {
            let Some(frame) = *frame else { continue };
            if places.within(group, frame) {
                // The set's own columns are those of its first row, which stand at the root already.
                let other_row = rows && frame != group;
                return (!other_row).then(|| (up, chain[places.depth(frame)..].to_vec()));
            }
        }
        None
    }

    /// A group as a step, with the qualifiers that keep it apart; `leaf`: what is read of the group itself.
    pub fn step(&self, places: &Places, group: usize, leaf: Option<&Key>) -> Step {
        let own = &places.groups[group];
        let keys = self.qualifiers(places, group, leaf);
        let value = |key: Key| places.at(group, &key).map(|v| vec![v.text.trim().to_owned()]).map(|texts| (key, texts));
        Step { name: own.name.clone(), conditions: keys.into_iter().filter_map(value).collect() }
    }

    fn qualifiers(&self, places: &Places, group: usize, leaf: Option<&Key>) -> Vec<Key> {
        let own = &places.groups[group];
        let standard = self.compare.standard;
        let known = self.compare.knowledge.qualifiers.get(&(standard.word(), own.name.clone()));
        let mut keys: Vec<Key> = known.into_iter().flatten().cloned().collect();
        // What an HL is, its third element says.
        if standard == Standard::X12 && own.name == "HL" && keys.is_empty() {
            keys.push(Key::Element(3, 0));
        }
        let edi = matches!(standard, Standard::X12 | Standard::Edifact);
        let repeats = self.repeats.get(&own.class).copied().unwrap_or_default() > 1;
        for value in own.values.iter().map(|v| &places.values[*v]) {
            let qualifies = match &value.key {
                Key::Element(_, component) if edi && *component < 2 => {
                    let spec = self.compare.spec(&own.name, &value.key);
                    spec.is_some_and(|s| s.label.contains("qual") && &*s.reference != "66" && &*s.reference != "235")
                }
                Key::Named(name) => {
                    repeats && ["type", "role", "qualifier", "domain", "@domain", "@type"].contains(&name.as_str())
                }
                _ => false,
            };
            if qualifies && !keys.iter().any(|key| key.same(&value.key)) {
                keys.push(value.key.clone());
            }
        }
        keys.retain(|key| leaf != Some(key) && self.applies(&own.name, key, leaf));
        keys
    }

    /// True if an element is asked for before another of its segment is read: the first, or one that is paired with it.
    fn applies(&self, segment: &str, key: &Key, leaf: Option<&Key>) -> bool {
        let (Key::Element(qualifier, _), Some(leaf @ Key::Element(read, _))) = (key, leaf) else {
            // Whatever stands below a loop is told apart by its first element, or by the level of HL.
            return !matches!(key, Key::Element(element, _) if *element > 1 && segment != "HL");
        };
        if key.same(leaf) {
            return false;
        }
        if *qualifier == 1 || segment == "HL" {
            return true;
        }
        let spec = self.compare.guide.and_then(|guide| guide.segments.get(segment));
        let paired = spec.into_iter().flat_map(|spec| &spec.notes).any(|note| {
            let holds = |n: u16| note.positions.iter().any(|p| u16::from(*p) == n);
            note.kind != RelationKind::Exclusive && holds(*qualifier) && holds(*read)
        });
        read > qualifier && (paired || *read == qualifier + 1)
    }

    /// All ways to values that are wanted.
    pub fn gather(&self, scope: &Scope, targets: &[Target], list: bool, ways: Ways) -> Vec<Candidate> {
        let mut found: BTreeMap<Shape, Vec<Candidate>> = BTreeMap::new();
        // Of a long list the first items show the ways; all of them judge.
        for target in targets.iter().filter(|t| t.wanted.is_some()).take(40) {
            let Some(wanted) = target.wanted else { continue };
            let places = &self.places[target.pair];
            for value in &places.values {
                let read = ways(places, value, wanted);
                if read.is_empty() {
                    continue;
                }
                let Some((up, groups)) = self.relative(target, value.group) else { continue };
                for (key, pipes) in read {
                    let last = groups.len().saturating_sub(1);
                    let steps = groups.iter().enumerate();
                    let steps = steps.map(|(at, group)| self.step(places, *group, (at == last).then_some(&value.key)));
                    let one = Candidate::new(up, steps.collect(), key, pipes);
                    let alike = found.entry(one.shape()).or_default();
                    if !alike.iter().any(|other| other.steps == one.steps && other.key == one.key) {
                        alike.push(one);
                    }
                }
            }
        }
        let judged = found.into_values().flat_map(|variants| self.merged(variants, targets, list, ways));
        let mut all: Vec<Candidate> = judged.collect();
        for one in &mut all {
            one.prior = self.prior(scope, one, &[]);
        }
        all
    }

    /// Of ways that differ only in the qualifiers that they ask for: those that go together are one.
    fn merged(&self, mut variants: Vec<Candidate>, targets: &[Target], list: bool, ways: Ways) -> Vec<Candidate> {
        variants.iter_mut().for_each(|one| self.judge(one, targets, list, ways));
        variants.sort_by_key(|one| (one.conflicts, std::cmp::Reverse(one.reads.len())));
        let mut kept: Vec<Candidate> = Vec::new();
        'variants: for one in variants {
            for base in kept.iter_mut() {
                if let Some(mut both) = base.with(&one).filter(|_| !self.says_again(base, &one, targets)) {
                    self.judge(&mut both, targets, list, ways);
                    if both.conflicts <= base.conflicts && both.reads.len() > base.reads.len() {
                        *base = both;
                        continue 'variants;
                    }
                }
            }
            kept.push(one);
        }
        kept
    }

    /// True if two ways lead to one text for the same target: a payer and a receiver with one id. They are rivals, and one
    /// of them says it; nothing says that both do.
    fn says_again(&self, a: &Candidate, b: &Candidate, targets: &[Target]) -> bool {
        targets.iter().any(|target| {
            let theirs: BTreeSet<_> = self.all(b, target).map(|number| self.told(target.pair, number)).collect();
            self.all(a, target).any(|number| theirs.contains(&self.told(target.pair, number)))
        })
    }

    /// A text, with the qualifier of an item number: one number of two kinds is two.
    fn told(&self, pair: usize, number: usize) -> (&str, Option<&str>) {
        let places = &self.places[pair];
        let value = &places.values[number];
        let beside = self.compare.pair(&places.groups[value.group].name, &value.key);
        let kind = beside.and_then(|key| places.at(value.group, &key)).map(|kind| kind.text.trim());
        (value.text.trim(), kind)
    }

    fn judge(&self, one: &mut Candidate, targets: &[Target], list: bool, ways: Ways) {
        let mut explained = vec![false; targets.len()];
        let (mut conflicts, mut reads) = (0, BTreeSet::new());
        for (at, target) in targets.iter().enumerate() {
            let places = &self.places[target.pair];
            for number in self.all(one, target).take(if list { usize::MAX } else { 1 }) {
                reads.insert((target.pair, number));
                let says = |wanted| {
                    let read = ways(places, &places.values[number], wanted);
                    read.iter().any(|(key, pipes)| key.same(&one.key) && *pipes == one.pipes)
                };
                if target.wanted.is_some_and(says) {
                    explained[at] = true;
                } else {
                    conflicts += 1;
                }
            }
        }
        (one.explained, one.conflicts, one.reads) = (explained, conflicts, reads);
    }

    /// The value that a way leads to.
    pub fn first(&self, one: &Candidate, target: &Target) -> Option<usize> {
        self.all(one, target).next()
    }

    /// All values that a way leads to.
    pub fn all<'s>(&'s self, one: &'s Candidate, target: &'s Target) -> Box<dyn Iterator<Item = usize> + 's> {
        let places = &self.places[target.pair];
        let level = target.frames.len().checked_sub(one.up + 1);
        let Some(start) = level.and_then(|level| target.frames[level]) else { return Box::new(std::iter::empty()) };
        let mut class = places.groups[start].class.clone();
        for step in &one.steps {
            if !class.is_empty() {
                class.push('/');
            }
            class += &step.name;
        }
        let numbers = places.of_class(&class).to_vec();
        let fits = move |number: &usize| {
            let value = &places.values[*number];
            self.is_key(places, value, &one.key)
                && places.within(value.group, start)
                && holds(places, value.group, &one.steps)
        };
        Box::new(numbers.into_iter().filter(fits))
    }

    fn is_key(&self, places: &Places, value: &Value, key: &Key) -> bool {
        match key {
            Key::Pairs(qualifiers) => {
                let segment = &places.groups[value.group].name;
                let beside = self.compare.pair(segment, &value.key).and_then(|key| places.at(value.group, &key));
                beside.is_some_and(|v| qualifiers.iter().any(|q| *q == v.text.trim() || q == ANYTHING))
            }
            key => value.key.same(key),
        }
    }

    /// The absolute steps of a way.
    pub fn absolute(&self, scope: &Scope, one: &Candidate) -> Vec<Step> {
        let level = scope.frames.len().saturating_sub(one.up + 1);
        let mut steps = scope.frames.get(level).cloned().unwrap_or_default();
        steps.extend(one.steps.iter().cloned());
        steps
    }

    /// What others say of reading a field by it; `names`: the field, from the scope's object.
    pub fn prior(&self, scope: &Scope, one: &Candidate, names: &[String]) -> Prior {
        let steps = self.absolute(scope, one);
        let field: Vec<String> = scope.names.iter().chain(names).cloned().collect();
        let place = Place { steps: &steps, key: &one.key };
        let mut prior = weigh::prior(&self.compare, &field, &place, &one.pipes, self.message);
        if let Some(headed) = self.headings.at(&steps, &one.key).filter(|headed| headed.field == field) {
            prior.words = prior.words.max(headed.score);
        }
        prior
    }

    /// How likely a field stands in a place, whatever stands there.
    fn likely(&self, scope: &Scope, field: &[String], one: &Candidate, votes: &HashMap<String, f64>) -> f64 {
        let edi = matches!(self.compare.standard, Standard::X12 | Standard::Edifact);
        // What the item's own segment says is as near as what stands together elsewhere.
        let vote = match edi && one.up == 0 && one.steps.is_empty() {
            true => votes.values().copied().fold(0.0, f64::max),
            false => votes.get(&one.first_step()).copied().unwrap_or_default(),
        };
        let meant = if edi && self.is_meant_by(field, one) { 20.0 } else { 0.0 };
        let known = 1.0 + 40.0 * one.prior.strength.powi(2) + 5.0 * one.prior.words.powi(2) + vote + meant;
        let other = if one.prior.other { 0.15 } else { 1.0 };
        let near = 1.0 / (1.0 + one.up as f64 * 0.5);
        // What stands at the payer's is the payer's, though the receiver has the same, unless others read it so.
        let known_so = one.prior.strength > 0.8;
        let anothers = edi && !known_so && self.is_anothers(field, &self.absolute(scope, one));
        let anothers = anothers || edi && (self.is_foreign(field, one) || self.is_across(scope, one));
        let own = if anothers { 0.05 } else { 1.0 };
        own * known * other * near
    }

    /// Weighs the ways to one field against each other, the best first. `votes`: how much else of the object a way's
    /// first step gives.
    pub fn weigh(
        &self,
        scope: &Scope,
        names: &[String],
        targets: &[Target],
        candidates: &mut Vec<Candidate>,
        votes: &HashMap<String, f64>,
    ) {
        let field: Vec<String> = scope.names.iter().chain(names).cloned().collect();
        let needed = targets.iter().filter(|t| t.wanted.is_some()).count().max(1);
        for one in candidates.iter_mut() {
            one.prior = self.prior(scope, one, names);
            let hits = one.hits() as f64;
            let right = hits / (hits + 2.0 * one.conflicts as f64).max(1.0);
            let share = hits / needed as f64;
            one.points = self.likely(scope, &field, one, votes) * right.powi(3) * share.powi(2);
        }
        candidates.retain(|one| one.points > 0.0);
        candidates.sort_by(|a, b| b.points.total_cmp(&a.points));
        // Ways to the same values are one place.
        let mut places: Vec<Candidate> = Vec::new();
        for one in candidates.drain(..) {
            if !places.iter().any(|other| other.reads == one.reads) {
                places.push(one);
            }
        }
        let texts: BTreeSet<&str> = targets.iter().filter_map(|t| t.wanted.and_then(Json::as_str)).collect();
        let numbers: BTreeSet<String> =
            targets.iter().filter_map(|t| t.wanted.filter(|w| w.is_number()).map(ToString::to_string)).collect();
        let told: u32 = texts.iter().map(|text| weight(text)).chain(numbers.iter().map(|n| weight(n))).sum();
        // That a short value stands there may be chance.
        let chance = match told {
            0..3 => 2.0,
            3..6 => 0.6,
            6..12 => 0.15,
            _ => 0.03,
        };
        // Rivals say the same of the same target; what says another part of it is none.
        let texts = |one: &Candidate| -> BTreeSet<(usize, String)> {
            one.reads.iter().map(|(pair, value)| (*pair, self.places[*pair].values[*value].text.clone())).collect()
        };
        let said: Vec<BTreeSet<(usize, String)>> = places.iter().map(texts).collect();
        let shares: Vec<f64> = (0..places.len())
            .map(|at| {
                let rivals = (0..places.len()).filter(|other| at == *other || !said[at].is_disjoint(&said[*other]));
                places[at].points / (rivals.map(|other| places[other].points).sum::<f64>() + chance)
            })
            .collect();
        for (one, share) in places.iter_mut().zip(shares) {
            let most = match Search::told_apart(one) {
                Some(1) => 0.55,
                Some(_) => 0.85,
                None if one.conflicts > 0 => 0.8,
                None => 0.98,
            };
            one.confidence = share.min(most);
        }
        *candidates = places;
    }
}

/// By segment: the members of messages that mappings of a standard read from it, and which mappings do.
fn readers(knowledge: &Knowledge, standard: Standard) -> Readers<'_> {
    let mut readers = Readers::new();
    for fact in knowledge.facts.iter().filter(|fact| fact.standard == standard) {
        let Some(last) = fact.steps.last() else { continue };
        for name in telling(&fact.field) {
            readers.entry(&last.name).or_default().entry(name).or_default().insert(&fact.mapping);
        }
    }
    readers
}

/// The names of a field that tell what it is about.
fn telling(field: &[String]) -> impl Iterator<Item = &str> {
    field.iter().map(String::as_str).filter(|name| *name != "lines" && !weigh::is_pale(name))
}

impl Search<'_> {
    /// True if a short text, which may stand anywhere by chance, stands in a segment that several mappings read for another
    /// member, and none for this one: what ITD says is of the terms of payment, and no delivery's.
    fn is_foreign(&self, field: &[String], one: &Candidate) -> bool {
        let told: u32 = one.reads.iter().map(|(pair, at)| weight(&self.places[*pair].values[*at].text)).sum();
        // What is asked for a qualifier is what that says.
        let plain = one.steps.last().filter(|last| told < 6 && last.conditions.is_empty());
        let Some(readers) = plain.and_then(|last| self.readers.get(last.name.as_str())) else { return false };
        let others: BTreeSet<&&str> = readers.values().flatten().collect();
        let mut own = telling(field).peekable();
        own.peek().is_some() && !own.any(|name| readers.contains_key(name)) && others.len() > 2
    }

    /// True if the qualifier by which a segment is asked for means the field.
    fn is_meant_by(&self, field: &[String], one: &Candidate) -> bool {
        let Some(Step { name, conditions }) = one.steps.last() else { return false };
        let [(_, values)] = conditions.as_slice() else { return false };
        self.codes_meant(name, field).iter().any(|codes| values.iter().all(|value| codes.contains(value)))
    }

    /// True if a way goes up and down again into the items of another list: the tax of the first line is none of the invoice's.
    fn is_across(&self, scope: &Scope, one: &Candidate) -> bool {
        let [first, _, ..] = one.steps.as_slice() else { return false };
        if one.up == 0 || !first.conditions.is_empty() {
            return false;
        }
        let absolute = self.absolute(scope, one);
        let above = &absolute[..=absolute.len() - one.steps.len()];
        let class: Vec<&str> = above.iter().map(|step| step.name.as_str()).collect();
        self.repeats(&class.join("/")) > 1
    }
}

/// True if the last groups on the way to a group say what the steps ask for.
pub fn holds(places: &Places, group: usize, steps: &[Step]) -> bool {
    let mut here = Some(group);
    for step in steps.iter().rev() {
        let Some(group) = here else { return false };
        let says = |(key, values): &(Key, Vec<String>)| {
            places.at(group, key).is_some_and(|v| values.iter().any(|value| value == v.text.trim()))
        };
        if !step.conditions.iter().all(says) {
            return false;
        }
        here = places.groups[group].parent;
    }
    true
}

impl Candidate {
    pub fn new(up: usize, steps: Vec<Step>, key: Key, pipes: Vec<Known>) -> Candidate {
        Candidate {
            up,
            steps,
            key,
            pipes,
            explained: Vec::new(),
            conflicts: 0,
            reads: BTreeSet::new(),
            prior: Prior::default(),
            points: 0.0,
            confidence: 0.0,
        }
    }

    /// How many targets it explains.
    pub fn hits(&self) -> usize {
        self.explained.iter().filter(|hit| **hit).count()
    }

    /// Its first step, with what it asks for: what the fields of one object have in common.
    pub fn first_step(&self) -> String {
        self.steps.first().map(|step| format!("{}^{step:?}", self.up)).unwrap_or_default()
    }

    fn shape(&self) -> Shape {
        let step = |step: &Step| (step.name.clone(), step.conditions.iter().map(|(key, _)| key.clone()).collect());
        let key = match &self.key {
            Key::Pairs(_) => "pairs".to_owned(),
            key => key.text(),
        };
        let pipes = self.pipes.iter().map(|pipe| format!("{pipe:?}")).collect();
        (self.up, self.steps.iter().map(step).collect(), key, pipes)
    }

    /// Both in one, where they differ in the values of one qualifier only.
    fn with(&self, other: &Candidate) -> Option<Candidate> {
        let mut both = self.clone();
        let mut differences = 0;
        for (own, theirs) in both.steps.iter_mut().zip(&other.steps) {
            for ((_, values), (_, more)) in own.conditions.iter_mut().zip(&theirs.conditions) {
                let new: Vec<String> = more.iter().filter(|v| !values.contains(v)).cloned().collect();
                differences += usize::from(!new.is_empty());
                values.extend(new);
            }
        }
        if let (Key::Pairs(own), Key::Pairs(theirs)) = (&mut both.key, &other.key) {
            own.extend(theirs.iter().filter(|q| !self.has(q)).cloned().collect::<Vec<_>>());
        }
        (differences <= 1).then_some(both)
    }

    fn has(&self, qualifier: &str) -> bool {
        matches!(&self.key, Key::Pairs(qualifiers) if qualifiers.iter().any(|q| q == qualifier))
    }
}
