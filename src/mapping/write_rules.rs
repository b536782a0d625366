//! `write:`: what reading can't tell when going the other way.

use super::{
    Context,
    cel::{Expression, Sees},
    faults::{self, fault},
    out::{By, OutId},
    pipes::{self, Wrong},
    plan::{Pipe, Program, Rule, RuleValue, Step},
    pointer, shape,
    write::Run,
};
use crate::{canonical::looked::Looked, formats::piece::Standard};
use rust_decimal::Decimal;
use serde_json::Value;

/// Steps that one expression may cost.
const STEPS: u64 = 10_000_000;

impl<'p> Run<'p> {
    pub(super) fn rules(&mut self) {
        for rule in &self.program.rules {
            let step = rule.step.as_ref().filter(|_| rule.within.is_empty());
            let owns = step.map(|step| self.out.owns(step).to_vec()).unwrap_or_default();
            if !owns.is_empty() {
                owns.into_iter().for_each(|own| self.apply_to(rule, own));
                continue;
            }
            let mut nodes = vec![0];
            for step in &rule.within {
                nodes = nodes.iter().flat_map(|n| self.out.all(*n, step)).collect();
            }
            for node in nodes {
                self.apply(rule, node);
            }
        }
    }

    /// Of each message's own loop: what is counted is counted in the whole document.
    fn apply_to(&mut self, rule: &'p Rule, own: OutId) {
        let said = matches!(rule.value, RuleValue::From(..) | RuleValue::Cel(_) | RuleValue::Position);
        if let Some(text) = self.rule_text(rule, if said { own } else { 0 }) {
            self.write_rule(rule, own, &text);
        }
    }

    fn apply(&mut self, rule: &'p Rule, within: OutId) {
        let Some(text) = self.rule_text(rule, within) else { return };
        let node = match &rule.step {
            None => within,
            Some(step) => match self.out.last(within, step).or_else(|| self.element(within, step)) {
                Some(there) => there,
                None => self.out.add(within, step, false),
            },
        };
        self.write_rule(rule, node, &text);
    }

    /// An element of XML that a path with a condition made, where the rule asks for none.
    fn element(&self, within: OutId, step: &Step) -> Option<OutId> {
        let asks_nothing = self.program.standard == Standard::Xml && step.conditions.is_empty();
        asks_nothing.then(|| self.out.all(within, step).pop()).flatten()
    }

    fn write_rule(&mut self, rule: &Rule, node: OutId, text: &str) {
        if rule.instead || self.out.text(node, &rule.leaf).is_none() {
            // Nothing stands there, or another of the codes that the field is read from.
            _ = self.out.set(node, &rule.leaf, text, By::Rule(rule.spot));
        }
    }

    fn computed(&mut self, rule: &Rule, expression: &Expression, within: OutId) -> Option<String> {
        let shape = shape::message(&self.program.message)?;
        let sees = Sees { message: Looked::Tree(self.message_of(within)), shape, this: None };
        match expression.run(sees, &mut { STEPS }) {
            Ok(value) => value.text(),
            Err(why) => {
                let sentence = format!("{} can't be computed: {why}", rule.text);
                let line = self.program.placed(rule.spot);
                let remedy = format!("correct the expression at {line}, or what made the message");
                let place = faults::own(line);
                self.faults.push(fault("mapping/not_computed", place, "", &rule.text, sentence, remedy));
                None
            }
        }
    }

    fn above(&self, node: OutId, up: usize) -> OutId {
        (0..up).fold(node, |node, _| self.out.node(node).parent)
    }

    fn rule_text(&mut self, rule: &'p Rule, within: OutId) -> Option<String> {
        match &rule.value {
            RuleValue::Literal(text) => Some(text.clone()),
            RuleValue::Position => {
                let own = self.out.node(within);
                let beside = &self.out.node(own.parent).children;
                let alike = beside.iter().filter(|id| self.out.node(**id).name == own.name);
                Some((alike.take_while(|id| **id != within).count() + 1).to_string())
            }
            RuleValue::Count { up, step } => Some(self.out.all(self.above(within, *up), step).len().to_string()),
            RuleValue::First { up, step, leaf } => {
                let here = self.above(within, *up);
                let nodes = step.as_ref().map_or(vec![here], |step| self.out.all(here, step));
                nodes.into_iter().find_map(|n| self.out.text(n, leaf).map(str::to_owned))
            }
            RuleValue::Sum { up, step, leaf } => {
                let nodes = self.out.all(self.above(within, *up), step);
                let mut numbers =
                    nodes.into_iter().filter_map(|n| Decimal::from_str_exact(self.out.text(n, leaf)?).ok());
                let sum = numbers.try_fold(Decimal::ZERO, |sum, n| sum.checked_add(n))?;
                Some(sum.to_string())
            }
            RuleValue::Cel(expression) => self.computed(rule, expression, within),
            RuleValue::From(members, pipes) => {
                match from(members, pipes, self.message_of(within), self.program, self.context)? {
                    Ok(text) => Some(text),
                    Err(wrong) => {
                        self.pointer = pointer_to(members);
                        self.wrong(&rule.text, wrong);
                        self.pointer.clear();
                        None
                    }
                }
            }
        }
    }
}

/// What `{ from: placed.date | date(yyyymmdd) }` writes of a message; none where the message doesn't say it.
pub fn from(
    members: &[String],
    pipes: &[Pipe],
    message: &Value,
    program: &Program,
    context: &Context,
) -> Option<Result<String, Wrong>> {
    let text = message.pointer(&pointer_to(members)).and_then(pipes::plain)?;
    Some(pipes::write(pipes, text, program, context.tables, &mut |_, _| {}))
}

fn pointer_to(members: &[String]) -> String {
    let mut pointer = String::new();
    members.iter().for_each(|member| pointer::push(&mut pointer, member));
    pointer
}
