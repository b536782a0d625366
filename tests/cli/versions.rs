//! Versions of mappings by the command line: drafted from a folder, reviewed, published, rolled back; asked of a hub that
//! runs, and of the store that it left.

use crate::{
    asking::{drop_in, ended, files, messages, ok, order, serve_with},
    call::{Called, Folder, command, run},
};
use serde_json::{Value, json};

const OWN: &str = "mapping: northwind/850-order
extends: x12/4010/850-order
claims: { partner: northwind }
fields:
  ext: { season: 'REF[01=19].02' }
";

fn call(folder: &Folder, arguments: &[&str]) -> Called {
    run(command(folder.path()).arg("mapping").args(arguments))
}

fn draft(folder: &Folder, text: &str, why: &str) -> Called {
    folder.write("drafts/850-order/mapping.yaml", text);
    call(folder, &["draft", "drafts", "--reason", why, "--tenant", "acme"])
}

/// The mapping that read an order.
fn read_by(folder: &Folder, control: &str, number: &str) -> String {
    let name = format!("{number}.edi");
    drop_in(folder.path(), &name, &order(control, number));
    let document = ended(folder.path(), &name, "translated");
    let message = messages(folder.path(), &document, "applied").remove(0);
    message["mapping"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_mapping_is_drafted_reviewed_published_and_rolled_back() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    let none = ok(call(&folder, &["versions"]));
    assert_eq!(none.out, "the hub keeps no version of any mapping: all are its own files\n");
    assert_eq!(call(&folder, &["versions", "northwind/850-order"]).code, 2);
    // A fault is shown under its line, and nothing is kept.
    let faulty = draft(&folder, &OWN.replace("REF[", "REV["), "a typing error");
    assert_eq!(faulty.code, 1, "{faulty:?}");
    assert!(faulty.out.contains("drafts/850-order/mapping.yaml:5:19: REV is not in the guide"), "{}", faulty.out);
    assert_eq!(call(&folder, &["versions", "northwind/850-order"]).code, 2);

    let drafted = ok(draft(&folder, OWN, "they send REF 19 since May"));
    assert_eq!(drafted.out, "northwind/850-order@1 is a draft\n");
    let again = draft(&folder, OWN, "once more");
    assert_eq!(again.code, 2);
    assert!(again.err.contains("these very files are northwind/850-order@1 already"), "{}", again.err);
    assert!(read_by(&folder, "000000001", "PO-1").starts_with("x12/4010/850-order@"));

    let early = call(&folder, &["publish", "northwind/850-order", "--reason", "now"]);
    assert_eq!(early.code, 2);
    assert!(early.err.contains("is a draft: let it be reviewed first"), "{}", early.err);
    let reviewed = ok(call(&folder, &["review", "northwind/850-order", "--reason", "as in their guide"]));
    assert!(reviewed.out.starts_with("northwind/850-order@1 is reviewed\n"), "{}", reviewed.out);
    let early = call(&folder, &["publish", "northwind/850-order@1"]);
    assert!(early.code == 2 && early.err.contains("was not replayed"), "{early:?}");
    let bare = call(&folder, &["publish", "northwind/850-order@1", "--force"]);
    assert!(bare.code == 2 && bare.err.contains("needs a reason"), "{bare:?}");
    let forced =
        ok(call(&folder, &["publish", "northwind/850-order", "--force", "--reason", "their orders stand still"]));
    assert!(
        forced.out.starts_with("northwind/850-order: version 1 stands, in place of nothing: the name is new\n"),
        "{}",
        forced.out
    );
    assert!(forced.out.contains("by force"), "{}", forced.out);
    assert!(read_by(&folder, "000000002", "PO-2").starts_with("northwind/850-order@"));

    let back = ok(call(&folder, &["rollback", "northwind/850-order", "--reason", "a season too many"]));
    assert_eq!(back.out, "northwind/850-order: nothing stands, in place of version 1\n");
    assert!(read_by(&folder, "000000003", "PO-3").starts_with("x12/4010/850-order@"));

    // All of it stands in the store, whoever asks.
    drop(hub);
    let shown = ok(call(&folder, &["versions", "northwind/850-order"]));
    for words in [
        "northwind/850-order: nothing stands",
        "retired",
        "they send REF 19 since May",
        "published by force: version 1",
        "their orders stand still",
        "rolled back to nothing",
        "a season too many",
    ] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
    let shown = ok(call(&folder, &["versions", "--json"])).json().remove(0);
    let history: Vec<&Value> = shown["history"].as_array().unwrap().iter().map(|one| &one["how"]).collect();
    assert_eq!(history, [&json!("rolled_back"), &json!("forced")], "{shown}");
    assert_eq!(shown["versions"][0]["review"], "as in their guide");
}

const SAMPLE: &str =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~
GS*PO*A*B*20260101*0900*1*X*004010~
ST*850*0001~
BEG*00*NE*Po77**20260102~
REF*19*SPRING~
N1*BY*Northwind*92*STORE4~
PO1*1*3*EA*2.50**VN*A1~
SE*6*0001~
GE*1*1~
IEA*1*000000001~
";

#[test]
fn what_a_mapping_changes_is_told_line_by_line_and_over_samples() {
    let folder = Folder::new();
    folder.write("one/mapping.yaml", OWN);
    folder.write(
        "two/850-order/mapping.yaml",
        OWN.replace("  ext:", "  number: BEG03 | upper\n  ext:").replace("REF[01=19].02'", "REF[01=19].02 | lower'"),
    );
    folder.write("two/850-order/samples/first.in.edi", SAMPLE);
    let told = ok(call(&folder, &["diff", "one", "two", "--json"])).json();
    assert_eq!(
        told,
        [
            json!({"field": "/ext/season", "before": "ext: { season: 'REF[01=19].02' }", "after": "ext: { season: 'REF[01=19].02 | lower' }"}),
            json!({"field": "/number", "before": "number: BEG03", "after": "number: BEG03 | upper"}),
            json!({"sample": "first.in.edi", "field": "/number", "before": "Po77", "after": "PO77"}),
            json!({"sample": "first.in.edi", "field": "/ext/season", "before": "SPRING", "after": "spring"}),
        ]
    );
    let shown = ok(call(&folder, &["diff", "one", "two"]));
    assert!(shown.out.contains("first.in.edi") && shown.out.contains("number: BEG03 | upper"), "{}", shown.out);
    let same = ok(call(&folder, &["diff", "one", "one"]));
    let told = "both say the same, line by line\nno sample stands beside either, so that none was tried\n";
    assert!(same.out.ends_with(told), "{}", same.out);
    folder.write("other/mapping.yaml", OWN.replace("mapping: northwind/850-order", "mapping: northwind/850"));
    for (sides, words) in [
        (["one", "other"], "no two of one mapping"),
        (["one", "nowhere"], "`nowhere` is no folder and is taken for the mapping `nowhere`"),
        (["one", "northwind/850-order@x"], "`x` is no version's number"),
    ] {
        let called = call(&folder, &["diff", sides[0], sides[1]]);
        assert!(called.code == 2 && called.err.contains(words), "{called:?}");
    }
}

#[test]
fn what_a_mapping_would_change_of_kept_documents_is_told_before_it_is_published() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    for (control, number) in [("000000001", "Po-1"), ("000000002", "Po-2")] {
        assert!(read_by(&folder, control, number).starts_with("x12/4010/850-order@"));
    }
    ok(draft(&folder, &OWN.replace("  ext:", "  number: BEG03 | upper\n  ext:"), "their numbers are capitals"));
    ok(call(&folder, &["review", "northwind/850-order"]));
    let name = "northwind/850-order";
    let told = ok(call(&folder, &["diff", name, "northwind/850-order@1", "--replay", "500"]));
    let mut lines = told.out.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("(none) → northwind/850-order@")), "{}", told.out);
    assert!(lines.next().is_some_and(|line| line.starts_with("2 documents, 2 sets, ")), "{}", told.out);
    assert_eq!(
        lines.next(),
        Some("2 documents would change; 0 sets would not be read or written any more, 0 would that are not")
    );
    let number: Vec<&str> =
        told.out.lines().find(|line| line.starts_with("/number")).unwrap().split_whitespace().collect();
    assert_eq!(number, ["/number", "2", "Po-2", "PO-2", "PO-2", "BEG03"]);
    let told = ok(call(
        &folder,
        &["diff", name, "northwind/850-order@1", "--replay", "1", "--partner", "northwind", "--json"],
    ))
    .json();
    assert_eq!((&told[0]["field"], &told[0]["documents"]), (&json!("/number"), &json!(1)), "{told:?}");
    assert_eq!((&told[1]["documents"], &told[1]["changed_documents"]), (&json!(1), &json!(1)), "{told:?}");
    // A folder that is no version yet is compared as well, and counts for nothing.
    let told = ok(call(&folder, &["diff", name, "drafts/850-order", "--replay", "9", "--tenant", "acme"]));
    assert!(told.out.contains("2 documents would change"), "{}", told.out);
    let nobody = call(&folder, &["diff", name, "northwind/850-order@1", "--replay", "1", "--partner", "nobody"]);
    assert!(nobody.code == 2 && nobody.err.contains("there is no partner `nobody`"), "{nobody:?}");
    let published = ok(call(&folder, &["publish", name, "--reason", "as replayed"]));
    assert!(!published.out.contains("by force"), "{}", published.out);
    assert!(read_by(&folder, "000000003", "Po-3").starts_with("northwind/850-order@"));
    drop(hub);
    let shown = ok(call(&folder, &["versions", name]));
    assert!(shown.out.contains("1 document, 1 changed") && shown.out.contains("published: version 1"), "{}", shown.out);
}

#[test]
fn files_and_a_hub_are_made_to_agree() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    let all = |arguments: &[&str]| run(command(folder.path()).args(arguments).args(["--tenant", "acme"]));
    folder.write("mine/northwind/850-order/mapping.yaml", OWN);
    let plan = all(&["plan", "mine"]);
    assert_eq!(plan.code, 1, "{plan:?}");
    assert_eq!(plan.out, "northwind/850-order: new: to be drafted; nothing stands\n1 mapping, 1 to be changed\n");
    let applied = ok(all(&["apply", "mine", "--reason", "their guide"]));
    assert_eq!(applied.out, "northwind/850-order@1: drafted\n");
    let plan = all(&["plan", "mine", "--json"]).json().remove(0);
    assert_eq!((&plan["todo"], &plan["version"]), (&json!("publish"), &json!(1)), "{plan}");
    // What may not be published yet is told, and nothing is drafted twice.
    let early = all(&["apply", "mine", "--reason", "their guide", "--publish"]);
    assert!(
        early.code == 1 && early.out.contains("northwind/850-order@1: nothing\n") && early.out.contains("is a draft"),
        "{early:?}"
    );
    ok(call(&folder, &["review", "northwind/850-order"]));
    ok(call(&folder, &["diff", "northwind/850-order", "northwind/850-order@1", "--replay", "5"]));
    let applied = ok(all(&["apply", "mine", "--reason", "their guide", "--publish"]));
    assert_eq!(applied.out, "northwind/850-order@1: published\n");
    assert_eq!(
        ok(all(&["plan", "mine"])).out,
        "northwind/850-order: unchanged; version 1 stands\n1 mapping, nothing to do\n"
    );
    // What is exported needs nothing; what is changed is told by its lines.
    let exported = ok(all(&["export", "out"]));
    assert_eq!(exported.out, "northwind/850-order@1: out/northwind/850-order\n");
    assert!(ok(all(&["plan", "out"])).out.ends_with("nothing to do\n"));
    folder.write("out/northwind/850-order/mapping.yaml", OWN.replace("REF[01=19]", "REF[01=ZZ]"));
    let plan = all(&["plan", "out"]);
    assert!(
        plan.out.contains("  /ext/season: ext: { season: 'REF[01=19].02' } → ext: { season: 'REF[01=ZZ].02' }\n"),
        "{}",
        plan.out
    );
    ok(all(&["export", "out"]));
    assert!(ok(all(&["plan", "out"])).out.ends_with("nothing to do\n"), "written over the file that has the name");
    // One that is drafted and not asked to stand, and one that stood: what makes it stand is told.
    let bare = ok(all(&["apply", "out", "--reason", "more"]));
    assert_eq!(bare.out, "", "it stands: {bare:?}");
    ok(call(&folder, &["rollback", "northwind/850-order", "--reason", "a season too many"]));
    let retired = all(&["apply", "out", "--reason", "more"]);
    let back = "`crossdock mapping rollback northwind/850-order --to 1 --reason WHY` makes it stand again";
    assert!(retired.code == 1 && retired.out.contains(back), "{retired:?}");
    ok(call(&folder, &["rollback", "northwind/850-order", "--to", "1", "--reason", "as told"]));
    assert!(ok(all(&["plan", "out"])).out.ends_with("nothing to do\n"));
    // Files of connectors are checked with them, and who is new is told; the hub reads them when it starts.
    let with = |what: &str| all(&[what, "out", "connectors", "--reason", "more"][..if what == "plan" { 3 } else { 5 }]);
    let told = "1 partner of acme in the files of connectors, which the hub reads when it starts\n";
    assert!(ok(with("plan")).out.ends_with(told));
    assert_eq!(ok(with("apply")).out, told);
    folder.write(
        "connectors/resellers/westerly.yaml",
        "tenant: acme\npartner: westerly\nidentities: [x12/ZZ/WESTERLY]\n",
    );
    let plan = with("plan");
    let new = "partner westerly: new, from the hub's next start on (connectors/resellers/westerly.yaml:2)\n";
    assert!(plan.code == 1 && plan.out.contains(new), "{plan:?}");
    // What of a partner is another one is told, setting by setting, with its line; and what is gone.
    let northwind = std::fs::read_to_string(folder.path().join("connectors/resellers/northwind.yaml")).unwrap();
    let stated = "connectors/resellers/northwind.yaml";
    let changed = northwind.replace("northwind-drop", "northwind-in").replace("'997'", "'999'");
    folder.write(stated, changed.replace("price_list: standard", "price_list: second"));
    let acme = std::fs::read_to_string(folder.path().join("connectors/tenants/acme.yaml")).unwrap();
    folder.write("connectors/tenants/acme.yaml", format!("{acme}currency: EUR\n"));
    let plan = with("plan");
    for told in [
        format!("partner northwind: acknowledge 997 → 999 ({stated}:6)\n"),
        format!("partner northwind: price_list standard → second ({stated}:4)\n"),
        format!("tenant acme: currency USD → EUR (connectors/tenants/acme.yaml:{})\n", acme.lines().count() + 1),
        "connection northwind-drop: gone, from the hub's next start on\n".into(),
        format!("connection northwind-in: new, from the hub's next start on ({stated}:5)\n"),
    ] {
        assert!(plan.code == 1 && plan.out.contains(&told), "{told}{plan:?}");
    }
    assert_eq!(plan.out.matches("acknowledge 997").count(), 1, "once: {}", plan.out);
    let plan = all(&["plan", "out", "connectors", "--json"]).json();
    let currency = plan.iter().find(|one| one["of"]["setting"] == "currency").unwrap();
    assert_eq!(currency["from"]["line"], acme.lines().count() + 1, "{currency}");
    folder.write(stated, &northwind);
    folder.write("connectors/tenants/acme.yaml", &acme);
    folder
        .write("connectors/resellers/westerly.yaml", "tenant: acme\npartner: westerly\nidentites: [x12/ZZ/WESTERLY]\n");
    for what in ["plan", "apply"] {
        let faulty = with(what);
        let told = "westerly.yaml:3:1: `identites` is no key of a partner's file; did you mean `identities`? There are tenant,";
        assert!(faulty.code == 1 && faulty.out.contains(told), "{faulty:?}");
        let picture = "\n  3 | identites: [x12/ZZ/WESTERLY]\n    | ^\n";
        assert!(faulty.out.contains(picture), "{faulty:?}");
    }
    let nothing = all(&["plan", "out", "no-such-folder"]);
    assert!(nothing.code == 2 && nothing.err.contains("no file of connectors"), "{nothing:?}");
    std::fs::remove_file(folder.path().join("connectors/resellers/westerly.yaml")).unwrap();
    // One that the hub ships, as it is.
    let shipped =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/standard/x12/4010/850-order/mapping.yaml");
    let text = std::fs::read_to_string(shipped).unwrap();
    folder.write("shipped/standard/x12/4010/850-order/mapping.yaml", &text);
    assert_eq!(
        ok(all(&["plan", "shipped"])).out,
        "x12/4010/850-order: unchanged; the hub's own file stands\n1 mapping, nothing to do\n"
    );
    let differs = ok(all(&["mapping", "diff", "x12/4010/850-order@0", "shipped"]));
    assert!(differs.out.contains("both say the same, line by line"), "{}", differs.out);
    drop(hub);
}

#[test]
fn a_name_without_versions_is_told_with_what_was_meant() {
    let folder = files();
    folder.write(
        "mappings/northwind/850-order/mapping.yaml",
        "mapping: northwind/850-order\nextends: x12/4010/850-order\nclaims: { partner: northwind }\n",
    );
    let hub = serve_with(&folder, &[]);
    let begin = "a version begins as a draft: `crossdock mapping draft FOLDER --reason …`";
    for (name, told) in [
        ("northwind/850-ordr", "there is no mapping `northwind/850-ordr` in your tenant; nearest northwind/850-order"),
        (
            "northwind/850-order",
            "of `northwind/850-order` the hub's own file stands, and your tenant has no version of it",
        ),
    ] {
        for arguments in [vec!["versions", name], vec!["review", name], vec!["publish", name], vec!["rollback", name]] {
            let called = call(&folder, &[&arguments[..], &["--tenant", "acme"]].concat());
            assert_eq!(called.code, 2, "{called:?}");
            assert!(called.err.contains(told) && called.err.contains(begin), "{arguments:?}: {}", called.err);
        }
    }
    ok(draft(&folder, OWN, "a season"));
    let called = call(&folder, &["review", "northwind/850-order@3", "--tenant", "acme"]);
    assert!(called.err.contains("there is no version 3 of `northwind/850-order`"), "{}", called.err);
    let called = call(&folder, &["diff", "nothere", "northwind/850-order", "--tenant", "acme"]);
    let told =
        "neither nothere nor northwind/850-order is a folder with a mapping: a diff is of two folders, of two versions";
    assert!(called.err.contains(told), "{}", called.err);
    let called = call(&folder, &["diff", "northwind/850-ordre", "northwind/850-ordre@0", "--tenant", "acme"]);
    assert!(
        called.err.contains("neither a folder nor a mapping `northwind/850-ordre`; nearest northwind/850-order"),
        "{}",
        called.err
    );
    drop(hub);
}

#[test]
fn a_published_mapping_that_fits_no_more_stops_no_hub() {
    let folder = files();
    let ours = "mapping: ours/850
extends: x12/4010/850-order
claims: { application_sender: NOBODY }
tables: { season: { SPRING: spring, '*': '*' } }
";
    folder.write("mappings/ours/850/mapping.yaml", ours);
    let hub = serve_with(&folder, &[]);
    let own = "mapping: northwind/850-order
extends: ours/850
claims: { partner: northwind, application_sender: NORTHWIND }
fields:
  ext: { season: 'REF[01=19].02 | table(season)' }
";
    // Beside what it extends, where lint looks for it; the hub has read its own files before.
    folder.write("mappings/drafted/mapping.yaml", own);
    ok(call(&folder, &["draft", "mappings/drafted", "--reason", "a season", "--tenant", "acme"]));
    std::fs::remove_dir_all(folder.path().join("mappings/drafted")).unwrap();
    ok(call(&folder, &["publish", "northwind/850-order", "--force", "--reason", "now", "--tenant", "acme"]));
    assert!(read_by(&folder, "000000001", "PO-1").starts_with("northwind/850-order@"));
    drop(hub);
    // What it was drafted on is changed, as by an upgrade.
    folder.write("mappings/ours/850/mapping.yaml", ours.replace("season:", "seasons:"));
    let hub = serve_with(&folder, &[]);
    let log = std::fs::read_to_string(folder.path().join("serve.log")).unwrap();
    let sentence = "the published version of northwind/850-order does not fit the hub's files any more: \
                    mapping.yaml:5:41: the table `season` is not named under `tables:`; nearest seasons";
    assert!(log.contains(sentence), "{log}");
    drop_in(folder.path(), "PO-2.edi", &order("000000002", "PO-2"));
    let document = ended(folder.path(), "PO-2.edi", "translated");
    let held = messages(folder.path(), &document, "held").remove(0);
    assert_eq!(held["cause"]["code"], "mapping/unfit", "{held}");
    assert_eq!(held["cause"]["sentence"], sentence, "{held}");
    assert!(held["cause"]["remedy"].as_str().unwrap().contains("crossdock mapping rollback northwind/850-order"));
    // Others are drafted all the same, and it is taken back.
    folder.write("other/mapping.yaml", "mapping: other/850\nextends: x12/4010/850-order\nclaims: { partner: other }\n");
    ok(call(&folder, &["draft", "other", "--reason", "another", "--tenant", "acme"]));
    ok(call(&folder, &["rollback", "northwind/850-order", "--reason", "until it is mended", "--tenant", "acme"]));
    assert!(read_by(&folder, "000000003", "PO-3").starts_with("x12/4010/850-order@"));
    let id = held["id"].as_str().unwrap();
    ok(run(command(folder.path()).args(["messages", "restart", id, "--why", "taken back", "--tenant", "acme"])));
    messages(folder.path(), &document, "applied");
    drop(hub);
}
