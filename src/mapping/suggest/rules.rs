//! What a document must not say (`require:`): rules that every mapping of such documents has, or of such messages, are proposed
//! with their sentence and code, and with what they look at under `ext`, as long as the samples keep them.

use super::{
    Context, NoTables, Plan, Request,
    knowledge::RuleFact,
    propose::Node,
    search::Search,
    text::{Line, always_quoted},
};
use std::collections::BTreeSet;

/// As sure as what no sample shows: the samples keep it, and that is no proof.
const KEPT: f64 = 0.7;

/// How a mapping's sentences call its message, by its name.
const NOUNS: &[(&str, &str)] = &[
    ("order", "order"),
    ("order_change", "order"),
    ("order_response", "answer"),
    ("invoice", "invoice"),
    ("freight_invoice", "invoice"),
    ("remittance", "remittance"),
];

/// A rule that is to be proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub each: Option<String>,
    pub rule: String,
    pub say: String,
    pub code: Option<String>,
    pub at: Option<String>,
    pub why: String,
}

/// The rules that all mappings of this very document and message have; where there is none, those that all of such documents or
/// messages of the standard have (a carrier's INVOIC is no invoice's); and where there is none either, those of several other
/// kinds of documents, which say the same of any.
pub fn agreed(search: &Search) -> Vec<Rule> {
    let knowledge = search.compare.knowledge;
    let standard = search.compare.standard;
    let kinds = knowledge.programs.iter().filter(|one| one.standard == standard);
    let same = kinds.filter(|one| one.kind == search.kind || one.message == search.message);
    let very: BTreeSet<&str> = search.of_same_document().map(|one| one.mapping.as_str()).collect();
    let same = if very.is_empty() { same.map(|one| one.mapping.as_str()).collect() } else { very };
    let mut found: Vec<Rule> = Vec::new();
    for fact in knowledge.rules.iter().filter(|fact| fact.standard == standard) {
        let alike = knowledge.rules.iter().filter(|other| other.standard == standard && says_same(other, fact));
        let alike: Vec<&RuleFact> = alike.collect();
        let who: BTreeSet<&str> = alike.iter().map(|one| one.mapping.as_str()).collect();
        let others: BTreeSet<&str> = alike.iter().map(|one| one.kind.as_str()).collect();
        let agreed = match same.is_empty() {
            true => others.len() > 1,
            false => same.is_subset(&who) && same.contains(fact.mapping.as_str()),
        };
        if agreed && !found.iter().any(|known| known.each == fact.each && known.rule == fact.rule) {
            found.push(Rule {
                each: fact.each.clone(),
                rule: fact.rule.clone(),
                say: called(&fact.say, &fact.message, search.message),
                code: fact.code.clone(),
                at: fact.at.clone(),
                why: match same.is_empty() {
                    true => format!("{} kinds of documents have it, {} among them", others.len(), fact.mapping),
                    false => format!("all of {} have it", same.iter().copied().collect::<Vec<_>>().join(", ")),
                },
            });
        }
    }
    found
}

fn says_same(a: &RuleFact, b: &RuleFact) -> bool {
    a.each == b.each && a.rule == b.rule
}

/// The sentence, with what this message is called.
fn called(say: &str, theirs: &str, own: &str) -> String {
    let noun = |message: &str| {
        let name = message.split('/').next().unwrap_or_default();
        NOUNS.iter().find(|(known, _)| *known == name).map(|(_, noun)| *noun)
    };
    match (noun(theirs), noun(own)) {
        (Some(theirs), own) => say.replace(&format!("the {theirs}"), &format!("the {}", own.unwrap_or("document"))),
        (None, _) => say.to_owned(),
    }
}

impl Rule {
    /// The members of `ext` that it looks at, from the message on.
    fn looked_at(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        for word in self.rule.split(|c: char| !plain(c)).filter(|word| word.contains("ext.")) {
            let own = word.starts_with("this.");
            let Some((_, name)) = word.split_once("ext.") else { continue };
            let list = self.each.iter().filter(|_| own).cloned();
            found.push(list.chain(["ext".to_owned(), name.to_owned()]).collect());
        }
        found
    }

    /// As a line of the mapping.
    pub fn row(&self) -> String {
        let mut parts: Vec<String> = self.each.iter().map(|each| format!("each: {each}")).collect();
        parts.push(format!("rule: {}", always_quoted(&self.rule)));
        parts.push(format!("say: {}", always_quoted(&self.say)));
        parts.extend(self.code.iter().map(|code| format!("code: {code}")));
        parts.extend(self.at.iter().map(|at| format!("at: {}", always_quoted(at))));
        format!("  - {{ {} }}", parts.join(", "))
    }

    /// As a line of the proposal.
    pub fn line(&self) -> Line {
        Line {
            field: "/require".into(),
            says: self.rule.clone(),
            confidence: KEPT,
            evidence: format!("no sample breaks it; {}", self.why),
            unseen: true,
        }
    }
}

impl Search<'_> {
    /// True if a rule that is to be proposed looks at a field.
    pub(super) fn is_of_rule(&self, field: &[String]) -> bool {
        self.rules.iter().any(|rule| rule.looked_at().iter().any(|own| own == field))
    }

    /// The members of `ext` below names that rules look at.
    pub(super) fn extra_of_rules(&self, names: &[String]) -> Vec<Vec<String>> {
        let all = self.rules.iter().flat_map(Rule::looked_at);
        all.filter_map(|field| field.strip_prefix(names).filter(|rest| rest.len() == 2).map(<[String]>::to_vec))
            .collect()
    }

    /// The rules all of whose members of `ext` are read.
    pub(super) fn rules_of(&self, nodes: &[Node]) -> Vec<Rule> {
        let reads = |field: &Vec<String>| has(nodes, field);
        self.rules.iter().filter(|rule| rule.looked_at().iter().all(reads)).cloned().collect()
    }
}

fn has(nodes: &[Node], field: &[String]) -> bool {
    let Some((first, rest)) = field.split_first() else { return true };
    nodes.iter().filter(|node| node.name() == first).any(|node| match node {
        Node::Leaf(_) => rest.is_empty(),
        Node::Object { members, .. } | Node::Each { members, .. } => has(members, rest),
    })
}

/// The rules that a sample breaks.
pub fn broken(rules: &[Rule], plan: &Plan, request: &Request) -> Vec<usize> {
    let context = Context { tenant_currency: "EUR", tables: &NoTables };
    let mut found = BTreeSet::new();
    for sample in &request.samples {
        for fault in &plan.read(sample.tree, &context).faults {
            let said = rules.iter().enumerate().filter(|(_, rule)| fault.sentence.contains(&rule.say));
            found.extend(said.map(|(at, _)| at));
        }
    }
    found.into_iter().collect()
}
