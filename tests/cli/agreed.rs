//! `crossdock agreement show`: layer over layer, each value with the line that it comes from.

use crate::call::{Called, Folder, call, command, run};

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
fn what_follows_from_being_a_sandbox_has_the_line_that_makes_it_one() {
    let folder = files();
    let file = "connectors/partners/tests.yaml";
    folder.write(file, "tenant: acme\npartner: tests\nidentities: [x12/ZZ/TESTS]\nfor_tests: true\n");
    folder.write("connectors/tenants/play.yaml", "tenant: play\nsandbox_of: acme\n");
    folder.write("connectors/partners/play.yaml", "tenant: play\npartner: player\nidentities: [x12/ZZ/PLAYER]\n");
    let show = |words: &str| call(folder.path(), &format!("agreement show {words}"));
    assert_eq!(value(&show("tests --json"), "test_indicator"), format!("send {file}:4"));
    assert_eq!(value(&show("player --json"), "test_indicator"), "send connectors/tenants/play.yaml:2");
    assert_eq!(value(&show("northwind --json"), "test_indicator"), "accept built in");
    let stated = show("tests --stated").out;
    let line = stated.lines().find(|line| line.starts_with("test_indicator ")).unwrap_or_else(|| panic!("{stated}"));
    assert!(line.ends_with(&format!("{file}:4 (the sandbox)")), "{line}");
    // What is agreed in so many words stands over it, but that its tests are taken in elsewhere.
    folder.write(file, "partner: tests\ntenant: acme\nfor_tests: true\nagreement: { test_indicator: refuse }\n");
    assert_eq!(value(&show("tests --json"), "test_indicator"), format!("refuse {file}:4"));
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

/// What `serve` refuses is no agreement to be shown.
#[test]
fn files_that_a_start_refuses_are_faulty() {
    for (agreement, says) in [
        ("acknowledge_by: nosuch", "`nosuch` is no connection of `south`"),
        ("expect: { acknowledgement_by: nosuch }", "`nosuch` is no connection of `south`"),
        ("guides: [nosuch.yaml]", "there is no guide `nosuch.yaml` below the mappings folder"),
        ("expect: { answers: [{ to: 85O, with: '855', within: 1h }] }", "`85O` is no set of X12"),
        ("expect: { answers: [{ to: '850', with: 999X, within: 1h }] }", "did you mean `999`?"),
        ("expect: { answers: [{ to: '850', within: 1h }] }", "`with` is missing"),
        ("sets: { ORDRES: { ta1: always } }", "`ta1` can't differ by kind"),
        ("sets: { ORDRES: { checks: { codes: warn } } }", "did you mean `ORDERS`?"),
        ("search_keys: { store: 'QQ103' }", "no guide knows a segment QQ1"),
        ("search_keys: { store: /nosuch/member }", "no canonical message has `/nosuch`"),
        ("acknowledge: '997', acknowledge: '999'", "`acknowledge` stands twice in one object"),
    ] {
        let folder = files();
        folder.write(
            "connectors/partners/south.yaml",
            format!("tenant: acme\npartner: south\nagreement: {{ {agreement} }}\n"),
        );
        let shown = call(folder.path(), "agreement show south");
        assert!(shown.code == 1 && shown.err.contains(says), "{agreement}: {shown:?}");
        assert!(shown.err.contains("connectors/partners/south.yaml:3:"), "{agreement}: {shown:?}");
        assert!(!shown.err.contains("DuplicateKeyPolicy"), "{shown:?}");
    }
}

#[test]
fn a_variable_of_the_hubs_alone_keeps_nothing_from_being_shown() {
    let folder = files();
    let south =
        "tenant: acme\npartner: south\nconnections:\n  - { name: post, transport: http, key: '${SOUTH_KEY}' }\n";
    folder.write("connectors/partners/south.yaml", south);
    assert_eq!(call(folder.path(), "agreement show south").code, 0);
    folder.write("connectors/partners/south.yaml", format!("{south}agreement: {{ acknowledge_by: psot }}\n"));
    let faulty = call(folder.path(), "agreement show south");
    assert!(faulty.code == 1 && faulty.err.contains("did you mean `post`?"), "{faulty:?}");
}

#[test]
fn a_kind_that_nobody_knows_is_not_shown() {
    let folder = files();
    for (kind, says) in [("99999", "`99999` is no set of X12"), ("85O", "did you mean `850`?")] {
        let shown = call(folder.path(), &format!("agreement show northwind --kind {kind}"));
        assert!(shown.code == 2 && shown.err.contains(says), "{kind}: {shown:?}");
    }
    for kind in ["orders", "TA1"] {
        assert_eq!(call(folder.path(), &format!("agreement show northwind --kind {kind}")).code, 0, "{kind}");
    }
    let north = NORTH.replace("sets: {", "sets: { csv orders: { unknown_sets: warn },");
    folder.write("connectors/partners/north.yaml", north);
    let shown = run(command(folder.path()).args(["agreement", "show", "northwind", "--json", "--kind", "CSV orders"]));
    assert_eq!(value(&shown, "unknown_sets"), "warn connectors/partners/north.yaml:13");
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
