//! Samples in which several places say the same: what is sure of itself then must be right where they differ.

use super::{
    super::documents::{context, files, library, root, sets},
    Trial, proposed,
};
use serde_json::Value;

/// An 850 of a payer and a receiver: their ids, names and streets; the days of shipping and delivery.
fn order_850(ids: [&str; 2], names: [&str; 2], streets: [&str; 2], days: [&str; 2], department: &str) -> String {
    let body = format!(
        "ST*850*0001~BEG*00*SA*55120**20261109~CUR*BY*USD~REF*DP*{department}~DTM*010*{}~DTM*002*{}~\
         N1*BT*{}*92*{}~N3*{}~N4*Duluth*MN*55802*US~N1*ST*{}*92*{}~N3*{}~N4*Duluth*MN*55802*US~\
         PO1*1*1*EA*2**VN*K1*BP*K1~PO1*2*2*EA*3**VN*K2*BP*K2~PO1*3*3*EA*4**VN*K3*BP*K3~CTT*3~",
        days[0], days[1], names[0], ids[0], streets[0], names[1], ids[1], streets[1]
    );
    let count = body.matches('~').count() + 1;
    format!(
        "ISA*00*          *00*          *ZZ*BRIGHTWATER    *ZZ*HARBOURTOOLS   *261109*0915*U*00401*000000031*0*P*>~\
         GS*PO*BRIGHTWATER*HARBOURTOOLS*20261109*0915*31*X*004010~{body}SE*{count}*0001~GE*1*31~IEA*1*000000031~"
    )
}

/// ORDERS of a place of delivery and a payer; `function`: what stands behind the number in BGM.
fn orders(function: &str, ids: [&str; 2], days: [&str; 2]) -> String {
    let body = format!(
        "UNH+1+ORDERS:D:96A:UN'BGM+220+BW-4471{function}'DTM+137:{}:102'DTM+2:{}:102'\
         NAD+BY+4012345000016::9++Brightwater'NAD+DP+{}::9++Lager Nord'NAD+IV+{}::9++Rechnungen'CUX+2:EUR:9'\
         LIN+1++4006381330015:EN'QTY+21:12:PCE'PRI+AAA:4.20'LIN+2++4006381330022:EN'QTY+21:30:PCE'PRI+AAA:1.10'UNS+S'",
        days[0], days[1], ids[0], ids[1]
    );
    let count = body.matches('\'').count() + 1;
    format!("UNB+UNOC:3+4012345000016:14+4098765000009:14+261109:0915+31'{body}UNT+{count}+1'UNZ+1+31'")
}

/// What is proposed of one sample, judged on others.
fn judged(name: &str, sample: &str, others: &[String], without: &[&str]) -> Trial {
    let all = files(&root());
    let reviewed = library().named(name).unwrap();
    let read = |text: &str| {
        let sets = sets(&reviewed, text.as_bytes()).into_iter();
        sets.map(|set| {
            let reading = reviewed.read(&set.tree, &context());
            assert!(reading.faults.is_empty(), "{:?}", reading.faults);
            (set, reading.body.into_value())
        })
        .collect::<Vec<(_, Value)>>()
    };
    let pairs = read(sample);
    let mut trial = proposed(&all, reviewed.clone(), pairs, true, without);
    trial.samples.extend(others.iter().flat_map(|other| read(other)));
    trial
}

const ORDER_850: &str = "x12/4010/850-order";
/// What is withheld: itself, with what extends it, and what reads nearly the same.
const SIBLINGS_850: &[&str] = &[ORDER_850, "x12/5010/850-order", "x12/4010/860-order", "x12/4010/860-order-change"];
const ORDERS: &str = "edifact/d96a/orders";
const SIBLINGS_ORDERS: &[&str] = &[ORDERS, "edifact/d01b/orders"];

/// An order in which nothing is another's: what the twins are judged on.
fn apart_850() -> Vec<String> {
    let other = order_850(
        ["HQ", "STORE12"],
        ["Harbour Tools", "Harbour Tools 12"],
        ["4 Quay Street", "80 Canal Road"],
        ["20261120", "20261127"],
        "038",
    );
    vec![other]
}

fn apart_orders() -> Vec<String> {
    vec![orders("+9", ["4012345000023", "4012345000030"], ["20261109", "20261123"])]
}

/// The line of a field, with how sure it is, what it says and why.
fn line(trial: &Trial, field: &str) -> (f64, String, String) {
    let line = trial.proposal.lines.iter().find(|line| line.field == field);
    let line = line.unwrap_or_else(|| panic!("{field} is not proposed\n{}", trial.proposal.text));
    (line.confidence, line.says.clone(), line.evidence.clone())
}

#[test]
fn nothing_sure_is_wrong_where_places_of_the_sample_say_the_same() {
    let (street, name, day) = (["4 Quay Street"; 2], ["Harbour Tools"; 2], ["20261120"; 2]);
    let twins = [
        order_850(["HQ"; 2], name, street, day, "55120"),
        order_850(["HQ"; 2], name, street, ["20261120", "20261127"], "HQ"),
        order_850(["HQ"; 2], ["Harbour Tools", "Dock 2"], ["4 Quay Street", "9 Dock Road"], day, "038"),
        order_850(["HQ", "STORE12"], name, street, day, "038"),
    ];
    let orders = [
        orders("+9", ["4012345000023"; 2], ["20261109", "20261123"]),
        orders("+9", ["4012345000016"; 2], ["20261109"; 2]),
        orders("", ["4012345000023"; 2], ["20261109", "20261123"]),
    ];
    let x12 = twins.iter().map(|twin| (ORDER_850, twin, apart_850(), SIBLINGS_850));
    let edifact = orders.iter().map(|twin| (ORDERS, twin, apart_orders(), SIBLINGS_ORDERS));
    let mut wrong = Vec::new();
    for (name, sample, others, siblings) in x12.chain(edifact) {
        for without in [&siblings[..1], siblings] {
            let trial = judged(name, sample, &others, without);
            let sure = trial.proposal.lines.iter().filter(|line| line.confidence > 0.9).count();
            assert!(sure > 10, "{sure} lines above 0.9\n{}", trial.proposal.text);
            wrong.extend(trial.measure(false).wrong.into_iter().map(|line| format!("{sample}\n  {line}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_qualifier_tells_two_parties_with_one_id_apart() {
    let twin = order_850(["HQ"; 2], ["Harbour Tools"; 2], ["4 Quay Street"; 2], ["20261120", "20261127"], "038");
    let trial = judged(ORDER_850, &twin, &apart_850(), SIBLINGS_850);
    read_apart(&trial, ["HQ", "STORE12"]);
    let twin = orders("+9", ["4012345000023"; 2], ["20261109", "20261123"]);
    let trial = judged(ORDERS, &twin, &apart_orders(), SIBLINGS_ORDERS);
    read_apart(&trial, ["4012345000030", "4012345000023"]);
}

/// The proposal reads the payer's id and the receiver's where they differ, and had named the other place.
fn read_apart(trial: &Trial, ids: [&str; 2]) {
    let (set, _) = trial.samples.last().unwrap();
    let body = trial.proposed.read(&set.tree, &context()).body;
    for (party, id) in ["bill_to", "ship_to"].into_iter().zip(ids) {
        let field = format!("/{party}/refs");
        let refs = body.pointer(&field).unwrap_or_else(|| panic!("{field}: {}", trial.proposal.text));
        assert_eq!(refs.as_array().map(Vec::len), Some(1), "{field}: {refs}");
        assert_eq!(refs[0]["id"], id, "{field}: {refs}");
        let (_, _, why) = line(trial, &field);
        assert!(why.contains(" too"), "{field} names no rival: {why}");
    }
}

#[test]
fn a_default_of_a_code_is_that_of_mappings_of_the_same_documents() {
    let sample = orders("+9", ["4012345000023"; 2], ["20261109", "20261123"]);
    let trial = judged(ORDERS, &sample, &[], SIBLINGS_ORDERS);
    let (_, says, _) = line(&trial, "/purpose");
    assert!(says.starts_with("BGM03 | table("), "{says}");
    assert!(!says.contains("default"), "another kind of document settles no code: {says}");
    let silent = orders("", ["4012345000023"; 2], ["20261109", "20261123"]);
    let trial = judged(ORDERS, &sample, &[silent], SIBLINGS_ORDERS);
    let (set, _) = trial.samples.last().unwrap();
    let purpose = trial.proposed.read(&set.tree, &context()).body.pointer("/purpose").cloned();
    assert_ne!(purpose, Some("change".into()));

    // What other kinds of documents agree on is said, and not for sure.
    let coded =
        trial.proposal.lines.iter().filter(|line| line.says.contains("table(") && line.says.contains("default("));
    coded.for_each(|line| assert!(line.confidence < 0.9, "{line:?}"));
    // The reviewed mapping of the same documents settles it.
    let trial = judged(ORDERS, &sample, &[], &[]);
    let (_, says, _) = line(&trial, "/purpose");
    assert!(says.ends_with("default(original)"), "{says}");
}
