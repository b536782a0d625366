//! What a group's header says beside who and to whom: GS, X12.6 §3.5.

use super::header::is_version;
use crate::{
    codes,
    edi::{
        dates::{is_date, is_time},
        envelope::Service,
    },
    fault::{Costs, Fault},
    place::Place,
};

/// A note if the group is of another release than the interchange says: the group is right about its sets.
pub(super) fn other_version(gs: &Service, interchange: &str) -> Option<Fault> {
    let version = gs.element(8);
    // What is no version can't be another one.
    let release = version.get(..5).filter(|release| is_version(release));
    if interchange.is_empty() || release.is_none_or(|release| release == interchange) {
        return None;
    }
    let sentence = format!("GS08 is “{version}”, and ISA12 is “{interchange}”: the sets are read by GS08.");
    let fault = Fault::new(codes::OTHER_VERSION, gs.place_of(8), sentence);
    Some(fault.found(&version).expected(format!("a version that begins with {interchange}")))
}

/// The fault of a header that doesn't say what its sets are, or has no control number. Of one in which the document ends,
/// nothing is said here nor in the next ones: that it ends is told.
pub(super) fn missing(gs: &Service) -> Option<Fault> {
    let position = [1, 6].into_iter().find(|n| gs.lacks(*n)).filter(|_| gs.span.terminated)?;
    let sentence = format!("GS{position:02} is missing in the group header at byte {}.", gs.span.start);
    let fault = Fault::new(codes::GROUP_HEADER, gs.place_of(position), sentence);
    Some(fault.expected("the kind of sets (GS01), a control number (GS06) and a version (GS08)"))
}

/// The fault of a control number that isn't one to nine digits. X12.22, element 28.
pub(super) fn number(gs: &Service) -> Option<Fault> {
    let value = gs.element(6);
    let is_number = value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
    let fault = || {
        let sentence = format!("GS06 of the group at byte {} is “{value}”.", gs.span.start);
        Fault::new(codes::GROUP_NUMBER, gs.place_of(6), sentence)
            .found(&value)
            .expected("a number of one to nine digits")
    };
    (!is_number && gs.span.terminated).then(fault)
}

/// The fault of a header that says no version.
pub(super) fn no_version(gs: &Service) -> Option<Fault> {
    let fault = || {
        let sentence = format!("GS08 is missing in the group header at byte {}.", gs.span.start);
        Fault::new(codes::GROUP_HEADER, gs.place_of(8), sentence).expected("a version (GS08), such as 004010")
    };
    (gs.lacks(8) && gs.span.terminated).then(fault)
}

/// Once a set is met that says no version of its own (ST03), the missing one costs the group: nothing in it can be checked.
pub(super) fn not_checked(faults: &mut [Fault]) {
    let missing = faults.iter_mut().filter(|fault| *fault.code == *codes::GROUP_HEADER && fault.costs < Costs::Group);
    for fault in missing {
        fault.costs = Costs::Group;
        fault.sentence = format!("{} The sets in the group can't be checked without it.", fault.sentence).into();
    }
}

/// GS02 to GS05 and GS07 that can't be what they should; of an empty one only who and to whom. X12.22, elements 142, 124,
/// 373, 337, 455.
pub(super) fn values(gs: &Service) -> impl Iterator<Item = Fault> {
    let named = [(2, "the application sender's code"), (3, "the application receiver's code")];
    let nameless = named.into_iter().filter(|(position, _)| gs.lacks(*position) && gs.span.terminated);
    let nameless = nameless.map(|(position, expected)| {
        let sentence = format!("GS{position:02} is missing in the group header at byte {}.", gs.span.start);
        Fault::new(codes::GROUP_VALUE, gs.place_of(position), sentence).expected(expected)
    });
    // Element 373 has eight digits from 004010 on and six before; both are met in either.
    let date = |value: &str| match value.len() {
        8 => value.bytes().all(|byte| byte.is_ascii_digit()) && is_date(&value[2..]),
        _ => is_date(value),
    };
    let time = |value: &str| {
        let (first, rest) = value.split_at_checked(4).unwrap_or((value, ""));
        let digits = rest.len() <= 4 && rest.bytes().all(|byte| byte.is_ascii_digit());
        is_time(first) && digits && (rest.is_empty() || rest.len() >= 2 && rest < "60")
    };
    let agency = |value: &str| ["X", "T"].contains(&value);
    let is_right = [date(&gs.element(4)), time(&gs.element(5)), agency(&gs.element(7))];
    let expected = ["a date, CCYYMMDD or YYMMDD", "a time, HHMM, HHMMSS or finer", "X or T"];
    let checks = [4, 5, 7].into_iter().zip(is_right).zip(expected);
    let wrong = checks.filter(|((position, right), _)| !right && !gs.lacks(*position) && gs.span.terminated);
    nameless.chain(wrong.map(|((position, _), expected)| {
        let value = gs.element(position);
        let sentence = format!("GS{position:02} of the group at byte {} is “{value}”.", gs.span.start);
        Fault::new(codes::GROUP_VALUE, gs.place_of(position), sentence).found(&value).expected(expected)
    }))
}

/// What GS01 says, until a set was found that is of another kind.
#[derive(Debug, Default)]
pub(super) struct Kind(Option<(String, Place)>);

impl Kind {
    /// By a group's header.
    pub fn of(gs: &Service) -> Kind {
        Kind((!gs.lacks(1)).then(|| (gs.element(1), gs.place_of(1))))
    }

    /// The fault of the first set that belongs into groups of another kind: `right` is what its guide says.
    pub fn differs(&mut self, set: &str, right: &str) -> Option<Fault> {
        let (stated, place) = self.0.take_if(|(stated, _)| stated != right && !right.is_empty())?;
        let sentence =
            format!("GS01 says “{stated}”, and there is a set {set} in the group, which belongs into a group {right}.");
        Some(Fault::new(codes::GROUP_KIND, place, sentence).found(&stated).expected(right))
    }
}
