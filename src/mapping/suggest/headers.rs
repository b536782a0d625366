//! What headers of CSV and names of JSON's members speak of, where everybody calls things as he likes: taken apart into words,
//! in English and German, and held against what people call the members of messages (`headers.txt`).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

/// A header's words, in the meanings of `headers.txt`; a word that is not known there stands for itself.
pub type Words = BTreeSet<String>;

/// A member of messages, and what it is called.
#[derive(Debug)]
pub struct Member {
    /// Messages without their version; none: all of them.
    messages: Vec<&'static str>,
    /// `lines.item`; `lines.-` is nothing of the message.
    pub path: Vec<&'static str>,
    /// Of an id.
    pub scheme: Option<&'static str>,
    phrases: Vec<Phrase>,
}

#[derive(Debug, Clone)]
struct Phrase {
    words: Words,
    /// 1, or less where it may mean something else.
    weight: f64,
}

/// What a phrase is worth that may mean something else, and what a party's name by itself.
const UNSURE: f64 = 0.72;
const PARTY: f64 = 0.8;
/// What each word costs that a phrase does not have: in the header itself, around it, and where it names another party.
const STRANGE: f64 = 0.2;
const AROUND: f64 = 0.03;
const ANOTHERS: f64 = 0.5;
/// Of a person's two names neither is the name of a company.
const PERSON: &str = "person";
/// Words that cost little wherever they stand.
const PALE: &[&str] = &["address", "code", "until"];

const TABLE: &str = include_str!("headers.txt");

/// How words are written: what each means; nothing, of a word that says nothing by itself.
static MEANINGS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let words = rows("word").flat_map(|(meaning, written)| written.split(' ').map(move |word| (word, meaning)));
    words.collect()
});

/// What a party is called: member, the messages that have it, words.
type Party = (&'static str, Vec<&'static str>, Vec<Words>);

static PARTIES: LazyLock<Vec<Party>> = LazyLock::new(|| {
    let party = |(of, called): (&'static str, &'static str)| {
        let (member, messages) = of.split_once(' ').unwrap_or((of, ""));
        (member, listed(messages), called.split(", ").map(words).collect())
    };
    rows("party").map(party).collect()
});

static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let mut members: Vec<Member> = rows("field").map(|(of, called)| member(of, called)).collect();
    for (party, messages, names) in PARTIES.iter() {
        // Who it is, where the values tell a name from a number.
        let alone = || names.iter().map(|words| Phrase { words: words.clone(), weight: PARTY });
        for (part, called) in rows("part") {
            let mut one = member(part, called);
            let both = |phrase: &Phrase| {
                let weight = phrase.weight;
                names.iter().map(move |name| Phrase { words: name | &phrase.words, weight }).collect::<Vec<_>>()
            };
            one.phrases = one.phrases.iter().flat_map(both).collect();
            if one.path == ["name"] || one.path == ["refs"] && one.scheme == Some("own") {
                one.phrases.extend(alone());
            }
            one.path.insert(0, party);
            one.messages.clone_from(messages);
            members.push(one);
        }
    }
    members
});

/// The rows of a kind: what stands before `=`, and behind it.
fn rows(kind: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let row = move |line: &'static str| {
        let (before, behind) = line.strip_prefix(kind)?.strip_prefix(' ')?.split_once('=')?;
        Some((before.trim(), behind.trim()))
    };
    TABLE.lines().filter_map(row)
}

fn listed(text: &'static str) -> Vec<&'static str> {
    text.split(',').filter(|name| !name.is_empty()).collect()
}

fn member(of: &'static str, called: &'static str) -> Member {
    let (path, messages) = of.split_once(' ').unwrap_or((of, ""));
    let (path, scheme) = path.split_once(':').map_or((path, None), |(path, scheme)| (path, Some(scheme)));
    let phrase = |text: &str| match text.strip_suffix('~') {
        Some(text) => Phrase { words: words(text), weight: UNSURE },
        None => Phrase { words: words(text), weight: 1.0 },
    };
    let (path, phrases) = (path.split('.').collect(), called.split(", ").map(phrase).collect());
    Member { messages: listed(messages), path, scheme, phrases }
}

/// The members of a message that are called anything.
pub fn members(message: &str) -> impl Iterator<Item = &'static Member> {
    let message = message.split('/').next().unwrap_or_default().to_owned();
    MEMBERS.iter().filter(move |one| one.messages.is_empty() || one.messages.iter().any(|name| *name == message))
}

/// Of a document's columns the one that is called as a message's number: what says it alike belongs together.
pub fn grouping<'a>(columns: &[&'a str]) -> Option<&'a str> {
    const CLEARLY: f64 = 0.9;
    let numbers = || MEMBERS.iter().filter(|member| member.path == ["number"]);
    let called = |column: &str| numbers().map(|one| one.called(&words(column), &Words::new())).fold(0.0, f64::max);
    let all = columns.iter().map(|column| (called(column), *column)).filter(|(called, _)| *called > CLEARLY);
    // Of two alike the first.
    all.rev().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, column)| column)
}

impl Member {
    /// How well a header names it, 0 to 1; `around`: the words of the objects that it stands in.
    pub fn called(&self, header: &Words, around: &Words) -> f64 {
        self.phrases.iter().map(|phrase| phrase.fits(header, around)).fold(0.0, f64::max)
    }
}

impl Phrase {
    fn fits(&self, header: &Words, around: &Words) -> f64 {
        let said = |word: &String| header.contains(word) || around.contains(word);
        if !self.words.iter().all(said) || self.words.is_disjoint(header) {
            return 0.0;
        }
        let strange = |word: &&String| !self.words.contains(*word);
        let cost = |word: &String, each: f64| match word {
            word if is_party(word) || word == PERSON => ANOTHERS,
            word if PALE.contains(&word.as_str()) => AROUND,
            _ => each,
        };
        let own: f64 = header.iter().filter(strange).map(|word| cost(word, STRANGE)).sum();
        let other: f64 = around.difference(header).filter(strange).map(|word| cost(word, AROUND)).sum();
        // Of two phrases that fit, the one that says more is meant.
        let told = 0.01 * self.words.len() as f64;
        (self.weight - own - other).max(0.0) * 0.95 + told
    }
}

/// Does a word name a party?
pub fn is_party(word: &str) -> bool {
    PARTIES.iter().flat_map(|(_, _, names)| names).any(|words| words.len() == 1 && words.contains(word))
}

/// A header taken apart; words that say nothing by themselves are left out, unless there are no others.
pub fn words(header: &str) -> Words {
    let parts = parts(header);
    let meanings = parts.iter().flat_map(|part| meant(part)).filter(|word| !word.is_empty());
    let found: Words = meanings.collect();
    if found.is_empty() { parts.into_iter().collect() } else { found }
}

/// Letters, digits and `#` apart, a capital behind small ones, too; in small letters, umlauts as two.
fn parts(header: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = None;
    // What is a word with its capitals needs not be taken apart: UoM.
    let known = |run: &&str| MEANINGS.contains_key(run.to_lowercase().as_str());
    let whole: Vec<&str> = header.split(|c: char| !c.is_alphabetic()).filter(known).collect();
    let header = whole.iter().fold(header.to_owned(), |header, run| header.replace(run, &run.to_lowercase()));
    for c in header.chars() {
        // A capital begins a word, and small letters run on behind it.
        let kind = (c.is_alphabetic(), c.is_ascii_digit(), c == '#', c.is_uppercase());
        let runs_on = before.is_some_and(|(letter, digit, mark, capital)| {
            (letter, digit, mark) == (kind.0, kind.1, kind.2) && (capital || !kind.3)
        });
        before = Some(kind);
        if !runs_on {
            parts.push(String::new());
        }
        let Some(part) = parts.last_mut().filter(|_| kind.0 || kind.1 || kind.2) else { continue };
        for small in c.to_lowercase() {
            match small {
                'ä' => part.push_str("ae"),
                'ö' => part.push_str("oe"),
                'ü' => part.push_str("ue"),
                'ß' => part.push_str("ss"),
                other => part.push(other),
            }
        }
    }
    // How long a code is says nothing: EAN13.
    parts.retain(|part| !(part.is_empty() || part.len() > 1 && part.bytes().all(|b| b.is_ascii_digit())));
    parts
}

/// What a word means; of a compound (`artikelnummer`, `unitprice`) each part; else itself.
fn meant(word: &str) -> Vec<String> {
    match MEANINGS.get(word) {
        Some(meaning) => vec![(*meaning).to_owned()],
        None => compound(word).unwrap_or_else(|| vec![word.to_owned()]),
    }
}

/// Letters between the words of a German compound.
const JOINS: &[&str] = &["s", "n", "en", "es"];

/// Known words one behind the other: in as few parts as can be.
fn compound(word: &str) -> Option<Vec<String>> {
    // By where a part ends: how many there are up to there, where the last begins, and what it means.
    let mut best: BTreeMap<usize, (usize, usize, &str)> = BTreeMap::from([(0, (0, 0, ""))]);
    for end in (1..=word.len()).filter(|end| word.is_char_boundary(*end)) {
        let begins = best.iter().filter_map(|(begin, (count, ..))| {
            let part = word.get(*begin..end)?;
            let joined = JOINS.iter().filter(|_| *begin > 0).filter_map(|join| part.strip_prefix(join));
            let meaning = MEANINGS.get(part).or_else(|| joined.into_iter().find_map(|part| MEANINGS.get(part)))?;
            // Short words stand in many long ones by chance; not at their ends.
            let at_an_end = *begin == 0 || end == word.len();
            let is_part = part.len() > 3 || part.len() == 3 && at_an_end || matches!(part, "nr" | "no" | "id" | "dt");
            is_part.then_some((count + 1, *begin, *meaning))
        });
        let shortest = begins.min_by_key(|(count, ..)| *count);
        best.extend(shortest.map(|one| (end, one)));
    }
    let mut found = Vec::new();
    let mut end = word.len();
    while end > 0 {
        let (_, begin, meaning) = best.get(&end)?;
        found.push((*meaning).to_owned());
        end = *begin;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(header: &str) -> String {
        words(header).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_header_is_taken_apart_into_words() {
        for (header, wanted) in [
            ("cust_po", "customer order"),
            ("PO #", "number order"),
            ("Artikel-Nr", "item number"),
            ("artikelnummer", "item number"),
            ("Auftragsnummer", "number order"),
            ("Liefertermin", "date deliver"),
            ("ship_addr1", "1 address ship"),
            ("shipToCity", "city ship until"),
            ("Mindestbestellmenge", "minimum order quantity"),
            ("EAN13", "gtin"),
            ("UPCCode", "code gtin"),
            ("Währung", "currency"),
            ("Lieferadresse Straße", "address deliver street"),
            ("unit cost", "price unit"),
            ("Price Ea.", "each price"),
            ("posnr", "line number"),
            ("Listenpreis", "list price"),
            ("Positionsnummer", "line number"),
            ("UoM", "unit"),
            ("U of M", "m u"),
            ("xyzzy", "xyzzy"),
            ("address", "address"),
        ] {
            assert_eq!(said(header), wanted, "{header}");
        }
    }

    #[test]
    fn rows_belong_together_by_what_is_called_a_number() {
        assert_eq!(grouping(&["Datum", "Bestell-Nr", "Artikel-Nr"]), Some("Bestell-Nr"));
        assert_eq!(grouping(&["sku", "price_list", "price"]), Some("price_list"));
        assert_eq!(grouping(&["sku", "qty"]), None);
    }

    #[test]
    fn each_row_of_the_table_names_a_member_of_its_messages() {
        let meanings: BTreeSet<&str> = MEANINGS.values().copied().collect();
        for one in MEMBERS.iter() {
            let messages = crate::mapping::shape::names().filter(|name| {
                one.messages.is_empty() || one.messages.contains(&name.split('/').next().unwrap_or_default())
            });
            let has = |message: &str| {
                let mut here = crate::mapping::shape::message(message);
                for name in one.path.iter().filter(|name| **name != "-") {
                    let inner = |shape: &'static crate::mapping::shape::Shape| match shape {
                        crate::mapping::shape::Shape::List(item) => &**item,
                        shape => shape,
                    };
                    here = here.and_then(|shape| inner(shape).member(name)).map(|member| &member.shape);
                }
                here.is_some()
            };
            let mut messages = messages.peekable();
            assert!(messages.peek().is_some(), "{:?}: no message is called {:?}", one.path, one.messages);
            match one.messages.is_empty() {
                true => assert!(messages.any(has), "no message has {:?}", one.path),
                false => messages.for_each(|name| assert!(has(name), "{name} has no {:?}", one.path)),
            }
            for word in one.phrases.iter().flat_map(|phrase| &phrase.words) {
                let known = meanings.contains(word.as_str()) || word.len() == 1;
                assert!(known || ["as", "address"].contains(&word.as_str()), "{:?}: `{word}` is no meaning", one.path);
            }
        }
    }
}
