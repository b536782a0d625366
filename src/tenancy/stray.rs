//! Keys of a configuration file that nobody knows: each with its place, and the name that was meant.
//!
//! What an agreement says is read in `layers`, and what a connection says belongs to its transport: both know their own keys.

use super::files::{Answer, Endpoint, Lint, PartnerFile, TenantFile};
use crate::mapping::{
    near::{nearest, slip},
    yaml::{What, Yaml},
};
use schemars::JsonSchema;

/// What a file is about, by the keys that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Hub,
    Tenant,
    Partner,
}

impl About {
    pub(super) fn of(whole: &Yaml) -> About {
        let has = |key: &str| whole.get(key).is_some();
        match (has("partner"), has("tenant") || !has("agreement")) {
            (true, _) => About::Partner,
            (false, true) => About::Tenant,
            (false, false) => About::Hub,
        }
    }

    fn words(self) -> &'static str {
        match self {
            About::Hub => "the hub's own file",
            About::Tenant => "a tenant's file",
            About::Partner => "a partner's file",
        }
    }

    fn keys(self) -> Vec<String> {
        match self {
            About::Hub => vec!["agreement".into()],
            About::Tenant => keys_of::<TenantFile>(),
            About::Partner => keys_of::<PartnerFile>(),
        }
    }
}

/// The keys that a part of a file can have, in the order in which the reference tells them.
fn keys_of<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T).to_value();
    schema["properties"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// Every key of a file that it can't have.
pub(super) fn keys(file: &str, whole: &Yaml) -> Vec<Lint> {
    let mut faults = Vec::new();
    let about = About::of(whole);
    let about = match about {
        // `prtner: north` beside `tenant: acme` is a partner's file.
        About::Tenant if whole.entries().iter().any(|entry| is_slip(&entry.key, "partner")) => About::Partner,
        about => about,
    };
    stray(file, whole, about.words(), &about.keys(), &mut faults);
    for fault in &mut faults {
        belongs_elsewhere(fault, about);
    }
    for (list, what, known) in
        [("endpoints", "an endpoint", keys_of::<Endpoint>()), ("answers", "an answer", keys_of::<Answer>())]
    {
        let Some(What::List(items)) = whole.get(list).map(|list| &list.what) else { continue };
        items.iter().for_each(|item| stray(file, item, what, &known, &mut faults));
    }
    faults
}

fn is_slip(key: &str, known: &str) -> bool {
    key != known && slip(key, [known]).is_some()
}

fn stray(file: &str, part: &Yaml, what: &str, known: &[String], faults: &mut Vec<Lint>) {
    for entry in part.entries().iter().filter(|entry| !known.contains(&entry.key)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = match nearest(&entry.key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? There are {}", known.join(", ")),
            None => format!("there are {}", known.join(", ")),
        };
        let sentence = format!("`{}` is no key of {what}; {near}", entry.key);
        let (line, column) = (entry.key_spot.line.into(), entry.key_spot.column.into());
        faults.push(Lint { file: file.into(), line, column, sentence });
    }
}

/// A key that stands in a file of another kind is told so, and not taken for a slip.
fn belongs_elsewhere(fault: &mut Lint, about: About) {
    let Some(key) = fault.sentence.split('`').nth(1).map(str::to_owned) else { return };
    let other = [About::Tenant, About::Partner].into_iter().find(|other| other.keys().contains(&key));
    if let Some(other) = other.filter(|other| *other != about) {
        fault.sentence = format!("`{key}` is no key of {}: it stands in {}", about.words(), other.words());
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::parse;

    fn told(text: &str) -> Vec<String> {
        parse("a.yaml", text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_key_that_nobody_knows_is_told_with_its_place_and_what_was_meant() {
        let tenant = told("tenant: acme\nidentites: [x12/ZZ/ACME]\ncurency: USD\n");
        assert_eq!(tenant.len(), 2, "all of them: {tenant:?}");
        assert!(
            tenant[0].starts_with("a.yaml:2:1: `identites` is no key of a tenant's file; did you mean `identities`?")
        );
        assert!(tenant[1].starts_with("a.yaml:3:1: `curency` is no key of a tenant's file; did you mean `currency`?"));
        let inner = told(
            "tenant: acme\npartner: north\nanswers:\n  - { event: order.confirmed, as: x12 004010 855, bay: a }\n",
        );
        assert!(
            inner.len() == 1 && inner[0].starts_with("a.yaml:4:51: `bay` is no key of an answer; did you mean `by`?")
        );
        let inner = told("tenant: acme\nendpoints:\n  - name: shop\n    adress: https://shop.example/\n");
        assert!(
            inner[0].starts_with("a.yaml:4:5: `adress` is no key of an endpoint; there are name, url,"),
            "{inner:?}"
        );
    }

    #[test]
    fn a_file_is_what_its_keys_meant() {
        let partner = told("tenant: acme\nprtner: north\nprice_list: standard\n");
        assert_eq!(partner.len(), 1, "`price_list` is a partner's: {partner:?}");
        assert!(partner[0].contains("`prtner` is no key of a partner's file; did you mean `partner`?"), "{partner:?}");
        let elsewhere = told("tenant: acme\npartner: north\nendpoints: []\n");
        assert_eq!(elsewhere, ["a.yaml:3:1: `endpoints` is no key of a partner's file: it stands in a tenant's file"]);
        assert!(told("agrement: {}\n")[0].contains("did you mean `agreement`?"));
        assert!(told("agreement: {}\ntennant: acme\n")[0].contains("`tennant` is no key of the hub's own file"));
    }

    #[test]
    fn a_value_of_another_kind_has_its_place() {
        let wrong = told("tenant: acme\npartner: north\nfor_tests: perhaps\n");
        assert!(
            wrong.len() == 1 && wrong[0].starts_with("a.yaml:3:12: ") && !wrong[0].contains("at line"),
            "{wrong:?}"
        );
        let wrong = told("tenant: acme\nendpoints:\n  - { name: shop, secret: whsec_c2VjcmV0 }\n");
        assert!(wrong[0].starts_with("a.yaml:3:") && wrong[0].contains("`url`"), "{wrong:?}");
    }
}
