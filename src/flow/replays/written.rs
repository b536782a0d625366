//! What other mappings would write in the place of documents that went out: each event is written once by those that stand
//! and once by the others.

use super::{
    Asked,
    seen::{End, Of, Replayed, Side},
};
use crate::{
    canonical::{DeliveryId, Event, Micros},
    emit::would,
    flow::Hub,
    store::{StoreError, deliveries, events},
    tenancy::{PartnerInfo, directory::AnswerInfo},
};
use std::collections::HashMap;
use tokio::sync::watch;
use uuid::Uuid;

/// Deliveries that are asked for in one go.
const PAGE: usize = 32;

/// Writes the newest documents anew that one of the changed mappings wrote, or would write, both ways.
pub async fn replay(
    hub: &Hub,
    asked: &Asked<'_>,
    seen: &mut Replayed,
    progress: &watch::Sender<usize>,
) -> Result<(), StoreError> {
    let Some(tenant) = hub.directory.tenants.get(&asked.tenant) else { return Ok(()) };
    let answers = answers(hub, asked);
    let subscriptions: Vec<Uuid> = answers.keys().copied().collect();
    let (mut before, mut left) = ((Micros(i64::MAX), DeliveryId(Uuid::max())), asked.documents);
    while !subscriptions.is_empty() && left > 0 {
        let page = PAGE.min(left);
        let mut tx = hub.store.read(asked.tenant).await?;
        let rows = deliveries::of_answers(&mut tx, asked.tenant, &subscriptions, before, page as i64).await?;
        let ids: Vec<_> = rows.iter().filter_map(|row| row.event).collect();
        let events = events::load(&mut tx, asked.tenant, &ids).await?;
        let events: HashMap<_, Event> = events.into_iter().map(Event::from).map(|event| (event.id, event)).collect();
        for row in &rows {
            before = (Micros(row.created_at), row.id);
            let answer = row.subscription.and_then(|id| answers.get(&id));
            let (Some(answer), Some(event)) = (answer, row.event.and_then(|id| events.get(&id))) else { continue };
            let was = side(would::written(&mut tx, asked.before, tenant, *answer, event).await?);
            let is = side(would::written(&mut tx, asked.after, tenant, *answer, event).await?);
            let name = row.name.as_deref().unwrap_or(&row.target);
            let of = Of { document: row.id.0, name, number: Some(&event.key), set: 1 };
            let differs = seen.set(of, was, is);
            seen.document(differs);
            progress.send_replace(seen.documents);
        }
        tx.rollback().await?;
        if rows.len() < page {
            break;
        }
        left -= rows.len();
    }
    Ok(())
}

/// The answers of partners that another mapping would write, by what their deliveries name.
fn answers<'a>(hub: &'a Hub, asked: &Asked<'_>) -> HashMap<Uuid, (&'a PartnerInfo, &'a AnswerInfo)> {
    let partners = hub.directory.partners.values().filter(|partner| partner.tenant == asked.tenant);
    let partners = partners.filter(|partner| asked.partner.is_none_or(|id| id == partner.id));
    let all = partners.flat_map(|partner| partner.answers.iter().map(move |answer| (&**partner, answer)));
    all.filter(|(partner, answer)| {
        would::writer(asked.before, partner, answer) != would::writer(asked.after, partner, answer)
    })
    .map(|(partner, answer)| (answer.id, (partner, answer)))
    .collect()
}

fn side(written: Result<serde_json::Value, crate::emit::Unwritable>) -> Side {
    match written {
        Ok(body) => Side {
            end: Some(End { state: "written".into(), why: None }),
            body: Some(body),
            origins: Default::default(),
        },
        Err(why) => Side {
            end: Some(End { state: "unwritable".into(), why: Some(why.sentence) }),
            body: None,
            origins: Default::default(),
        },
    }
}
