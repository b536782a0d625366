//! The table of faults: one row a code, for `check`, acknowledgements, the console and `explain`.

use crate::fault::{Costs, Layer};

/// What X12 calls a fault, and in which element of an acknowledgement it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum X12Code {
    None,
    /// TA105, element I18.
    Interchange(&'static str),
    /// AK905, element 716.
    Group(&'static str),
    /// AK502, element 718.
    Set(&'static str),
    /// AK304, element 720.
    Segment(&'static str),
    /// AK403, element 723.
    Element(&'static str),
}

impl X12Code {
    /// Where an acknowledgement says it, and the code: `AK403/IK403 (723) = 5`.
    pub fn told(self) -> Option<String> {
        let (place, code) = match self {
            X12Code::None => return Option::None,
            X12Code::Interchange(code) => ("TA105 (I18)", code),
            X12Code::Group(code) => ("AK905 (716)", code),
            X12Code::Set(code) => ("AK502/IK502 (718)", code),
            X12Code::Segment(code) => ("AK304/IK304 (720)", code),
            X12Code::Element(code) => ("AK403/IK403 (723)", code),
        };
        Some(format!("{place} = {code}"))
    }
}

impl CodeRow {
    /// What 997, 999 and TA1 say of such faults, and what it depends on; a fault's own code stands in `check --json`.
    pub fn told(&self) -> Option<String> {
        let told = match self.code {
            HEADER_VALUE => "TA105 (I18) = 005 to 020 by the element of ISA, else 022",
            SET_HEADER => "AK502/IK502 (718) = 6, of the control number 7",
            NOT_IN_SET => "AK304 (720) = 6, IK304 (620) = 6, or I4 if only the partner's guide forbids it",
            TOO_MANY_ELEMENTS => "AK403 (723) = 3, IK403 (621) = 3, or I10 if only the partner's guide forbids it",
            TOO_MANY_COMPONENTS => "AK403 (723) = 3, from 005010 on 13; IK403 (621) = 13",
            TOO_MANY_REPEATS => "AK403 (723) = 3, from 005010 on 12; IK403 (621) = 12",
            UNKNOWN_CODE => "AK403 (723) = 7, IK403 (621) = 7, or I6 if only the partner's guide lacks it",
            _ => return self.x12.told(),
        };
        Some(told.to_owned())
    }
}

/// One kind of fault.
#[derive(Debug)]
pub struct CodeRow {
    pub code: &'static str,
    pub title: &'static str,
    pub layer: Layer,
    /// How far it reaches where policy doesn't say otherwise.
    pub costs: Costs,
    pub x12: X12Code,
    /// Element 0085 of UCI, UCM, UCS and UCD; empty if none.
    pub edifact: &'static str,
    pub remedy: &'static str,
    /// A page about it, Markdown.
    pub help: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $title:literal $layer:ident $costs:ident $x12:expr, $edifact:literal, $remedy:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*

        /// All faults that this package finds, by code.
        pub const CODES: &[CodeRow] = &[$(CodeRow {
            code: $code,
            title: $title,
            layer: Layer::$layer,
            costs: Costs::$costs,
            x12: $x12,
            edifact: $edifact,
            remedy: $remedy,
            help: include_str!(concat!("errors/", $code, ".md")),
        },)*];
    };
}

use X12Code::{Element, Group, Interchange, None, Segment, Set};

codes! {
    EMPTY "E0001" "the file is empty" Byte Interchange None, "",
        "Ask the sender to send it again; the transfer may have broken off before the first byte.";
    NO_DOCUMENT "E0002" "no document in it" Byte Interchange None, "",
        "Look at the first bytes: an X12 interchange begins with ISA, an EDIFACT interchange with UNA or UNB. If it is another format, the connection's `expects` must say so.";
    STRAY_BYTES "E0003" "bytes that belong to no interchange" Byte Nothing None, "",
        "Nothing of these bytes was read. If a document should stand there, ask the sender.";
    BAD_TEXT "E0004" "bytes that are no text" Byte Set Element("6"), "21",
        "Ask the sender for UTF-8, or for the character set that the interchange header names.";
    NUL "E0005" "a NUL character" Byte Set Element("6"), "21",
        "Ask the sender to leave NUL characters out; they often come from fixed-length fields of an old program.";
    TOO_LONG "E0006" "a set is longer than allowed" Byte Set Set("5"), "18",
        "Ask the sender to split it, or raise the setting `intake.max_set_bytes`.";
    UNTERMINATED "E0007" "the last segment has no terminator" Byte Nothing None, "",
        "Nothing is lost by it. The sender's program should end the last segment as it ends the others.";
    HEADER "E0101" "the interchange header can't be read" Envelope Interchange Interchange("022"), "18",
        "Ask the sender for a complete header: nothing in this interchange can be read without it.";
    PADDING "E0102" "the interchange header isn't of the fixed length" Envelope Nothing Interchange("022"), "",
        "Nothing is lost by it here, but stricter readers refuse it: ISA elements are padded with blanks to their full length.";
    GROUP_HEADER "E0103" "the group header can't be read" Envelope Segment Interchange("024"), "13",
        "Ask the sender to fill in the group header.";
    NO_INTERCHANGE_TRAILER "E0104" "the interchange trailer is missing" Envelope Segment Interchange("023"), "13",
        "The file was probably cut short: compare its size with the sender's and have it sent again.";
    NO_GROUP_TRAILER "E0105" "the group trailer is missing" Envelope Segment Group("3"), "13",
        "The file was probably cut short: compare its size with the sender's and have it sent again.";
    CUT_SET "E0106" "the set has no trailer" Envelope Set Set("2"), "13",
        "The file was probably cut short, or the sender's program forgot the trailer. Have this set sent again.";
    SET_COUNT "E0107" "the count of segments is wrong" Envelope Set Set("4"), "29",
        "Look whether segments are missing. If the sender counts wrongly, the agreement can tolerate it: `wrong_counts: tolerated`.";
    SET_CONTROL "E0108" "the set's control numbers disagree" Envelope Set Set("3"), "28",
        "Header and trailer must carry the same number. Two sets may have been mixed up: have them sent again.";
    GROUP_COUNT "E0109" "the count of sets is wrong" Envelope Group Group("5"), "29",
        "Look whether sets are missing. If the sender counts wrongly, the agreement can tolerate it: `wrong_counts: tolerated`.";
    GROUP_CONTROL "E0110" "the group's control numbers disagree" Envelope Group Group("4"), "28",
        "Header and trailer must carry the same number. If the sender can't mend it, the agreement can tolerate it: `wrong_counts: tolerated`.";
    INTERCHANGE_COUNT "E0111" "the interchange's count is wrong" Envelope Interchange Interchange("021"), "29",
        "Look whether something is missing. If the sender counts wrongly, the agreement can tolerate it: `wrong_counts: tolerated`.";
    INTERCHANGE_CONTROL "E0112" "the interchange's control numbers disagree" Envelope Interchange Interchange("001"), "28",
        "Header and trailer must carry the same number. If the sender can't mend it, the agreement can tolerate it: `wrong_counts: tolerated`.";
    OUTSIDE_SET "E0113" "a segment outside of any set" Envelope Segment Interchange("024"), "33",
        "It was not read. Look whether a set header is missing before it.";
    SET_HEADER "E0114" "the set header can't be read" Envelope Set Set("6"), "13",
        "Ask the sender to fill in the set header.";
    SET_OUTSIDE_GROUP "E0115" "a set outside of any group" Envelope Set Interchange("024"), "33",
        "Ask the sender to put the sets into a group: the group names what they are and in which version.";
    NO_GUIDE "E0116" "no guide for this set" Guide Nothing Set("1"), "",
        "Its segments were read and not checked. A guide of your own for its version has them checked: a file that extends the guide of another version.";
    OTHER_VERSION "E0117" "group and interchange name different versions" Envelope Nothing None, "",
        "Nothing is lost by it: the group's version says how its sets are read. The sender should state in ISA12 the version that its envelope follows.";
    FOLDED "E0118" "the document is cut into lines of one length" Byte Nothing Interchange("024"), "18",
        "Nothing is lost by it: the lines are put together again. A transfer between record-oriented systems often does it; the sender can switch it off.";
    WRONG_LENGTH "E0119" "binary data of another length than said" Envelope Set Element("7"), "29",
        "State the number of bytes that stand there. Line ends changed on the way also look like this: such files must be sent as binary.";
    SET_NUMBER_AGAIN "E0120" "a set's control number that came before" Envelope Nothing Set("23"), "26",
        "Number the sets of a group each by a number of its own: an acknowledgement names them by it. The agreement can refuse such sets: `checks: { set_numbers: reject }`.";
    GROUP_NUMBER_AGAIN "E0121" "a group's control number that came before" Envelope Nothing Group("19"), "26",
        "Number the groups of an interchange each by a number of its own: an acknowledgement names them by it. The agreement can refuse such groups: `checks: { group_numbers: reject }`.";
    HEADER_VALUE "E0122" "a value of the interchange header that can't stand there" Envelope Segment Interchange("022"), "12",
        "The interchange is worked all the same. The header should say what X12.5 has for that element.";
    UNKNOWN_SET "E0123" "a kind of set that no guide knows" Guide Set Set("1"), "17",
        "Ask the sender what it is. To have it read, load a guide of your own (`guides`); to keep it until there is one, agree on `unknown_sets: warn`.";
    GROUP_KIND "E0124" "a group of another kind than its sets" Envelope Nothing Group("1"), "",
        "Its sets are worked all the same: each says itself what it is. GS01 should name what the group holds. The agreement can refuse such groups: `checks: { group_kinds: reject }`.";
    GROUP_VALUE "E0125" "a value of the group header that can't stand there" Envelope Nothing None, "",
        "The group is worked all the same. The header should say what X12.22 has for that element.";
    NO_TERMINATOR "E0126" "a terminator is missing" Envelope Set Element("6"), "13",
        "End each segment with the terminator; a line end doesn't stand for it. The bytes may have been lost on the way: have this set sent again.";
    GROUP_NUMBER "E0127" "a group's control number that is none" Envelope Segment Group("6"), "",
        "The group is worked all the same. GS06 should be a number of one to nine digits, another one for each group: an acknowledgement names the group by it.";
    DELIMITER "E0128" "a delimiter that is something else, too" Envelope Segment Interchange("022"), "12",
        "Choose another character: one that no data has, and that means one thing only.";
    FURTHER "E0129" "more in a segment of the envelope than it has" Envelope Interchange Interchange("022"), "16",
        "Ask the sender to leave out what is too much, and to look whether what stands before it is at its place: a value may be one element off.";
    UNKNOWN_SEGMENT "E0201" "a segment that the standard doesn't know" Structure Set Segment("1"), "15",
        "Look for a slip in the segment's id, or a line break or terminator inside a value. If the sender adds segments of its own, the agreement can let them pass: `unknown_segments: warn`.";
    OUT_OF_PLACE "E0202" "a segment at the wrong place" Structure Set Segment("7"), "15",
        "Put it where the guide has it.";
    MISSING_SEGMENT "E0203" "a mandatory segment is missing" Structure Set Segment("3"), "13",
        "Add the segment.";
    TOO_MANY_SEGMENTS "E0204" "a segment too often" Structure Set Segment("5"), "35",
        "Leave out what is too much, or split it over more loops or sets.";
    TOO_MANY_LOOPS "E0205" "a loop too often" Structure Set Segment("4"), "36",
        "Leave out what is too much, or split the set.";
    NO_LOOP_START "E0206" "the segment that opens a loop is missing" Structure Set Segment("3"), "13",
        "Add the segment that opens the loop, before the first one that belongs into it.";
    NOT_IN_SET "E0207" "a segment that this set doesn't have" Structure Set Segment("6"), "15",
        "The standard knows the segment, but not in this set. If the sender adds segments of its own, the agreement can let them pass: `unknown_segments: warn`.";
    EMPTY_SEGMENT "E0208" "an empty segment" Structure Nothing None, "",
        "Nothing is lost by it. Two terminators follow each other.";
    PADDED_ID "E0209" "blanks around a segment's id" Structure Nothing None, "",
        "Nothing is lost by it. The sender's program pads ids to a fixed length, and should not.";
    MISSING_ELEMENT "E0301" "a mandatory element is missing" Element Set Element("1"), "13",
        "Fill it in.";
    TOO_MANY_ELEMENTS "E0302" "too many elements" Element Set Element("3"), "16",
        "Leave out what is too much. A separator inside a value also looks like this.";
    TOO_MANY_COMPONENTS "E0303" "too many components" Element Set Element("3"), "16",
        "Leave out what is too much. A separator inside a value also looks like this.";
    TOO_MANY_REPEATS "E0304" "an element repeated too often" Element Set Element("3"), "35",
        "Leave out what is too much.";
    TOO_SHORT "E0305" "a value is too short" Element Set Element("4"), "40",
        "Send it in full length, with leading zeros if it is a number code.";
    TOO_LONG_VALUE "E0306" "a value is too long" Element Set Element("5"), "39",
        "Shorten it. A missing separator behind it also looks like this.";
    WRONG_CHARACTERS "E0307" "a value of the wrong type" Element Set Element("6"), "37",
        "Send a value of the right type.";
    BAD_DATE "E0308" "not a date" Element Set Element("8"), "12",
        "Send a date that exists, in the form that is expected.";
    BAD_TIME "E0309" "not a time" Element Set Element("9"), "12",
        "Send a time that exists, in the form that is expected.";
    UNKNOWN_CODE "E0310" "a code that isn't in the list" Code Nothing Element("7"), "12",
        "Lists age: it is taken as it is, unless the agreement enforces codes. If it is a slip, the sender should mend it; a mapping's table decides what it means.";
    SEPARATOR_IN_VALUE "E0311" "a separator inside a simple element" Element Nothing Element("6"), "16",
        "It was taken as part of the value. The sender should choose a separator that its data doesn't use.";
    PADDED_VALUE "E0312" "zeros before a number, or blanks around a value" Element Nothing Element("6"), "12",
        "Send numbers without leading zeros, and values without blanks at their ends, but for what fills a value up to its shortest length.";
    OUTSIDE_REPERTOIRE "E0313" "a character that the named character set doesn't have" Element Nothing Element("6"), "21",
        "It was read all the same. The sender should name the set that it writes in (UNOC for Western Europe, UNOY for any), or write capital letters only where it names UNOA. The agreement can refuse such messages: `checks: { characters: reject }`.";
    PERIOD "E0314" "a date that isn't what its own format says" Element Segment None, "12",
        "It is read as it stands. The sender should write the value (2380) in the form that 2379 names, or name there the form that it has. The agreement can refuse such messages: `checks: { periods: reject }`.";
    TRAILING_SEPARATORS "E0315" "separators behind the last value that may not be there" Element Nothing Element("3"), "16",
        "End segments and composites with their last value, or agree on another way: `fill: { trailing_separators: … }`.";
    NO_TRAILING_SEPARATORS "E0316" "separators behind the last value are missing" Element Nothing Element("1"), "13",
        "Send the separators of all elements and components of a segment, or agree on another way: `fill: { trailing_separators: … }`.";
    LEADING_ZEROS "E0317" "zeros before a number that may not be there" Element Nothing Element("6"), "12",
        "Send numbers without zeros before them, or agree on another way: `fill: { leading_zeros: … }`.";
    NO_LEADING_ZEROS "E0318" "zeros before a number are missing" Element Nothing Element("4"), "40",
        "Fill numbers with zeros up to their longest length, or agree on another way: `fill: { leading_zeros: … }`.";
    TRAILING_ZEROS "E0319" "zeros at the end of decimals that may not be there" Element Nothing Element("6"), "12",
        "End decimals with their last digit that is no zero, or agree on another way: `fill: { trailing_zeros: … }`.";
    NO_TRAILING_ZEROS "E0320" "zeros at the end of decimals are missing" Element Nothing Element("4"), "40",
        "Send numbers with decimals, also where these are zero (`4.0`), or agree on another way: `fill: { trailing_zeros: … }`.";
    PAIRED "E0401" "elements that go together are not all there" Relation Set Element("2"), "48",
        "Send all of them or none.";
    ONE_REQUIRED "E0402" "none of several elements is there" Relation Set Element("2"), "48",
        "Send at least one of them.";
    EXCLUSIVE "E0403" "elements that exclude each other" Relation Set Element("10"), "48",
        "Send only one of them.";
    CONDITIONAL "E0404" "an element that another one needs is missing" Relation Set Element("2"), "48",
        "Send the missing one too, or leave out the one that needs it.";
    LIST_CONDITIONAL "E0405" "an element needs one of several others" Relation Set Element("2"), "48",
        "Send at least one of the others, or leave out the one that needs them.";
    CONTROL_TOTAL "E0410" "the count of lines is wrong" Relation Set Element("7"), "29",
        "Look whether lines are missing. If the sender counts wrongly, the agreement can tolerate it: `control_totals: tolerated`.";
    HL_AGAIN "E0411" "a hierarchical level's number twice" Relation Set Element("7"), "12",
        "Number the levels of a set so that each number (HL01, CPS01) stands there once.";
    HL_PARENT "E0412" "a hierarchical level below one that isn't there" Relation Set Element("7"), "12",
        "Name in HL02 or CPS02 the number (HL01, CPS01) of the level that it belongs to.";
    HL_CYCLE "E0413" "a hierarchical level below itself" Relation Set Element("7"), "12",
        "Name in HL02 or CPS02 the level above: following these upwards must come to a level that has none above it.";
    HL_ORDER "E0414" "a hierarchical level before the one it belongs to" Relation Nothing None, "",
        "Nothing is lost by it: levels are found by their numbers. The sender should write a level behind the one that it belongs to.";
    LOOP_NAME "E0415" "the end of a bounded loop names another one" Relation Nothing None, "",
        "Nothing is lost by it: the loop ends there. LE01 must repeat what LS01 says.";
    HASH_TOTAL "E0416" "the total of quantities is wrong" Relation Nothing Element("7"), "29",
        "Look whether lines are missing. The agreement can refuse such sets: `checks: { hash_totals: reject }`.";
    RAGGED_ROW "E0501" "a row of the wrong length" Structure Set None, "",
        "Give the row as many fields as the header has. A delimiter inside an unquoted value also looks like this.";
    OPEN_QUOTE "E0502" "a quote that is never closed" Byte Set None, "",
        "Close the quote; a quote inside a quoted value is written twice.";
    KEY_AGAIN "E0503" "a key that comes again later" Structure Set None, "",
        "Sort the file so that the rows of one document stand together.";
    NO_KEY_COLUMN "E0504" "the key's column is missing" Structure Interchange None, "",
        "Add the column, or change `sets: { by: … }` in the mapping.";
    HEADER_NAME "E0505" "a header without a name, or twice the same" Structure Nothing None, "",
        "Give each column a name of its own: a mapping finds values by it.";
    UNKNOWN_RECORD "E0506" "a record that the layout doesn't know" Structure Set None, "",
        "Look for a slip in the record's type, or add the record to the mapping's `layout:`.";
    RECORD_OUT_OF_PLACE "E0507" "a record without the one above it" Structure Set None, "",
        "Look whether the record that it belongs to is missing.";
    NO_LAYOUT "E0508" "no layout for a file of fixed width" Structure Interchange None, "",
        "Say where its fields stand: `layout:` in the mapping that the connection expects, or `check --layout FILE`.";
    BEHIND_QUOTE "E0509" "text behind a closing quote" Byte Segment None, "",
        "Put a value that has a quote in it into quotes as a whole, and write the quote twice: \"12\"\" pipe\".";
    DOCTYPE "E0601" "a document type that declares things of its own" Byte Interchange None, "",
        "Ask the sender to leave out what stands in [ ] of the DOCTYPE: business documents need none of it, and it can be used to attack the reader.";
    ENTITY "E0602" "an entity that isn't one of XML's own five" Byte Interchange None, "",
        "Ask the sender to write the character itself.";
    NOT_WELL_FORMED "E0603" "the XML isn't well formed" Byte Interchange None, "",
        "Ask the sender to mend it; the place named is where the reader could not go on.";
    TOO_DEEP "E0604" "nested too deeply" Byte Interchange None, "",
        "No business document is nested like this. Ask the sender what it should be.";
    TOO_MANY_NODES "E0605" "too many nodes" Byte Interchange None, "",
        "Ask the sender to split the document.";
    ENCODING "E0606" "an encoding that isn't read" Byte Interchange None, "",
        "Ask the sender for UTF-8.";
    BAD_JSON "E0701" "the JSON can't be read" Byte Interchange None, "",
        "Ask the sender to mend it; the place named is where the reader could not go on.";
    DUPLICATE_MEMBER "E0702" "a member twice in one object" Structure Nothing None, "",
        "The last one was taken. The sender should write each member once.";
    DELIMITER_IN_DATA "E0801" "a delimiter inside a value to be written" Element Interchange None, "",
        "Choose other delimiters in the partner's agreement: `delimiters`.";
    CANT_WRITE "E0802" "a value that the format can't hold" Element Interchange None, "",
        "Change the value named; the format can't carry it.";
}

/// The row of a code; none for the core's and the mapping's own words.
pub fn row(code: &str) -> Option<&'static CodeRow> {
    CODES.binary_search_by(|row| row.code.cmp(code)).ok().map(|at| &CODES[at])
}
