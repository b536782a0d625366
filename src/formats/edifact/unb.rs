//! What the interchange header says beside who and to whom: values that ISO 9735-1 doesn't have there (S001, S004).

use crate::{
    codes,
    edi::{
        dates::{is_date, is_time},
        envelope::Service,
    },
    fault::{Costs, Fault},
    place::Place,
};

/// Element 0001, of syntax 1 to 4, as the UN assigns it; other agencies have others.
const REPERTOIRES: &[&str] = &[
    "UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL", "UNOW", "UNOX",
    "UNOY",
];
const REMEDY: &str =
    "The interchange is worked all the same. The header should say what ISO 9735 has for that element.";

const OVERLONG: &str = "The interchange is worked all the same. Ask the sender for a shorter one: an answer repeats only as much of it as there is room for.";

/// A fault for each.
pub(super) fn faults(unb: &Service) -> Vec<Fault> {
    // 0017 has six digits in syntax 1 to 3 and eight in syntax 4; both are met in either, and eight in 1 to 3 are a note.
    let date = |value: &str| match value.len() {
        8 => value.bytes().all(|byte| byte.is_ascii_digit()) && is_date(&value[2..]),
        _ => is_date(value),
    };
    type Check<'a> = (usize, u16, &'a dyn Fn(&str) -> bool, &'static str);
    let checks: [Check; 4] = [
        (
            1,
            1,
            &|value| !value.starts_with("UNO") || REPERTOIRES.contains(&value),
            "UNOA to UNOL, UNOW, UNOX or UNOY; it is read as UTF-8",
        ),
        (1, 2, &|value| ["1", "2", "3", "4"].contains(&value), "a syntax version, 1 to 4"),
        (4, 1, &date, "a date, YYMMDD or CCYYMMDD"),
        (4, 2, &is_time, "a time, HHMM"),
    ];
    let wrong = checks.into_iter().filter_map(|(element, component, right, expected)| {
        let value = unb.component(element, component.into());
        let sentence = format!("UNB{element:02}-{component} of the header at byte {} is “{value}”.", unb.span.start);
        let fault = || told(unb.place_of_component(element, component), &value, sentence).expected(expected);
        (!value.is_empty() && !right(&value)).then(fault)
    });
    let found = wrong.chain(missing(unb)).chain(century(unb, date)).chain(formless(unb));
    let mut found: Vec<Fault> = found.collect();
    if unb.component(1, 1) == "UNOX" {
        let sentence = format!(
            "UNB01-1 of the header at byte {} is “UNOX”, text that shifts between character sets: it is read as UTF-8.",
            unb.span.start
        );
        let fault =
            told(unb.place_of_component(1, 1), "UNOX", sentence).expected("UNOY (UTF-8), or one set such as UNOC");
        found.insert(0, fault.costs(Costs::Nothing).remedy("Ask the sender for UNOY: ISO 2022 is not decoded."));
    }
    found
}

/// Text in UTF-8 under the name of a set that has a byte for each character.
pub(super) fn in_utf8(unb: &Service) -> Option<Fault> {
    let (position, c) = unb.in_utf8()?;
    let (syntax, byte) = (unb.component(1, 1), unb.span.start);
    let sentence = format!(
        "UNB{position:02} of the header at byte {byte} has “{c}” in UTF-8, and its first element says {syntax}, in which \
         these bytes are other characters."
    );
    let fault = Fault::new(codes::OUTSIDE_REPERTOIRE, unb.place_of(position), sentence).costs(Costs::Segment);
    let fault = fault.found(&unb.element(position)).expected(format!("text in {}", unb.charset_name()));
    Some(fault.remedy(
        "If the sender writes UTF-8, it should name UNOY in UNB. Messages are read so by the agreement: `edifact_characters: utf-8`.",
    ))
}

/// A date with its century, which stricter readers refuse before syntax 4.
fn century(unb: &Service, is_date: impl Fn(&str) -> bool) -> Option<Fault> {
    let (syntax, value) = (unb.component(1, 2), unb.component(4, 1));
    if !matches!(&*syntax, "1" | "2" | "3") || value.len() != 8 || !is_date(&value) {
        return None;
    }
    let sentence = format!(
        "UNB04-1 of the header at byte {} is “{value}”: a date has six digits up to syntax 3, and this is syntax {syntax}.",
        unb.span.start
    );
    let fault = told(unb.place_of_component(4, 1), &value, sentence).costs(Costs::Nothing);
    Some(
        fault
            .expected(&value[2..])
            .remedy("Nothing is lost by it. The sender should write YYMMDD there, or syntax 4 in UNB01-2."),
    )
}

/// What UNB must have and hasn't: all that is mandatory in it (S001 to S004, 0020).
fn missing(unb: &Service) -> impl Iterator<Item = Fault> {
    const MANDATORY: [(usize, u16, &str); 7] = [
        (1, 1, "the syntax identifier (0001)"),
        (1, 2, "the syntax version (0002)"),
        (2, 1, "the sender (0004)"),
        (3, 1, "the recipient (0010)"),
        (4, 1, "the date (0017)"),
        (4, 2, "the time (0019)"),
        (5, 0, "the control reference (0020)"),
    ];
    MANDATORY.into_iter().filter_map(|(element, component, what)| {
        let (missing, place, name) = match component {
            0 => (unb.lacks(element), unb.place_of(element), format!("UNB{element:02}")),
            _ => {
                let place = unb.place_of_component(element, component);
                (unb.component(element, component.into()).is_empty(), place, format!("UNB{element:02}-{component}"))
            }
        };
        let sentence = format!("{name} is missing in the header at byte {}.", unb.span.start);
        // Parties that are blanked out are met in what people pass on; the connection may know who they are.
        let party = element == 2 || element == 3;
        let fault = told(place, "", sentence).expected(what);
        missing.then(|| if party { fault.costs(Costs::Nothing) } else { fault })
    })
}

/// What a name or a number of UNB may be.
struct Form {
    element: u16,
    /// 0 of an element that is none of a composite's parts.
    component: u16,
    /// How many characters, in syntax 1 to 3 and in syntax 4.
    most: [usize; 2],
    of: Characters,
    what: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Characters {
    Any,
    Letters,
    Digits,
}

const fn form(place: (u16, u16), most: [usize; 2], of: Characters, what: &'static str) -> Form {
    Form { element: place.0, component: place.1, most, of, what }
}

/// ISO 9735-1, UNB: S002, S003, 0020 and what is conditional behind them.
const FORMS: [Form; 16] = [
    form((1, 3), [6, 6], Characters::Any, "the version of the service codes (0080)"),
    form((1, 4), [3, 3], Characters::Any, "the encoding (0133)"),
    form((2, 1), [35, 35], Characters::Any, "the sender (0004)"),
    form((2, 2), [4, 4], Characters::Any, "its qualifier (0007)"),
    form((2, 3), [14, 35], Characters::Any, "the address for answers (0008)"),
    form((3, 1), [35, 35], Characters::Any, "the recipient (0010)"),
    form((3, 2), [4, 4], Characters::Any, "its qualifier (0007)"),
    form((3, 3), [14, 35], Characters::Any, "the address it is routed to (0014)"),
    form((5, 0), [14, 14], Characters::Any, "the control reference (0020)"),
    form((6, 1), [14, 14], Characters::Any, "the recipient's reference or password (0022)"),
    form((6, 2), [2, 2], Characters::Any, "its qualifier (0025), AA or BB"),
    form((7, 0), [14, 14], Characters::Any, "the application reference (0026)"),
    form((8, 0), [1, 1], Characters::Letters, "the processing priority (0029), A"),
    form((9, 0), [1, 1], Characters::Digits, "the request for an acknowledgement (0031), 1"),
    form((10, 0), [35, 35], Characters::Any, "the agreement (0032)"),
    form((11, 0), [1, 1], Characters::Digits, "the test indicator (0035), 1"),
];

/// Names and numbers that are longer than there is room for, which an answer has no more room for either, and letters
/// where digits belong.
fn formless(unb: &Service) -> impl Iterator<Item = Fault> {
    let syntax = usize::from(unb.component(1, 2).starts_with('4'));
    FORMS.iter().filter_map(move |form| {
        let (element, component) = (form.element, form.component);
        let (value, place, name) = match component {
            0 => (unb.element(element.into()), unb.place_of(element.into()), format!("UNB{element:02}")),
            _ => {
                let place = unb.place_of_component(element.into(), component);
                let value = unb.component(element.into(), component.into());
                (value, place, format!("UNB{element:02}-{component}"))
            }
        };
        let (long, most, byte) = (value.chars().count(), form.most[syntax], unb.span.start);
        if long > most {
            let room = if most == 1 { "1 character".into() } else { format!("{most} characters") };
            let sentence = format!(
                "{name} of the header at byte {byte}, “{value}”, has {long} characters, and there is room for {most}."
            );
            let fault = Fault::new(codes::TOO_LONG_VALUE, place, sentence).costs(Costs::Segment).found(&value);
            return Some(fault.expected(format!("at most {room}: {}", form.what)).remedy(OVERLONG));
        }
        let (right, a) = match form.of {
            Characters::Any => return None,
            Characters::Letters => (value.bytes().all(|byte| byte.is_ascii_alphabetic()), "a letter"),
            Characters::Digits => (value.bytes().all(|byte| byte.is_ascii_digit()), "a digit"),
        };
        let fault = || told(place, &value, format!("{name} of the header at byte {byte} is “{value}”."));
        (!right).then(|| fault().expected(format!("{a}: {}", form.what)))
    })
}

fn told(place: Place, value: &str, sentence: String) -> Fault {
    Fault::new(codes::HEADER_VALUE, place, sentence).found(value).remedy(REMEDY)
}
