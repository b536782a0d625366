//! Connections that take in the test interchanges of others.

use super::{Directory, Effective, PartnerInfo, agreement::TestIndicator, files::Lint, layers::Origin, lint};
use crate::{
    canonical::Tenant,
    mapping::{
        near::hint,
        yaml::{self, What, Yaml},
    },
};
use std::collections::BTreeSet;

/// The connections that files name as sandboxes.
pub fn named(files: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in files {
        // What can't be read is told where the file's shape is.
        if let Ok(whole) = yaml::parse(text) {
            collect(&whole, &mut found);
        }
    }
    found
}

fn collect(yaml: &Yaml, found: &mut BTreeSet<String>) {
    match &yaml.what {
        What::Map(entries) => {
            for entry in entries {
                if entry.key == "sandbox" {
                    found.extend(entry.value.text().map(str::to_owned));
                }
                collect(&entry.value, found);
            }
        }
        What::List(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// Sandboxes that lead nowhere, or where they may not; each once, at the place that states it.
pub fn faults(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults: Vec<Lint> = Vec::new();
    let mut partners: Vec<_> = directory.partners.values().collect();
    partners.sort_by(|a, b| a.name.cmp(&b.name));
    for partner in partners {
        for (_, agreed) in partner.terms.all() {
            let (key, sentence) = match fault(directory, partner, agreed) {
                Some(fault) => fault,
                None => continue,
            };
            if let Origin::File { file, line, column, .. } = agreed.origin(key) {
                let (line, column) = (u64::from(*line), u64::from(*column));
                let fault = Lint { file: file.to_string(), line, column, sentence };
                if !faults.iter().any(|told| (&told.file, told.line, told.column) == (&fault.file, line, column)) {
                    faults.push(fault);
                }
            }
        }
    }
    faults.extend(directory.tenants.values().filter_map(|tenant| {
        let of = tenant.sandbox_of.filter(|of| *of == tenant.id || !directory.tenants.contains_key(of))?;
        let word = format!("tenant: {}", tenant.name);
        let (path, text) = files.iter().find(|(_, text)| text.contains(&word) && text.contains("sandbox_of"))?;
        let (line, column) = lint::place(text, &["sandbox_of"]);
        let sentence = match of == tenant.id {
            true => "a tenant is no sandbox of its own; name the tenant whose tests come here".to_owned(),
            false => "no file describes the tenant that `sandbox_of` names".to_owned(),
        };
        Some(Lint { file: path.clone(), line, column, sentence })
    }));
    faults
}

/// What is wrong with where an agreement sends its tests: the setting that says so, and why.
fn fault(directory: &Directory, partner: &PartnerInfo, agreed: &Effective) -> Option<(&'static str, String)> {
    let named = agreed.sandbox.as_ref().map(|name| (name, directory.connection(name)));
    // Its own, named by itself and not by its tenant for the others.
    if let Some((name, Some(connection))) = named
        && connection.partner == Some(partner.id)
    {
        let is_own = matches!(agreed.origin("sandbox"), Origin::File { layer: "the partner" | "the connection", .. });
        return is_own.then(|| ("sandbox", apart(directory, name, partner.tenant)));
    }
    if agreed.test_indicator != TestIndicator::Sandbox {
        return None;
    }
    let Some((name, connection)) = named else {
        let sentence = "`test_indicator: sandbox` wants `sandbox`, the connection that takes tests in";
        return Some(("test_indicator", sentence.to_owned()));
    };
    let Some(connection) = connection else {
        let near = hint(name, directory.connections.values().map(|connection| &*connection.name));
        return Some(("sandbox", format!("no file names a connection `{name}`{near}")));
    };
    let (theirs, ours) = (connection.tenant, partner.tenant);
    if theirs == ours {
        return connection.partner.is_none().then(|| ("sandbox", apart(directory, name, ours)));
    }
    let is_ours = directory.tenants.get(&theirs).is_some_and(|tenant| tenant.sandbox_of == Some(ours));
    let (theirs, ours) = (called(directory, theirs), called(directory, ours));
    let sentence = format!(
        "the connection `{name}` belongs to the tenant `{theirs}`, whose file does not say `sandbox_of: {ours}`"
    );
    (!is_ours).then_some(("sandbox", sentence))
}

fn apart(directory: &Directory, name: &str, ours: Tenant) -> String {
    let ours = called(directory, ours);
    format!(
        "the connection `{name}` keeps no tests apart: name one of a partner made for them, or of a tenant that is `sandbox_of: {ours}`"
    )
}

fn called(directory: &Directory, tenant: Tenant) -> &str {
    directory.tenants.get(&tenant).map_or("", |tenant| tenant.name.as_str())
}
