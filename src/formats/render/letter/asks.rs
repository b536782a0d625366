//! What a document's sender is asked to do. The remedies of the codes speak to whoever runs the hub: where these name the
//! sender, or settings that the sender can't see, the sender's own stand here.

use crate::{
    codes,
    fault::{Fault, Layer},
    place::At,
};

const ASKS: &[(&str, &str)] = &[
    (codes::EMPTY, "Send it again: nothing of it arrived."),
    (
        codes::NO_DOCUMENT,
        "Send an X12 interchange, which begins with ISA, or an EDIFACT interchange, which begins with UNA or UNB.",
    ),
    (
        codes::STRAY_BYTES,
        "Nothing of these bytes was read. If a document should stand there, send it again, from its header on and in a file of its own.",
    ),
    (
        codes::BAD_TEXT,
        "Send it in UTF-8, or in the character set that was agreed on or that its interchange header names.",
    ),
    (codes::NUL, "Leave NUL characters out; they often come from fixed-length fields."),
    (codes::TOO_LONG, "Split it into several."),
    (codes::HEADER, "Send a complete header: nothing of the interchange can be read without it."),
    (codes::GROUP_HEADER, "Fill in the group header."),
    (
        codes::FURTHER,
        "Leave out what is too much, and look whether what stands before it is one element off its place.",
    ),
    (codes::NO_INTERCHANGE_TRAILER, "It was probably cut short on its way. Send it again, to its trailer."),
    (codes::NO_GROUP_TRAILER, "It was probably cut short on its way. Send it again, with the group's trailer."),
    (codes::CUT_SET, "It was probably cut short on its way. Send this set again, with its trailer."),
    (codes::SET_COUNT, "Look whether segments are missing. The count is of all from header to trailer, both included."),
    (codes::GROUP_COUNT, "Look whether sets are missing. The count is of the sets in the group."),
    (codes::GROUP_CONTROL, "Give header and trailer of the group the same number."),
    (
        codes::INTERCHANGE_COUNT,
        "Look whether something is missing. The count is of groups, or of messages where there are none.",
    ),
    (codes::INTERCHANGE_CONTROL, "Give header and trailer of the interchange the same number."),
    (codes::SET_HEADER, "Fill in the set header."),
    (codes::SET_OUTSIDE_GROUP, "Put the sets into a group: it names what they are and in which version."),
    (codes::SET_NUMBER_AGAIN, "Number the sets of a group each by a number of its own."),
    (codes::GROUP_NUMBER_AGAIN, "Number the groups of an interchange each by a number of its own."),
    (codes::UNKNOWN_SET, "Look for a slip in the kind of the set; or ask us before you send sets of this kind."),
    (codes::GROUP_KIND, "Name in the group header what the group holds."),
    (
        codes::UNKNOWN_SEGMENT,
        "Look for a slip in the segment's id, whether it is there at all, and for a line break or terminator inside a value; or leave the segment out.",
    ),
    (codes::NOT_IN_SET, "Leave it out: the standard knows the segment, but not in this set."),
    (codes::UNKNOWN_CODE, "Send a code of the list."),
    (codes::SEPARATOR_IN_VALUE, "Choose a separator that your data doesn't use."),
    (codes::OUTSIDE_REPERTOIRE, "Name the character set that you write in, or write only what the named one has."),
    (codes::PADDED_VALUE, "Send numbers and values with no other zeros and blanks at their ends than were agreed on."),
    (codes::TRAILING_SEPARATORS, "End segments and composites with their last value, as it was agreed."),
    (codes::NO_TRAILING_SEPARATORS, "Send the separators of all elements and components, as it was agreed."),
    (codes::LEADING_ZEROS, "Send numbers without zeros before them, as it was agreed."),
    (codes::NO_LEADING_ZEROS, "Fill numbers with zeros up to their longest length, as it was agreed."),
    (codes::TRAILING_ZEROS, "End decimals with their last digit that is no zero, as it was agreed."),
    (codes::NO_TRAILING_ZEROS, "Send numbers with decimals, also where these are zero, as it was agreed."),
    (codes::PERIOD, "Write the date in the form that 2379 names, or name there the form that it has."),
    (codes::CONTROL_TOTAL, "Look whether lines are missing, and count them anew."),
    (codes::HASH_TOTAL, "Look whether lines are missing, and sum the quantities anew."),
    (codes::NO_KEY_COLUMN, "Add the column."),
    (codes::UNKNOWN_RECORD, "Look for a slip in the record's type."),
    (codes::NO_LAYOUT, "Nothing: we could not read it, and look into it."),
    (codes::DOCTYPE, "Leave out what stands in [ ] of the DOCTYPE."),
    (codes::ENTITY, "Write the character itself."),
    (codes::NOT_WELL_FORMED, "Mend it; the place named is where a reader can't go on."),
    (codes::TOO_DEEP, "Send it with fewer levels: no business document is nested like this."),
    (codes::TOO_MANY_NODES, "Split the document."),
    (codes::ENCODING, "Send it in UTF-8."),
    (codes::BAD_JSON, "Mend it; the place named is where a reader can't go on."),
];

/// Of rows and nodes no header names the set that they are in.
const TEXT_WITHOUT_HEADER: &str = "Send it in UTF-8.";

/// What the sender of a fault is asked for.
pub(super) fn ask(fault: &Fault) -> Box<str> {
    if *fault.code == *codes::BAD_TEXT && !matches!(fault.place.at, At::Segment { .. }) {
        return TEXT_WITHOUT_HEADER.into();
    }
    if let Some((_, ask)) = ASKS.iter().find(|(code, _)| *code == &*fault.code) {
        return (*ask).into();
    }
    // What an agreement let pass or refused is told in the remedy, and is none of the sender's business.
    match (codes::row(&fault.code), fault.layer) {
        (Some(row), _) => row.remedy.into(),
        // Of what the core or a mapping refused the remedies are ours, too: what was expected is said.
        (None, Layer::Core | Layer::Mapping) => "".into(),
        (None, _) => fault.remedy.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Fault,
        place::{At, Place},
    };

    #[test]
    fn whoever_sends_rows_is_told_of_no_header() {
        let at = |at| ask(&Fault::new(codes::BAD_TEXT, Place { byte: 0, len: 1, at }, String::new()));
        assert_eq!(&*at(At::Row { line: 1, column: None }), "Send it in UTF-8.");
        let segment = At::Segment { ordinal: 1, id: "N1".into(), element: Some(2), component: None, repeat: 1 };
        assert!(at(segment).contains("interchange header"));
    }

    #[test]
    fn nobody_is_told_to_ask_himself() {
        for row in codes::CODES.iter().filter(|row| !row.code.starts_with("E08")) {
            let place = Place { byte: 0, len: 0, at: At::Node { path: "".into() } };
            let ask = ask(&Fault::new(row.code, place, String::new()));
            // What belongs to none may have been a document, which its sender is told by a letter.
            let told = row.costs > crate::fault::Costs::Nothing || row.code == codes::STRAY_BYTES;
            if told || ASKS.iter().any(|(code, _)| *code == row.code) {
                let ours = ["sender", "agreement", "setting", "mapping", "connection", "`"];
                assert!(!ours.iter().any(|word| ask.contains(word)), "{}: {ask}", row.code);
            }
        }
    }
}
