//! Which settings of agreements decided what became of a document: as they stood when it was read, and of whose layer.

use super::letter::faults;
use crate::{
    formats::fault::Decision,
    store::{documents::DocumentRow, interchanges::InterchangeRow, messages::MessageRow},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The settings that a document's causes and faults name, its interchanges' and its messages' among them; each once.
pub fn of(document: &DocumentRow, interchanges: &[InterchangeRow], messages: &[MessageRow]) -> BTreeSet<Decision> {
    let mut found = BTreeSet::new();
    let causes = std::iter::once(&document.cause).chain(interchanges.iter().map(|interchange| &interchange.cause));
    causes.for_each(|cause| add(&mut found, cause.as_ref()));
    for message in messages.iter().filter(|message| message.state != "replaced") {
        add(&mut found, message.cause.as_ref());
        add(&mut found, message.faults.as_ref());
    }
    found
}

fn add(found: &mut BTreeSet<Decision>, cause: Option<&Value>) {
    let own = cause.and_then(|cause| cause.get("decided_by"));
    found.extend(own.and_then(|own| serde_json::from_value(own.clone()).ok()));
    found.extend(faults(cause).into_iter().filter_map(|fault| fault.decided_by).map(|decision| *decision));
}
