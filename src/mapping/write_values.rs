//! Values on their way into the document: through the pipes' inverses to the place where a formula writes.

use super::{
    moment,
    pipes::{self, Wrong},
    plan::{Alternative, Formula, Leaf, Pipe, Route},
    schemes,
    write::{Put, Run, What, write_fault},
};
use rust_decimal::Decimal;
use serde_json::Value;

impl<'p> Run<'p> {
    pub(super) fn single(&mut self, formula: &'p Formula, value: &Value, puts: &mut Vec<Put<'p>>) {
        if let (Value::Object(_), Some(Pipe::When(form))) = (value, formula.pipes.last()) {
            return self.moment(formula, form, value, puts);
        }
        let Some(text) = pipes::plain(value) else { return };
        match formula.destination() {
            Some((inner, route)) => self.text(&[&formula.pipes, inner], route, formula.every, text, puts),
            // Only a literal or a setting: nothing in the document could say otherwise.
            None => self.only(formula, &text),
        }
    }

    /// A number below zero that the document says without its sign.
    pub(super) fn unsigned(&mut self, formula: &'p Formula, value: &Value, puts: &mut Vec<Put<'p>>) {
        let Some(text) = pipes::plain(value) else { return };
        match text.strip_prefix('-') {
            Some(unsigned) => self.single(formula, &Value::from(unsigned), puts),
            None if Decimal::from_str_exact(&text).is_ok_and(|number| number.is_zero()) => {
                self.single(formula, value, puts);
            }
            None => {
                let sentence = format!("{} is `{text}`, and this document can only say it below zero", self.pointer);
                self.faults.push(write_fault("mapping/cannot_say", &self.pointer, &text, "at most 0", sentence));
            }
        }
    }

    /// What can't be said so is left to whatever says it otherwise; where nothing does, that is a fault.
    pub(super) fn spare(&mut self, formula: &'p Formula, value: &Value, puts: &mut Vec<Put<'p>>) {
        let (before, faults) = (puts.len(), self.faults.len());
        self.single(formula, value, puts);
        puts[before..].iter_mut().for_each(|put| put.spare = true);
        let unsaid = self.faults.split_off(faults);
        // What reading takes where nothing stands needs not be said.
        let default = |pipe: &Pipe| matches!(pipe, Pipe::Default(text) if value.as_str() == Some(text));
        if !formula.pipes.iter().any(default) {
            self.unsaid.extend(unsaid.into_iter().map(|fault| (formula, fault)));
        }
    }

    fn moment(&mut self, formula: &'p Formula, form: &moment::Form, value: &Value, puts: &mut Vec<Put<'p>>) {
        let Some((_, route)) = formula.destination() else { return };
        match moment::written(form, value) {
            Ok((text, beside)) => {
                let what = What::Beside(text, beside);
                puts.push(Put { route, what, every: formula.every, spare: false, pointer: self.pointer.clone() });
            }
            Err(wrong) => self.wrong(&route.text, wrong),
        }
    }

    fn only(&mut self, formula: &Formula, text: &str) {
        let expected = formula.alternatives.iter().find_map(|a| match a {
            Alternative::Literal(text) => Some(text.as_str()),
            Alternative::TenantCurrency => Some(self.context.tenant_currency),
            _ => None,
        });
        let number = |t: &str| Decimal::from_str_exact(t).ok();
        let equal = expected.is_none_or(|e| e == text || number(e).is_some() && number(e) == number(text));
        if let (false, Some(expected)) = (equal, expected) {
            let sentence = format!("{} is `{text}`, and this document can only say `{expected}`", self.pointer);
            self.faults.push(write_fault("mapping/cannot_say", &self.pointer, text, expected, sentence));
        }
    }

    fn text(&mut self, pipes: &[&'p [Pipe]], route: &'p Route, every: bool, mut text: String, puts: &mut Vec<Put<'p>>) {
        let mut beside = Vec::new();
        for pipes in pipes {
            let mut code = |leaf: &Leaf, code: &str| beside.push((leaf.clone(), code.to_owned()));
            match pipes::write(pipes, text, self.program, self.context.tables, &mut code) {
                Ok(written) => text = written,
                Err(wrong) => return self.wrong(&route.text, wrong),
            }
        }
        if text.is_empty() {
            return;
        }
        let what = if beside.is_empty() { What::Text(text) } else { What::Beside(text, beside) };
        puts.push(Put { route, what, every, spare: false, pointer: self.pointer.clone() });
    }

    pub(super) fn list(&mut self, formulas: &'p [Formula], value: &Value, puts: &mut Vec<Put<'p>>) {
        let mut items: Vec<&Value> = value.as_array().into_iter().flatten().collect();
        for formula in formulas {
            let Some((inner, route)) = formula.destination() else { continue };
            match formula.pipes.last() {
                Some(Pipe::Item) => self.pairs(formula, route, &mut items, puts),
                Some(tag @ (Pipe::Party(..) | Pipe::Ref(_))) => {
                    self.tagged(formula, inner, route, tag, &mut items, puts);
                }
                _ => {
                    let mut texts: Vec<String> = items.drain(..).filter_map(pipes::plain).collect();
                    // The first list that can take texts takes them all.
                    if let Some(mark) = formula.pipes.iter().find_map(mark_between) {
                        if let Some(text) = texts.iter().find(|text| text.contains(mark)) {
                            let expected = format!("texts without `{mark}`, which divides them");
                            let wrong = Wrong::Value { code: "mapping/cannot_say", found: text.clone(), expected };
                            self.wrong(&route.text, wrong);
                        }
                        texts = vec![texts.join(mark)].into_iter().filter(|t| !t.is_empty()).collect();
                    } else if let Some(Pipe::Join(mark)) = formula.pipes.iter().find(|p| matches!(p, Pipe::Join(_))) {
                        let split = |t: String| t.split(mark.as_str()).map(str::to_owned).collect::<Vec<_>>();
                        texts = texts.into_iter().flat_map(split).collect();
                    }
                    for text in texts {
                        self.text(&[&formula.pipes, inner], route, formula.every, text, puts);
                    }
                }
            }
        }
    }

    /// `PO1{VN,UP} | item`: the ids that one of the qualifiers can say.
    fn pairs(&mut self, formula: &'p Formula, route: &'p Route, items: &mut Vec<&Value>, puts: &mut Vec<Put<'p>>) {
        let Leaf::Pairs(pairs) = &route.leaf else { return };
        let mut told = Vec::new();
        items.retain(|item| {
            let (Some(scheme), Some(id)) = (item["scheme"].as_str(), item["id"].as_str()) else { return true };
            if told.len() == pairs.places.len() && !formula.every {
                return true;
            }
            match schemes::item_qualifier(self.program.standard, scheme, id, &pairs.qualifiers) {
                Some(qualifier) if !id.is_empty() => {
                    told.push((qualifier, id.to_owned()));
                    false
                }
                _ => true,
            }
        });
        for some in told.chunks(pairs.places.len().max(1)) {
            let what = What::Pairs(some.to_vec());
            puts.push(Put { route, what, every: formula.every, spare: false, pointer: self.pointer.clone() });
        }
    }

    /// `N104 | party(N103)`, `sku | ref(sku)`: the first id that can be said so, or all with `*`.
    fn tagged(
        &mut self,
        formula: &'p Formula,
        inner: &'p [Pipe],
        route: &'p Route,
        tag: &Pipe,
        items: &mut Vec<&Value>,
        puts: &mut Vec<Put<'p>>,
    ) {
        let mut taken = false;
        let mut rest = Vec::new();
        for item in items.drain(..) {
            let (Some(scheme), Some(id)) = (item["scheme"].as_str(), item["id"].as_str()) else { continue };
            let qualifier = match tag {
                Pipe::Ref(own) => (own == scheme).then(String::new),
                Pipe::Party(_, false) if scheme == schemes::BARE => None,
                Pipe::Party(leaf, _) => schemes::party_qualifier(self.program.standard, scheme, leaf),
                _ => schemes::party_qualifier(self.program.standard, scheme, &Leaf::Own),
            };
            let Some(qualifier) = qualifier.filter(|_| (formula.every || !taken) && !id.is_empty()) else {
                rest.push(item);
                continue;
            };
            taken = true;
            let before = puts.len();
            self.text(&[&formula.pipes, inner], route, formula.every, id.to_owned(), puts);
            // That there is none is said, too: the next item of its segment may have one.
            if let (Pipe::Party(leaf, _), Some(put)) = (tag, puts.get_mut(before))
                && let What::Text(text) = &put.what
            {
                put.what = What::Beside(text.clone(), vec![(leaf.clone(), qualifier)]);
            }
        }
        *items = rest;
    }
}

fn mark_between(pipe: &Pipe) -> Option<&str> {
    match pipe {
        Pipe::Split(mark) => Some(mark),
        _ => None,
    }
}
