//! What is agreed of content that comes again, before anybody has looked at what it is.

use super::{
    Directory, Terms,
    agreement::{Contrl, Ta1},
    directory::ConnectionInfo,
};
use crate::formats::piece::Standard;

impl Directory {
    /// Within how many days the same content on a connection is a duplicate: as its partner agreed, else the default.
    pub fn duplicates_days(&self, connection: &ConnectionInfo) -> u32 {
        // What a document is, nobody has looked at yet: what holds beside the standards' blocks.
        let of = |terms: &Terms| terms.of(connection.id, Standard::Json, "").duplicates_days;
        match connection.partner.and_then(|id| self.partners.get(&id)) {
            Some(partner) => of(&partner.terms),
            None => self.tenants.get(&connection.tenant).map_or(0, |tenant| of(&tenant.terms)),
        }
    }

    /// Whether a sender on a connection may be owed a TA1 or CONTRL for what came before: who repeats an interchange is
    /// waiting for an answer. Of a connection that several share, whether any partner of the tenant may.
    pub fn answers_duplicates(&self, connection: &ConnectionInfo) -> bool {
        let answers = |terms: &Terms| {
            terms.of(connection.id, Standard::X12, "").ta1 != Ta1::Never
                || terms.of(connection.id, Standard::Edifact, "").contrl != Contrl::None
        };
        let mut partners = self.partners.values().filter(|partner| match connection.partner {
            Some(owner) => partner.id == owner,
            None => partner.tenant == connection.tenant,
        });
        partners.any(|partner| answers(&partner.terms))
    }
}
