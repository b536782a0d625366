//! What a configuration file may say of an agreement beyond its shape, and where in the file a word stands.

use super::{
    Directory,
    agreement::{Mail, Reach, Repertoire, Series, SetNumbers},
    files::Lint,
    kinds::no_set,
    layers::{Effective, Origin},
    sandbox,
};
use crate::{
    formats::{piece::Standard, write},
    mapping::{lookup, near::nearest, nowhere::leads_nowhere},
};
use std::collections::BTreeMap;

/// ISA13 has nine digits (X12.6, element I12).
const LONGEST_NUMBER: u32 = 999_999_999;

/// What can't be, each at the place that states it. `standard` is where it is in force, and `is_spoken` tells whether
/// documents of that are exchanged: what is built in for one that isn't hinders nothing that is stated for others.
pub fn agreement(agreement: &Effective, standard: Option<Standard>, is_spoken: bool) -> Vec<Lint> {
    let mut told = Told { agreement, standard, is_spoken, faults: Vec::new() };
    numbers(&mut told);
    around_numbers(&mut told);
    substitute(&mut told);
    if agreement.batch.documents == 0 {
        told.fault(
            &["batch.documents"],
            "`documents` is 0; an interchange has at least one set, and 1 lets each go by itself".into(),
        );
    }
    expected(&mut told);
    sequence(&mut told);
    delimiters(&mut told);
    lengths(&mut told);
    words(&mut told);
    letters(&mut told);
    contacts(&mut told);
    search_keys(&mut told);
    told.faults
}

fn contacts(told: &mut Told) {
    let agreed = told.agreement;
    if agreed.mail != Mail::OnRefusal {
        return;
    }
    for contact in agreed.contacts.iter().filter(|contact| contact.contains('@')) {
        if let Err(error) = contact.parse::<lettre::message::Mailbox>() {
            told.fault(&["contacts"], format!("`{contact}` is no mail address, and `mail` is `on_refusal`: {error}"));
        }
    }
    if agreed.addresses().next().is_none() {
        let sentence = "nobody would get a letter: `contacts` has no mail address, and `mail` is `on_refusal`".into();
        told.fault(&["mail", "contacts"], sentence);
    }
}

fn expected(told: &mut Told) {
    let expect = &told.agreement.expect;
    let kinds = expect.answers.iter().flat_map(|answer| [&answer.to, &answer.with]);
    let mut wrong: Vec<(&str, String)> =
        kinds.filter_map(|kind| no_set(kind)).map(|sentence| ("expect.answers", sentence)).collect();
    if let Some(warn) = expect.warn_before {
        let acknowledgement = expect.acknowledgement.map(|within| ("acknowledgements are".to_owned(), within));
        let answers = expect.answers.iter().map(|answer| (format!("a {} is", answer.with), answer.within));
        let shorter = acknowledgement.into_iter().chain(answers).find(|(_, within)| within.us() <= warn.us());
        if let Some((what, within)) = shorter {
            let sentence = format!(
                "nobody would be warned: {what} due after {within}, and `warn_before` is {warn}, which is no less"
            );
            wrong.push(("expect.warn_before", sentence));
        }
    }
    wrong.into_iter().for_each(|(key, sentence)| told.fault(&[key], sentence));
}

/// ISA01 and ISA03 have few codes (X12 data elements I01 and I03).
fn words(told: &mut Told) {
    let isa = &told.agreement.isa_out;
    for (key, said, known) in [
        ("isa_out.isa01", &isa.isa01, &["00", "01", "02", "03", "04", "05", "06", "07", "08"][..]),
        ("isa_out.isa03", &isa.isa03, &["00", "01"]),
    ] {
        if let Some(said) = said.as_ref().filter(|said| !known.contains(&said.as_str())) {
            told.fault(&[key], format!("`{key}` can't be `{said}`: it is one of {}", known.join(", ")));
        }
    }
}

/// What can only be seen of all files together.
pub fn whole(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults = sandbox::faults(directory, files);
    faults.extend(idle_groups(directory));
    faults
}

/// What is said of UNG where none is written, for no kind of message and on no connection.
fn idle_groups(directory: &Directory) -> Vec<Lint> {
    const KEYS: [&str; 5] = [
        "unb_out.group_sender",
        "unb_out.group_sender_qualifier",
        "unb_out.group_receiver",
        "unb_out.group_receiver_qualifier",
        "unb_out.group_password",
    ];
    let mut stated: BTreeMap<(String, u32, u32), (&str, bool)> = BTreeMap::new();
    for (_, agreed) in directory.partners.values().flat_map(|partner| partner.terms.all()) {
        for key in KEYS {
            if let Origin::File { file, line, column, .. } = agreed.origin(key) {
                let (_, is_written) = stated.entry((file.to_string(), *line, *column)).or_insert((key, false));
                *is_written |= agreed.unb_out.group;
            }
        }
    }
    let idle = stated.into_iter().filter(|(_, (_, is_written))| !is_written);
    idle.map(|((file, line, column), (key, _))| {
        let sentence =
            format!("`{key}` is said in UNG, and none is written: state `group: true` beside it, or leave it out");
        Lint { file, line: line.into(), column: column.into(), sentence }
    })
    .collect()
}

struct Told<'a> {
    agreement: &'a Effective,
    standard: Option<Standard>,
    is_spoken: bool,
    faults: Vec<Lint>,
}

impl Told<'_> {
    /// Of values that don't fit each other one was stated: what is built in fits.
    fn fault(&mut self, keys: &[&str], sentence: String) {
        let stated = keys.iter().find_map(|key| match self.agreement.origin(key) {
            Origin::File { file, line, column, .. } => Some((file, line, column)),
            Origin::BuiltIn => None,
        });
        if let Some((file, line, column)) = stated {
            self.faults.push(Lint { file: file.to_string(), line: (*line).into(), column: (*column).into(), sentence });
        }
    }
}

fn numbers(told: &mut Told) {
    let numbers = &told.agreement.control_numbers;
    let own = |word, number: Option<u32>| number.map(|number| (word, number));
    let stated = [("first", numbers.first), ("last", numbers.last)].into_iter();
    let stated = stated.chain(own("group_first", numbers.group_first)).chain(own("group_last", numbers.group_last));
    for (word, number) in stated.chain(own("set_first", numbers.set_first)).chain(own("set_last", numbers.set_last)) {
        if !(1..=LONGEST_NUMBER).contains(&number) {
            told.fault(
                &[&format!("control_numbers.{word}")],
                format!(
                    "`{word}` is {number}; control numbers go from 1 to {LONGEST_NUMBER}, since ISA13 has nine digits"
                ),
            );
        }
    }
    for (of, Series { first, last }) in
        [("", numbers.interchanges()), ("group_", numbers.of_groups()), ("set_", numbers.of_sets())]
    {
        if first > last {
            let keys = [of, ""].map(|of| ["first", "last"].map(|word| format!("control_numbers.{of}{word}"))).concat();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let sentence =
                format!("the range of control numbers is empty: `{of}first` {first} is behind `{of}last` {last}");
            return told.fault(&keys, sentence);
        }
    }
}

/// What goes before and behind a number in UNB 0020, an..14 (ISO 9735).
fn around_numbers(told: &mut Told) {
    let numbers = &told.agreement.control_numbers;
    let digits = set_digits(told.agreement);
    // ST02, X12 element 329, has four to nine characters; 0062 has fourteen, as 0020.
    let speaks_x12 = told.standard == Some(Standard::X12) && told.is_spoken;
    let (of_sets, within) = if speaks_x12 { ("ST02", 9) } else { ("UNH 0062", 14) };
    let of_interchange = [("control_numbers.prefix", &numbers.prefix), ("control_numbers.suffix", &numbers.suffix)];
    let sets =
        [("control_numbers.set_prefix", &numbers.set_prefix), ("control_numbers.set_suffix", &numbers.set_suffix)];
    let mut wrong = Vec::new();
    for (parts, name, digits, room) in [(of_interchange, "UNB 0020", 9, 14), (sets, of_sets, digits, within)] {
        let mut length = digits;
        for (key, said) in parts {
            let Some(said) = said else { continue };
            length += said.chars().count();
            if !said.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
                let sentence = format!("`{said}` can't stand beside a control number: take A to Z and digits");
                wrong.push((vec![key], sentence));
            } else if length > room {
                let beside = length - digits;
                let sentence = format!(
                    "{name} has room for {room} characters: with {digits} digits, the {beside} beside them are too many"
                );
                wrong.push((vec![key, parts[0].0], sentence));
            }
        }
    }
    wrong.into_iter().for_each(|(keys, sentence)| told.fault(&keys, sentence));
}

/// How many digits a set's number may come to have.
fn set_digits(agreement: &Effective) -> usize {
    let last = match agreement.control_numbers.sets {
        SetNumbers::InGroup => agreement.batch.documents,
        SetNumbers::Running => agreement.control_numbers.of_sets().last,
    };
    last.to_string().len().max(4)
}

fn sequence(told: &mut Told) {
    let reach = &told.agreement.number_reach;
    if told.agreement.duplicates_days == 0 && [reach.groups, reach.sets].contains(&Reach::Days) {
        let keys = ["number_reach.groups", "number_reach.sets", "duplicates_days"];
        let sentence = "`number_reach` has nothing to go by: with `duplicates_days: 0` no control number is kept";
        told.fault(&keys, sentence.into());
    }
    if told.agreement.out_of_sequence.counts() && told.agreement.duplicates_days == 0 {
        let keys = ["out_of_sequence.behind", "out_of_sequence.gap", "duplicates_days"];
        let sentence = "`out_of_sequence` has nothing to go by: with `duplicates_days: 0` no control number is kept";
        told.fault(&keys, sentence.into());
    }
}

/// What is written or read for another character must be one that X12's repertoire has.
fn letters(told: &mut Told) {
    let has = |repertoire: Repertoire, one: char| match repertoire {
        Repertoire::Any => !one.is_control(),
        repertoire => write::Repertoire::from(repertoire).has(one),
    };
    let (text_in, text_out) = (&told.agreement.text_in, &told.agreement.text_out);
    let all = [
        (["text_in.substitute", "text_in.repertoire"], text_in.repertoire, text_in.substitute),
        (["text_out.substitute", "text_out.repertoire"], text_out.repertoire, text_out.substitute),
    ];
    for (keys, repertoire, one) in all {
        if let Some(one) = one.filter(|one| !has(repertoire, *one)) {
            let sentence = format!("{one:?} can't stand for other characters: the repertoire does not have it");
            told.fault(&keys, sentence);
        }
    }
    if told.agreement.text_in.substitute.is_some() && told.agreement.text_in.repertoire == Repertoire::Any {
        let sentence = "`text_in.substitute` stands for nothing: with `repertoire: any` each character is read";
        told.fault(&["text_in.substitute"], sentence.into());
    }
    let version = told.agreement.gs_out.gs08.as_deref();
    if let Some(gs08) = version.filter(|gs08| gs08.len() < 6 || !gs08.bytes().take(6).all(|b| b.is_ascii_digit())) {
        let sentence = format!("`gs_out.gs08` can't be `{gs08}`: it begins with six digits, as in `004010VICS`");
        told.fault(&["gs_out.gs08"], sentence);
    }
}

fn search_keys(told: &mut Told) {
    let widened = !told.agreement.guides.is_empty();
    let wrong: Vec<String> = told
        .agreement
        .search_keys
        .iter()
        .filter_map(|(name, path)| {
            let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            match lookup::wrong(path).or_else(|| leads_nowhere(path, widened)) {
                _ if !named => Some(format!("`{name}` can't name a search key: take letters, digits, `_` and `-`")),
                wrong => wrong.map(|why| format!("the path of `{name}` can't be `{path}`: {why}")),
            }
        })
        .collect();
    wrong.into_iter().for_each(|sentence| told.fault(&["search_keys"], sentence));
}

/// What stands for letters that can't be written must be one that can.
fn substitute(told: &mut Told) {
    if let Some(one) =
        told.agreement.unb_out.substitute.filter(|one| !matches!(one, ' '..='~') || one.is_ascii_lowercase())
    {
        let sentence = format!(
            "{one:?} can't stand for other letters: UNOA does not have it; take a blank, A to Z, a digit or a mark"
        );
        told.fault(&["unb_out.substitute"], sentence);
    }
}

fn delimiters(told: &mut Told) {
    let d = &told.agreement.delimiters;
    let mut known: Vec<(&str, char)> = Vec::new();
    for (word, one) in
        [("element", d.element), ("component", d.component), ("repetition", d.repetition), ("segment", d.segment)]
    {
        let key = format!("delimiters.{word}");
        if !one.is_ascii() || one.is_ascii_alphanumeric() || one == ' ' {
            told.fault(
                &[&key],
                format!(
                    "{one:?} can't be the {word} delimiter; take an ASCII character that is no letter, digit or space"
                ),
            );
        } else if let Some((other, _)) = known.iter().find(|k| k.1 == one) {
            same(told, one, [word, other]);
        }
        known.push((word, one));
    }
    if let Some(one) =
        d.replacement.filter(|one| !one.is_ascii() || one.is_control() || known.iter().any(|k| k.1 == *one))
    {
        told.fault(
            &["delimiters.replacement"],
            format!("{one:?} can't stand for a delimiter: it is one, or can't be written"),
        );
    }
}

/// Two delimiters are one character.
fn same(told: &mut Told, one: char, [word, other]: [&str; 2]) {
    let keys = [word, other].map(|word| format!("delimiters.{word}"));
    let built_in =
        [word, other].into_iter().zip(&keys).find(|(_, key)| !told.agreement.is_stated(key)).map(|(word, _)| word);
    if built_in.is_some() && !told.is_spoken {
        return;
    }
    let (of, elsewhere) = match told.standard {
        Some(Standard::X12) => (" of X12", "edifact"),
        Some(Standard::Edifact) => (" of EDIFACT", "x12"),
        _ => ("", "x12"),
    };
    let remedy = built_in.map_or_else(String::new, |word| {
        format!("; that {word} delimiter is built in: state another one, or what you state below `{elsewhere}`")
    });
    let sentence = format!(
        "{one:?} is the {other} delimiter and the {word} delimiter{of}; a reader could not tell them apart{remedy}"
    );
    told.fault(&keys.each_ref().map(String::as_str), sentence);
}

/// What has less room in an envelope than was stated.
fn lengths(told: &mut Told) {
    let (i, u) = (&told.agreement.isa_out, &told.agreement.unb_out);
    for (key, said, most) in [
        ("isa_out.isa01", &i.isa01, 2),
        ("isa_out.isa02", &i.isa02, 10),
        ("isa_out.isa03", &i.isa03, 2),
        ("isa_out.isa04", &i.isa04, 10),
        ("isa_out.isa05", &i.isa05, 2),
        ("isa_out.isa06", &i.isa06, 15),
        ("isa_out.isa07", &i.isa07, 2),
        ("isa_out.isa08", &i.isa08, 15),
        ("isa_out.isa12", &i.isa12, 5),
        ("gs_out.gs01", &told.agreement.gs_out.gs01, 2),
        ("gs_out.gs08", &told.agreement.gs_out.gs08, 12),
        ("gs_out.gs02", &told.agreement.gs_out.gs02, 15),
        ("gs_out.gs03", &told.agreement.gs_out.gs03, 15),
        ("unb_out.sender", &u.sender, 35),
        ("unb_out.sender_qualifier", &u.sender_qualifier, 4),
        ("unb_out.sender_routing", &u.sender_routing, 14),
        ("unb_out.receiver", &u.receiver, 35),
        ("unb_out.receiver_qualifier", &u.receiver_qualifier, 4),
        ("unb_out.receiver_routing", &u.receiver_routing, 14),
        ("unb_out.password", &u.password, 14),
        ("unb_out.password_qualifier", &u.password_qualifier, 2),
        ("unb_out.application_reference", &u.application_reference, 14),
        ("unb_out.priority", &u.priority, 1),
        ("unb_out.agreement", &u.agreement, 35),
        ("unb_out.association", &u.association, 6),
        ("unb_out.group_sender", &u.group_sender, 35),
        ("unb_out.group_sender_qualifier", &u.group_sender_qualifier, 4),
        ("unb_out.group_receiver", &u.group_receiver, 35),
        ("unb_out.group_receiver_qualifier", &u.group_receiver_qualifier, 4),
        ("unb_out.group_password", &u.group_password, 14),
    ] {
        if let Some(length) = said.as_ref().map(|said| said.chars().count()).filter(|length| *length > most) {
            told.fault(&[key], format!("`{key}` has {length} characters, and there is room for {most}"));
        }
    }
}

/// Guides that agreements name and that are not among those `known`.
pub fn guides(directory: &Directory, known: &[&str]) -> Vec<Lint> {
    let mut faults: Vec<Lint> = Vec::new();
    let partners = directory.partners.values().flat_map(|partner| partner.terms.all());
    for (_, agreement) in partners.chain(directory.tenants.values().flat_map(|tenant| tenant.terms.all())) {
        let Origin::File { file, line, column, .. } = agreement.origin("guides") else { continue };
        for name in agreement.guides.iter().filter(|name| !known.contains(&name.as_str())) {
            let near = nearest(name, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let sentence = format!("there is no guide `{name}` below the mappings folder{near}");
            let lint = Lint { file: file.to_string(), line: (*line).into(), column: (*column).into(), sentence };
            if !faults.contains(&lint) {
                faults.push(lint);
            }
        }
    }
    faults
}

/// Line and column, from 1, of the last of these words, each looked for behind the one before it. A word that the file
/// does not hold is passed over.
pub fn place(text: &str, words: &[&str]) -> (u64, u64) {
    let (mut from, mut at) = (0, 0);
    for word in words {
        if let Some(found) = find(&text[from..], word) {
            at = from + found;
            from = at + word.len();
        }
    }
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    (before.matches('\n').count() as u64 + 1, before[start..].chars().count() as u64 + 1)
}

/// A word that is not part of a longer one, if there is one; else its first place.
fn find(text: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .find(|(at, _)| {
            !text[..*at].chars().next_back().is_some_and(part)
                && !text[at + word.len()..].chars().next().is_some_and(part)
        })
        .map(|(at, _)| at)
        .or_else(|| text.find(word))
}

#[cfg(test)]
mod tests {
    use crate::tenancy::Directory;

    fn faults(agreement: &str) -> Vec<String> {
        faults_of("[x12/ZZ/NORTH]", agreement)
    }

    fn faults_of(identities: &str, agreement: &str) -> Vec<String> {
        let tenant = "tenant: acme\nidentities: [x12/ZZ/ACME]\n";
        let partner = format!("tenant: acme\npartner: last\nagreement:\n{agreement}identities: {identities}\n");
        let files = [("acme.yaml".to_owned(), tenant.to_owned()), ("north.yaml".to_owned(), partner)];
        match Directory::compile(&files, &|_| None) {
            Ok(_) => vec![],
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn what_an_agreement_may_say() {
        assert_eq!(
            faults("  control_numbers: { first: 7, last: 999999999 }\n  delimiters: { element: '|' }\n"),
            [""; 0]
        );
    }

    #[test]
    fn delimiters_collide_where_they_are_written() {
        let both = "[x12/ZZ/NORTH, edifact/ZZZ/NORTH]";
        // X12's own, said aloud: EDIFACT has `*` between repeats.
        let stars = "  delimiters: { element: '*' }\n";
        assert_eq!(faults(stars), [""; 0]);
        let told = faults_of(both, stars);
        assert!(told.len() == 1 && told[0].contains("repetition delimiter of EDIFACT"), "{told:?}");
        assert!(told[0].contains("below `x12`"), "{told:?}");
        assert_eq!(faults_of(both, &format!("  x12: {{{} }}\n", stars.trim())), [""; 0]);
        assert_eq!(faults_of(both, "  delimiters: { element: '*', repetition: '^' }\n"), [""; 0]);
        // Two that are stated are wrong for whoever reads them.
        let told = faults("  edifact: { delimiters: { element: '!', segment: '!' } }\n");
        assert!(told.len() == 1 && told[0].contains("of EDIFACT"), "{told:?}");
    }

    #[test]
    fn each_fault_has_its_place_and_reason() {
        for (agreement, begins, says) in [
            ("  control_numbers:\n    first: 1\n    last: 1000000000\n", "north.yaml:6:5: ", "nine digits"),
            ("  control_numbers: { first: 0 }\n", "north.yaml:4:22: ", "from 1"),
            ("  control_numbers: { first: 9, last: 8 }\n", "north.yaml:4:22: ", "empty"),
            ("  delimiters: { element: A }\n", "north.yaml:4:17: ", "no letter"),
            ("  delimiters: { component: '*' }\n", "north.yaml:4:17: ", "tell them apart"),
            ("  batch: { documents: 0 }\n", "north.yaml:4:12: ", "at least one set"),
            ("  expect: { acknowledgement: soon }\n", "north.yaml:4:30: ", "such as `24h`"),
            ("  expect: { acknowledgement: 0s }\n", "north.yaml:4:30: ", "from 1ms to 366d"),
            ("  expect: { answers: [{ to: '850', within: 1h }] }\n", "north.yaml:4:23: ", "`with` is missing"),
            (
                "  expect: { answers: [{ to: '850', with: '855', within: 0s }] }\n",
                "north.yaml:4:57: ",
                "`within` of an entry of `expect.answers` can't be that: `0s` is out of range: from 1ms to 366d",
            ),
            (
                "  expect: { answers: [{ to: '850', wiht: '855', within: 1h }] }\n",
                "north.yaml:4:36: ",
                "did you mean `with`?",
            ),
            ("  expect: { answers: ['850'] }\n", "north.yaml:4:24: ", "is a table of to, with, within"),
            ("  expect: { answers: { to: '850' } }\n", "north.yaml:4:22: ", "a list of tables"),
            ("  test_indicator: sandbox\n", "north.yaml:4:3: ", "takes tests in"),
            (
                "  { test_indicator: sandbox, sandbox: nowhere }\n",
                "north.yaml:4:30: ",
                "no file names a connection `nowhere`",
            ),
            ("  mail: on_refusal\n", "north.yaml:4:3: ", "no mail address"),
            ("  { mail: on_refusal, contacts: ['+1 555 0100'] }\n", "north.yaml:4:5: ", "nobody would get a letter"),
            (
                "  { mail: on_refusal, contacts: [a@b.example, 'x y@b.example'] }\n",
                "north.yaml:4:23: ",
                "`x y@b.example` is no",
            ),
            ("  implied_decimals: explicit\n", "north.yaml:4:21: ", "true or false"),
            ("  search_keys: [/sold_to/name]\n", "north.yaml:4:16: ", "a table of names and paths"),
            ("  search_keys: { po: BEG }\n", "north.yaml:4:3: ", "names no element"),
            ("  search_keys: { po: 'BEG03 | upper' }\n", "north.yaml:4:3: ", "a single path"),
            ("  search_keys: { store: 'QQ103' }\n", "north.yaml:4:3: ", "no guide knows a segment QQ1"),
            ("  search_keys: { po: BEG13 }\n", "north.yaml:4:3: ", "behind the last, BEG12"),
            ("  search_keys: { po: /numbr }\n", "north.yaml:4:3: ", "did you mean `/number`?"),
            ("  search_keys: { 'a b': BEG03 }\n", "north.yaml:4:3: ", "can't name a search key"),
            ("  gs_out: { gs08: VICS }\n", "north.yaml:4:13: ", "six digits"),
            ("  text_out: { repertoire: basic, substitute: '#' }\n", "north.yaml:4:34: ", "does not have it"),
            ("  text_in: { repertoire: basic, substitute: '#' }\n", "north.yaml:4:33: ", "does not have it"),
            ("  text_in: { substitute: '#' }\n", "north.yaml:4:14: ", "stands for nothing"),
            ("  isa_in: { isa11: separator }\n", "north.yaml:4:20: ", "standard_id or repetition_separator"),
            ("  acknowledge: '998'\n", "north.yaml:4:17: ", "997, 999"),
            ("  acknowlege: '997'\n", "north.yaml:4:3: ", "did you mean `acknowledge`?"),
            ("  wrong_counts: tolerate\n", "north.yaml:4:17: ", "did you mean `tolerated`?"),
            ("  duplicates_days: often\n", "north.yaml:4:20: ", "a whole number"),
            ("  edifact: { ta1: always }\n", "north.yaml:4:14: ", "in X12 only"),
            ("  sets: { '850': { ta1: always } }\n", "north.yaml:4:20: ", "can't differ by kind"),
            ("  x12: { retention_days: 3 }\n", "north.yaml:4:10: ", "beside the block"),
            ("  sets: { '9999': {} }\n", "north.yaml:4:11: ", "no set of X12"),
            ("  expect: { answers: [{ to: '850', with: '8555', within: 1h }] }\n", "north.yaml:4:13: ", "did you mean"),
            ("  expect: { acknowledgement: 1h, warn_before: 4h }\n", "north.yaml:4:34: ", "nobody would be warned"),
            (
                "  out_of_sequence: { gap: warn }\n  duplicates_days: 0\n",
                "north.yaml:4:22: ",
                "no control number is kept",
            ),
            (
                "  number_reach: { sets: days }\n  duplicates_days: 0\n",
                "north.yaml:4:19: ",
                "no control number is kept",
            ),
            ("  out_of_sequence: { gap: wrn }\n", "north.yaml:4:27: ", "did you mean `warn`?"),
            ("  out_of_sequence: { gaps: warn }\n", "north.yaml:4:22: ", "did you mean `gap`?"),
            ("  control_numbers: { prefix: A/ }\n", "north.yaml:4:22: ", "A to Z and digits"),
            ("  control_numbers: { prefix: ABC, suffix: XYZ }\n", "north.yaml:4:35: ", "room for 14"),
            ("  control_numbers: { set_prefix: ABCDEF }\n", "north.yaml:4:22: ", "ST02 has room for 9"),
            ("  control_numbers: { set_suffix: A, sets: running }\n", "north.yaml:4:22: ", "with 9 digits"),
            ("  control_numbers: { group_last: 9, group_first: 10 }\n", "north.yaml:4:37: ", "`group_first` 10"),
            ("  control_numbers: { set_first: 0 }\n", "north.yaml:4:22: ", "from 1"),
            ("  isa_out: { isa15: X }\n", "north.yaml:4:21: ", "P, T or I"),
            ("  x12: { control_numbers: { prefix: ABC } }\n", "north.yaml:4:29: ", "Edifact only"),
            ("  unb_out: { group_sender: SALES }\n", "north.yaml:4:14: ", "`group: true`"),
            ("  unb_out: { substitute: é }\n", "north.yaml:4:14: ", "UNOA does not have it"),
            ("  isa_out: { isa01: '99' }\n", "north.yaml:4:14: ", "one of 00, 01"),
            ("  crunchy: yes\n", "north.yaml:4:3: ", "crunchy"),
        ] {
            let got = faults(agreement);
            assert!(
                got.len() == 1 && got[0].starts_with(begins) && got[0].contains(says),
                "{agreement}: {got:?} should begin {begins} and say {says}"
            );
        }
    }
}
