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
        forced.out.starts_with("northwind/850-order: version 1 stands, in place of the hub's own file\n"),
        "{}",
        forced.out
    );
    assert!(forced.out.contains("by force"), "{}", forced.out);
    assert!(read_by(&folder, "000000002", "PO-2").starts_with("northwind/850-order@"));

    let back = ok(call(&folder, &["rollback", "northwind/850-order", "--reason", "a season too many"]));
    assert_eq!(back.out, "northwind/850-order: the hub's own file stands, in place of version 1\n");
    assert!(read_by(&folder, "000000003", "PO-3").starts_with("x12/4010/850-order@"));

    // All of it stands in the store, whoever asks.
    drop(hub);
    let shown = ok(call(&folder, &["versions", "northwind/850-order"]));
    for words in [
        "northwind/850-order: the hub's own file stands",
        "retired",
        "they send REF 19 since May",
        "published by force: version 1",
        "their orders stand still",
        "rolled back to the hub's own file",
        "a season too many",
    ] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
    let shown = ok(call(&folder, &["versions", "--json"])).json().remove(0);
    let history: Vec<&Value> = shown["history"].as_array().unwrap().iter().map(|one| &one["how"]).collect();
    assert_eq!(history, [&json!("rolled_back"), &json!("forced")], "{shown}");
    assert_eq!(shown["versions"][0]["review"], "as in their guide");
}
