//! The newest documents of a tenant, one after the other: asked for in pages, each in a transaction of its own.

use super::documents::DocumentRow;
use crate::{
    canonical::{DocumentId, Micros, PartnerId, Tenant},
    flow::Hub,
    store::{
        StoreError,
        documents::{self, Claimed, Search},
    },
};
use std::vec::IntoIter;

/// Documents that are asked for in one go.
const PAGE: i64 = 32;

/// A walk over them.
pub struct Newest<'a> {
    tenant: Tenant,
    partner: Option<PartnerId>,
    /// Only documents of which a message shows one of these.
    claimed: Option<&'a [Claimed]>,
    before: (Micros, DocumentId),
    page: IntoIter<DocumentRow>,
    ended: bool,
}

impl<'a> Newest<'a> {
    pub fn new(tenant: Tenant, partner: Option<PartnerId>, claimed: Option<&'a [Claimed]>) -> Newest<'a> {
        let before = (Micros(i64::MAX), DocumentId(uuid::Uuid::max()));
        Newest {
            tenant,
            partner,
            claimed,
            before,
            page: vec![].into_iter(),
            ended: claimed.is_some_and(<[_]>::is_empty),
        }
    }

    /// The next one; none behind the oldest.
    pub async fn next(&mut self, hub: &Hub) -> Result<Option<DocumentRow>, StoreError> {
        if self.page.len() == 0 && !self.ended {
            let mut tx = hub.store.read(self.tenant).await?;
            let rows = match self.claimed {
                Some(by) => documents::claimed(&mut tx, self.tenant, by, self.partner, self.before, PAGE).await?,
                None => {
                    let by = Search { partner: self.partner, before: Some(self.before), ..Search::default() };
                    documents::search(&mut tx, self.tenant, &by, PAGE).await?
                }
            };
            tx.rollback().await?;
            self.ended = (rows.len() as i64) < PAGE;
            self.page = rows.into_iter();
        }
        let next = self.page.next();
        if let Some(row) = &next {
            self.before = (Micros(row.received_at), row.id);
        }
        Ok(next)
    }
}
