//! The configuration files of a tenant as they were written, to be written elsewhere: without a secret.

use super::{Directory, outline, shown, stray::About};
use crate::{
    canonical::Tenant,
    mapping::yaml::{self, Spot, What, Yaml},
};

/// A file as it leaves the hub.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    pub path: String,
    pub text: String,
    /// Names of variables that stand in place of what may be a secret, and was written out.
    pub withheld: Vec<String>,
}

/// The files that speak of a tenant: its own, its partners', and the hub's agreement for everyone. One whose secrets can't be
/// taken out is left out, and its path is among the second.
pub fn files(directory: &Directory, tenant: Tenant) -> (Vec<Text>, Vec<String>) {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for (path, text) in directory.files() {
        let Ok(whole) = yaml::parse(text) else { continue };
        let named = whole.get("tenant").and_then(Yaml::text).unwrap_or("default");
        if About::of(&whole) != About::Hub && Tenant::named(named) != tenant {
            continue;
        }
        match without_secrets(text, &whole) {
            Some((text, withheld)) => found.push(Text { path: path.clone(), text, withheld }),
            None => left_out.push(path.clone()),
        }
    }
    (found, left_out)
}

/// A value that may be a secret: where it stands, and the variable that takes its place.
struct Secret {
    spot: Spot,
    value: String,
    variable: String,
}

/// The text with variables for secrets; none if one could not be taken out.
fn without_secrets(text: &str, whole: &Yaml) -> Option<(String, Vec<String>)> {
    let mut secrets = Vec::new();
    let owner = ["partner", "tenant"].iter().find_map(|key| whole.get(key).and_then(Yaml::text)).unwrap_or("hub");
    collect(whole, &mut vec![owner], "", &mut secrets);
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    // From the end on, so that what stands before keeps its place.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.spot));
    let mut withheld = Vec::new();
    for Secret { spot, value, variable } in secrets {
        let line = lines.get_mut((spot.line as usize).checked_sub(1)?)?;
        let at = line.char_indices().nth((spot.column as usize).checked_sub(1)?)?.0;
        let rest = line[at..].strip_prefix(value.as_str())?.to_owned();
        let quote = line[..at].chars().next_back().filter(|c| matches!(c, '"' | '\'') && rest.starts_with(*c));
        *line = match quote {
            Some(_) => format!("{}${{{variable}}}{rest}", &line[..at]),
            None => format!("{}'${{{variable}}}'{rest}", &line[..at]),
        };
        withheld.push(variable);
    }
    withheld.sort();
    withheld.dedup();
    let text = lines.join("\n");
    // Whatever way it was written in: what is read of it now must hold no secret.
    let (again, mut left) = (yaml::parse(&text).ok()?, Vec::new());
    collect(&again, &mut vec![owner], "", &mut left);
    left.is_empty().then_some((text, withheld))
}

/// Values that are named like a secret, or that hold one, and are written out. `owners` are the things around, by their names.
fn collect<'y>(yaml: &'y Yaml, owners: &mut Vec<&'y str>, way: &str, found: &mut Vec<Secret>) {
    match &yaml.what {
        What::Map(entries) => {
            let own = yaml.get("name").and_then(Yaml::text);
            owners.extend(own);
            for entry in entries {
                let way = if way.is_empty() { entry.key.clone() } else { format!("{way}.{}", entry.key) };
                match entry.value.text() {
                    Some(value) if is_secret(&way, &entry.key, value) => {
                        let owner = owners.last().copied().unwrap_or_default();
                        let variable = variable(&[owner, &entry.key]);
                        found.push(Secret { spot: entry.value.spot, value: value.to_owned(), variable });
                    }
                    _ => collect(&entry.value, owners, &way, found),
                }
            }
            owners.truncate(owners.len() - usize::from(own.is_some()));
        }
        What::List(items) => items.iter().for_each(|item| collect(item, owners, way, found)),
        What::Null | What::Text(_) | What::Float => {}
    }
}

/// True of a value that is written out: what a variable stands for is no secret of the file.
fn is_secret(way: &str, key: &str, value: &str) -> bool {
    if value.trim().is_empty() || value.contains("${") {
        return false;
    }
    let named = outline::SECRETS.iter().any(|secret| key.to_ascii_lowercase().contains(secret));
    let agreed = way.starts_with("agreement.") || way.contains(".agreement.");
    let of_agreement = || shown::SECRET.iter().any(|key| way.ends_with(&format!(".{key}")));
    let in_address = value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    match agreed {
        true => of_agreement(),
        false => named || in_address,
    }
}

/// `NORTHWIND_HTTP_KEY`.
fn variable(parts: &[&str]) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    parts.iter().map(|part| part.chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: &str = "# ours\ntenant: acme\nendpoints:\n  - { name: shop, url: 'https://shop.example/', secret: 'whsec_c2VjcmV0' } # by mail\n";
    const NORTH: &str = "tenant: acme
partner: north
connections:
  - name: north-http
    transport: http
    key: hunter2-hunter2-hunter2
  - { name: north-hook, transport: webhook, secret: '${NORTH_SECRET}', expects: json order }
agreement:
  unb_out: { password: \"hunter2\" }
  search_keys: { po: BEG03 }
";

    fn directory(files: &[(&str, &str)]) -> Directory {
        let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
        Directory::compile(&files, &|_| Some("of-the-environment".into())).unwrap()
    }

    #[test]
    fn files_leave_as_they_were_written_but_for_their_secrets() {
        let other = "tenant: globex\n";
        let all = directory(&[("a.yaml", ACME), ("n.yaml", NORTH), ("o.yaml", other), ("h.yaml", "agreement: {}\n")]);
        let (files, left_out) = files(&all, Tenant::named("acme"));
        assert_eq!(left_out, [""; 0]);
        let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["a.yaml", "n.yaml", "h.yaml"], "and nothing of another tenant's");
        assert_eq!(files[0].text, ACME.replace("whsec_c2VjcmV0", "${SHOP_SECRET}"));
        assert_eq!(files[0].withheld, ["SHOP_SECRET"]);
        let expected = NORTH
            .replace("hunter2-hunter2-hunter2", "'${NORTH_HTTP_KEY}'")
            .replace("\"hunter2\"", "\"${NORTH_PASSWORD}\"");
        assert_eq!(files[1].text, expected);
        assert_eq!(files[1].withheld, ["NORTH_HTTP_KEY", "NORTH_PASSWORD"]);
    }

    #[test]
    fn a_file_whose_secret_can_not_be_taken_out_stays() {
        let folded = NORTH.replace("key: hunter2-hunter2-hunter2", "key: >-\n      hunter2-hunter2\n      -hunter2");
        let (files, left_out) = files(&directory(&[("a.yaml", ACME), ("n.yaml", &folded)]), Tenant::named("acme"));
        assert_eq!((files.len(), left_out), (1, vec!["n.yaml".to_owned()]));
    }
}
