//! The files of connectors against what a running hub was started with.

use super::{
    super::{
        ask::{Place, encoded, is_not_found},
        documents::of_tenant,
        out::Out,
    },
    Stands,
};
use crate::{
    canonical::Tenant,
    formats::piece::Standard,
    tenancy::{
        Directory, PartnerInfo,
        kinds::Kinds,
        outline,
        shown::{self, Asked, InForce},
        stated,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tells what the hub would have otherwise once it was started with these files. Gives how much that is.
pub async fn told(
    place: &Place,
    Stands { directory, library, stated }: &Stands,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<usize> {
    let there = place.get("/v1/partners").await?;
    let tenant = place.tenant.as_deref().map(Tenant::named).or_else(|| only_tenant(directory));
    let Some(tenant) = tenant else {
        anyhow::bail!("the files are of several tenants: say which is meant with --tenant");
    };
    let name = directory
        .tenants
        .get(&tenant)
        .map_or_else(|| place.tenant.clone().unwrap_or_default(), |tenant| tenant.name.clone());
    let here = outline::of(directory, tenant).map_or(Value::Null, |outline| json!(outline));
    let mut count = 0;
    for one in outline::differences(&there, &here) {
        count += 1;
        let from = stated.place(&name, one.kind, &one.name, &one.setting);
        match json {
            true => out.json(&of_tenant(place, json!({"todo": "start", "of": one, "from": from})))?,
            false => out.line(sentence(&name, &one, from.as_ref()))?,
        }
    }
    let kinds = Kinds::of(library);
    let mut partners: Vec<&PartnerInfo> =
        directory.partners.values().filter(|partner| partner.tenant == tenant).map(|partner| &**partner).collect();
    partners.sort_unstable_by_key(|partner| &partner.name);
    for partner in &partners {
        if there["partners"].get(&partner.name).is_some() {
            count += agreement(place, directory, partner, &kinds, json, out).await?;
        }
    }
    if !json {
        let s = if partners.len() == 1 { "" } else { "s" };
        let differs = match count {
            0 => String::new(),
            1 => ": 1 thing is another one from then on".to_owned(),
            n => format!(": {n} things are others from then on"),
        };
        let partners = partners.len();
        out.line(format!(
            "{partners} partner{s} of {name} in the files of connectors, which the hub reads when it starts{differs}"
        ))?;
    }
    Ok(count)
}

fn only_tenant(directory: &Directory) -> Option<Tenant> {
    let mut tenants = directory.tenants.keys();
    tenants.next().copied().filter(|_| tenants.next().is_none())
}

/// What is otherwise, and the line that makes it so. What is gone has no line.
fn sentence(tenant: &str, one: &outline::Difference, from: Option<&stated::Place>) -> String {
    let what = format!("{} {}", one.kind, if one.name.is_empty() { tenant } else { &one.name });
    let place = from.map(|from| format!(" ({}:{})", from.file, from.line)).unwrap_or_default();
    match (one.setting.is_empty(), one.here == json!(true)) {
        (true, true) => format!("{what}: new, from the hub's next start on{place}"),
        (true, false) => format!("{what}: gone, from the hub's next start on"),
        (false, _) => format!("{what}: {} {} → {}{place}", one.setting, said(&one.there), said(&one.here)),
    }
}

/// Settings of a partner's agreement that are others, each once: as they hold in each standard, alone and on each connection.
async fn agreement(
    place: &Place,
    directory: &Directory,
    partner: &PartnerInfo,
    kinds: &Kinds<'_>,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<usize> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut reached: Vec<&str> = directory
        .connections
        .values()
        .filter(|connection| partner.is_reached_by(connection))
        .map(|connection| connection.name.as_str())
        .collect();
    reached.sort_unstable();
    let connections = std::iter::once(None).chain(reached.into_iter().map(Some));
    for connection in connections {
        for standard in [Standard::X12, Standard::Edifact] {
            let asked = Asked { connection, standard: Some(standard), kind: None, stated: false, kinds };
            let Ok(here) = shown::of(directory, partner, &asked) else { continue };
            let mut path = format!("/v1/partners/{}/agreement?standard={}", encoded(&partner.name), standard.word());
            if let Some(connection) = connection {
                path += &format!("&connection={}", encoded(connection));
            }
            let there = match place.get(&path).await {
                Ok(there) => there,
                Err(error) if is_not_found(&error) => continue,
                // A connection that the hub does not know yet is told as new.
                Err(_) if connection.is_some() => continue,
                Err(error) => return Err(error),
            };
            for one in &here.settings {
                let was = there["settings"].as_array().into_iter().flatten().find(|was| was["setting"] == one.setting);
                let Some(was) = was.filter(|was| was["value"] != one.value) else { continue };
                let line = told_of(partner, connection.filter(|_| stands_there(one, was)), one, was);
                if told.insert(line.clone()) {
                    match json {
                        true => out.json(&of_tenant(
                            place,
                            json!({"todo": "start", "partner": partner.name, "connection": connection, "setting": one.setting,
                                "there": was["value"], "here": one.value, "from": one.from}),
                        ))?,
                        false => out.line(line)?,
                    }
                }
            }
        }
    }
    Ok(told.len())
}

/// True of what is stated for a connection, here or there: else it is the partner's, the tenant's or the hub's, and told once.
fn stands_there(one: &InForce, was: &Value) -> bool {
    one.from.as_ref().is_some_and(|from| from.layer == "connection") || was["from"]["layer"] == "connection"
}

fn told_of(partner: &PartnerInfo, connection: Option<&str>, one: &InForce, was: &Value) -> String {
    let place = |file: &str, line: u64| if file.is_empty() { "built in".to_owned() } else { format!("{file}:{line}") };
    let is = one.from.as_ref().map_or_else(|| place("", 0), |from| place(&from.file, u64::from(from.line)));
    let on = connection.map(|name| format!(" on {name}")).unwrap_or_default();
    format!("partner {}{on}: {} {} → {} ({is})", partner.name, one.setting, said(&was["value"]), said(&one.value))
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
