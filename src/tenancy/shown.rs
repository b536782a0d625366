//! What was settled with a partner, to be shown: each value in force and where it comes from, for the command line and
//! the API alike.

use super::{
    Directory, Effective, PartnerInfo,
    catalogue::{self, Setting},
    kinds::Kinds,
    layers::Origin,
};
use crate::{canonical::ConnectionId, formats::piece::Standard, mapping::near::nearest};
use serde::Serialize;
use serde_json::Value;

/// Values that may be a password.
pub(super) const SECRET: &[&str] = &[
    "isa_in.isa02",
    "isa_in.isa04",
    "isa_out.isa02",
    "isa_out.isa04",
    "unb_in.password",
    "unb_out.password",
    "unb_out.group_password",
];

/// Of what of a partner's agreement is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// As it holds on this connection; without one, where none differs.
    pub connection: Option<&'a str>,
    /// As it holds in this standard; without one, the one that the kind or the partner's first identity belongs to.
    pub standard: Option<Standard>,
    /// As it holds for one kind of message: `850`, `ORDERS`, in letters of either case.
    pub kind: Option<&'a str>,
    /// Only what is not built in.
    pub stated: bool,
    /// The kinds that there are.
    pub kinds: &'a Kinds<'a>,
}

/// An agreement as it holds somewhere.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub partner: String,
    pub standard: Standard,
    pub settings: Vec<InForce>,
}

/// One setting in force.
#[derive(Debug, Serialize)]
pub struct InForce {
    pub setting: &'static str,
    /// As a file would state it; `(set)` of what may be a password.
    pub value: Value,
    /// What is built in, of all standards.
    pub default: Value,
    /// Where it is stated; none if it is built in.
    pub from: Option<Stated>,
}

/// A line of a file.
#[derive(Debug, Serialize)]
pub struct Stated {
    /// Whose layer it is: `hub`, `tenant`, `partner` or `connection`; `sandbox` of what follows from being one.
    pub layer: &'static str,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// What is in force; or why nothing can be shown, as a sentence.
pub fn of(directory: &Directory, partner: &PartnerInfo, asked: &Asked<'_>) -> Result<Shown, String> {
    let kind = asked.kind.map(|kind| asked.kinds.named(kind)).transpose()?;
    let standard = asked.standard.unwrap_or_else(|| standard(partner, kind));
    let connection = connection(directory, partner, asked.connection)?;
    let terms = partner.terms.of(connection, standard, kind.unwrap_or_default());
    let settings = catalogue::settings()
        .iter()
        .filter(|setting| setting.standard.is_none_or(|own| own == standard))
        .map(|setting| InForce {
            setting: &setting.key,
            value: value(setting, terms),
            default: setting.default.clone(),
            from: from(terms.origin(&setting.key)),
        })
        .filter(|one| !asked.stated || one.from.is_some())
        .collect();
    Ok(Shown { partner: partner.name.clone(), standard, settings })
}

fn from(origin: &Origin) -> Option<Stated> {
    match origin {
        Origin::BuiltIn => None,
        Origin::File { layer, file, line, column } => Some(Stated {
            layer: layer.trim_start_matches("the "),
            file: file.to_string(),
            line: *line,
            column: *column,
        }),
    }
}

/// The connection that was asked for; of none that differs, the nameless one.
fn connection(directory: &Directory, partner: &PartnerInfo, name: Option<&str>) -> Result<ConnectionId, String> {
    let Some(name) = name else { return Ok(ConnectionId::named("")) };
    match directory.connection(name).filter(|c| partner.is_reached_by(c)) {
        Some(connection) => Ok(connection.id),
        None => {
            let own = directory.connections.values().filter(|c| partner.is_reached_by(c)).map(|c| &*c.name);
            let near = nearest(name, own).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Err(format!("{} has no connection {name}{near}", partner.name))
        }
    }
}

fn standard(partner: &PartnerInfo, kind: Option<&str>) -> Standard {
    match kind {
        Some(kind) if kind.bytes().all(|b| b.is_ascii_digit()) || kind.eq_ignore_ascii_case("TA1") => Standard::X12,
        Some(_) => Standard::Edifact,
        None => partner.identities.first().map_or(Standard::X12, |(standard, _)| *standard),
    }
}

fn value(setting: &Setting, terms: &Effective) -> Value {
    match terms.value(&setting.key) {
        Value::String(text) if !text.is_empty() && SECRET.contains(&setting.key.as_str()) => "(set)".into(),
        value => value,
    }
}
