//! The codes of mappings, for `crossdock explain`: what each means, and what to do.

/// A code of its own.
#[derive(Debug)]
pub struct CodeRow {
    pub code: &'static str,
    pub title: &'static str,
    /// Whether it comes up when a document is read, or when a message is written.
    pub when: When,
    /// What there is to know and to do, Markdown.
    pub text: &'static str,
}

/// When a code comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Reading,
    Writing,
    Both,
}

impl When {
    fn words(self) -> &'static str {
        match self {
            When::Reading => "It comes up when a document is read.",
            When::Writing => "It comes up when a document is written.",
            When::Both => "It comes up when a document is read, and when one is written.",
        }
    }
}

impl CodeRow {
    /// Its page, Markdown.
    pub fn page(&self) -> String {
        format!("# `{}`\n\n{}.\n\n{} {}\n", self.code, self.title, self.when.words(), self.text)
    }
}

const VALUE: &str = "The fault names the value's place, what was expected, and in its remedy the mapping's file and line that reads it. \
    Where the value is wrong, its sender corrects it and sends the document again. Where the mapping reads another value than is meant, mend \
    that line and restart the message: `crossdock mapping lint` refuses what the guide knows to be of another kind, and \
    `crossdock translate FILE --explain` shows which line read what.";
const HELD: &str = "Nothing is wrong with the document and nobody is told so: the message is held until the mapping is mended, and then \
    restarted (`crossdock messages restart`).";
const GUIDE: &str = "No document goes out that its partner must refuse. The fault names the member of the message, the element, and the \
    line of the mapping; mend the message's source or the mapping, then replay the delivery (`crossdock dead`).";

const fn row(code: &'static str, title: &'static str, when: When, text: &'static str) -> CodeRow {
    CodeRow { code, title, when, text }
}

/// All of them, by code.
pub const CODES: &[CodeRow] = &[
    row("mapping/bad_date", "A value is no date of the form that the mapping names", When::Both, VALUE),
    row("mapping/bad_instant", "A value is no instant (RFC 3339)", When::Reading, VALUE),
    row("mapping/bad_number", "A value is no number, or none that can mean one thing only", When::Both, VALUE),
    row(
        "mapping/bad_value",
        "A value is none of the words, or no currency, that its field takes, or in another currency than its path wants",
        When::Reading,
        VALUE,
    ),
    row(
        "mapping/cannot_say",
        "A value can't be said in the document: it has no code, no form or no place for it",
        When::Writing,
        GUIDE,
    ),
    row(
        "mapping/contradiction",
        "Two places that must say the same say different things",
        When::Both,
        "Read: the rows of one CSV order differ in what is said of the whole order; its sender gives them one value, or the order another \
         number. Written: two members go to one place with different values, or messages of one document differ in what stands outside of their loops.",
    ),
    row(
        "mapping/missing",
        "A value that the message must have stands nowhere in the document",
        When::Reading,
        "The fault names the place where it is looked for, and the mapping's file and line. Its sender sends the document again with it; or \
         the line looks in the wrong place, and is to be mended. Where CSV, JSON or XML has something that is nearly called so and that no line \
         reads, nobody can tell whose slip it is: the message is held, and nobody is told that he is wrong.",
    ),
    row(
        "mapping/no_document",
        "What a mapping writes is no document of the kind that an answer is made of",
        When::Writing,
        "Let the answer in the partner's file name another document, then replay the delivery (`crossdock dead`).",
    ),
    row(
        "mapping/no_reference",
        "A value is in no row of the table that it is looked up in",
        When::Both,
        "Add the row with the command in the remedy, `crossdock reference add TABLE VALUE TARGET`: what waits for it goes on. Whether the \
         message waits or is refused is the agreement's `no_reference`. Which row holds where several do: the tables of `mappings/README.md`.",
    ),
    row("mapping/no_room", "There are more items than the document has places for", When::Writing, GUIDE),
    row("mapping/not_canonical", "What a mapping makes is no message of the name that it says", When::Reading, HELD),
    row(
        "mapping/not_computed",
        "An expression (`cel:`) can't be computed of this message, or costs too much",
        When::Both,
        HELD,
    ),
    row("mapping/not_written", "What the guide demands is written by no line", When::Writing, GUIDE),
    row(
        "mapping/open",
        "A line of the mapping says `$todo`: nobody has said yet where the field stands",
        When::Reading,
        HELD,
    ),
    row(
        "mapping/other_message",
        "The mapping that claims an answer writes another message than the one that is to go out",
        When::Writing,
        "Look at `to:` of the mapping that the fault names, and at what the partner's file says under `answers`; then replay the delivery.",
    ),
    row(
        "mapping/rule",
        "A rule of the mapping (`require:`) does not hold of the message",
        When::Reading,
        "The sentence is the mapping's own; its sender is told it. A rule may have a code of its own instead.",
    ),
    row(
        "mapping/several",
        "The document has several of a loop of which a message has one (`once:`)",
        When::Reading,
        "Let the mapping make a message of each (`messages:`), or its sender send a document for each.",
    ),
    row("mapping/too_long", "A value has more characters than its element takes", When::Writing, GUIDE),
    row(
        "mapping/too_many",
        "A set makes more messages than it may",
        When::Reading,
        "Its sender splits it into several.",
    ),
    row("mapping/too_short", "A value has fewer characters than its element takes", When::Writing, GUIDE),
    row(
        "mapping/unfit",
        "A published version of a mapping fits the hub's own files no more",
        When::Both,
        "Publish a version that fits, or roll it back (`crossdock mapping rollback`); then restart what was held.",
    ),
    row(
        "mapping/unread",
        "The document says what no line reads, and the mapping refuses that (`unmapped: reject`)",
        When::Reading,
        "Map it, or set `unmapped: warn` in the mapping.",
    ),
    row(
        "mapping/unsaid",
        "A mapping can't write a message and does not say why",
        When::Writing,
        "Report it: this is a bug of the hub's.",
    ),
    row(
        "mapping/unwritten",
        "The message says what no line writes, and the mapping refuses that (`unwritten: reject`)",
        When::Writing,
        "Map it, or set `unwritten: warn` in the mapping.",
    ),
];
