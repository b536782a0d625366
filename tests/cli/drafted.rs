//! A folder of mappings that extend each other, drafted and applied at once; and what a hub finds wrong with them beside its own.

use crate::{
    asking::{files, ok, serve_with},
    call::{Called, Folder, command, run},
};
use serde_json::json;

/// Sorts behind what extends it.
const BASE: &str = "mapping: zeta/850
extends: x12/4010/850-order
claims: { application_sender: ZETA }
fields:
  ext: { season: 'REF[01=19].02' }
";
const DELTA: &str = "mapping: alpha/850
extends: zeta/850
claims: { partner: northwind }
fields:
  ext: { season: ~, colour: 'REF[01=ZZ].02' }
";
const NEW: &str = "version 1 stands, in place of nothing: the name is new\n";

fn call(folder: &Folder, arguments: &[&str]) -> Called {
    run(command(folder.path()).args(arguments).args(["--tenant", "acme"]))
}

fn both(folder: &Folder) {
    folder.write("mine/alpha/mapping.yaml", DELTA);
    folder.write("mine/zeta/mapping.yaml", BASE);
}

#[test]
fn what_extends_a_draft_is_drafted_and_published_behind_it() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    both(&folder);
    let draft = || call(&folder, &["mapping", "draft", "mine", "--reason", "a season"]);
    let first = "it extends zeta/850@1, which is a draft: publish zeta/850@1 first";
    assert_eq!(ok(draft()).out, format!("zeta/850@1 is a draft\nalpha/850@1 is a draft\n  {first}\n"));
    // What is there is passed over, and what is new is not.
    let again = draft();
    for name in ["zeta/850", "alpha/850"] {
        let told = format!("these very files are {name}@1 already, which is draft");
        assert!(again.code == 2 && again.err.contains(&told), "{again:?}");
    }
    folder.write("mine/alpha/mapping.yaml", DELTA.replace("colour", "shade"));
    let other = ok(draft());
    assert!(other.out.starts_with(&format!("alpha/850@2 is a draft\n  {first}\n")), "{other:?}");
    assert!(other.out.ends_with("these very files are zeta/850@1 already, which is draft\n"), "{other:?}");
    // It neither stands nor is replayed before what it extends.
    let publish = |name: &str| call(&folder, &["mapping", "publish", name, "--force", "--reason", "now"]);
    let replay = call(&folder, &["mapping", "diff", "alpha/850", "alpha/850@2", "--replay", "5"]);
    for early in [publish("alpha/850"), replay] {
        let told = "`alpha/850` extends zeta/850@1, and no such mapping stands yet that it would fit: publish zeta/850@1 first";
        assert!(early.code == 2 && early.err.contains(told), "{early:?}");
    }
    assert_eq!(ok(publish("zeta/850")).out.lines().next().unwrap().to_owned() + "\n", format!("zeta/850: {NEW}"));
    assert!(ok(publish("alpha/850")).out.starts_with("alpha/850: version 2 stands, in place of nothing"));
    // Of a name that the hub has no file of its own of, nothing stands where no version does.
    let back = ok(call(&folder, &["mapping", "rollback", "alpha/850", "--reason", "a shade too many"]));
    assert_eq!(back.out, "alpha/850: nothing stands, in place of version 2\n");
    let further = call(&folder, &["mapping", "rollback", "alpha/850", "--reason", "more"]);
    assert!(further.code == 2 && further.err.contains("the hub has no file of that name"), "{further:?}");
    let shown = ok(call(&folder, &["mapping", "versions", "alpha/850"]));
    assert!(shown.out.starts_with("alpha/850: nothing stands\n"), "{shown:?}");
    drop(hub);
}

#[test]
fn apply_begins_with_what_others_extend() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    both(&folder);
    let apply = |more: &[&str]| call(&folder, &[&["apply", "mine", "--reason", "a season"], more].concat());
    let first = "it extends zeta/850@1, which is a draft: publish zeta/850@1 first";
    assert_eq!(ok(apply(&[])).out, format!("zeta/850@1: drafted\nalpha/850@1: drafted\n  {first}\n"));
    // Both stand after one more call, where they may.
    for name in ["zeta/850", "alpha/850"] {
        ok(call(&folder, &["mapping", "review", name]));
    }
    ok(call(&folder, &["mapping", "diff", "zeta/850", "zeta/850@1", "--replay", "5"]));
    let half = apply(&["--publish"]);
    assert!(half.code == 1 && half.out.starts_with("zeta/850@1: published\nalpha/850@1: nothing\n"), "{half:?}");
    assert!(half.out.contains("was not replayed"), "{half:?}");
    ok(call(&folder, &["mapping", "diff", "alpha/850", "alpha/850@1", "--replay", "5"]));
    assert_eq!(ok(apply(&["--publish"])).out, "alpha/850@1: published\n");
    // What it would change is told though the hub has its base as a version alone.
    folder.write("mine/alpha/mapping.yaml", DELTA.replace("01=ZZ", "01=CT"));
    let plan = call(&folder, &["plan", "mine"]);
    assert!(plan.code == 1 && plan.out.contains("/ext/colour: "), "{plan:?}");
    drop(hub);
}

#[test]
fn what_a_hub_finds_wrong_is_told_in_the_folders_file_and_keeps_nothing_else_back() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    both(&folder);
    ok(call(&folder, &["mapping", "draft", "mine", "--reason", "a season"]));
    for name in ["zeta/850", "alpha/850"] {
        ok(call(&folder, &["mapping", "publish", name, "--force", "--reason", "now"]));
    }
    // By itself the folder has no fault: the hub has one that claims the same.
    folder.write("more/a/mapping.yaml", BASE.replace("zeta/850", "eta/850"));
    folder.write("more/b/mapping.yaml", BASE.replace("zeta/850", "theta/850").replace("ZETA", "THETA"));
    ok(call(&folder, &["plan", "mine"]));
    for words in ["mapping draft more --reason why", "apply more --reason why"] {
        let words: Vec<&str> = words.split(' ').collect();
        let told = call(&folder, &words);
        let picture = "more/a/mapping.yaml:3:9: zeta/850/mapping.yaml claims the same, 850: say a partner, a version or a direction \
                       apart\n  3 | claims: { application_sender: ZETA }\n    |         ^\n";
        assert!(told.code == 1 && told.out.contains(picture), "{told:?}");
        assert!(told.out.contains("theta/850@1"), "the other one is kept: {told:?}");
    }
    let told = call(&folder, &["apply", "more", "--reason", "why", "--json"]);
    let eta = told.json().into_iter().find(|one| one["name"] == "eta/850").unwrap();
    assert_eq!((told.code, &eta["did"]), (1, &json!("nothing")), "{eta}");
    assert!(eta["refused"].as_str().unwrap().starts_with("more/a/mapping.yaml:3:9: "), "{eta}");
    drop(hub);
}

#[test]
fn what_is_extended_may_stand_in_the_hub_alone() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    folder.write("base/mapping.yaml", BASE);
    ok(call(&folder, &["mapping", "draft", "base", "--reason", "a season"]));
    // Whoever edits the other needs no copy of it, be it a draft or published.
    folder.write("other/mapping.yaml", DELTA);
    let first = "it extends zeta/850@1, which is a draft: publish zeta/850@1 first";
    let draft = || call(&folder, &["mapping", "draft", "other", "--reason", "a colour"]);
    assert_eq!(ok(draft()).out, format!("alpha/850@1 is a draft\n  {first}\n"));
    for name in ["zeta/850", "alpha/850"] {
        ok(call(&folder, &["mapping", "publish", name, "--force", "--reason", "now"]));
    }
    folder.write("other/mapping.yaml", DELTA.replace("colour", "shade"));
    let plan = call(&folder, &["plan", "other"]);
    assert!(plan.code == 1 && plan.out.contains("alpha/850: changed: to be drafted"), "{plan:?}");
    ok(draft());
    let lines = ok(call(&folder, &["mapping", "diff", "alpha/850", "alpha/850@2"]));
    assert!(lines.out.contains("/ext/colour") && lines.out.contains("/ext/shade"), "{lines:?}");
    // What nobody has is told as before.
    folder.write("other/mapping.yaml", DELTA.replace("zeta/850", "zita/850"));
    let lost = draft();
    assert!(lost.code == 1 && lost.out.contains("there is no mapping `zita/850` to extend"), "{lost:?}");
    drop(hub);
}
