//! What the next document of a partner brings that the sample does not: the proposal refuses what the reviewed mapping
//! refuses, reads the other qualifiers of a place, and takes nothing for what it is not.

use super::{
    super::documents::{context, files, library, root, sets},
    Trial, proposed, trial,
};
use crossdock::{formats::piece::Standard, mapping::Plan};
use std::{collections::BTreeSet, fs};

/// A trial of a mapping of which it and its versions are withheld, others of its message not.
fn alone(name: &str, sample: &str) -> Trial {
    trial(name, &[sample], true, &[name])
}

/// What a proposal says of a field; none where it has no line.
fn says<'t>(trial: &'t Trial, field: &str) -> Option<&'t str> {
    trial.proposal.lines.iter().find(|line| line.field == field).map(|line| line.says.as_str())
}

fn order(between: &str) -> String {
    let body = format!(
        "ST*850*0001~BEG*00*SA*55120**20261109~CUR*BY*USD~{between}\
         PO1*1*1*EA*2**VN*K1~PO1*2*2*EA*3**VN*K2~CUR*BY*CAD~CTT*2~"
    );
    let count = body.matches('~').count() + 1;
    format!(
        "ISA*00*          *00*          *ZZ*BRIGHTWATER    *ZZ*HARBOURTOOLS   *261109*0915*U*00401*000000031*0*P*>~\
         GS*PO*BRIGHTWATER*HARBOURTOOLS*20261109*0915*31*X*004010~{body}SE*{count}*0001~GE*1*31~IEA*1*000000031~"
    )
}

#[test]
fn a_rule_that_all_mappings_of_the_message_have_is_proposed() {
    let trial = alone("x12/4010/850-order", "basic");
    let text = &trial.proposal.text;
    assert!(text.contains("\nrequire:\n  - { each: lines, rule: \"this.ext.currency == null"), "{text}");
    let set = &sets(&trial.reviewed, order("").as_bytes())[0];
    for plan in [&trial.reviewed, &trial.proposed] {
        let faults = plan.read(&set.tree, &context()).faults;
        let told = faults.iter().map(|fault| (fault.code.to_string(), fault.sentence.to_string()));
        let told: Vec<(String, String)> = told.collect();
        assert!(
            told.iter().any(|(code, sentence)| code == "mapping/rule" && sentence.contains("another currency (CUR)")),
            "{}: {told:?}\n{text}",
            plan.name()
        );
    }
}

#[test]
fn a_rule_that_the_sample_breaks_is_not_proposed() {
    let all = files(&root());
    let reviewed = library().named("x12/4010/850-order").unwrap();
    let set = sets(&reviewed, order("").as_bytes()).remove(0);
    let kept = &sets(&reviewed, order("").replace("CUR*BY*CAD", "CUR*BY*USD").as_bytes())[0];
    let mut body = reviewed.read(&kept.tree, &context()).body.into_value();
    body["lines"][1]["ext"]["currency"] = "CAD".into();
    let trial = proposed(&all, reviewed, vec![(set, body)], true, &["x12/4010/850-order"]);
    let currency = says(&trial, "/lines/ext/currency").unwrap_or_default();
    assert!(currency.starts_with("CUR"), "{currency}\n{}", trial.proposal.text);
    assert!(!trial.proposal.text.contains("require:"), "{}", trial.proposal.text);
}

#[test]
fn the_qualifiers_that_one_sample_lacks_are_asked_for_too() {
    let trial = alone("x12/4010/850-order", "basic");
    assert_eq!(says(&trial, "/requested_on"), Some("DTM[01=002,106].02 | date(yyyymmdd)"), "{}", trial.proposal.text);
    let day = order("DTM*106*20261123~").replace("CUR*BY*CAD~", "");
    let set = &sets(&trial.reviewed, day.as_bytes())[0];
    let body = trial.proposed.read(&set.tree, &context()).body;
    assert_eq!(
        body.pointer("/requested_on").and_then(|day| day.as_str().map(str::to_owned)).as_deref(),
        Some("2026-11-23")
    );
    // What is said of a format beside a date is no condition: the next one has a time. A day that a month has is no date, and
    // told from one by nothing else.
    let trial = alone("edifact/d96a/orders", "typical");
    let mut rows = trial.proposal.text.lines().filter(|row| !row.trim_start().starts_with("due_day_of_month: "));
    // An amount's currency is asked for at the same place of an MOA: a format is a number.
    let format =
        |row: &str| row.split("[01.03=").skip(1).any(|behind| behind.starts_with(|c: char| c.is_ascii_digit()));
    assert!(!rows.any(format), "{}", trial.proposal.text);
}

#[test]
fn what_a_line_packs_is_no_extra_and_what_itd_says_no_delivery_term() {
    for (name, wanted) in
        [("x12/4010/850-order", false), ("x12/4010/810-invoice", true), ("x12/4010/856-despatch", true)]
    {
        let trial = trial(name, &["typical"], wanted, &[name]);
        assert_eq!(says(&trial, "/lines/ext/pack"), None, "{}", trial.proposal.text);
        let code = says(&trial, "/delivery_terms/code").unwrap_or_default();
        assert!(!code.contains("ITD"), "{}", trial.proposal.text);
    }
}

#[test]
fn a_bare_invoic_says_when_it_was_issued() {
    let name = "edifact/d96a/invoic";
    let trial = trial(name, &["typical"], false, &[name]);
    let day = says(&trial, "/issued/date").unwrap_or_default();
    assert!(day.starts_with("DTM[01=137") && day.ends_with("| date(01.03)"), "{day}\n{}", trial.proposal.text);
}

/// A plain sample of a mapping: a document with the message that it gives.
fn plain_sample(plan: &Plan) -> Option<&'static str> {
    let folder = root().join(plan.files().first()?).with_file_name("samples");
    let names = fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.collect();
    let json = plan.standard() == Standard::Json;
    let is_input =
        |name: &String, sample: &str| name.starts_with(&format!("{sample}.in.")) && name.ends_with(".json") == json;
    let mut plain = ["typical", "basic"].into_iter().filter(|sample| names.contains(&format!("{sample}.out.json")));
    plain.find(|sample| names.iter().any(|name| is_input(name, sample)))
}

#[test]
fn of_each_mapping_that_is_withheld_a_sample_gives_one_that_lints() {
    let mut tried = 0;
    // Each costs seconds: every twelfth stands for the others.
    for plan in library().plans().iter().filter(|plan| plan.claimed().direction != "out").step_by(12) {
        let Some(sample) = plain_sample(plan).filter(|_| plan.standard() != Standard::Fixed) else { continue };
        let name = plan.name().split('@').next().unwrap();
        // Lints are told by a panic.
        let trial = trial(name, &[sample], true, &[name]);
        let rules = trial.proposal.lines.iter().filter(|line| line.field == "/require");
        assert!(rules.clone().all(|line| line.confidence < 0.9 && line.unseen), "{}", trial.proposal.text);
        tried += 1;
    }
    assert!(tried > 3, "{tried} mappings were tried");
}
