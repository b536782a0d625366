//! What the codes of acknowledgements mean, in short words of our own: how something was taken (elements 715, 717 and I17 of
//! X12, 0083 of EDIFACT), and why (716, 718, 720, 723, I18; 0085).

/// The words for a code, by the element that says it (`AK403`, `IK403`, `TA105`, `0085`).
pub fn of(by: &str, code: &str) -> Option<&'static str> {
    table(by)?.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

/// The codes of an element that there are words for.
pub fn codes(by: &str) -> impl Iterator<Item = &'static str> {
    table(by).into_iter().flatten().map(|(code, _)| *code)
}

fn table(by: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match by {
        "AK501" | "IK501" => SET_TAKEN,
        "AK901" => GROUP_TAKEN,
        "TA104" => INTERCHANGE_TAKEN,
        "0083" => EDIFACT_TAKEN,
        "AK304" | "IK304" => SEGMENT,
        "AK403" | "IK403" => ELEMENT,
        "AK502" | "IK502" => SET,
        "AK905" => GROUP,
        "TA105" => INTERCHANGE,
        "0085" => EDIFACT,
        _ => return None,
    })
}

/// Which acknowledgement a segment belongs to, by its id or by one of its elements (`AK4`, `AK403`).
pub fn answer_with(segment: &str) -> Option<&'static str> {
    let known = [
        (&["AK1", "AK2", "AK9"][..], "997 and the 999"),
        (&["AK3", "AK4", "AK5"], "997"),
        (&["IK3", "IK4", "IK5", "CTX"], "999"),
        (&["TA1"], "TA1"),
        (&["UCI", "UCF", "UCM", "UCS", "UCD"], "CONTRL"),
    ];
    let id = segment.get(..3)?.to_ascii_uppercase();
    let rest = segment[3..].bytes().all(|byte| byte.is_ascii_digit());
    known.into_iter().find(|(ids, _)| rest && ids.contains(&&*id)).map(|(_, answer)| answer)
}

const SET_TAKEN: &[(&str, &str)] = &[
    ("A", "the set is accepted"),
    ("E", "the set is accepted, though it has errors"),
    ("M", "the set is rejected: its authentication failed"),
    ("R", "the set is rejected"),
    ("W", "the set is rejected: its assurance failed"),
    ("X", "the set is rejected: it could not be read once it was decrypted"),
];
const GROUP_TAKEN: &[(&str, &str)] = &[
    ("A", "the group is accepted"),
    ("E", "the group is accepted, though it has errors"),
    ("M", "the group is rejected: its authentication failed"),
    ("P", "the group is accepted in part: at least one set of it is rejected"),
    ("R", "the group is rejected with all of its sets"),
    ("W", "the group is rejected: its assurance failed"),
    ("X", "the group is rejected: it could not be read once it was decrypted"),
];
const INTERCHANGE_TAKEN: &[(&str, &str)] = &[
    ("A", "the interchange's envelope is accepted: of the sets in it nothing is said"),
    ("E", "the interchange's envelope is accepted, though it has errors: it is not to be sent again"),
    ("R", "the interchange is rejected for its envelope: nothing in it was read"),
];
const EDIFACT_TAKEN: &[(&str, &str)] = &[
    ("4", "this level and all below it are rejected"),
    ("7", "this level is acknowledged, and those below it that are not rejected by themselves"),
    ("8", "the interchange was received: of how it was taken nothing is said"),
];
const SEGMENT: &[(&str, &str)] = &[
    ("1", "a segment that is not known"),
    ("2", "a segment that was not expected"),
    ("3", "a mandatory segment is missing"),
    ("4", "a loop too often"),
    ("5", "a segment too often"),
    ("6", "a segment that this set doesn't have"),
    ("7", "a segment at the wrong place"),
    ("8", "elements in error"),
    ("I4", "a segment that the partner's guide doesn't use"),
    ("I6", "a segment that the partner's guide wants here is missing"),
    ("I7", "a loop less often than the partner's guide wants"),
    ("I8", "a segment less often than the partner's guide wants"),
    ("I9", "a segment that the partner's guide doesn't use here"),
];
const ELEMENT: &[(&str, &str)] = &[
    ("1", "a mandatory element is missing"),
    ("2", "a conditional element is missing"),
    ("3", "too many elements"),
    ("4", "too short"),
    ("5", "too long"),
    ("6", "a character that is not allowed"),
    ("7", "a code value that is not in the list"),
    ("8", "not a date"),
    ("9", "not a time"),
    ("10", "elements that exclude each other"),
    ("12", "repeated too often"),
    ("13", "too many components"),
    ("I6", "a code value that the partner's guide doesn't use"),
    ("I9", "an element that the partner's guide wants here is missing"),
    ("I10", "an element that the partner's guide doesn't use"),
    ("I11", "repeated less often than the partner's guide wants"),
    ("I12", "not of the form that the partner's guide wants"),
    ("I13", "an element that the partner's guide doesn't use here"),
];
const SET: &[(&str, &str)] = &[
    ("1", "the set is not supported"),
    ("2", "the set's trailer is missing"),
    ("3", "the set's control numbers disagree"),
    ("4", "the count of segments is wrong"),
    ("5", "segments in error"),
    ("6", "the set's kind is missing or not known"),
    ("7", "the set's control number is missing or not allowed"),
    ("8", "the key for authentication is not known"),
    ("9", "the key for encryption is not known"),
    ("10", "the service of authentication or encryption is not offered"),
    ("11", "the recipient of the secured set is not known"),
    ("12", "the encrypted text has the wrong length"),
    ("13", "the authentication failed"),
    ("15", "the originator of the secured set is not known"),
    ("16", "the decrypted text has an error in its syntax"),
    ("17", "security is not supported"),
    ("18", "the set is not in a group"),
    ("19", "the set's implementation (ST03) is not allowed; up to 004010: S1E is missing"),
    ("20", "S1S is missing"),
    ("21", "S2E is missing"),
    ("22", "S2S is missing"),
    ("23", "the set's control number is not unique in its group"),
    ("24", "S3E is missing"),
    ("25", "S3S is missing"),
    ("26", "S4E is missing"),
    ("27", "S4S is missing"),
    ("I5", "segments in error by the partner's guide"),
    ("I6", "the set's implementation is not supported"),
];
const GROUP: &[(&str, &str)] = &[
    ("1", "the group is not supported"),
    ("2", "the group's version is not supported"),
    ("3", "the group's trailer is missing"),
    ("4", "the group's control numbers disagree"),
    ("5", "the count of sets is wrong"),
    ("6", "the group's control number is not allowed"),
    ("10", "the key for authentication is not known"),
    ("11", "the key for encryption is not known"),
    ("12", "the service of authentication or encryption is not offered"),
    ("13", "the recipient of the secured group is not known"),
    ("14", "the originator of the secured group is not known"),
    ("15", "the decrypted text has an error in its syntax"),
    ("16", "security is not supported"),
    ("17", "the encrypted text has the wrong length"),
    ("18", "the authentication failed"),
    ("19", "the group's control number is not unique in its interchange; up to 004010: S1E is missing"),
    ("20", "S1S is missing"),
    ("21", "S2E is missing"),
    ("22", "S2S is missing"),
    ("23", "S3E is missing"),
    ("24", "S3S is missing"),
    ("25", "S4E is missing"),
    ("26", "S4S is missing"),
];
const INTERCHANGE: &[(&str, &str)] = &[
    ("000", "no error"),
    ("001", "the interchange's control numbers disagree"),
    ("002", "the standard is not supported"),
    ("003", "the version is not supported"),
    ("004", "the segment terminator is not allowed"),
    ("005", "the sender's qualifier is not allowed"),
    ("006", "the sender is not known"),
    ("007", "the receiver's qualifier is not allowed"),
    ("008", "the receiver's identity is not allowed"),
    ("009", "the receiver is not known"),
    ("010", "the authorization's qualifier is not allowed"),
    ("011", "the authorization is not allowed"),
    ("012", "the security's qualifier is not allowed"),
    ("013", "the security's information is not allowed"),
    ("014", "the interchange's date is not allowed"),
    ("015", "the interchange's time is not allowed"),
    ("016", "the standard's identifier is not allowed"),
    ("017", "the interchange's version is not allowed"),
    ("018", "the interchange's control number is not allowed"),
    ("019", "the request for an acknowledgement is not allowed"),
    ("020", "the test indicator is not allowed"),
    ("021", "the count of groups is wrong"),
    ("022", "the control structure is wrong"),
    ("023", "the file ended too early"),
    ("024", "the interchange has content that is not allowed"),
    ("025", "the control number came before"),
    ("026", "the element separator is not allowed"),
    ("027", "the component separator is not allowed"),
    ("028", "the date of a request for later delivery is not allowed"),
    ("029", "the time of a request for later delivery is not allowed"),
    ("030", "the code of a delivery's time is not allowed"),
    ("031", "the grade of service is not allowed"),
];
const EDIFACT: &[(&str, &str)] = &[
    ("2", "the syntax version or level is not supported"),
    ("7", "the recipient is not the actual one"),
    ("12", "a value that is not allowed"),
    ("13", "something is missing"),
    ("14", "a value that is not allowed at this place"),
    ("15", "not allowed at this place"),
    ("16", "too many elements or components"),
    ("17", "nothing is agreed for it"),
    ("18", "an error that is not specified"),
    ("19", "the decimal mark is not allowed"),
    ("20", "a character that can't be a service character"),
    ("21", "a character that is not allowed"),
    ("22", "a service character that is not allowed"),
    ("23", "the sender is not known"),
    ("24", "the interchange is too old"),
    ("25", "tests are not taken"),
    ("26", "it came before"),
    ("27", "a function of security is not supported"),
    ("28", "the control references disagree"),
    ("29", "a count is wrong"),
    ("30", "groups and messages are mixed"),
    ("31", "a group has messages of several types"),
    ("32", "a lower level is empty"),
    ("33", "it stands outside of a message, package or group"),
    ("34", "explicit nesting is not allowed"),
    ("35", "repeated too often"),
    ("36", "a group of segments repeated too often"),
    ("37", "a character of the wrong type"),
    ("38", "no digit in front of the decimal mark"),
    ("39", "too long"),
    ("40", "too short"),
    ("41", "the network failed for good"),
    ("42", "the network failed for now"),
    ("43", "the recipient is not known"),
    ("45", "a separator behind the last value"),
    ("46", "the character set is not supported"),
    ("47", "a function of the envelope is not supported"),
    ("48", "a dependency between elements is broken"),
];
