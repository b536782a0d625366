//! Kinds of documents that an agreement speaks of: those of the guides, and those that a mapping reads or writes.

use super::{
    Directory,
    files::Lint,
    layers::{Effective, Origin},
};
use crate::{
    formats::guides,
    mapping::{Library, near::nearest},
};
use std::collections::BTreeSet;

/// The kinds that there are.
#[derive(Debug)]
pub struct Kinds<'l> {
    /// `850`, `ORDERS`, `TA1`, `csv orders`, `Order`.
    known: BTreeSet<&'l str>,
    /// What XML documents carry that are not called by their root, in small letters: `orderrequest`.
    carried: BTreeSet<&'l str>,
}

impl<'l> Kinds<'l> {
    /// Those of the guides, and those that these mappings name.
    pub fn of(library: &'l Library) -> Kinds<'l> {
        let mut known: BTreeSet<&str> = guides::list().map(|(_, kind)| kind).chain(["TA1"]).collect();
        known.extend(library.plans().iter().flat_map(|plan| plan.kinds()));
        let cxml = library.plans().iter().flat_map(|plan| plan.kinds()).filter_map(|kind| kind.strip_prefix("cxml "));
        Kinds { carried: cxml.collect(), known }
    }

    /// A kind as the hub writes it, in whichever letters it was asked for; or why there is none, as a sentence.
    pub fn named(&self, asked: &str) -> Result<&'l str, String> {
        let exact = self.known.get(asked).or_else(|| self.known.iter().find(|known| known.eq_ignore_ascii_case(asked)));
        exact.copied().ok_or_else(|| self.none(asked))
    }

    fn none(&self, kind: &str) -> String {
        let near = nearest(kind, self.known.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("`{kind}` is no set of X12, no message of EDIFACT and nothing that a mapping reads or writes{near}")
    }

    /// True of a kind that documents are of; an answer goes out under the name that its partner's file gives it.
    fn has(&self, directory: &Directory, kind: &str) -> bool {
        let answers = || directory.partners.values().flat_map(|partner| &partner.answers);
        self.known.contains(kind)
            || self.carried.contains(kind.to_ascii_lowercase().as_str())
            || answers().any(|answer| answer.kind == kind)
    }
}

/// Why a kind can't be one whatever the mappings say, if so: digits name sets of X12, and no version has these.
pub fn no_set(kind: &str) -> Option<String> {
    if !kind.bytes().all(|b| b.is_ascii_digit()) || guides::list().any(|(_, known)| known == kind) {
        return None;
    }
    let near = nearest(kind, guides::list().map(|(_, known)| known));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Some(format!("`{kind}` is no set of X12 and no message of EDIFACT{near}"))
}

/// Kinds that agreements name and that no document is of, each at the place that names it.
pub fn lint(directory: &Directory, kinds: &Kinds) -> Vec<Lint> {
    let mut faults = Vec::new();
    let mut fault = |file: &str, line: u32, column: u32, sentence: String| {
        let lint = Lint { file: file.to_owned(), line: line.into(), column: column.into(), sentence };
        if !faults.contains(&lint) {
            faults.push(lint);
        }
    };
    let all = directory.partners.values().map(|partner| &partner.terms);
    for terms in all.chain(directory.tenants.values().map(|tenant| &tenant.terms)) {
        for (file, spot, kind) in terms.named().filter(|(_, _, kind)| !kinds.has(directory, kind)) {
            fault(file, spot.line, spot.column, kinds.none(kind));
        }
        for (agreement, kind) in terms.all().flat_map(|(_, agreement)| expected(agreement)) {
            let Origin::File { file, line, column, .. } = agreement.origin("expect.answers") else { continue };
            if !kinds.has(directory, kind) {
                fault(file, *line, *column, kinds.none(kind));
            }
        }
    }
    faults.sort_by(|a, b| (&a.file, a.line, a.column, &a.sentence).cmp(&(&b.file, b.line, b.column, &b.sentence)));
    faults
}

fn expected(agreement: &Effective) -> impl Iterator<Item = (&Effective, &str)> {
    let answers = agreement.expect.answers.iter();
    answers.flat_map(|answer| [&*answer.to, &*answer.with]).map(move |kind| (agreement, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::standard;

    const OWN: &str = "mapping: last/notices
from: xml NOTICE05
root: NOTICE05
to: transport_status/1
claims: { direction: in, partner: last }
fields:
  number: DOCNUM
";

    fn faults(agreement: &str, own: Option<&str>) -> Vec<String> {
        let files = own.map(|text| ("last/notices/mapping.yaml".to_owned(), text.to_owned()));
        let library = Library::compile(&standard::with(files.into_iter().collect())).unwrap();
        let tenant = "tenant: acme\nidentities: [x12/ZZ/ACME]\n";
        let partner = format!("tenant: acme\npartner: last\nagreement:\n{agreement}identities: [x12/ZZ/NORTH]\n");
        let files = [("acme.yaml".to_owned(), tenant.to_owned()), ("north.yaml".to_owned(), partner)];
        let directory = Directory::compile(&files, &|_| None).unwrap();
        lint(&directory, &Kinds::of(&library)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_kind_that_no_document_is_of_is_told_with_the_nearest() {
        let answers =
            |to: &str, with: &str| format!("  expect: {{ answers: [{{ to: {to}, with: {with}, within: 1h }}] }}\n");
        for (agreement, begins, near) in [
            (answers("'85O'", "'855'"), "north.yaml:4:13: `85O` is no set of X12", "did you mean `850`?"),
            (answers("'850'", "'999X'"), "north.yaml:4:13: `999X` is no set of X12", "did you mean `999`?"),
            (answers("ORDER5", "ORDRSP"), "north.yaml:4:13: `ORDER5` is", "did you mean `ORDERS`?"),
            (answers("csv order", "'855'"), "north.yaml:4:13: `csv order` is", "did you mean `csv orders`?"),
            ("  sets: { 85O: {} }\n".into(), "north.yaml:4:11: `85O` is", "did you mean `850`?"),
            (
                "  edifact: { contrl: always }\n  sets: { ORDRS: {} }\n".into(),
                "north.yaml:5:11: `ORDRS` is",
                "`ORDERS`?",
            ),
        ] {
            let told = faults(&agreement, None);
            assert!(
                told.len() == 1 && told[0].starts_with(begins) && told[0].ends_with(near),
                "{agreement}: {told:?} should begin {begins} and end {near}"
            );
        }
        for known in [
            answers("'850'", "'855'"),
            answers("csv orders", "'855'"),
            answers("Order", "OrderResponse"),
            answers("OrderRequest", "'855'"),
        ] {
            assert_eq!(faults(&known, None), [""; 0], "{known}");
        }
    }

    #[test]
    fn what_a_partners_own_mapping_names_is_known() {
        let agreement =
            "  expect: { answers: [{ to: NOTICE05, with: '855', within: 1h }] }\n  sets: { NOTICE05: {} }\n";
        assert_eq!(faults(agreement, None).len(), 2);
        assert_eq!(faults(agreement, Some(OWN)), [""; 0]);
    }

    #[test]
    fn a_kind_is_named_in_letters_of_either_case() {
        let library = Library::compile(&standard::with(vec![])).unwrap();
        let kinds = Kinds::of(&library);
        assert_eq!((kinds.named("orders"), kinds.named("CSV Orders")), (Ok("ORDERS"), Ok("csv orders")));
        assert!(kinds.named("99999").unwrap_err().contains("`99999` is no set of X12"));
    }
}
