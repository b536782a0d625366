//! The codes by which the hub says in the journal, in a cause or in a dead letter what became of a thing, for `crossdock
//! explain`: those that are no fault of a document, of a mapping or of the core.

/// A code of the hub's own.
#[derive(Debug)]
pub struct CodeRow {
    /// `*` at its end is a number, such as the status of an answer.
    pub code: &'static str,
    pub title: &'static str,
    /// What there is to know and to do, Markdown.
    pub text: &'static str,
}

impl CodeRow {
    /// Its page, Markdown.
    pub fn page(&self) -> String {
        format!("# `{}`\n\n{}.\n\n{}\n", self.code, self.title, self.text)
    }
}

/// True of `webhook/status_503` and `webhook/status_*`.
pub fn is_of_family(known: &str, code: &str) -> bool {
    let number = known.strip_suffix('*').and_then(|family| code.strip_prefix(family));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

const fn row(code: &'static str, title: &'static str, text: &'static str) -> CodeRow {
    CodeRow { code, title, text }
}

const BUG: &str = "It is a bug of the hub: report it with the fingerprint that `crossdock dead list` tells, then restart or replay what \
    stopped, or cancel it. Nothing else waits for it but what comes behind it in its order.";
const BY_A_PERSON: &str = "The journal keeps who did it and why, and how the thing stood before. Nothing is to do.";
const ANSWERED: &str = "It stands on the document that went out (`crossdock deliveries show`), with each place that the partner named. \
    What was refused is mended and sent again; what was taken needs nothing.";
const TRIED_AGAIN: &str = "It is tried again, at the times of `retry_ms` (endpoints) or of the settings `deliver`, until the budget is \
    spent; then it is a dead letter, which `crossdock dead replay` sends once more.";
const MEND_AND_REPLAY: &str =
    "It is not tried again by itself: mend what the sentence names, then `crossdock dead replay`.";

/// All of them, by code.
pub const CODES: &[CodeRow] = &[
    row(
        "acknowledge/no_way_back",
        "A 997, 999, TA1, CONTRL or advice was due and can't go back",
        "The partner has no connection that something can leave by. Give it a `folder` connection, name one by `acknowledge_by`, or let its agreement ask for none.",
    ),
    row("acknowledgement/accepted", "The partner took the document that went out", ANSWERED),
    row(
        "acknowledgement/accepted_with_errors",
        "The partner took the document that went out, and found errors in it",
        ANSWERED,
    ),
    row("acknowledgement/partly_accepted", "The partner took a part of what went out", ANSWERED),
    row("acknowledgement/received", "The partner says that an interchange arrived, and nothing of its sets", ANSWERED),
    row("acknowledgement/rejected", "The partner refused the document that went out", ANSWERED),
    row(
        "acknowledgement/unmatched",
        "An acknowledgement names a document that never went out to this partner",
        "Ask the partner which one is meant. If it answers another system of yours, nothing is to do.",
    ),
    row(
        "acknowledgement/unreadable",
        "An acknowledgement names no control number, or doesn't say how it was taken",
        "Ask the partner for a complete one. The document that it speaks of goes on waiting.",
    ),
    row("advice/accepted", "An 824 or APERAK says that the document was taken", ANSWERED),
    row("advice/accepted_with_errors", "An 824 or APERAK says that the document was taken, with errors", ANSWERED),
    row("advice/partly_accepted", "An 824 or APERAK says that a part of the document was taken", ANSWERED),
    row("advice/received", "An 824 or APERAK says that the document arrived", ANSWERED),
    row(
        "advice/rejected",
        "An 824 or APERAK says that the document was refused, whatever a 997 or CONTRL said before",
        ANSWERED,
    ),
    row(
        "advice/unmatched",
        "An 824 or APERAK names a document that never went out to this partner",
        "Ask the partner which one is meant. If it answers another system of yours, nothing is to do.",
    ),
    row(
        "advice/unreadable",
        "An 824 or APERAK names no document, or too many, or doesn't say how they were taken",
        "Ask the partner for a complete one: it names a control number, or the number of the document.",
    ),
    row(
        "again",
        "A delivery can't be written again",
        "The sentence says why. Replay it as it was (`crossdock deliveries replay` without `--map-again` and `--number-again`).",
    ),
    row(
        "agreement/bad_set",
        "The whole interchange is refused for one of its sets",
        "So says the agreement (`bad_set_costs`). Its sender mends the faulty set, which is told beside it, and sends the interchange again under a new control number.",
    ),
    row(
        "batch/bad_set",
        "A document of a batch can't be written, since another one of it can't",
        "The other one says why. Mend that, then replay both (`crossdock dead replay`).",
    ),
    row("batch/unreadable", "A document that waited for its batch can't be read any more", MEND_AND_REPLAY),
    row(
        "batched",
        "A document goes out with others in one interchange",
        "So says the agreement (`batch`). The delivery that carries it is named beside it; this one ends as that one does.",
    ),
    row("body", "A message's body can't be read", BUG),
    row("bug/body", "An event can't be written as JSON", BUG),
    row("bug/no_content", "A delivery has nothing to send", BUG),
    row("bug/no_event", "A delivery's event is not in the store", BUG),
    row("bug/outcome", "What became of a delivery could not be written down", BUG),
    row("bug/panic", "Sending panicked", BUG),
    row("bug/unreadable", "A delivery's row, or its event's, can't be read", BUG),
    row("cancelled", "A person cancelled it", BY_A_PERSON),
    row("closed", "A person closed it: nothing more is expected of it", BY_A_PERSON),
    row(
        "connection",
        "A document could not leave by its connection",
        "The sentence has the connection's own words. Where they may pass, it is tried again; else mend the connection, then `crossdock dead replay`.",
    ),
    row("copied", "A document was made of another one by a person", BY_A_PERSON),
    row(
        "core/not_applied",
        "A message was read, and the core has no rule for its kind yet",
        "It is held, with all that was read in it (`crossdock messages show`). Restart it when a release applies it, or cancel it.",
    ),
    row(
        "document/no_connection",
        "The connection that a document was to leave by stands in no file any more",
        MEND_AND_REPLAY,
    ),
    row("document/timeout", "A document was not sent in time", TRIED_AGAIN),
    row(
        "duplicate/acknowledgement",
        "A document that was acknowledged is acknowledged once more",
        "Nothing changes. If the second one says something else, ask the partner which one counts.",
    ),
    row(
        "duplicate/advice",
        "A document that was advised of is advised of once more",
        "Nothing changes. If the second one says something else, ask the partner which one counts.",
    ),
    row(
        "duplicate/content",
        "The very same bytes came before from this partner",
        "They are not worked again; the first document is named. How far back is looked is the agreement's `duplicates_days`. `crossdock documents duplicate` has it worked all the same.",
    ),
    row(
        "duplicate/control_number",
        "An interchange came before: the same control number and the same content",
        "It is not worked again and nothing is to do: the first document is named, and was worked. Its sender is told by TA105 = 025 or CONTRL where the agreement acknowledges duplicates. How far back is looked is `duplicates_days`. Other content under the same number is `envelope/control_number`.",
    ),
    row("duplicated", "A person had a document worked once more, as a new one", BY_A_PERSON),
    row("emit/no_number", "No control number was taken for what goes out", BUG),
    row(
        "empty",
        "There is nothing in the document that could be read as a set",
        "Ask its sender for the whole document.",
    ),
    row(
        "envelope/control_number",
        "An interchange's control number came before, with other content",
        "The first document is named. What becomes of it is the agreement's `number_again`: refused, so that its sender sends it again under a new number; worked all the same (`accept`); or passed over (`ignore`).",
    ),
    row(
        "envelope/out_of_sequence",
        "An interchange's control number counts back, or leaves others out",
        "What becomes of it is the agreement's `out_of_sequence`: told, or refused. One that was refused for a gap may come again under its number, behind what was missing.",
    ),
    row(
        "envelope/security",
        "A password or reference of the envelope is not the one that was agreed",
        "Ask the partner what it sends, or mend the agreement's setting that is named (`isa_in`, `unb_in`). What should stand there is shown to nobody.",
    ),
    row(
        "envelope/test_refused",
        "An interchange says that it is a test, and the agreement refuses tests",
        "Ask the partner to send it as production, or let the agreement accept tests, or send them to a sandbox (`test_indicator`).",
    ),
    row(
        "given",
        "A person said whose an interchange of an unknown sender is",
        "It was worked as that partner's (`crossdock documents give`). Where more of that sender is to come, add its identity to the partner's file.",
    ),
    row(
        "interchange/number_in_work",
        "An interchange's control number belongs to a document that is not read to its end yet",
        "It waits by itself and is tried again. Where it is dead, look at the other document first, which is named; then replay this one.",
    ),
    row(
        "interchange/refused",
        "A message is refused along with another one of its interchange",
        "The agreement applies an interchange as one (`interchange: preserve`) and lets a bad set cost all of it (`bad_set_costs: interchange`). The message that is to blame is named: mend what refuses that one and restart it, then this one; or ask for the interchange once more, mended, under a new control number.",
    ),
    row(
        "interchange/waiting",
        "A message waits for another one of its interchange",
        "The agreement applies an interchange as one (`interchange: preserve`), and the message that is named is held, dead or not tried to its end. Restart, cancel or refuse that one: all others go on by themselves.",
    ),
    row("invariant", "The core's books would not balance", BUG),
    row(
        "letter",
        "A letter on what was refused goes to the partner's contacts",
        "So says the agreement (`mail: on_refusal`), or a person asked for it. `crossdock documents letter` shows the same.",
    ),
    row(
        "mail/*",
        "The mail server refused a letter, by this status",
        "A status of 4xx is tried again, one of 5xx is not: mend the address in `contacts`, or the settings `mail`, then `crossdock dead replay`.",
    ),
    row("mail/letter", "A letter can't be written to this address", MEND_AND_REPLAY),
    row(
        "mail/not_set",
        "A letter is due, and no mail server is set",
        "Set `mail.url` and `mail.from`, start the hub anew, then `crossdock dead replay`.",
    ),
    row("mail/timeout", "The mail server did not answer in time", TRIED_AGAIN),
    row("mail/tls", "No secure connection to the mail server could be made", TRIED_AGAIN),
    row("mail/unreachable", "The mail server can't be reached", TRIED_AGAIN),
    row("mapping/drafted", "A person drafted a version of a mapping", BY_A_PERSON),
    row("mapping/forced", "A person published a version of a mapping without review or replay", BY_A_PERSON),
    row("mapping/published", "A person published a version of a mapping", BY_A_PERSON),
    row("mapping/reviewed", "A person reviewed a version of a mapping", BY_A_PERSON),
    row("mapping/rolled_back", "A person let an earlier version of a mapping stand again", BY_A_PERSON),
    row(
        "no_answer",
        "No partner's file names this answer by this connection any more",
        "Name it under `answers:` and start the hub anew, then `crossdock dead replay`; or cancel it.",
    ),
    row(
        "no_guide",
        "No guide of the set and version that is to go out is built in",
        "Take a version that `crossdock guide show` lists, in the partner's `answers:`.",
    ),
    row(
        "no_identity",
        "An envelope can't be written: we or the partner have no identity in its standard",
        "Add one to `identities` of the file that is named, start the hub anew, then `crossdock dead replay`.",
    ),
    row(
        "no_mapping",
        "No mapping reads, or writes, a document of this kind for this partner",
        "`crossdock mapping new` begins one from a sample; publish it, or start the hub anew with it, then restart what is held (`crossdock dead`).",
    ),
    row(
        "no_partner",
        "A message's partner stands in no file any more, or its sender or receiver is nobody we know",
        "Add the identity to a partner's file and start the hub anew, then restart the message.",
    ),
    row(
        "no_reference",
        "A value stands in none of the mapping's tables",
        "So says the agreement (`no_reference: hold`). Add it with `crossdock reference add`: what waits for it then goes on by itself. What was wrong of the document is `mapping/no_reference`.",
    ),
    row("panic", "The work on a document or a message panicked", BUG),
    row("reference/removed", "A person took a cross-reference away", BY_A_PERSON),
    row("released", "What a message waited for is done", "It goes on by itself. Nothing is to do."),
    row("replay", "A person had a document read once more", BY_A_PERSON),
    row("replayed", "A person had a delivery sent once more", BY_A_PERSON),
    row("restart", "A message is begun anew in place of one that a person restarted", BY_A_PERSON),
    row("restarted", "A person had a message begun anew; the one in its place is named", BY_A_PERSON),
    row(
        "retention",
        "The raw bytes of a document were removed",
        "So says the agreement (`retention_days`). What was read of it stays; it can't be replayed any more.",
    ),
    row(
        "sandbox/taken",
        "A test was taken in by a sandbox, and is not worked here",
        "So says the agreement (`test_indicator: sandbox`). Look at the document there, which is named where it may be seen; nothing is to do here.",
    ),
    row(
        "store",
        "The store did not take what was to be written",
        "It is tried again. Where a message is dead of it, the log has the store's words: restart the message once they are understood.",
    ),
    row(
        "unassigned/connection",
        "A document doesn't say who sent it, and its connection belongs to no one partner",
        "Give the partner a connection of its own.",
    ),
    row(
        "unassigned/other_partner",
        "The sender is another partner than the one whose connection it came by",
        "Ask both who sent it. Then replay it on the right connection, or give this document alone to a partner (`crossdock documents give`).",
    ),
    row(
        "unassigned/receiver",
        "An interchange's receiver is none of ours",
        "If it is ours, add it to the tenant's `identities`, start the hub anew and replay the document.",
    ),
    row(
        "unassigned/sender",
        "Nobody is known by an interchange's sender",
        "Add it to a partner's `identities`, start the hub anew and replay the document; or give this document alone to a partner (`crossdock documents give`).",
    ),
    row(
        "waited_for_nothing",
        "A message waited, and nothing unfinished stood before it",
        "The sweeper let it go. Where it happens often, report it: what a message waits for should let it go by itself.",
    ),
    row(
        "waiting",
        "A message waits for an earlier one of its number",
        "It goes on by itself once that one, which is named, is restarted, cancelled or refused.",
    ),
    row(
        "webhook/address",
        "A webhook's address is one that none goes to: private, or of this machine",
        "Set `allow_private_addresses: true` on the endpoint if that is meant, start the hub anew, then `crossdock dead replay`.",
    ),
    row("webhook/broken_off", "The connection to a webhook's receiver ended before an answer", TRIED_AGAIN),
    row("webhook/connect", "No connection to a webhook's receiver could be made", TRIED_AGAIN),
    row(
        "webhook/gone",
        "A webhook's receiver wants no more (410)",
        "Take the endpoint out of its file, or replay once it is back (`crossdock dead replay`).",
    ),
    row("webhook/no_endpoint", "The endpoint of a webhook stands in no file any more", MEND_AND_REPLAY),
    row(
        "webhook/redirect",
        "A webhook's receiver answered with another address, and redirects are not followed",
        "Write the final address as the endpoint's `url`, start the hub anew, then `crossdock dead replay`.",
    ),
    row("webhook/secret", "An endpoint's secret can't sign", MEND_AND_REPLAY),
    row("webhook/status_*", "A webhook's receiver answered this status", TRIED_AGAIN),
    row("webhook/timeout", "A webhook's receiver did not answer in time", TRIED_AGAIN),
    row("webhook/url", "An endpoint's `url` is no address", MEND_AND_REPLAY),
];
