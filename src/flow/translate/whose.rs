//! Whose an interchange is: by its identities, by the connection that it came by, or because a person said so.

use crate::{
    canonical::PartnerId,
    formats::piece::Interchange,
    store::documents::Work,
    tenancy::{ConnectionInfo, Directory, PartnerInfo, TenantInfo, agreement::TestIndicator},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// The cause of an interchange to a receiver that is none of ours.
pub const UNKNOWN_RECEIVER: &str = "unassigned/receiver";
pub const UNKNOWN_SENDER: &str = "unassigned/sender";
/// The sender is another partner than the one whose connection it came by.
pub const OTHER_PARTNER: &str = "unassigned/other_partner";

const GIVE: &str = "give this document alone to a partner (`crossdock documents give`)";

/// The cause of an interchange of a worked document that a person said whose it is.
pub const GIVEN: &str = "given";

/// How an interchange ends that a sandbox takes in.
pub const SANDBOX: &str = "sandbox";

/// True if a document that is unassigned for this reason can be given to a partner.
pub fn can_be_given(code: &str) -> bool {
    [UNKNOWN_SENDER, OTHER_PARTNER].contains(&code)
}

/// What a person said of a document: whose it is, or what one sender has sent of it.
pub struct Given {
    to: Option<PartnerId>,
    sender: Option<String>,
}

impl Given {
    pub fn of(work: &Work) -> Given {
        Given { to: work.given_to, sender: work.given_sender.clone() }
    }

    /// To whom an interchange is given, if it is.
    pub fn to(&self, header: &Interchange) -> Option<PartnerId> {
        self.to.filter(|_| self.sender.as_ref().is_none_or(|sender| *sender == sender_of(header)))
    }
}

/// `x12/ZZ/NORTHWIND`
fn sender_of(header: &Interchange) -> String {
    format!("{}/{}/{}", header.standard.word(), header.sender.qualifier, header.sender.id)
}

/// Whose interchange it is, and whether it may be translated.
pub fn identify(
    header: &Interchange,
    tenant: &TenantInfo,
    connection: &ConnectionInfo,
    given_to: Option<PartnerId>,
    directory: &Directory,
) -> (Option<Arc<PartnerInfo>>, &'static str, Option<Value>) {
    let named = |i: &crate::formats::piece::Identity| format!("{}/{}/{}", header.standard.word(), i.qualifier, i.id);
    let unassigned = |code: &str, sentence: String, remedy: String| {
        (None, "unassigned", Some(json!({"code": code, "sentence": sentence, "remedy": remedy, "byte": header.byte})))
    };
    if !tenant.is_ours(header.standard, &header.receiver) {
        return unassigned(
            UNKNOWN_RECEIVER,
            format!("the receiver {} is none of ours", named(&header.receiver)),
            format!(
                "if it is ours, add `{}` to the identities of the tenant `{}`",
                named(&header.receiver),
                tenant.name
            ),
        );
    }
    // Who has tests taken in somewhere has said whose they are there.
    let given_to = given_to.or(connection.partner.filter(|_| directory.takes_tests(connection)));
    let given = given_to.and_then(|id| directory.partners.get(&id)).filter(|partner| partner.tenant == tenant.id);
    let sender = directory.partner_of(tenant.id, header.standard, &header.sender);
    let is_elses = |partner: &PartnerInfo| connection.partner.is_some_and(|owner| owner != partner.id);
    // What a person has said of the document stands where the envelope alone would leave it unassigned.
    let stands = |partner: &&Arc<PartnerInfo>| given.is_none() || !is_elses(partner);
    let Some(partner) = sender.filter(stands).or(given) else {
        return unassigned(
            UNKNOWN_SENDER,
            format!("nobody is known by the sender's identity {}", named(&header.sender)),
            format!("add `{}` to a partner's identities and replay the document; or {GIVE}", named(&header.sender)),
        );
    };
    if given.is_none() && is_elses(partner) {
        return unassigned(
            OTHER_PARTNER,
            format!(
                "the sender {} is `{}`, but the connection `{}` belongs to `{}`",
                named(&header.sender),
                partner.name,
                connection.name,
                connection.partner.map_or("", |id| directory.partner_name(id))
            ),
            format!("ask both partners who sent it; then replay it on the right connection, or {GIVE}"),
        );
    }
    let agreement = partner.terms.of(connection.id, header.standard, "");
    if header.test && agreement.test_indicator == TestIndicator::Refuse {
        let cause = json!({
            "code": "envelope/test_refused",
            "sentence": "the interchange says that it is a test, and the agreement refuses tests",
            "remedy": "ask the partner to send it as production, or let the agreement accept tests",
            "agreement": agreement.told("test_indicator"),
            "decided_by": agreement.decision("test_indicator"),
            "ta1": "020",
            "byte": header.byte,
        });
        return (Some(partner.clone()), "rejected", Some(cause));
    }
    if header.test && agreement.test_indicator == TestIndicator::Sandbox {
        return (Some(partner.clone()), SANDBOX, None);
    }
    if let Some(cause) = super::faults::security(header, agreement) {
        return (Some(partner.clone()), "rejected", Some(cause));
    }
    (Some(partner.clone()), "translated", None)
}
