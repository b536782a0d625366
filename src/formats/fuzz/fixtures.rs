//! The repository's fixtures: what spoiling begins with.

use crate::{piece::Standard, sniff};
use std::{fs, path::Path, sync::OnceLock};

/// A fixture: what it is, and its bytes.
pub struct Fixture {
    pub standard: Standard,
    pub bytes: Vec<u8>,
}

/// All of them, in the order of their names.
pub fn fixtures() -> &'static [Fixture] {
    static FIXTURES: OnceLock<Vec<Fixture>> = OnceLock::new();
    FIXTURES.get_or_init(|| {
        let mut found = Vec::new();
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), &mut found);
        assert!(found.len() > 80, "only {} fixtures", found.len());
        found
    })
}

fn gather(folder: &Path, into: &mut Vec<Fixture>) {
    let Ok(entries) = fs::read_dir(folder) else { panic!("no folder {}", folder.display()) };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, into);
            continue;
        }
        let Ok(bytes) = fs::read(&path) else { panic!("{} can't be read", path.display()) };
        let standard = match path.extension().and_then(|ending| ending.to_str()) {
            Some("edi") => sniff(&bytes).unwrap_or(Standard::X12),
            Some("csv") => Standard::Csv,
            Some("fixed") => Standard::Fixed,
            Some("xml") => Standard::Xml,
            Some("json") if !path.to_string_lossy().ends_with(".report.json") => Standard::Json,
            _ => continue,
        };
        into.push(Fixture { standard, bytes });
    }
}
