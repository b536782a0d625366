//! The mappings that ship with the hub, compiled in, so that it works from any folder.

/// Path from the root of the mappings, and text.
pub const FILES: &[(&str, &str)] = &[
];

/// The shipped files with a folder's own: one that stands at the same place below `standard/` or `tables/` replaces ours.
pub fn with(own: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut own = own;
    let mut files = Vec::new();
    for (path, text) in FILES {
        let replaces = |p: &str| p == *path || p.ends_with(&format!("/{path}"));
        match own.iter().position(|(p, _)| replaces(p)) {
            Some(at) => files.push(((*path).to_owned(), own.swap_remove(at).1)),
            None => files.push(((*path).to_owned(), (*text).to_owned())),
        }
    }
    files.extend(own);
    files
}
