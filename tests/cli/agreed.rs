//! `crossdock agreement show`: layer over layer, each value with the line that it comes from.

use crate::call::{Called, Folder, call};

const HUB: &str = "agreement: { duplicates_days: 10, unknown_segments: warn }\n";
const ACME: &str = "tenant: acme\nidentities: [x12/ZZ/ACME]\n\
    connections:\n  - { name: shared, transport: http, key: k-0123456789-0123456789, agreement: { ta1: always } }\n\
    agreement:\n  acknowledge: 997\n  unknown_segments: ignore\n";
const NORTH: &str = "tenant: acme\npartner: northwind\nidentities: [x12/ZZ/NORTHWIND]\n\
    connections:\n  - name: north-edi\n    transport: http\n    key: k-0123456789-0123456780\n    \
    agreement: { acknowledge: none }\n\
    agreement:\n  acknowledge: '999'\n  delimiters: { line_end: none }\n  edifact: { unknown_segments: reject }\n  \
    sets: { 855: { delimiters: { element: '|' } } }\n";

fn files() -> Folder {
    let folder = Folder::new();
    folder.write("connectors/hub.yaml", HUB);
    folder.write("connectors/tenants/acme.yaml", ACME);
    folder.write("connectors/partners/north.yaml", NORTH);
    folder
}

/// Value and origin of a setting, as `value file:line`.
fn value(called: &Called, key: &str) -> String {
    assert_eq!(called.code, 0, "{called:?}");
    let shown = &called.json()[0];
    let setting = shown["settings"].as_array().unwrap().iter().find(|s| s["setting"] == key);
    let setting = setting.unwrap_or_else(|| panic!("{key} is not shown: {shown}"));
    let from = match setting["from"]["file"].as_str() {
        Some(file) => format!("{}:{}", file, setting["from"]["line"]),
        None => "built in".into(),
    };
    format!("{} {from}", setting["value"].as_str().map_or(setting["value"].to_string(), str::to_owned))
}

#[test]
fn the_later_layer_wins_and_each_value_has_its_place() {
    let folder = files();
    let (hub, acme, north) = ("connectors/hub.yaml", "connectors/tenants/acme.yaml", "connectors/partners/north.yaml");
    let show = |words: &str| call(folder.path(), &format!("agreement show northwind --json {words}"));
    let whole = show("");
    for (key, expected) in [
        ("duplicates_days", format!("10 {hub}:1")),
        ("unknown_segments", format!("ignore {acme}:7")),
        ("acknowledge", format!("999 {north}:10")),
        ("delimiters.line_end", format!("none {north}:11")),
        ("delimiters.element", "* built in".into()),
        ("ta1", "never built in".into()),
    ] {
        assert_eq!(value(&whole, key), expected, "{key}");
    }
    assert_eq!(value(&show("--connection north-edi"), "acknowledge"), format!("none {north}:8"));
    assert_eq!(value(&show("--connection shared"), "ta1"), format!("always {acme}:4"));
    assert_eq!(value(&show("--standard edifact"), "unknown_segments"), format!("reject {north}:12"));
    assert_eq!(value(&show("--kind 855"), "delimiters.element"), format!("| {north}:13"));
    assert_eq!(value(&show("--kind 855"), "delimiters.line_end"), format!("none {north}:11"));
}

#[test]
fn for_people_it_is_a_table() {
    let folder = files();
    let shown = call(folder.path(), "agreement show northwind --stated");
    let line = shown.out.lines().find(|line| line.starts_with("acknowledge ")).unwrap_or_else(|| panic!("{shown:?}"));
    assert!(line.contains("999") && line.contains("connectors/partners/north.yaml:10 (the partner)"), "{line}");
    assert!(!shown.out.contains("built in"), "{}", shown.out);
}

#[test]
fn who_is_unknown_and_what_is_faulty_are_told() {
    let folder = files();
    let nobody = call(folder.path(), "agreement show nortwind");
    assert!(nobody.code == 2 && nobody.err.contains("did you mean northwind?"), "{nobody:?}");
    let nowhere = call(folder.path(), "agreement show northwind --connection nort-edi");
    assert!(nowhere.code == 2 && nowhere.err.contains("did you mean north-edi?"), "{nowhere:?}");
    folder.write("connectors/hub.yaml", "agreement:\n  duplicate_days: 3\n");
    let faulty = call(folder.path(), "agreement show northwind");
    assert_eq!(faulty.code, 1, "{faulty:?}");
    assert!(faulty.err.contains("connectors/hub.yaml:2:3: ") && faulty.err.contains("`duplicates_days`"), "{faulty:?}");
}

#[test]
fn check_reads_by_a_partners_guide() {
    let folder = Folder::new();
    let text = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\n\
        GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~\nST*850*0001~\nBEG*00*SA*PO-1**20260102~\n\
        PO1*1*5*EA*4.20**VN*A-1~\nCTT*1~\nSE*5*0001~\nGE*1*1~\nIEA*1*000000001~\n";
    folder.write("order.edi", text);
    folder.write("guide.yaml", "extends: x12/004010/850\nsender: NORTHWIND\nchange:\n  BEG03: { max: 3 }\n");
    folder.write("other.yaml", "extends: x12/004010/850\nsender: SOMEBODY\nchange:\n  BEG03: { max: 3 }\n");
    folder.write("faulty.yaml", "extends: x12/004010/850\nchange:\n  BEG33: { max: 3 }\n");
    for (guide, code) in [("", 0), ("--guide guide.yaml", 1), ("--guide other.yaml", 0), ("--guide faulty.yaml", 2)] {
        let checked = call(folder.path(), &format!("check order.edi {guide} --json"));
        assert_eq!(checked.code, code, "{guide}: {checked:?}");
        assert_eq!(checked.out.contains("\"origin\":\"guide\""), code == 1, "{guide}: {}", checked.out);
    }
    let faulty = call(folder.path(), "check order.edi --guide faulty.yaml");
    assert!(faulty.err.contains("faulty.yaml:3:3: "), "{faulty:?}");
}

/// What could be a password is not shown, and comes from the environment.
#[test]
fn passwords_are_not_shown() {
    let folder = files();
    folder.write("connectors/hub.yaml", "agreement: { isa_out: { isa03: '01', isa04: '${SESAME}' } }\n");
    let shown = crate::call::run(crate::call::command(folder.path()).env("SESAME", "OPEN").args([
        "agreement",
        "show",
        "northwind",
        "--json",
    ]));
    assert_eq!(value(&shown, "isa_out.isa04"), "(set) connectors/hub.yaml:1");
    assert_eq!(value(&shown, "isa_out.isa03"), "01 connectors/hub.yaml:1");
    assert!(!shown.out.contains("OPEN"), "{}", shown.out);
}
