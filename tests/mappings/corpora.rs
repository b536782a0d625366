//! Documents of other projects, where they are at hand (`TEST_CORPORA`, or `../shared/corpora`): every order among them is
//! read without harm, and what reads whole keeps the law.

use super::documents::{context, document, kept, library, reread};
use crossdock::{
    formats::{
        self,
        piece::{Piece, Set, Standard},
    },
    mapping::{Asked, Library, Plan},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    Some(std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from)).filter(|f| f.is_dir())
}

fn plan(library: &Library, set: &Set) -> Option<Arc<Plan>> {
    let asked = |outbound| Asked {
        outbound,
        standard: set.standard,
        version: &set.version,
        kind: &set.kind,
        partner: None,
        application_sender: None,
    };
    // An 855 is a document of ours: in these files it is read all the same.
    library.claim(&asked(false)).or_else(|| library.claim(&asked(true)))
}

fn sets(bytes: &[u8]) -> Vec<Set> {
    let Some(standard) = formats::sniff(&bytes[..bytes.len().min(512)]) else { return vec![] };
    if !matches!(standard, Standard::X12 | Standard::Edifact | Standard::Xml) {
        return vec![];
    }
    let pieces = formats::read(standard, bytes, formats::Options::default());
    pieces.filter_map(|piece| if let Ok(Piece::Set(set)) = piece { Some(*set) } else { None }).collect()
}

#[test]
fn orders_of_other_projects() {
    let Some(folder) = folder() else {
        println!("corpora: not here, not run");
        return;
    };
    let library = library();
    let (mut clean, mut faulty, mut waiting) = (0, 0, 0);
    for kind in ["x12", "edifact", "xml", "malformed"] {
        let mut files: Vec<PathBuf> = fs::read_dir(folder.join(kind)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for file in files {
            for set in sets(&fs::read(&file).unwrap()) {
                let Some(plan) = plan(&library, &set) else { continue };
                let reading = plan.read(&set.tree, &context());
                let name = file.file_name().unwrap().to_string_lossy();
                if !reading.faults.is_empty() {
                    faulty += 1;
                    println!("{name}: {} {}", set.kind, reading.faults[0].sentence);
                } else if !reading.missing.is_empty() {
                    waiting += 1;
                    println!("{name}: {} {}", set.kind, reading.missing[0].fault.sentence);
                } else {
                    clean += 1;
                    kept(plan.message(), &reading.body);
                    if !set.accepted() {
                        continue;
                    }
                    match plan.write(&reading.body, &context()) {
                        Ok(written) => assert_eq!(reread(&plan, &document(&plan, &written)), *reading.body, "{name}"),
                        // What breaks the guide coming in is not written out.
                        Err(faults) => println!("{name}: {} not written: {}", set.kind, faults[0].sentence),
                    }
                }
            }
        }
    }
    println!("corpora: {clean} read whole, {waiting} wait for a table row, {faulty} faulty");
    assert!(clean >= 10, "only {clean} read whole");
}
