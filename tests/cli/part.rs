//! A part of the mappings, looked at by itself; folders that lead back to themselves; samples of what a mapping extends.

use crate::call::{Called, Folder, call};

const ORDER: &str =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~
GS*PO*A*B*20260101*0900*1*X*004010~
ST*850*0001~
BEG*00*NE*77**20260102~
N1*BY*Igel*92*STORE4~
PO1*1*3*EA*2.50**VN*A1~
SE*5*0001~
GE*1*1~
IEA*1*000000001~
";

fn of(partner: &str, base: &str, fields: &str) -> String {
    format!("mapping: {partner}/850\nextends: {base}\nclaims: {{ partner: {partner} }}\nfields:\n  {fields}\n")
}

/// Igel is well, hamster is not, and jay extends hamster.
fn three() -> Folder {
    let folder = Folder::new();
    let write = |partner: &str, text: String| {
        folder.write(&format!("mappings/partners/{partner}/850/mapping.yaml"), text);
    };
    write("igel", of("igel", "x12/4010/850-order", "ext: { season: 'REF[01=19].02' }"));
    write("hamster", of("hamster", "x12/4010/850-order", "numbr: BEG03"));
    write("jay", of("jay", "hamster/850", "ext: { season: 'REF[01=19].02' }"));
    folder.write("mappings/partners/igel/850/samples/one.in.edi", ORDER);
    folder
}

fn ok(called: Called) -> Called {
    assert_eq!(called.code, 0, "{called:?}");
    called
}

#[test]
fn only_faults_of_the_folder_and_of_what_it_extends_count() {
    let folder = three();
    let ours = folder.path().join("mappings/partners/igel");
    for way in ["mappings/partners/igel", "./mappings/partners/../partners/igel/", &ours.display().to_string()] {
        let linted = ok(call(folder.path(), &format!("mapping lint {way}")));
        assert!(linted.out.starts_with("1 mapping in ") && linted.out.ends_with(", no fault\n"), "{linted:?}");
        assert_eq!(ok(call(folder.path(), &format!("mapping lint --json {way}"))).out, "");
    }
    ok(call(folder.path(), "mapping test mappings/partners/igel --bless"));
    ok(call(folder.path(), "mapping diff mappings/partners/igel mappings/partners/igel"));
    // Those of a base are told, once; and all of them where all is asked for.
    for (way, faults) in
        [("mappings/partners/jay", "1 fault\n"), ("mappings/partners/hamster", "1 fault\n"), ("mappings", "1 fault\n")]
    {
        let called = call(folder.path(), &format!("mapping lint {way}"));
        let told = "mappings/partners/hamster/850/mapping.yaml:5:3: ";
        assert!(called.code == 1 && called.out.starts_with(told) && called.out.ends_with(faults), "{called:?}");
    }
    // What two files have in common is a fault of both.
    folder.write("mappings/partners/jay/850/mapping.yaml", of("igel", "x12/4010/850-order", "notes: ~"));
    for way in ["mappings/partners/igel", "mappings/partners/jay"] {
        let called = call(folder.path(), &format!("mapping lint {way}"));
        assert!(called.code == 1 && called.out.contains("has the same name, `igel/850`"), "{called:?}");
    }
}

#[test]
fn a_table_with_faults_is_told_to_who_needs_it() {
    let folder = three();
    folder.write("mappings/partners/units.csv", "value,target\nEA,EA\nEA,PK\n");
    let with = "lines: { quantity: { unit: PO103 | table(units) } }\ntables: { units: units.csv }";
    ok(call(folder.path(), "mapping lint mappings/partners/igel"));
    folder.write("mappings/partners/igel/850/mapping.yaml", of("igel", "x12/4010/850-order", with));
    let called = call(folder.path(), "mapping lint mappings/partners/igel");
    assert!(called.code == 1 && called.out.contains("mappings/partners/units.csv:3:1: "), "{called:?}");
}

#[test]
fn a_link_to_a_folder_above_is_one_fault() {
    let folder = Folder::new();
    folder.write("mappings/igel/850/mapping.yaml", of("igel", "x12/4010/850-order", "notes: ~"));
    ok(call(folder.path(), "mapping lint"));
    let link = folder.path().join("mappings/igel/up");
    std::os::unix::fs::symlink("..", &link).unwrap();
    let called = call(folder.path(), "mapping lint");
    assert!(called.code == 1 && called.out.starts_with("mappings/igel/up:1:1: this link leads to "), "{called:?}");
    assert!(called.out.ends_with("\n1 fault\n"), "{called:?}");
    let called = call(folder.path(), "translate - --mapping igel/850");
    assert!(called.code == 2 && called.err.matches("mappings/igel/up").count() == 1, "{called:?}");
    // One to another place is followed, as is what Kubernetes mounts.
    std::fs::remove_file(&link).unwrap();
    folder.write("elsewhere/850/mapping.yaml", of("jay", "x12/4010/850-order", "notes: ~"));
    std::os::unix::fs::symlink("../../elsewhere", &link).unwrap();
    folder.write("mappings/hamster/..2026/mapping.yaml", of("hamster", "x12/4010/850-order", "notes: ~"));
    std::os::unix::fs::symlink("..2026", folder.path().join("mappings/hamster/..data")).unwrap();
    std::os::unix::fs::symlink("..data/mapping.yaml", folder.path().join("mappings/hamster/mapping.yaml")).unwrap();
    assert_eq!(ok(call(folder.path(), "mapping lint")).out, "3 mappings in mappings, no fault\n");
}

#[test]
fn a_table_that_no_mapping_has_is_told_with_the_nearest() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("units.csv", "value,target\nEA,PK\n");
    let called = call(folder.path(), "translate order.edi --mapping x12/4010/850-order --table uomx=units.csv");
    assert!(called.code == 2 && called.err.contains("`uomx` is no table of any mapping"), "{called:?}");
    assert!(called.err.contains("nearest uom"), "{called:?}");
    ok(call(folder.path(), "translate order.edi --mapping x12/4010/850-order --table uom=units.csv"));
}

#[test]
fn samples_of_what_it_extends_tell_a_slip_in_a_mapping_that_has_none() {
    let folder = Folder::new();
    let igel = "mappings/partners/igel/orders/mapping.yaml";
    let mapping = |number: &str| {
        format!("mapping: igel/orders\nextends: json/order\nclaims: {{ partner: igel }}\nfields:\n  number: {number}\n")
    };
    folder.write(igel, mapping("number"));
    assert_eq!(ok(call(folder.path(), "mapping lint")).out, "1 mapping in mappings, no fault\n");
    folder.write(igel, mapping("nummber"));
    let warned = ok(call(folder.path(), "mapping lint"));
    let told = "warning: none of the 4 samples of json/order, which it extends, has a `nummber`; nearest `number`, which no line reads. \
                Where this partner sends `nummber`, put a document of theirs into samples/ beside the mapping\n";
    assert!(warned.out.starts_with(&format!("{igel}:5:11: {told}")), "{warned:?}");
    // A sample of its own says more.
    folder.write("mappings/partners/igel/orders/samples/one.in.json", "{\"nummber\": \"A1\"}");
    assert_eq!(ok(call(folder.path(), "mapping lint")).out, "1 mapping in mappings, no fault\n");
    // One that stands in the folder has its samples beside it.
    let base = std::fs::read_to_string(shipped("json/order/mapping.yaml")).unwrap();
    folder.write(
        "mappings/ours/mapping.yaml",
        base.replace("mapping: json/order", "mapping: ours/order").replace("from: json order", "from: json ourorder"),
    );
    folder.write(
        "mappings/ours/samples/one.in.json",
        std::fs::read(shipped("json/order/samples/typical.in.json")).unwrap(),
    );
    folder.write(
        "mappings/jay/mapping.yaml",
        mapping("nummber").replace("igel", "jay").replace("json/order", "ours/order"),
    );
    let warned = ok(call(folder.path(), "mapping lint"));
    assert!(
        warned
            .out
            .contains("mappings/jay/mapping.yaml:5:11: warning: the sample of ours/order, which it extends, has no"),
        "{warned:?}"
    );
}

fn shipped(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/standard").join(path)
}

/// The list is written by hand: of each mapping that is shipped and reads what no guide describes it has a sample.
#[test]
fn each_shipped_mapping_that_no_guide_describes_has_a_sample_that_is_shipped() {
    use crossdock::mapping::{Library, samples::sample, shipped_samples::SAMPLES, standard};
    let library = Library::compile(&standard::with(vec![])).unwrap();
    let of = |file: &str| format!("{}/samples/", file.trim_end_matches("/mapping.yaml"));
    let mut looked_at = 0;
    for plan in library.plans() {
        let file = &plan.files()[0];
        let family = file.strip_prefix("standard/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        if !["csv", "cxml", "json", "ubl"].contains(&family) || !plan.reads() {
            continue;
        }
        looked_at += 1;
        assert!(SAMPLES.iter().any(|(path, _)| path.starts_with(&of(file))), "{file}: add one to shipped_samples.rs");
    }
    assert!(looked_at > 10, "{looked_at}");
    for (path, bytes) in SAMPLES {
        let plan = library.plans().iter().find(|plan| path.starts_with(&of(&plan.files()[0])));
        let plan = plan.unwrap_or_else(|| panic!("{path} is of no mapping that is shipped"));
        let name = path.rsplit('/').next().unwrap();
        assert!(sample(plan, name).is_some_and(|sample| !sample.writes) && !bytes.is_empty(), "{path}");
    }
}
