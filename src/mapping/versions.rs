//! A tenant's versions laid over the hub's mappings, and what differs between two libraries.

use super::{
    Library, Lint, Plan,
    library::{is_mapping, plain},
    name_of,
};
use std::{collections::BTreeSet, sync::Arc};

/// A mapping that stands in the place of the hub's own of that name, or beside all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    pub name: String,
    /// Paths from the mapping's folder, and texts: `mapping.yaml`, and the tables that it names.
    pub files: Vec<(String, String)>,
}

impl Library {
    /// This library with mappings laid over it: what extends one of them extends the new text. Tables of a version are
    /// seen by that version alone, since they are looked for in its own folder first.
    ///
    /// Errors: all faults; those in an overlay's files have their paths as the overlay gives them.
    pub fn overlaid(&self, overlays: &[Overlay]) -> Result<Library, Vec<Lint>> {
        self.overlaid_by(overlays, None)
    }

    /// The same for who looks at one of them: files of the others are told with the name of their mapping before them.
    pub fn overlaid_by(&self, overlays: &[Overlay], one: Option<&str>) -> Result<Library, Vec<Lint>> {
        let mut files = self.files().to_vec();
        let mut folders = Vec::new();
        for overlay in overlays {
            let own = |(path, text): &&(String, String)| is_mapping(path) && name_of(text) == Some(&overlay.name);
            let known = files.iter().find(own).map(|(path, _)| folder_of(path).to_owned());
            let folder = known.unwrap_or_else(|| overlay.name.clone());
            for (path, text) in &overlay.files {
                let whole = if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") };
                match files.iter_mut().find(|(known, _)| *known == whole) {
                    Some(file) => file.1.clone_from(text),
                    None => files.push((whole, text.clone())),
                }
            }
            folders.push(folder);
        }
        match Library::compile(&files) {
            Ok(library) => Ok(library.sharing(self)),
            Err(mut faults) => {
                faults.iter_mut().for_each(|fault| fault.file = as_given(&fault.file, overlays, &folders, one));
                Err(faults)
            }
        }
    }

    /// A mapping's own files as a version keeps them: its text, and the tables that it names itself, beside it whatever
    /// folder they stand in. What it extends stays a mapping of its own.
    pub fn files_of(&self, plan: &Plan) -> Vec<(String, String)> {
        let text =
            |path: &str| self.files().iter().find(|(known, _)| plain(known) == plain(path)).map(|(_, text)| text);
        let own = plan.0.files.first().map(|file| ("mapping.yaml".to_owned(), file));
        let tables = plan.0.own_tables.iter().map(|(named, file)| (plain(named), file));
        own.into_iter().chain(tables).filter_map(|(name, file)| Some((name, text(file)?.clone()))).collect()
    }

    /// The paths of a mapping's own files: its text, and the tables that it names itself.
    pub fn paths_of<'p>(&self, plan: &'p Plan) -> impl Iterator<Item = &'p str> {
        let tables = plan.0.own_tables.iter().map(|(_, file)| file.as_str());
        plan.0.files.first().map(String::as_str).into_iter().chain(tables)
    }

    /// The mappings that read or write otherwise than those of an older library: by their text, by a table, or by what
    /// they extend.
    pub fn changed_from(&self, older: &Library) -> Vec<Changed> {
        let names = |library: &Library| library.plans().iter().map(|p| p.short().to_owned()).collect::<BTreeSet<_>>();
        let all: BTreeSet<String> = names(older).union(&names(self)).cloned().collect();
        let changed = |name: String| {
            let (before, after) = (older.named(&name), self.named(&name));
            let called = |plan: &Option<Arc<Plan>>| plan.as_ref().map(|p| p.name().to_owned());
            (called(&before) != called(&after)).then_some(Changed { name, before, after })
        };
        all.into_iter().filter_map(changed).collect()
    }
}

/// A mapping before and after a change.
#[derive(Debug, Clone)]
pub struct Changed {
    pub name: String,
    pub before: Option<Arc<Plan>>,
    pub after: Option<Arc<Plan>>,
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn as_given(file: &str, overlays: &[Overlay], folders: &[String], one: Option<&str>) -> String {
    let given = overlays.iter().zip(folders).find_map(|(overlay, folder)| {
        let below = file.strip_prefix(folder.as_str())?.trim_start_matches('/');
        overlay.files.iter().find(|(path, _)| path == below)?;
        Some(if one.is_none_or(|one| one == overlay.name) { below.into() } else { format!("{}/{below}", overlay.name) })
    });
    given.unwrap_or_else(|| file.to_owned())
}

/// `x12/4010/850-order@3`: a name and a number. The number may be a word (`published`).
pub fn with_version(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once('@').filter(|(name, version)| !name.is_empty() && !version.is_empty())
}
