//! What other mappings would write for events that went out: nothing of it is numbered, kept or sent.

use super::{document::Unwritable, fanout, lookups::Lookups};
use crate::{
    canonical::Event,
    formats::{
        tree::{NodeId, Tree},
        write::Segment,
    },
    mapping::{Library, Written},
    store::{StoreError, Tx},
    tenancy::{PartnerInfo, TenantInfo, directory::AnswerInfo},
};
use serde_json::{Map, Value, json};

/// The mapping that writes an answer, by its name and hash.
pub fn writer(library: &Library, partner: &PartnerInfo, answer: &AnswerInfo) -> Option<String> {
    fanout::claim(library, partner, answer).map(|plan| plan.name().to_owned())
}

/// What it would write for an event, as an object of segments or elements: `{"PO1": [{"PO102": "12"}]}`.
pub async fn written(
    tx: &mut Tx,
    library: &Library,
    tenant: &TenantInfo,
    (partner, answer): (&PartnerInfo, &AnswerInfo),
    event: &Event,
) -> Result<Result<Value, Unwritable>, StoreError> {
    let mut lookups = Lookups::default();
    for _ in 0..fanout::ROUNDS {
        let written = fanout::written(library, tenant, partner, answer, event, &lookups);
        if !lookups.read_asked(tx, tenant.id).await? {
            return Ok(written.map(|(_, written)| told(&written)));
        }
    }
    let written = fanout::written(library, tenant, partner, answer, event, &lookups);
    Ok(written.map(|(_, written)| told(&written)))
}

fn told(written: &Written) -> Value {
    match written {
        Written::Segments(all) => segments(all),
        Written::Tree(tree) => element(tree, tree.root()),
        Written::Json(value) => value.clone(),
    }
}

/// Segments of one id in their order, each by its elements: `PO102`, `LIN03.1` of several components, `REF02*2` of a
/// repeat.
fn segments(all: &[Segment]) -> Value {
    let mut by_id: Map<String, Value> = Map::new();
    for segment in all {
        let mut elements = Map::new();
        for (element, repeats) in (1..).zip(&segment.elements) {
            for (repeat, components) in (1..).zip(repeats) {
                for (component, text) in (1..).zip(components).filter(|(_, text)| !text.is_empty()) {
                    let again = if repeat > 1 { format!("*{repeat}") } else { String::new() };
                    let part = if components.len() > 1 { format!(".{component}") } else { String::new() };
                    elements.insert(format!("{}{element:02}{part}{again}", segment.id), json!(text));
                }
            }
        }
        match by_id.entry(segment.id.clone()).or_insert_with(|| json!([])) {
            Value::Array(of_id) => of_id.push(Value::Object(elements)),
            _ => continue,
        }
    }
    Value::Object(by_id)
}

/// An element's text, or those below it by their names.
fn element(tree: &Tree, node: NodeId) -> Value {
    let mut below: Map<String, Value> = Map::new();
    for child in tree.children(node) {
        if let Value::Array(of_name) = below.entry(tree.name(child).to_owned()).or_insert_with(|| json!([])) {
            of_name.push(element(tree, child));
        }
    }
    match below.is_empty() {
        true => json!(tree.value(node)),
        false => Value::Object(below),
    }
}
