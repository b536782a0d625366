//! Secrets that could never sign or verify, and addresses that no webhook may go to, are faults of the files and not of
//! the first delivery.

use super::{signature::Secret, webhook::private_host};
use crate::tenancy::{Directory, files::Lint, lint::place};

/// Faults of endpoints' addresses, and of the secrets of endpoints and of connections that take signed webhooks, each
/// with its place.
pub fn lint(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults = secrets(directory, files);
    faults.extend(addresses(directory, files));
    faults.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    faults
}

/// What can be told without asking a resolver: an address, or `localhost`, that every delivery would be refused for.
fn addresses(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let endpoints = directory.tenants.values().flat_map(|tenant| &tenant.endpoints);
    endpoints
        .filter(|endpoint| !endpoint.allow_private_addresses)
        .filter_map(|endpoint| {
            let (host, what) = private_host(&endpoint.url)?;
            let sentence = format!(
                "endpoint `{}`: {host} is {what}, and no webhook goes there; set `allow_private_addresses: true` on the \
                 endpoint if that is meant",
                endpoint.name
            );
            let names_it = |text: &str| text.contains("endpoints:") && text.contains(&endpoint.name);
            let (file, text) = files.iter().find(|(_, text)| names_it(text))?;
            let (line, column) = place(text, &[&endpoint.name, "url"]);
            Some(Lint { file: file.clone(), line, column, sentence })
        })
        .collect()
}

fn secrets(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let endpoints = directory.tenants.values().flat_map(|tenant| {
        tenant.endpoints.iter().map(|e| (e.name.as_str(), e.secret.as_str(), format!("endpoint `{}`", e.name)))
    });
    let connections = directory.connections.values().filter_map(|c| {
        c.secret.as_deref().map(|secret| (c.name.as_str(), secret, format!("connection `{}`", c.name)))
    });
    endpoints
        .chain(connections)
        .filter_map(|(name, secret, what)| {
            let fault = Secret::parse(secret).err()?;
            let (file, text) = files.iter().find(|(_, text)| text.contains(name))?;
            let (line, column) = place(text, &[name, "secret"]);
            Some(Lint { file: file.clone(), line, column, sentence: format!("{what}: {fault}") })
        })
        .collect()
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

    #[test]
    fn an_address_that_no_webhook_may_go_to_has_its_place_and_remedy() {
        let text = "tenant: acme
endpoints:
  - { name: shop, url: 'https://shop.example/', secret: whsec_c2VjcmV0 }
  - name: till
    url: http://10.1.2.3:8080/hook
    secret: whsec_c2VjcmV0
  - { name: own, url: 'http://localhost:9/', secret: whsec_c2VjcmV0 }
  - { name: meant, url: 'http://127.0.0.1:9/', secret: whsec_c2VjcmV0, allow_private_addresses: true }
";
        let files = [("acme.yaml".to_owned(), text.to_owned())];
        let directory = Directory::compile(&files, &|_| None).unwrap();
        let found: Vec<String> = lint(&directory, &files).iter().map(ToString::to_string).collect();
        let rest = "and no webhook goes there; set `allow_private_addresses: true` on the endpoint if that is meant";
        assert_eq!(
            found,
            [
                format!("acme.yaml:5:5: endpoint `till`: 10.1.2.3 is a private address, {rest}"),
                format!("acme.yaml:7:18: endpoint `own`: localhost is a loopback address, {rest}"),
            ]
        );
    }
}
