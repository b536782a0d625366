//! Loops that say by number what stands above them (HL, CPS), as they are written: which stands below which, in which order,
//! and by what number.

use super::{
    hierarchy::{CHILDREN, NUMBER, PARENT},
    out::{By, Out, OutId, OutList},
    plan::{Block, Field, Formula, Source, Step},
};
use std::collections::{HashMap, HashSet};

/// What may stand above a list's items without any of its lines reading it: the order above a package.
pub fn untold(block: &Block) -> Vec<Step> {
    let (walk, under) = (block.walk.len(), block.under.len());
    let up = |nth: usize| (walk + under).saturating_sub(nth + 1);
    let untold = block.under.iter().enumerate().filter(|(nth, _)| !looks_at(&block.fields, up(*nth)));
    untold.map(|(_, walk)| walk.step.clone()).collect()
}

/// Does a field read what stands so many frames up?
fn looks_at(fields: &[Field], up: usize) -> bool {
    let value = |formula: &Formula| formula.routes().any(|(_, route)| route.up == up);
    let block = |block: &Block| {
        let inner = up + block.walk.len() + block.under.len();
        block.up == up || block.up < up && looks_at(&block.fields, inner - block.up)
    };
    fields.iter().any(|field| match &field.source {
        Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) => value(formula),
        Source::Key(formula, route) => route.up == up || value(formula),
        Source::List(formulas) => formulas.iter().any(value),
        Source::Object(fields) => looks_at(fields, up),
        Source::At(blocks) => blocks.iter().any(block),
        Source::Each(one) => block(one),
        Source::Computed(_) => false,
    })
}

/// Of a message's packages those of which it doesn't say below which order they stand, since no line lies in them, stand
/// below that of the package before them, or of the first behind them: so the list keeps its order.
pub fn beside_others(out: &mut Out, message: usize) {
    let mut found = Vec::new();
    let of_message = || out.lists().iter().filter(move |list| list.message == message);
    for (nth, list) in of_message().enumerate().filter(|(_, list)| !list.untold.is_empty()) {
        let others = of_message().enumerate().filter(|(other, _)| *other != nth);
        let holding: HashSet<OutId> = others.flat_map(|(_, list)| &list.items).flat_map(|id| out.chain(*id)).collect();
        let is_untold = |id: &OutId| list.untold.iter().any(|step| out.is(*id, step));
        // None: no package with a line so far.
        let mut before: Option<Option<OutId>> = None;
        let mut waiting = Vec::new();
        for id in &list.items {
            let above = out.chain(*id).skip(1).find(is_untold);
            let top = out.chain(*id).last().unwrap_or(*id);
            match (above, before) {
                (None, None) if !holding.contains(&top) => waiting.push(top),
                (None, Some(before)) if !holding.contains(&top) => found.extend(before.map(|above| (top, above))),
                _ => {
                    found.extend(waiting.drain(..).filter_map(|top| Some((top, above?))));
                    before = Some(above);
                }
            }
        }
    }
    for (top, above) in found {
        if out.node(top).under.is_none() {
            // Nothing of a list stands above an order.
            _ = out.put_under(top, above);
        }
    }
}

/// Of the loops that a message made, from a node on: what has no parent stands below the first that is made once (the
/// shipment).
pub fn top(out: &mut Out, step: &Step, from: OutId) {
    let own: Vec<OutId> = out.named(0, step).into_iter().filter(|id| *id >= from).collect();
    let Some(top) = own.iter().copied().find(|id| !out.node(*id).item) else { return };
    own.into_iter().filter(|id| *id != top).for_each(|id| {
        if out.node(id).under.is_none() {
            // What stands above the topmost stays above it.
            _ = out.put_under(id, top);
        }
    });
}

/// Numbers all loops that a step names, and writes number and parent where nothing else did. They have the order of the
/// lists that made them: of HL each stands behind its parent and what lies in it, of CPS only behind its parent.
pub fn number(out: &mut Out, step: &Step) {
    let all = out.named(0, step);
    let said = said(out);
    let is_nested = all.first().is_some_and(|id| out.node(*id).name == "HL");
    let order = if is_nested { nested(out, &all, &said) } else { behind_parents(out, &all, &said) };
    let holding: HashSet<OutId> = all.iter().filter_map(|id| out.node(*id).under).collect();
    let mut numbers: HashMap<OutId, usize> = HashMap::new();
    for (number, id) in (1..).zip(order) {
        numbers.insert(id, number);
        out.rank(id, number as u32);
        // What a field wrote there stays.
        _ = out.set(id, &NUMBER, &number.to_string(), By::Way);
        if let Some(parent) = out.node(id).under.and_then(|parent| numbers.get(&parent)) {
            _ = out.set(id, &PARENT, &parent.to_string(), By::Way);
        }
        if is_nested {
            _ = out.set(id, &CHILDREN, if holding.contains(&id) { "1" } else { "0" }, By::Way);
        }
    }
}

/// The items of all lists in one order: each list's own, and packages before the first line that lies in them or in one
/// behind them.
fn said(out: &Out) -> Vec<OutId> {
    let mut said = Vec::new();
    let mut rest = out.lists();
    while let Some(first) = rest.first() {
        let (own, others) = rest.split_at(rest.iter().take_while(|list| list.message == first.message).count());
        rest = others;
        let holds = |nth: usize| {
            let items: HashSet<OutId> = own[nth].items.iter().copied().collect();
            let others = own.iter().enumerate().filter(|(other, _)| *other != nth).flat_map(|(_, list)| &list.items);
            others.copied().any(|id| out.chain(id).any(|above| items.contains(&above)))
        };
        // What holds others is told where they are.
        let mut order: Vec<usize> = (0..own.len()).collect();
        order.sort_by_cached_key(|nth| holds(*nth));
        let merged = order.into_iter().fold(Vec::new(), |said, nth| merge(out, said, &own[nth]));
        said.extend(merged);
    }
    said
}

fn merge(out: &Out, said: Vec<OutId>, list: &OutList) -> Vec<OutId> {
    let at: HashMap<OutId, usize> = list.items.iter().copied().zip(0..).collect();
    let mut merged = Vec::with_capacity(said.len() + list.items.len());
    let mut next = 0;
    for id in said {
        let end = out.chain(id).filter_map(|above| at.get(&above)).max().map_or(0, |at| at + 1);
        if next < end {
            merged.extend(&list.items[next..end]);
            next = end;
        }
        merged.push(id);
    }
    merged.extend(&list.items[next..]);
    merged
}

/// Each loop is followed by all that stands below it; those side by side have the order of what is said first below them.
fn nested(out: &Out, all: &[OutId], said: &[OutId]) -> Vec<OutId> {
    let mut first: HashMap<OutId, usize> = HashMap::new();
    for (at, id) in said.iter().enumerate() {
        for above in out.chain(*id) {
            if first.contains_key(&above) {
                break;
            }
            first.insert(above, at);
        }
    }
    let mut below: HashMap<Option<OutId>, Vec<OutId>> = HashMap::new();
    for id in all {
        below.entry(out.node(*id).under).or_default().push(*id);
    }
    below.values_mut().for_each(|ids| ids.sort_by_key(|id| (out.message_of(*id), first.get(id).copied())));
    let mut order = Vec::with_capacity(all.len());
    let next = |of: Option<OutId>| below.get(&of).into_iter().flatten().rev().copied();
    let mut rest: Vec<OutId> = next(None).collect();
    while let Some(id) = rest.pop() {
        order.push(id);
        rest.extend(next(Some(id)));
    }
    order
}

/// In the order in which they are said, each behind its parent.
fn behind_parents(out: &Out, all: &[OutId], said: &[OutId]) -> Vec<OutId> {
    let mut known = HashSet::new();
    let mut order = Vec::with_capacity(all.len());
    let own: HashSet<OutId> = all.iter().copied().collect();
    for id in said.iter().chain(all).filter(|id| own.contains(*id)) {
        let from = order.len();
        order.extend(out.chain(*id).take_while(|one| known.insert(*one)));
        order[from..].reverse();
    }
    order.sort_by_key(|id| out.message_of(*id));
    order
}
