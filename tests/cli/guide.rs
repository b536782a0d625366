//! `crossdock guide lint`, and the page about guides' files.

use crate::call::{Folder, call};

/// The YAML of a page.
fn examples(page: &str) -> Vec<&str> {
    let blocks = page.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_example_of_the_page_lints_and_reads() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/guides.md");
    let page = std::fs::read_to_string(page).unwrap();
    let examples = examples(&page);
    assert_eq!(examples.len(), 1, "one whole example");
    let folder = Folder::new();
    folder.write("northwind-850.yaml", examples[0]);
    let linted = call(folder.path(), "guide lint northwind-850.yaml --json");
    assert_eq!((linted.code, linted.err.as_str()), (0, ""), "{linted:?}");
    let told: Vec<String> =
        linted.json().iter().map(|one| format!("{} {}", one["weight"].as_str().unwrap(), one["path"])).collect();
    assert_eq!(told, ["wider \"BEG02\"", "wider \"BEG05\"", "wider \"PO104\""], "as the page says");

    let order = |set: &str| {
        format!(
            "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\n\
             GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010VICS~\nST*850*0001~\n{set}SE*{}*0001~\nGE*1*1~\n\
             IEA*1*000000001~\n",
            set.lines().count() + 2
        )
    };
    let good = "BEG*00*SA*PO-1~\nREF*DP*0042~\nN1*BY*Northwind~\nN4*Springfield~\n\
                PO1*1*5*EA*4.20**VN*A-1~\nCTT*1~\n";
    folder.write("good.edi", order(good));
    folder.write("bad.edi", order(&good.replace("REF*DP", "CUR*BY*USD~\nREF*DP")));
    for (file, code, says) in [("good.edi", 0, ""), ("bad.edi", 1, "the guide northwind-850.yaml forbids CUR here")] {
        let checked = call(folder.path(), &format!("check {file} --guide northwind-850.yaml"));
        assert!(checked.code == code && checked.out.contains(says), "{file}: {checked:?}");
    }
}
