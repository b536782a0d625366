//! What the standards' acknowledgements say of a fault: the code of its row, or a better one where place, version or the
//! partner's guide make a difference. Asked by what is sent and by what is shown, so that both say the same.

use crate::{
    codes::{self, X12Code},
    fault::Fault,
    guides::{self, Class, ElementSpec},
    piece::Standard,
    place::At,
};

/// 0085: the syntax version or level is not supported; something mandatory is missing; and, of syntax 4, the character set
/// is not supported.
const NO_SYNTAX: &str = "2";
const MISSING: &str = "13";
const NO_CHARACTERS: &str = "46";

/// Elements of ISA and what I18 says of a value of theirs that can't stand there.
const OF_ISA: &[(u16, &str)] = &[
    (1, "010"),
    (2, "011"),
    (3, "012"),
    (4, "013"),
    (5, "005"),
    (6, "006"),
    (7, "007"),
    (8, "008"),
    (9, "014"),
    (10, "015"),
    (12, "017"),
    (13, "018"),
    (14, "019"),
    (15, "020"),
];

/// True if a TA1 says this of faults with a code, by the element of ISA that they are about.
pub(crate) fn is_of_isa(fault: &str, code: &str) -> bool {
    fault == codes::HEADER_VALUE && OF_ISA.iter().any(|(_, known)| *known == code)
}

/// What a TA1 or a 997 of this version says.
pub(crate) fn in_997(fault: &Fault, version: &str) -> X12Code {
    let Some(row) = codes::row(&fault.code) else { return X12Code::None };
    let element = match &fault.place.at {
        At::Segment { id, element: Some(element), .. } => Some((&**id, *element)),
        _ => None,
    };
    match (row.code, element) {
        // What 005010 gave codes of their own was too many of something before.
        (codes::TOO_MANY_REPEATS, _) if version >= "005010" => X12Code::Element("12"),
        (codes::TOO_MANY_COMPONENTS, _) if version >= "005010" => X12Code::Element("13"),
        (codes::HEADER_VALUE, Some(("ISA", element))) => {
            let known = OF_ISA.iter().find(|(of, _)| *of == element);
            known.map_or(row.x12, |(_, code)| X12Code::Interchange(code))
        }
        // Of a header that can't be read, 6 is the kind's and 7 the number's.
        (codes::SET_HEADER, Some(("ST", 2))) => X12Code::Set("7"),
        _ => row.x12,
    }
}

/// What a 999 says of a fault in a set of this kind and version. Elements 620 and 621 have codes for what the standard
/// allows and only the partner's guide doesn't.
pub(crate) fn in_999(fault: &Fault, kind: &str, version: &str) -> X12Code {
    let At::Segment { id, element, component, .. } = &fault.place.at else { return in_997(fault, "005010") };
    let standard = || guides::find(Standard::X12, version, kind);
    let spec = || -> Option<&ElementSpec> {
        let spec = standard()?.segments.get(id)?.elements.get(usize::from((*element)?).checked_sub(1)?)?;
        match component {
            Some(component) => spec.components.get(usize::from(*component).checked_sub(1)?),
            None => Some(spec),
        }
    };
    let implementation = match &*fault.code {
        codes::NOT_IN_SET => standard().filter(|guide| guide.segments.contains_key(id)).map(|_| X12Code::Segment("I4")),
        codes::TOO_MANY_ELEMENTS => spec().filter(|spec| spec.class != Class::Unused).map(|_| X12Code::Element("I10")),
        codes::UNKNOWN_CODE => spec()
            .filter(|spec| spec.codes.is_empty() || spec.codes.contains(fault.found.trim_end_matches(' ')))
            .map(|_| X12Code::Element("I6")),
        _ => None,
    };
    implementation.unwrap_or_else(|| in_997(fault, "005010"))
}

/// What both say, and in which element: `AK403/IK403 (723) = 5`, `AK403 (723) = 3, IK403 (621) = 13`.
pub(crate) fn told(fault: &Fault, kind: &str, version: &str) -> Option<String> {
    let (older, newer) = (in_997(fault, version), in_999(fault, kind, version));
    match (older, newer) {
        (X12Code::Segment(older), X12Code::Segment(newer)) if older != newer => {
            Some(format!("AK304 (720) = {older}, IK304 (620) = {newer}"))
        }
        (X12Code::Element(older), X12Code::Element(newer)) if older != newer => {
            Some(format!("AK403 (723) = {older}, IK403 (621) = {newer}"))
        }
        _ => older.told(),
    }
}

/// Element 0085 of a CONTRL for an interchange of this syntax version; empty if none says it.
pub(crate) fn in_contrl(fault: &Fault, syntax: u8) -> &'static str {
    let row = codes::row(&fault.code).map_or("", |row| row.edifact);
    let component = match &fault.place.at {
        At::Segment { id, element: Some(1), component, .. } if **id == *"UNB" => *component,
        _ => None,
    };
    match (&*fault.code, component) {
        (codes::HEADER_VALUE, _) if fault.found.is_empty() => MISSING,
        // Of its syntax 0085 has more to say than of other values.
        (codes::HEADER_VALUE, Some(1)) if syntax >= 4 => NO_CHARACTERS,
        (codes::HEADER_VALUE, Some(_)) => NO_SYNTAX,
        _ => row,
    }
}
