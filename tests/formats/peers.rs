//! Other readers of X12 and EDIFACT, held against ours: pyx12 and pydifact (Python), node-x12 and ts-edifact (Node).
//!
//! What we write they read without a complaint, what they write back of it we read without a fault, and pyx12's own
//! acknowledgements of spoiled documents name the same segments, elements and codes as ours, or the table here says why
//! not. The peers are installed in the versions that tests/peers pins; `CROSSDOCK_SKIP_PEERS=1` leaves the test out where
//! no package index can be reached.

use crossdock_formats::{
    Options,
    ack::{Form, Functional, SetOutcome},
    fault::Costs,
    generate::{Shape, generate},
    guides,
    piece::{Group, Identity, Piece, Standard},
    read, report, sniff,
    write::{self, OutSet, X12Delimiters, X12Envelope},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// The documents that are made, by the guides' versions.
const MADE: &[(&str, &[&str])] = &[
    ("004010", &["850", "855", "856", "810", "824", "997"]),
    ("005010", &["850", "855", "856", "810", "824", "997", "999"]),
    ("D96A", &["ORDERS", "ORDRSP", "DESADV", "INVOIC", "APERAK"]),
    ("D01B", &["ORDERS", "ORDRSP", "DESADV", "INVOIC", "APERAK"]),
];

/// Advices as we write them: the codec's tests hold these fixtures against the writer.
const ADVICES: &[(&str, &str)] = &[
    ("x12/4010/824/typical.edi", "824-004010.x12"),
    ("x12/5010/824/typical.edi", "824-005010.x12"),
    ("edifact/d96a/aperak/typical.edi", "APERAK-D96A.edifact"),
    ("edifact/d01b/aperak/typical.edi", "APERAK-D01B.edifact"),
];

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers")
}

/// Where the peers are installed; none if the test is to be left out. The first test that asks installs them.
fn installed() -> Option<PathBuf> {
    static HOME: LazyLock<Option<PathBuf>> = LazyLock::new(install);
    HOME.clone()
}

fn install() -> Option<PathBuf> {
    if std::env::var_os("CROSSDOCK_SKIP_PEERS").is_some() {
        eprintln!("CROSSDOCK_SKIP_PEERS is set: no peer was asked");
        return None;
    }
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let pins = ["requirements.txt", "package.json", "package-lock.json"]
        .map(|name| (name, fs::read_to_string(scripts().join(name)).expect("the pins")));
    let wanted: String = pins.iter().map(|(_, text)| text.as_str()).collect();
    if fs::read_to_string(home.join("installed")).ok().as_ref() == Some(&wanted) {
        return Some(home);
    }
    fs::create_dir_all(&home).expect("a folder");
    pins.iter().for_each(|(name, text)| fs::write(home.join(name), text).expect("a file"));
    let venv = home.join("venv");
    run("python3", |command| command.args(["-m", "venv"]).arg(&venv));
    run(&venv.join("bin/pip").to_string_lossy(), |command| {
        command
            .args(["install", "--quiet", "--disable-pip-version-check", "--retries", "5", "-r"])
            .arg(home.join("requirements.txt"))
    });
    run("npm", |command| command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&home));
    fs::write(home.join("installed"), wanted).expect("a file");
    Some(home)
}

/// Runs a step of the installation, three times if need be.
fn run(program: &str, arguments: impl Fn(&mut Command) -> &mut Command) {
    let mut said = String::new();
    for _ in 0..3 {
        match arguments(&mut Command::new(program)).output() {
            Ok(output) if output.status.success() => return,
            Ok(output) => said = String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => said = error.to_string(),
        }
    }
    panic!("the peers can't be installed: {program}: {said}\nCROSSDOCK_SKIP_PEERS=1 leaves this test out");
}

/// What each peer said of each document of a folder: its lines of JSON.
fn asked(home: &Path, folder: &Path) -> Vec<serde_json::Value> {
    let python = Command::new(home.join("venv/bin/python"))
        .arg("-W")
        .arg("ignore")
        .arg(scripts().join("read.py"))
        .arg(folder)
        .output()
        .expect("Python runs");
    let node = Command::new("node")
        .arg(scripts().join("read.js"))
        .arg(folder)
        .env("NODE_PEERS", home.join("node_modules"))
        .output()
        .expect("Node runs");
    let mut said = Vec::new();
    for output in [python, node] {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        said.extend(
            lines.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).expect("JSON")),
        );
    }
    said
}

fn folder(home: &Path, name: &str) -> PathBuf {
    let folder = home.join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn faults(bytes: &[u8]) -> Vec<String> {
    let report = report::check("x", None, bytes, Options::default()).expect("bytes can be read");
    assert!(!report.sets.is_empty(), "no set is in it: {}", String::from_utf8_lossy(bytes));
    report.all_faults().iter().map(|fault| format!("{} {}", fault.code, fault.sentence)).collect()
}

#[test]
fn what_we_write_is_read_by_peers_and_what_they_write_by_us() {
    let Some(home) = installed() else { return };
    let folder = folder(&home, "written");
    for (version, kinds) in MADE {
        let (standard, ending) =
            if version.starts_with('0') { (Standard::X12, "x12") } else { (Standard::Edifact, "edifact") };
        for kind in *kinds {
            let guide = guides::find(standard, version, kind).expect("a guide");
            for seed in [7, 8] {
                let made = generate(guide, seed, Shape { sets: 2, ..Shape::default() }).expect("a document");
                let bytes: Vec<u8> = made.flat_map(|chunk| chunk.bytes).collect();
                fs::write(folder.join(format!("{kind}-{version}-{seed}.{ending}")), bytes).expect("a file");
            }
        }
    }
    for (fixture, name) in ADVICES {
        let bytes = fs::read(scripts().join("../../fixtures").join(fixture)).expect("a fixture");
        fs::write(folder.join(name), bytes).expect("a file");
    }
    let contrl = fs::read(scripts().join("../../fixtures/edifact/contrl/typical.edi")).expect("a fixture");
    fs::write(folder.join("CONTRL.edifact"), contrl).expect("a file");
    let said = asked(&home, &folder);
    let peers: BTreeSet<&str> = said.iter().filter_map(|one| one["peer"].as_str()).collect();
    assert_eq!(peers, ["node-x12", "pydifact", "pyx12", "ts-edifact"].into(), "{said:#?}");
    held(&folder, &said);
}

/// No peer complains of a document, and what it writes of it is read by us without a new fault.
fn held(folder: &Path, said: &[serde_json::Value]) {
    let complaints: Vec<String> = (said.iter())
        .filter(|one| one["wrong"].as_array().is_none_or(|wrong| !wrong.is_empty()))
        .map(ToString::to_string)
        .collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    let mut wrong = Vec::new();
    for one in said {
        let name = one["name"].as_str().expect("a name");
        let (stem, ending) = name.rsplit_once('.').expect("an ending");
        let (ours, theirs) =
            (folder.join(name), folder.join(format!("{stem}.{}", one["peer"].as_str().expect("a peer"))));
        let theirs = fs::read(&theirs).expect("what the peer wrote");
        assert!(matches!(ending, "x12" | "edifact"), "{name}");
        let known = faults(&fs::read(ours).expect("what we wrote"));
        let new: Vec<String> = faults(&theirs).into_iter().filter(|fault| !known.contains(fault)).collect();
        if !new.is_empty() {
            wrong.push(format!("{name} by {}: {}", one["peer"], new.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} documents come back otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_the_mappings_write_is_read_by_peers() {
    let Some(home) = installed() else { return };
    let folder = folder(&home, "mapped");
    let mut written = 0;
    for sample in samples(&scripts().join("../../mappings")) {
        let bytes = fs::read(&sample).expect("a sample");
        // A sample may be what is wrong in a message that can't be written.
        let Some(standard) = sniff(&bytes).filter(|of| matches!(of, Standard::X12 | Standard::Edifact)) else {
            continue;
        };
        let report = report::check("x", None, &bytes[..], Options::default()).expect("bytes can be read");
        let costly: Vec<_> = report.all_faults().into_iter().filter(|fault| fault.costs >= Costs::Set).collect();
        assert!(costly.is_empty(), "{}: {costly:#?}", sample.display());
        let ending = if standard == Standard::X12 { "x12" } else { "edifact" };
        written += 1;
        // ts-edifact stumbles over the repetition separator that UNA has in syntax 4, and over the letter ß.
        let plain = bytes.strip_prefix(b"UNA:+.?*'").unwrap_or(&bytes).trim_ascii_start();
        let plain = String::from_utf8_lossy(plain).replace('ß', "ss");
        fs::write(folder.join(format!("{written}.{ending}")), plain).expect("a file");
        fs::write(folder.join(format!("{written}.from")), sample.display().to_string()).expect("a file");
    }
    assert!(written >= 8, "only {written} samples are documents that a mapping wrote");
    held(&folder, &asked(&home, &folder));
}

/// Every `samples/NAME.out.edi` below a folder.
fn samples(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(samples(&path));
        } else if path.to_string_lossy().ends_with(".out.edi") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn mappings_fit_the_published_schema_and_misspelt_ones_do_not() {
    let Some(home) = installed() else { return };
    let root = scripts().join("../..");
    let output = Command::new("node")
        .arg(scripts().join("schema.js"))
        .arg(root.join("docs/reference/mapping.schema.json"))
        .arg(root.join("mappings"))
        .env("NODE_PEERS", home.join("node_modules"))
        .output()
        .expect("Node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().count() >= 5, "{said}");
}

/// A health care eligibility inquiry, which pyx12 has a map for; `~` and a line break between segments.
const INQUIRY: &[&str] = &[
    "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*T*:",
    "GS*HS*NORTHWIND*ACMEDIST*20260105*0930*1*X*004010X092A1",
    "ST*270*0001",
    "BHT*0022*13*10001234*20260105*1319",
    "HL*1**20*1",
    "NM1*PR*2*ABC COMPANY*****PI*842610001",
    "HL*2*1*21*1",
    "NM1*1P*2*BONE AND JOINT CLINIC*****SV*2000035",
    "HL*3*2*22*0",
    "TRN*1*93175-012547*9877281234",
    "NM1*IL*1*SMITH*ROBERT****MI*11122333301",
    "DMG*D8*19430519",
    "EQ*30",
    "SE*12*0001",
    "GE*1*1",
    "IEA*1*000000001",
];

type Spoiled = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);

/// One thing that is spoiled in it: a name, what stands there, and what instead; and why pyx12 says otherwise, if it does.
const SPOILED: &[Spoiled] = &[
    ("nothing", "", "", None),
    ("set count", "SE*12*", "SE*13*", None),
    ("set control", "SE*12*0001", "SE*12*0002", None),
    // A group that is refused as a whole has no accepted set, says the definition of AK904; pyx12 counts the set by itself.
    ("group count", "GE*1*", "GE*2*", Some(("AK5 A\nAK9 R 2 1 1 5", "AK904"))),
    ("too long", "BONE AND JOINT CLINIC", "BONE AND JOINT CLINIC WITH A NAME OF MORE THAN SIXTY CHARACTERS", None),
    ("too short", "TRN*1*93175-012547*9877281234", "TRN*1*93175-012547*98772", None),
    ("mandatory element", "BHT*0022*13*", "BHT*0022**", None),
    ("date", "*20260105*1319", "*20261305*1319", None),
    ("unknown segment", "EQ*30", "EQ*30~\nZZZ*1", None),
    ("mandatory segment", "BHT*0022*13*10001234*20260105*1319~\n", "", None),
];

fn spoiled(from: &str, to: &str) -> String {
    let whole: String = INQUIRY.iter().map(|segment| format!("{segment}~\n")).collect();
    if from.is_empty() { whole } else { whole.replacen(from, to, 1) }
}

/// AK2 to AK9 without what is optional: positions, codes and counts.
fn told(answer: &str) -> Vec<String> {
    let parts = |segment: &str| segment.trim().split('*').map(str::to_owned).collect::<Vec<_>>();
    let mut told = Vec::new();
    for parts in answer.split('~').map(parts) {
        let part = |at: usize| parts.get(at).map_or("", String::as_str);
        told.push(match part(0) {
            "AK3" => format!("AK3 {} {} {}", part(1), part(2), part(4)),
            "AK4" => format!("AK4 {} {}", part(1), part(3)),
            "AK9" => parts.join(" "),
            // Which of a set's codes comes first means nothing.
            "AK5" => {
                let codes: BTreeSet<&str> = parts.iter().skip(2).map(String::as_str).collect();
                format!("AK5 {} {}", part(1), codes.into_iter().collect::<Vec<_>>().join(" ")).trim().to_owned()
            }
            _ => continue,
        });
    }
    told
}

fn our_answer(bytes: &[u8]) -> String {
    let (mut group, mut answer): (Option<Group>, Option<Functional>) = (None, None);
    let mut segments = write::Segments::default();
    for piece in read(sniff(bytes).expect("X12"), bytes, Options::default()) {
        match piece.expect("memory can be read") {
            Piece::Group(header) => {
                answer = Some(Functional::new(Form::F997, &header, true));
                group = Some(header);
            }
            Piece::Set(set) => answer.iter_mut().for_each(|answer| answer.set(&SetOutcome::from(&*set))),
            Piece::GroupEnd(end) => {
                segments = answer.take().map(|answer| answer.finish(Some(&end)).0).unwrap_or_default()
            }
            _ => {}
        }
    }
    assert!(group.is_some(), "no group");
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    let envelope = X12Envelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "FA".into(),
        version: "004010".into(),
        interchange_control: 1,
        group_control: 1,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    };
    let set = OutSet { kind: "997".into(), control: "0001".into(), segments };
    String::from_utf8(write::x12(&envelope, &[set]).expect("it can be written")).expect("text")
}

#[test]
fn our_997_says_what_pyx12_s_says() {
    let Some(home) = installed() else { return };
    let folder = folder(&home, "spoiled");
    for (name, from, to, _) in SPOILED {
        fs::write(folder.join(format!("{}.x12", name.replace(' ', "-"))), spoiled(from, to)).expect("a file");
    }
    let said = asked(&home, &folder);
    assert!(!said.is_empty());
    let mut wrong = Vec::new();
    for (name, from, to, deviation) in SPOILED {
        let theirs =
            fs::read_to_string(folder.join(format!("{}.answer", name.replace(' ', "-")))).expect("pyx12's 997");
        let ours = told(&our_answer(spoiled(from, to).as_bytes())).join("\n");
        let theirs = told(&theirs).join("\n");
        let expected = deviation.map_or(ours.as_str(), |(known, _)| known);
        if theirs != expected || (deviation.is_some() && ours == theirs) {
            wrong.push(format!("{name}\nours:\n{ours}\npyx12's:\n{theirs}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
