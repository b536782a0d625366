//! Connections that take in the test interchanges of others.

use super::{
    ConnectionInfo, Directory, Effective, PartnerInfo, agreement::TestIndicator, files::Lint, layers::Origin, lint,
};
use crate::{
    canonical::{PartnerId, Tenant},
    mapping::{
        near::hint,
        yaml::{self, What, Yaml},
    },
};
use std::collections::{BTreeMap, BTreeSet};

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
    let mut faults = idle(directory);
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

/// Sandboxes that nothing is sent to, since no agreement that has them says so.
fn idle(directory: &Directory) -> Vec<Lint> {
    let mut stated: BTreeMap<(String, u64, u64), bool> = BTreeMap::new();
    for partner in directory.partners.values() {
        for (_, agreed) in partner.terms.all() {
            if let Origin::File { file, line, column, .. } = agreed.origin("sandbox") {
                let place = (file.to_string(), u64::from(*line), u64::from(*column));
                // What takes tests in works them itself, whatever it inherits.
                *stated.entry(place).or_default() |= agreed.test_indicator == TestIndicator::Sandbox
                    || is_for_tests(directory, partner.tenant, Some(partner.id));
            }
        }
    }
    let idle = stated.into_iter().filter(|(_, is_used)| !is_used);
    idle.map(|((file, line, column), _)| Lint {
        file,
        line,
        column,
        sentence:
            "`sandbox` takes nothing in without `test_indicator: sandbox`: state that beside it, or leave `sandbox` out"
                .to_owned(),
    })
    .collect()
}

/// True of a partner whose file says that it is for tests, and of all that is of a tenant that is another's sandbox.
fn is_for_tests(directory: &Directory, tenant: Tenant, partner: Option<PartnerId>) -> bool {
    let is_partner = partner.and_then(|id| directory.partners.get(&id)).is_some_and(|partner| partner.for_tests);
    is_partner || directory.tenants.get(&tenant).is_some_and(|tenant| tenant.sandbox_of.is_some())
}

impl Directory {
    /// True of a connection that takes in the tests of others: they are its partner's, whatever their envelopes say.
    /// A name in somebody else's file is not enough.
    pub fn takes_tests(&self, connection: &ConnectionInfo) -> bool {
        connection.is_sandbox && is_for_tests(self, connection.tenant, connection.partner)
    }
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
        let owner = connection.partner.and_then(|id| directory.partners.get(&id));
        return match owner {
            Some(owner) if owner.for_tests => None,
            Some(owner) => Some(("sandbox", not_for_tests(name, owner))),
            None => Some(("sandbox", apart(directory, name, ours))),
        };
    }
    let is_ours = directory.tenants.get(&theirs).is_some_and(|tenant| tenant.sandbox_of == Some(ours));
    let (theirs, ours) = (called(directory, theirs), called(directory, ours));
    let sentence = format!(
        "the connection `{name}` belongs to the tenant `{theirs}`, whose file does not say `sandbox_of: {ours}`"
    );
    (!is_ours).then_some(("sandbox", sentence))
}

fn not_for_tests(name: &str, owner: &PartnerInfo) -> String {
    format!(
        "the connection `{name}` belongs to `{0}`, whose tests would be worked as what `{0}` sends: if `{0}` is there for tests alone, its file must say `for_tests: true`",
        owner.name
    )
}

fn apart(directory: &Directory, name: &str, ours: Tenant) -> String {
    let ours = called(directory, ours);
    format!(
        "the connection `{name}` keeps no tests apart: name one of a partner that is `for_tests: true`, or of a tenant that is `sandbox_of: {ours}`"
    )
}

fn called(directory: &Directory, tenant: Tenant) -> &str {
    directory.tenants.get(&tenant).map_or("", |tenant| tenant.name.as_str())
}
