//! What a document alone is taken for: the message of the mapping that claims it, and what is always said of it.

use super::{
    super::documents::{files, library, root, sets},
    from,
};
use crossdock::mapping::{
    Library, Plan,
    suggest::{Proposal, Request, Sample, suggest},
};
use std::fs;

/// What is proposed of the documents of a mapping's sample, with no message said or shown.
fn bare(plan: &Plan, sample: &str, without: &[&str]) -> Proposal {
    let folder = root().join(&plan.files()[0]).with_file_name("samples");
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let path = paths.into_iter().find(|path| path.to_str().unwrap().contains(&format!("/{sample}.in."))).unwrap();
    let sets = sets(plan, &fs::read(&path).unwrap());
    let (from, claimed, by) = (from(plan), plan.claimed(), plan.options().csv.by);
    let request = Request {
        name: "proposed",
        from: &from,
        message: None,
        partner: claimed.partner.as_deref(),
        by: by.as_deref(),
        samples: sets.iter().map(|set| Sample { tree: &set.tree, wanted: None }).collect(),
        messages: None,
        without: without.iter().map(|name| (*name).to_owned()).collect(),
        only_shown: false,
        path: "proposed/mapping.yaml",
    };
    suggest(&files(&root()), &request).unwrap_or_else(|why| panic!("{} ({sample}): {why:?}", plan.name()))
}

fn named(name: &str) -> std::sync::Arc<Plan> {
    library().named(name).unwrap()
}

#[test]
fn a_mapping_that_claims_nothing_decides_no_message() {
    let freight = named("edifact/d96a/invoic-freight");
    assert!(freight.claimed().versions.is_empty() && freight.message() == "freight_invoice/1");
    let invoice = named("edifact/d96a/invoic");
    for without in [&[][..], &["edifact/d96a/invoic"][..]] {
        let proposal = bare(&invoice, "typical", without);
        assert_eq!(proposal.message, "invoice/1", "without {without:?}");
        let mut all = files(&root());
        all.retain(|(path, _)| path.ends_with(".csv"));
        all.push(("proposed/mapping.yaml".into(), proposal.text.clone()));
        Library::compile(&all).unwrap_or_else(|lints| panic!("without {without:?}: {lints:#?}\n{}", proposal.text));
    }
    // A carrier's invoice says so itself.
    assert_eq!(bare(&freight, "typical", &[]).message, "freight_invoice/1");
}

#[test]
fn what_all_mappings_of_an_invoice_refuse_is_proposed_whatever_a_carriers_does() {
    let text = bare(&named("edifact/d96a/invoic"), "typical", &[]).text;
    assert!(text.contains("require:\n  - { each: lines, rule: \"this.ext.price_unit == null"), "{text}");
}

#[test]
fn an_amount_in_another_currency_is_refused_as_others_refuse_it() {
    let invoice = named("edifact/d96a/invoic");
    let without = ["edifact/d96a/invoic", "edifact/d01b/invoic"];
    let text = bare(&invoice, "two-currencies", &without).text;
    assert!(text.contains("[01.03='',$currency ?? refuse].01.02"), "{text}");
    // What the sample says alone is not refused.
    let text = bare(&invoice, "prepaid-in-another-currency", &without).text;
    assert!(!text.contains("refuse]"), "{text}");
    let text = bare(&named("ubl/invoice"), "typical", &["ubl/invoice"]).text;
    assert!(text.contains("[@currencyID='',$currency ?? refuse]"), "{text}");
}

#[test]
fn what_all_mappings_of_the_document_always_say_is_proposed() {
    let name = "ubl/receipt-advice";
    let purpose = |without: &[&str]| {
        let proposal = bare(&named(name), "typical", without);
        let line = proposal.lines.into_iter().find(|line| line.field == "/purpose");
        line.unwrap_or_else(|| panic!("no purpose\n{}", proposal.text))
    };
    let line = purpose(&[]);
    assert_eq!(line.says.trim_matches('"'), "'original'", "{line:?}");
    assert!(line.confidence == 0.6 && line.evidence.contains(name), "{line:?}");
    // Where nobody reads this document, what others say of theirs is no constant of it.
    assert_eq!(purpose(&[name]).says, "$todo");
}
