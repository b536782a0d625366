//! Secrets that could never sign or verify are faults of the files, and not of the first delivery.

use super::signature::Secret;
use crate::tenancy::{Directory, files::Lint, lint::place};

/// Faults of the secrets of endpoints and of connections that take signed webhooks, each with its place.
pub fn lint(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let endpoints = directory.tenants.values().flat_map(|tenant| {
        tenant.endpoints.iter().map(|e| (e.name.as_str(), e.secret.as_str(), format!("endpoint `{}`", e.name)))
    });
    let connections = directory.connections.values().filter_map(|c| {
        c.secret.as_deref().map(|secret| (c.name.as_str(), secret, format!("connection `{}`", c.name)))
    });
    let mut faults: Vec<Lint> = endpoints
        .chain(connections)
        .filter_map(|(name, secret, what)| {
            let fault = Secret::parse(secret).err()?;
            let (file, text) = files.iter().find(|(_, text)| text.contains(name))?;
            let (line, column) = place(text, &[name, "secret"]);
            Some(Lint { file: file.clone(), line, column, sentence: format!("{what}: {fault}") })
        })
        .collect();
    faults.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_signs_nothing_has_its_place() {
        let text = "tenant: acme
endpoints:
  - { name: shop, url: 'https://shop.example/', secret: whsec_c2VjcmV0 }
  - name: till
    url: https://till.example/
    secret: whsec_no-base64!
connections:
  - { name: hook, transport: webhook, secret: 'whsec_', expects: json order }
";
        let files = [("acme.yaml".to_owned(), text.to_owned())];
        let directory = Directory::compile(&files, &|_| None).unwrap();
        let found: Vec<String> = lint(&directory, &files).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("acme.yaml:6:5: endpoint `till`: the secret begins with `whsec_`"), "{found:?}");
        assert!(found[1].starts_with("acme.yaml:8:39: connection `hook`: the secret is empty"), "{found:?}");
        assert!(!found[0].contains("no-base64"), "a secret is never shown");
    }
}
