//! Where the configuration files state a thing: for who speaks of it after they were read.

use crate::mapping::yaml::{self, Spot, What, Yaml};
use serde::Serialize;

/// A line of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// The files, with places.
#[derive(Debug)]
pub struct Stated {
    files: Vec<(String, Yaml)>,
}

/// A thing that files state: the file, the part of it, and the key that names it.
struct Thing<'s> {
    file: &'s str,
    whole: &'s Yaml,
    part: &'s Yaml,
    named: &'s str,
}

impl Stated {
    /// Reads files, given as (path, text). One that can't be read states nothing.
    pub fn read(files: &[(String, String)]) -> Stated {
        let read = |(path, text): &(String, String)| Some((path.clone(), yaml::parse(text).ok()?));
        Stated { files: files.iter().filter_map(read).collect() }
    }

    /// The place of a setting of a `partner`, a `connection`, an `endpoint` or the `tenant`; of one that nothing states,
    /// and of none, that of the thing itself. `name` is of no account where it is the tenant's.
    pub fn place(&self, tenant: &str, kind: &str, name: &str, setting: &str) -> Option<Place> {
        let Thing { file, whole, part, named } = match kind {
            "tenant" => self.tenant(tenant)?,
            "partner" => self.partner(tenant, name)?,
            "connection" => self.item("connections", name)?,
            "endpoint" => self.item("endpoints", name).filter(|thing| text(thing.whole, "tenant") == Some(tenant))?,
            _ => return None,
        };
        // Whose a connection is, is stated by its file.
        let stated = spot(part, setting).or_else(|| (setting == "partner").then(|| spot(whole, "partner")).flatten());
        let Spot { line, column, .. } = stated.or_else(|| spot(part, named))?;
        Some(Place { file: file.to_owned(), line, column })
    }

    /// The place of a key within a connection, wherever the connection's name stands.
    pub fn key_of_connection(&self, name: &str, key: &str) -> Option<Place> {
        let Thing { file, part, .. } = self.item("connections", name)?;
        let Spot { line, column, .. } = spot(part, key)?;
        Some(Place { file: file.to_owned(), line, column })
    }

    fn tenant(&self, name: &str) -> Option<Thing<'_>> {
        let (file, whole) = self
            .files
            .iter()
            .find(|(_, whole)| whole.get("partner").is_none() && text(whole, "tenant") == Some(name))?;
        Some(Thing { file, whole, part: whole, named: "tenant" })
    }

    fn partner(&self, tenant: &str, name: &str) -> Option<Thing<'_>> {
        let whose = |whole: &Yaml| text(whole, "tenant").unwrap_or("default") == tenant;
        let (file, whole) =
            self.files.iter().find(|(_, whole)| text(whole, "partner") == Some(name) && whose(whole))?;
        Some(Thing { file, whole, part: whole, named: "partner" })
    }

    fn item(&self, list: &str, name: &str) -> Option<Thing<'_>> {
        self.files.iter().find_map(|(file, whole)| {
            let What::List(items) = &whole.get(list)?.what else { return None };
            let part = items.iter().find(|item| text(item, "name") == Some(name))?;
            Some(Thing { file, whole, part, named: "name" })
        })
    }
}

fn text<'y>(yaml: &'y Yaml, key: &str) -> Option<&'y str> {
    yaml.get(key).and_then(Yaml::text)
}

fn spot(part: &Yaml, key: &str) -> Option<Spot> {
    part.entries().iter().find(|entry| entry.key == key).map(|entry| entry.key_spot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_the_line_that_states_it_or_that_of_its_owner() {
        let tenant = "tenant: acme\ncurrency: EUR\nendpoints:\n  - name: shop\n    url: https://shop.example/\n";
        let north = "tenant: acme\npartner: north\nconnections:\n  - path: drop/north\n    name: north-drop\n    transport: folder\n";
        let other = "partner: north\nprice_list: other\n";
        let files = [("a.yaml", tenant), ("o.yaml", other), ("n.yaml", north)];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let stated = Stated::read(&files);
        let place = |kind: &str, name: &str, setting: &str| {
            stated
                .place("acme", kind, name, setting)
                .map(|place| format!("{}:{}:{}", place.file, place.line, place.column))
        };
        for (kind, name, setting, at) in [
            ("tenant", "", "currency", "a.yaml:2:1"),
            ("tenant", "", "identities", "a.yaml:1:1"),
            ("endpoint", "shop", "url", "a.yaml:5:5"),
            ("partner", "north", "price_list", "n.yaml:2:1"),
            ("connection", "north-drop", "path", "n.yaml:4:5"),
            ("connection", "north-drop", "expects", "n.yaml:5:5"),
            ("connection", "north-drop", "partner", "n.yaml:2:1"),
            ("connection", "north-drop", "", "n.yaml:5:5"),
        ] {
            assert_eq!(place(kind, name, setting).as_deref(), Some(at), "{kind} {name} {setting}");
        }
        assert_eq!(place("partner", "nobody", ""), None);
    }
}
