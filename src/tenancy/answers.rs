//! By which connections a partner is reached, and which of its answers an order gets.

use super::{
    directory::{AnswerInfo, ConnectionInfo, Directory, PartnerInfo, matches},
    files::{self, File, Lint},
    lint,
};
use crate::{
    canonical::{ConnectionId, Tenant, event},
    formats::piece::Standard,
    mapping::near::nearest,
};

impl PartnerInfo {
    /// True of its own connections, and of those that the tenant's partners share.
    pub fn is_reached_by(&self, connection: &ConnectionInfo) -> bool {
        match connection.partner {
            Some(owner) => owner == self.id,
            None => connection.tenant == self.tenant,
        }
    }

    /// Whether this answer is given to an order that came in a standard (`edifact`): where the partner agreed on answers
    /// to the event in several standards, an order is answered the way it came, if there is that way; else by all.
    pub fn answers_by(&self, answer: &AnswerInfo, came_as: &str) -> bool {
        !self.elsewhere(answer).contains(&came_as)
    }

    /// The standards whose orders another answer to the same event takes.
    pub fn elsewhere(&self, answer: &AnswerInfo) -> Vec<&'static str> {
        let same_event = self.answers.iter().filter(|other| other.event == answer.event);
        let mut standards: Vec<&str> = same_event.map(|other| other.standard.word()).collect();
        standards.retain(|standard| *standard != answer.standard.word());
        standards.sort_unstable();
        standards.dedup();
        standards
    }
}

/// `x12 004010 855`, `edifact D96A ORDRSP`, `ubl 2.1 OrderResponse`: standard, version, kind.
pub(super) fn form(text: &str) -> Option<(Standard, String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["x12", version, kind] => Some((Standard::X12, (*version).into(), (*kind).into())),
        ["edifact", version, kind] => Some((Standard::Edifact, (*version).into(), (*kind).into())),
        // The family is part of an XML document's name: `ubl OrderResponse`.
        ["ubl", "2.1", kind] => Some((Standard::Xml, "2.1".into(), format!("ubl {kind}"))),
        _ => None,
    }
}

/// Why a pattern (`order.*`) fits no event that a hub emits, if so.
pub(super) fn no_event(pattern: &str) -> Option<String> {
    let kinds = || event::TYPES.iter().map(|(kind, _)| *kind);
    if kinds().any(|kind| matches(&[pattern.to_owned()], kind)) {
        return None;
    }
    let families = kinds().filter_map(|kind| kind.split_once('.')).map(|(family, _)| format!("{family}.*"));
    let families: Vec<String> = families.collect();
    let near = nearest(pattern, kinds().chain(families.iter().map(String::as_str)));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Some(format!(
        "`{pattern}` fits no event that there is (`crossdock events list`): nothing would ever go there{near}"
    ))
}

/// Answers that leave by a connection which their tenant doesn't have.
pub(super) fn astray(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults = Vec::new();
    for (path, text) in files {
        let Ok(File::Partner(file)) = files::parse(path, text) else { continue };
        let tenant = Tenant::named(&file.tenant);
        let own = || directory.connections.values().filter(|connection| connection.tenant == tenant);
        for answer in &file.answers {
            if own().any(|connection| connection.id == ConnectionId::named(&answer.by)) {
                continue;
            }
            let near = nearest(&answer.by, own().map(|connection| connection.name.as_str()));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let sentence = format!(
                "the answer {} of `{}` leaves by `{}`, a connection that no file of its tenant names{near}",
                answer.form, file.partner, answer.by
            );
            let (line, column) = lint::place(text, &["answers", &answer.form, "by", &answer.by]);
            faults.push(Lint { file: path.clone(), line, column, sentence });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &str) -> Vec<String> {
        let file = format!(
            "tenant: acme\npartner: north\nconnections:\n  - {{ name: north-drop, transport: folder, path: drop/north }}\n\
             answers:\n  - {answer}\n"
        );
        let tenant = ("acme.yaml".to_owned(), "tenant: acme\nidentities: [x12/ZZ/ACME]\n".to_owned());
        let wrong = Directory::compile(&[tenant, ("north.yaml".to_owned(), file)], &|_| None).err().unwrap_or_default();
        wrong.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_answer_that_never_goes_is_a_fault_with_its_place() {
        assert_eq!(told("{ event: order.confirmed, as: x12 004010 855, by: north-drop }"), [""; 0]);
        assert_eq!(told("{ event: 'order.*', as: x12 004010 855, by: north-drop }"), [""; 0]);
        let event = "north.yaml:6:14: `order.confirmd` fits no event that there is (`crossdock events list`): nothing would ever \
                     go there; did you mean `order.confirmed`?";
        assert_eq!(told("{ event: order.confirmd, as: x12 004010 855, by: north-drop }"), [event]);
        let set = told("{ event: order.confirmed, as: x12 004010 8555, by: north-drop }");
        assert!(set.len() == 1 && set[0].starts_with("north.yaml:6:35: `8555` is no set of X12"), "{set:?}");
        let way = told("{ event: order.confirmed, as: x12 004010 855, by: nort-drop }");
        assert!(way.len() == 1 && way[0].ends_with("names; did you mean `north-drop`?"), "{way:?}");
        assert!(
            way[0].starts_with("north.yaml:6:55: the answer x12 004010 855 of `north` leaves by `nort-drop`"),
            "{way:?}"
        );
    }

    #[test]
    fn an_endpoint_that_hears_nothing_is_a_fault_with_its_place() {
        let file = "tenant: acme\nendpoints:\n  - { name: shop, url: 'https://shop.example/', secret: whsec_c2VjcmV0, events: ['*', \
                    'ordr.*', order.placd] }\n";
        let wrong =
            Directory::compile(&[("acme.yaml".to_owned(), file.to_owned())], &|_| None).err().unwrap_or_default();
        let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("`ordr.*` fits no event") && told[0].ends_with("did you mean `order.*`?"), "{told:?}");
        assert!(
            told[1].contains("`order.placd` fits") && told[1].ends_with("did you mean `order.placed`?"),
            "{told:?}"
        );
    }
}
