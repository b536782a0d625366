//! Compiles `write:`: what reading can't tell when going the other way.

use super::{
    cel::Wanted,
    expr,
    fields::Fields,
    near::hint,
    plan::{Leaf, Pipe, Require, Route, Rule, RuleValue, Step},
    shape::{self, Shape},
    yaml::{Entry, Spot, What, Yaml},
};
use crate::formats::{Misfit, misfit, piece::Standard};

const FORMS: &str = "a text in quotes, { count: PO1 }, { sum: ACK02 }, { first: ACK03 }, { from: answered | date(yyyymmdd) }, { instead: 53 } or { cel: size(lines) }";

/// One line of `write:`.
pub fn rule(entry: &Entry, fields: &mut Fields) -> Option<Rule> {
    let edi = matches!(fields.router.standard, Standard::X12 | Standard::Edifact);
    let path = tell(fields, entry.key_spot, |_| expr::path(&entry.key, edi))?;
    if path.up > 0 || path.absolute {
        fields.wrong.push((entry.key_spot, "paths under `write:` begin at the document's root".into()));
        return None;
    }
    let route = tell(fields, entry.key_spot, |fields| fields.router.value(&path))?;
    if route.refuses.is_some() {
        fields.wrong.push((entry.key_spot, "`?? refuse` is for what is read, and this line writes".into()));
        return None;
    }
    if let Leaf::Pairs(_) = route.leaf {
        fields.wrong.push((entry.key_spot, "pairs can't stand under `write:`".into()));
        return None;
    }
    let mut value = value(&entry.value, &path, fields)?;
    // A segment within the loop: what is counted stands beside it, in the loop.
    if path.steps.len() > 1
        && route.steps.len() == path.steps.len()
        && let RuleValue::Count { up, .. } | RuleValue::Sum { up, .. } | RuleValue::First { up, .. } = &mut value
    {
        *up += 1;
    }
    if !edi && !matches!(value, RuleValue::Literal(_) | RuleValue::Position | RuleValue::From(..) | RuleValue::Cel(_)) {
        fields.wrong.push((entry.value.spot, "count, sum and first are for X12 and EDIFACT".into()));
        return None;
    }
    if let RuleValue::Literal(text) = &value {
        written(text, entry, &route, fields);
    }
    let (mut within, mut step) = (route.steps, None);
    // A path of one step makes its segment; a longer one writes only where its loops stand already. An XML element is
    // made where the one above it stands.
    if path.steps.len() == 1 || route.leaf == Leaf::Own {
        step = within.pop();
    }
    let instead = entry.value.get("instead").is_some();
    Some(Rule { within, step, leaf: route.leaf, instead, value, text: entry.key.clone(), spot: entry.key_spot })
}

/// What the mapping itself writes is held to the guide: length, characters, codes.
fn written(text: &str, entry: &Entry, route: &Route, fields: &mut Fields) {
    let Leaf::Element { element, component } = route.leaf else { return };
    let segment = fields.router.segment_of(route);
    let Some(spec) = fields.router.elements(&segment).get(usize::from(element).wrapping_sub(1)) else { return };
    let spec = spec.components.get(usize::from(component.max(1)) - 1).unwrap_or(spec);
    if let Some(Misfit { says, takes, .. }) = misfit(text, spec) {
        let spot = entry.value.get("instead").map_or(entry.value.spot, |value| value.spot);
        fields.wrong.push((spot, format!("`{text}` {says}, and {} takes {takes}", entry.key)));
    }
}

fn tell<T>(fields: &mut Fields, spot: Spot, run: impl FnOnce(&mut Fields) -> Result<T, (usize, String)>) -> Option<T> {
    match run(fields) {
        Ok(found) => Some(found),
        Err((offset, sentence)) => {
            fields.wrong.push((Spot { column: spot.column + offset as u32, ..spot }, sentence));
            None
        }
    }
}

fn value(yaml: &Yaml, path: &expr::Path, fields: &mut Fields) -> Option<RuleValue> {
    match &yaml.what {
        What::Text(text) if text == "$position" => Some(RuleValue::Position),
        What::Text(text) => Some(RuleValue::Literal(text.clone())),
        What::Map(entries) => match entries.as_slice() {
            [Entry { key, value, .. }] => computed(key, value, path, fields, yaml.spot),
            _ => wrong(fields, yaml.spot),
        },
        _ => wrong(fields, yaml.spot),
    }
}

fn wrong(fields: &mut Fields, spot: Spot) -> Option<RuleValue> {
    fields.wrong.push((spot, format!("`write:` takes {FORMS}")));
    None
}

fn computed(key: &str, yaml: &Yaml, path: &expr::Path, fields: &mut Fields, spot: Spot) -> Option<RuleValue> {
    let Some(text) = yaml.text() else { return wrong(fields, spot) };
    match key {
        "instead" => Some(RuleValue::Literal(text.into())),
        "count" | "sum" | "first" => {
            let target = tell(fields, yaml.spot, |_| expr::path(text, true))?;
            // Relative to the deepest loop that the rule's own path names, `^` to the one above.
            let mut whole = path.clone();
            whole.steps.truncate((path.steps.len() - 1).saturating_sub(target.up));
            whole.steps.extend(target.steps);
            let (leaf, mut steps) = match key {
                "count" => (None, tell(fields, yaml.spot, |fields| fields.router.place(&whole))?.1),
                _ => {
                    let route = tell(fields, yaml.spot, |fields| fields.router.value(&whole))?;
                    (Some(route.leaf), route.steps)
                }
            };
            // `POC/POC04: { first: POC03 }`: the loop's own segment.
            let own = whole.steps.len() > steps.len();
            let step: Option<Step> = if own { None } else { steps.pop() };
            let up = target.up;
            Some(match (key, leaf) {
                ("sum", Some(leaf)) => RuleValue::Sum { up, step: step?, leaf },
                ("first", Some(leaf)) => RuleValue::First { up, step, leaf },
                _ => RuleValue::Count { up, step: step? },
            })
        }
        "cel" => fields.expression(yaml, Wanted::Text).map(RuleValue::Cel),
        "from" => from(text, yaml.spot, fields),
        _ => {
            let near = hint(key, ["count", "sum", "first", "from", "instead", "cel"]);
            fields.wrong.push((spot, format!("`write:` takes {FORMS}{near}")));
            None
        }
    }
}

/// `answered | date(yyyymmdd)`: a canonical path with `.` between members, and pipes.
fn from(text: &str, spot: Spot, fields: &mut Fields) -> Option<RuleValue> {
    let parsed = tell(fields, spot, |_| expr::field(text, false))?;
    let [expr::Alternative::Path(path)] = parsed.alternatives.as_slice() else {
        fields.wrong.push((spot, "`from:` takes one canonical path".into()));
        return None;
    };
    let members: Vec<String> = path.text.split('.').map(str::to_owned).collect();
    let mut shape = shape::message(fields.message)?;
    for name in &members {
        match shape.member(name) {
            Some(member) => shape = &member.shape,
            None => {
                let near = hint(name, shape.members().iter().map(|m| m.name.as_str()));
                fields.wrong.push((spot, format!("`{name}` is no field of {} here{near}", fields.message)));
                return None;
            }
        }
    }
    if matches!(shape, Shape::Object(_) | Shape::List(_) | Shape::Free | Shape::Ref) {
        fields.wrong.push((spot, "`from:` leads to a single value".into()));
        return None;
    }
    let mut pipes: Vec<Pipe> = Vec::new();
    for call in &parsed.pipes {
        pipes.push(tell(fields, spot, |fields| fields.pipe(call, None))?);
    }
    Some(RuleValue::From(members, pipes))
}

/// `app/IA`: whose code it is, and the code.
fn is_code(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.contains('/') && text.split('/').all(|part| !part.is_empty() && part.chars().all(plain))
}

/// One line of `require:`: `{ rule: …, say: …, code: …, each: lines, at: BEG03 }`.
pub fn require(yaml: &Yaml, fields: &mut Fields, message: &Shape) -> Option<Require> {
    let known = ["rule", "say", "code", "each", "at"];
    for entry in yaml.entries().iter().filter(|e| !known.contains(&e.key.as_str())) {
        let near = hint(&entry.key, known);
        fields.wrong.push((entry.key_spot, format!("`{}` is no key of a rule{near}", entry.key)));
    }
    let text = |name: &str| yaml.get(name).and_then(Yaml::text).map(str::to_owned);
    let (Some(rule), Some(say)) = (yaml.get("rule"), text("say")) else {
        let sentence = "a rule has `rule:`, an expression, and `say:`, the sentence that is told where it doesn't hold";
        fields.wrong.push((yaml.spot, sentence.into()));
        return None;
    };
    let each = text("each");
    let item = match each.as_deref().map(|name| message.member(name).map(|m| &m.shape)) {
        None => None,
        Some(Some(Shape::List(item))) => Some((**item).clone()),
        Some(_) => {
            let lists = message.members().iter().filter(|m| matches!(m.shape, Shape::List(_))).map(|m| m.name.as_str());
            let near = hint(each.as_deref().unwrap_or_default(), lists);
            let spot = yaml.get("each").map_or(yaml.spot, |y| y.spot);
            fields.wrong.push((spot, format!("`each:` names a list of the message{near}")));
            return None;
        }
    };
    fields.items.extend(item);
    let expression = fields.expression(rule, Wanted::Truth);
    fields.items.clear();
    let at = yaml.get("at").map(|yaml| (yaml.text().unwrap_or_default(), yaml.spot));
    let edi = matches!(fields.router.standard, Standard::X12 | Standard::Edifact);
    let at = match at {
        None => None,
        Some((text, spot)) => {
            let path = tell(fields, spot, |_| expr::path(text, edi))?;
            Some(tell(fields, spot, |fields| fields.router.value(&path))?)
        }
    };
    let code = match yaml.get("code") {
        Some(code) if !code.text().is_some_and(is_code) => {
            fields.wrong.push((code.spot, "a rule's code is words with a stroke between them, as in app/IA".into()));
            return None;
        }
        code => code.and_then(Yaml::text).unwrap_or("mapping/rule").to_owned(),
    };
    Some(Require { expression: expression?, each, say, code, at, spot: rule.spot })
}
