//! Each fixture's picture and report stand beside it. `BLESS=1 cargo test -p crossdock-formats` writes them anew; look
//! at what changed before it is committed.

use crate::{files, folder, is_golden, named, options};
use crossdock_formats::{fault::Fault, render, report};
use std::{fs, path::Path};

/// The picture and the report of a fixture.
fn rendered(path: &Path) -> (String, String) {
    let bytes = fs::read(path).expect("a fixture");
    let name = path.file_name().expect("a name").to_string_lossy();
    let report = report::check(&name, named(path), &bytes[..], options(path)).expect("memory can be read");
    let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
    let json: serde_json::Value = serde_json::from_str(&report::json(&report)).expect("a report is JSON");
    let json = serde_json::to_string_pretty(&json).expect("JSON can be written") + "\n";
    (render::terminal(&name, &bytes, &faults, false), json)
}

#[test]
fn every_fixture_is_told_as_its_golden_files_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files(&folder("fixtures")).into_iter().filter(|path| !is_golden(path)) {
        let (picture, json) = rendered(&path);
        for (ending, made) in [("faults.txt", picture), ("report.json", json)] {
            let golden =
                path.with_file_name(format!("{}.{ending}", path.file_name().expect("a name").to_string_lossy()));
            if bless {
                fs::write(&golden, &made).expect("a golden file can be written");
            } else if fs::read_to_string(&golden).ok().as_ref() != Some(&made) {
                wrong.push(format!("{}\n{made}", golden.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "differ or are missing (BLESS=1 writes them):\n{}", wrong.join("\n"));
}

/// What is right is taken: no fixture outside of `hostile` is refused.
#[test]
fn no_well_formed_fixture_is_refused() {
    for path in files(&folder("fixtures")) {
        if is_golden(&path) || path.iter().any(|part| part == "hostile") {
            continue;
        }
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check("x", named(&path), &bytes[..], options(&path)).expect("memory can be read");
        assert!(report.accepted() && !report.sets.is_empty(), "{}: {:?}", path.display(), report.all_faults());
    }
}

#[test]
fn color_marks_and_changes_nothing_else() {
    let bytes = fs::read(folder("fixtures/hostile/too-long.edi")).expect("a fixture");
    let report = report::check("x", None, &bytes[..], Default::default()).expect("memory can be read");
    let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
    let colored = render::terminal("x", &bytes, &faults, true);
    assert!(colored.contains("\x1b[1;31m"));
    let mut plain = String::new();
    for part in colored.split('\x1b') {
        plain.push_str(match part.strip_prefix('[') {
            Some(rest) => rest.split_once('m').map_or("", |(_, text)| text),
            None => part,
        });
    }
    assert_eq!(plain, render::terminal("x", &bytes, &faults, false));
}
