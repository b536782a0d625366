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

const OVERLONG: &str = "The interchange is worked all the same. Ask the sender for a shorter one: a CONTRL names only as much of it as there is room for.";

/// A fault for each.
pub(super) fn faults(unb: &Service) -> Vec<Fault> {
    // 0017 has six digits in syntax 1 to 3 and eight in syntax 4; both are met in either.
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
    let mut found: Vec<Fault> = wrong.chain(missing(unb)).chain(overlong(unb)).collect();
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

/// Names and numbers that are longer than there is room for: an answer has no more room for them.
fn overlong(unb: &Service) -> impl Iterator<Item = Fault> {
    const LONGEST: [(usize, u16, usize, &str); 5] = [
        (2, 1, 35, "the sender (0004)"),
        (2, 2, 4, "its qualifier (0007)"),
        (3, 1, 35, "the recipient (0010)"),
        (3, 2, 4, "its qualifier (0007)"),
        (5, 0, 14, "the control reference (0020)"),
    ];
    LONGEST.into_iter().filter_map(|(element, component, most, what)| {
        let (value, place, name) = match component {
            0 => (unb.element(element), unb.place_of(element), format!("UNB{element:02}")),
            _ => {
                let place = unb.place_of_component(element, component);
                (unb.component(element, component.into()), place, format!("UNB{element:02}-{component}"))
            }
        };
        let long = value.chars().count();
        let sentence = format!(
            "{name} of the header at byte {}, “{value}”, has {long} characters, and there is room for {most}.",
            unb.span.start
        );
        let fault = || {
            let fault = Fault::new(codes::TOO_LONG_VALUE, place, sentence).costs(Costs::Segment).found(&value);
            fault.expected(format!("at most {most} characters: {what}")).remedy(OVERLONG)
        };
        (long > most).then(fault)
    })
}

fn told(place: Place, value: &str, sentence: String) -> Fault {
    Fault::new(codes::HEADER_VALUE, place, sentence).found(value).remedy(REMEDY)
}
