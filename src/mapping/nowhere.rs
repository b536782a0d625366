//! Whether a search key's path can lead to anything: held against the guides of all versions and the canonical messages.
//!
//! A path that no document can answer finds nothing for ever and says nothing: it is a typing error of who wrote it.

use super::{
    expr::{self, Step},
    lookup::segment,
    near::nearest,
    plan::ANYTHING,
    shape::{self, Shape},
};
use crate::formats::guides::{self, ElementSpec, SegmentSpec};
use std::{collections::BTreeSet, sync::Arc};

/// They stand around sets.
const AROUND: &[&str] = &["ISA", "GS", "GE", "IEA", "UNA", "UNB", "UNG", "UNE", "UNZ"];

/// Why no document has a value at a path, as far as it can be known. `widened`: guides of a partner's own may let its
/// elements repeat, and what repeats may take positions of its own.
pub fn leads_nowhere(path: &str, widened: bool) -> Option<String> {
    if path.starts_with('/') {
        return member(path);
    }
    // What can't be read at all is told elsewhere.
    let path = expr::path(path, true).ok()?;
    let (last, loops) = path.steps.split_last()?;
    let unknown_loop = loops.iter().find_map(|step| element(step, (&step.name, None), widened));
    unknown_loop.or_else(|| element(last, segment(last), widened))
}

/// A member of some canonical message that holds a value.
fn member(path: &str) -> Option<String> {
    static REF: [&str; 2] = ["scheme", "id"];
    let mut here: Vec<&'static Shape> = shape::names().filter_map(shape::message).collect();
    let mut way = String::new();
    for step in path.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let is_item = name == ANYTHING || name.bytes().all(|b| b.is_ascii_digit());
        let mut below = Vec::new();
        for shape in here.iter().copied() {
            match shape {
                Shape::Object(_) => below.extend(shape.member(&name).map(|member| &member.shape)),
                Shape::List(item) if is_item => below.push(&**item),
                Shape::Ref if REF.contains(&name.as_str()) => below.push(&Shape::Text),
                // Whoever fills it names it.
                Shape::Free => return None,
                _ => {}
            }
        }
        if below.is_empty() {
            return Some(no_member(&here, &way, &name));
        }
        way = format!("{way}/{step}");
        here = below;
    }
    let is_value = |shape: &&Shape| !matches!(shape, Shape::Object(_) | Shape::List(_) | Shape::Ref | Shape::Free);
    if here.iter().any(is_value) {
        return None;
    }
    let remedy = match here.first() {
        Some(Shape::List(_)) => format!("a list: write `{way}/*` for each of it"),
        _ => "no value, but has some below it: name one of them".to_owned(),
    };
    Some(format!("`{way}` is {remedy}"))
}

fn no_member(here: &[&Shape], way: &str, name: &str) -> String {
    let lists = here.iter().any(|shape| matches!(shape, Shape::List(_)));
    if lists {
        return format!("`{way}` is a list: write `{way}/*` for each of it");
    }
    let mut known: BTreeSet<&str> = here.iter().flat_map(|shape| shape.members()).map(|m| m.name.as_str()).collect();
    if here.iter().any(|shape| matches!(shape, Shape::Ref)) {
        known.extend(["scheme", "id"]);
    }
    let near = nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{way}/{near}`?"));
    format!("no canonical message has `{way}/{name}`{near}")
}

/// A step of a path into a set, with its conditions.
fn element(step: &Step, (id, leaf): (&str, Option<String>), widened: bool) -> Option<String> {
    // A loop by its guide's own name: which segment opens it depends on the message.
    if id.strip_prefix("SG").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    if AROUND.contains(&id) {
        return Some(format!("{id} stands around sets, and a search key is of what stands in them"));
    }
    let specs: Vec<Arc<SegmentSpec>> = guides::segments(id).collect();
    if specs.is_empty() {
        let near =
            nearest(id, guides::segment_ids()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Some(format!("no guide knows a segment {id}{near}"));
    }
    let conditions = step.conditions.iter().map(|condition| &condition.leaf);
    leaf.iter().chain(conditions).find_map(|leaf| position(id, &specs, leaf, widened))
}

/// `04` or `02.01` of a segment.
fn position(id: &str, specs: &[Arc<SegmentSpec>], leaf: &str, widened: bool) -> Option<String> {
    let steps: Option<Vec<usize>> = leaf.split('.').map(|step| step.parse().ok().filter(|n| *n > 0)).collect();
    let Some(steps) = steps else {
        return Some(format!("`{leaf}` is no position in {id}: write digits, such as `{id}.02` or `{id}.02.01`"));
    };
    let last = specs.iter().map(|spec| places(spec).len()).max().unwrap_or_default();
    let element = steps[0];
    if element > last {
        return (!widened)
            .then(|| format!("{id} has {last} elements, and {id}{element:02} is behind the last, {id}{last:02}"));
    }
    let component = *steps.get(1)?;
    let parts = specs.iter().flat_map(|spec| [spec.elements.get(element - 1), places(spec).get(element - 1).copied()]);
    let most = parts.flatten().map(|element| element.components.len().max(1)).max().unwrap_or(1);
    if component <= most && steps.len() == 2 {
        return None;
    }
    let has = if most == 1 { "is no composite".to_owned() } else { format!("has {most} components") };
    let name = steps[1..].iter().map(|n| format!(".{n:02}")).collect::<String>();
    Some(format!("{id}.{element:02} {has}, so that there is no {id}.{element:02}{name}"))
}

/// What stands at each position, where each repeat takes one of its own: before syntax 4 in EDIFACT it does.
fn places(spec: &SegmentSpec) -> Vec<&ElementSpec> {
    let often = |element: &ElementSpec| element.repeats.clamp(1, 99) as usize;
    spec.elements.iter().flat_map(|element| std::iter::repeat_n(element, often(element))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_document_can_have_leads_somewhere() {
        for path in [
            "BEG03",
            "BEG12",
            "N1[01=ST].04",
            "N1/N4/N402",
            "REF[01=DP].02",
            "NAD[01=DP].02.01",
            "SG2/NAD.02.01",
            "PIA.06.01",
            "PO1[06=VN].07",
            "DTM[01.01=137].01.02",
            "/number",
            "/ship_to/refs/*/id",
            "/ship_to/refs/0/id",
            "/lines/*/ext/style",
            "/lines/*/item/*/id",
            "/ext/season",
            "/placed/date",
        ] {
            assert_eq!(leads_nowhere(path, false), None, "{path}");
        }
    }

    #[test]
    fn a_typing_error_is_told_with_what_was_meant() {
        for (path, says) in [
            ("QQ103", "no guide knows a segment QQ1"),
            ("BEGG.03", "no guide knows a segment BEGG; did you mean BEG?"),
            ("BEG13", "BEG has 12 elements, and BEG13 is behind the last, BEG12"),
            ("REF[09=DP].02", "REF09 is behind the last"),
            ("N1/NX9/N402", "no guide knows a segment NX9; did you mean N9?"),
            ("NAD.02.09", "NAD.02 has 3 components"),
            ("BEG.03.02", "BEG.03 is no composite"),
            ("DTM[C507.01=137].01.02", "`C507.01` is no position in DTM"),
            ("ISA13", "ISA stands around sets"),
            ("/nosuch/member", "no canonical message has `/nosuch`"),
            ("/numbr", "did you mean `/number`?"),
            ("/ship_to/nme", "did you mean `/ship_to/name`?"),
            ("/ship_to/refs/*/idd", "did you mean `/ship_to/refs/*/id`?"),
            ("/lines/number", "`/lines` is a list: write `/lines/*` for each of it"),
            ("/lines", "`/lines` is a list"),
            ("/ship_to", "`/ship_to` is no value"),
        ] {
            let told = leads_nowhere(path, false).unwrap_or_default();
            assert!(told.contains(says), "{path}: {told:?} does not say {says}");
        }
        assert_eq!(leads_nowhere("PIA.09.01", true), None, "a partner's guide may let it repeat");
    }
}
