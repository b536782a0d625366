//! Which senders are told, by an 824 or APERAK, how their documents were taken.

use super::faults::OfLines;
use crate::{
    canonical::{Event, MessageId},
    emit::{
        advice::{Advice, CameIn},
        fanout,
    },
    flow::{Hub, letter},
    formats::{ack::Taken, fault::Layer},
    store::messages::{Change, Loaded},
};
use std::collections::HashMap;

/// Those of the messages that end in this transaction. What is held, waits or is dead has no verdict yet.
pub fn owed<'a>(
    hub: &'a Hub,
    changes: &[Change],
    loaded: &[Loaded],
    of_lines: &HashMap<MessageId, OfLines>,
    decided: &[Event],
) -> Vec<Advice<'a>> {
    let advice = |message: &Loaded| {
        let came_in: CameIn = serde_json::from_value(message.came_in.clone()?).ok()?;
        let change = changes.iter().find(|change| change.id == message.id)?;
        let partner = hub.directory.partners.get(&message.partner?)?;
        let taken = match change.state {
            "rejected" => Taken::Rejected,
            "applied" => of_lines.get(&message.id).map_or(Taken::Accepted, OfLines::taken),
            _ => return None,
        };
        let mut faults = letter::faults(change.faults.as_ref());
        faults.retain(|fault| fault.layer == Layer::Core);
        let mut told = decided.iter().filter(|event| event.message == message.id);
        let is_answered = told.any(|event| fanout::is_answered(partner, event, &message.standard));
        let (document, place) = (message.document, (message.set_no, message.split));
        let name = message.number.clone().unwrap_or_default();
        Some(Advice { document, message: message.id, place, partner, came_in, name, taken, faults, is_answered })
    };
    loaded.iter().filter(|message| message.came_in.is_some()).filter_map(advice).collect()
}
