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
    assert_eq!(examples.len(), 2, "one whole example, and one of another version");
    let folder = Folder::new();
    folder.write("northwind-850.yaml", examples[0]);
    let linted = call(folder.path(), "guide lint northwind-850.yaml --json");
    assert_eq!((linted.code, linted.err.as_str()), (0, ""), "{linted:?}");
    let told: Vec<String> =
        linted.json().iter().map(|one| format!("{} {}", one["weight"].as_str().unwrap(), one["path"])).collect();
    assert_eq!(told, ["wider \"BEG02\"", "wider \"BEG05\"", "wider \"PO104\""], "as the page says");

    let order = |set: &str| order(set, "004010VICS");
    let good = "BEG*00*SA*PO-1~\nREF*DP*0042~\nN1*BY*Northwind~\nN4*Springfield~\n\
                PO1*1*5*EA*4.20**VN*A-1~\nCTT*1~\n";
    folder.write("good.edi", order(good));
    folder.write("bad.edi", order(&good.replace("REF*DP", "CUR*BY*USD~\nREF*DP")));
    for (file, code, says) in [("good.edi", 0, ""), ("bad.edi", 1, "the guide northwind-850.yaml forbids CUR here")] {
        let checked = call(folder.path(), &format!("check {file} --guide northwind-850.yaml"));
        assert!(checked.code == code && checked.out.contains(says), "{file}: {checked:?}");
    }
}

/// An order of these segments in a version.
fn order(set: &str, version: &str) -> String {
    format!(
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\n\
         GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*{version}~\nST*850*0001~\n{set}SE*{}*0001~\nGE*1*1~\n\
         IEA*1*000000001~\n",
        set.lines().count() + 2
    )
}

#[test]
fn a_version_without_a_guide_is_checked_by_one_of_our_own() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/guides.md")).unwrap();
    let folder = Folder::new();
    folder.write("own.yaml", examples(&page)[1]);
    let linted = call(folder.path(), "guide lint own.yaml");
    assert!(linted.code == 0 && linted.out.contains("extends x12/004010/850, for 004030, 1 told"), "{linted:?}");

    // Eighteen digits of a price fit the guide of 004030, and no quantity is wrong in any.
    let set = "BEG*00*SA*PO-1**20260131~\nPO1*1**EA*123456789012345.678**VN*A-1~\nCTT*1~\n";
    for version in ["004030", "004030VICS"] {
        folder.write("order.edi", order(set, version));
        let unchecked = call(folder.path(), "check order.edi");
        let remedy = format!("`extends: x12/004010/850`, `version: \"{version}\"`");
        assert!(unchecked.code == 0 && unchecked.out.contains("E0116"), "{unchecked:?}");
        let words = unchecked.out.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains(&remedy), "{unchecked:?}");
        let checked = call(folder.path(), "check order.edi --guide own.yaml --json");
        let sets = &checked.json()[0]["sets"];
        let faults = sets[0]["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{checked:?}");
        assert_eq!(
            (faults[0]["code"].as_str(), faults[0]["origin"].as_str()),
            (Some("E0404"), Some("guide")),
            "{checked:?}"
        );
    }
    folder.write("order.edi", order(set, "004060"));
    let other = call(folder.path(), "check order.edi --guide own.yaml");
    assert!(other.out.contains("E0116") && other.err.contains("it is for 850 004030"), "{other:?}");

    folder.write("d97a.yaml", "extends: edifact/D96A/ORDERS\nversion: D97A\nchange: { BGM: { label: what it is } }\n");
    folder.write(
        "orders.edi",
        "UNB+UNOC:3+A:14+B:14+260131:0800+1'UNH+1+ORDERS:D:97A:UN'BGM+220+PO-1+9'DTM+137:20260131:102'QTY+21:1'UNS+S'\
         UNT+6+1'UNZ+1+1'",
    );
    let checked = call(folder.path(), "check orders.edi --guide d97a.yaml --json");
    assert!(checked.out.contains("\"QTY\"") && !checked.out.contains("E0116"), "{checked:?}");
    let shown = call(folder.path(), "guide show orders --guide d97a.yaml");
    assert!(shown.out.contains("ORDERS D97A") && shown.out.contains("what it is"), "{shown:?}");
}
