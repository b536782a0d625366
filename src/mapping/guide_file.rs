//! A partner's guide as a file: YAML that says which guide it extends and what it changes.
//!
//! ```yaml
//! extends: x12/004010/850
//! version: 004010VICS            # the whole GS08 or ST03; left out: every version of the standard's guide. One that no
//!                                # guide is compiled in for ("004030") is checked by this one
//! sender: NORTHWIND              # GS02; association: EAN008 (UNH) for EDIFACT
//! change:
//!   CUR: forbidden
//!   N1: { usage: required, repeats: 5 }
//!   N1/PER: { repeats: any }
//!   PO104: { max: 20, label: Unit price }
//!   BEG01: { codes: ["00", "05"] }
//!   BEG02: { add: [ZZ], remove: [BK] }
//! ```

use super::{
    near::nearest,
    yaml::{self, Entry, Spot, What, Yaml},
};
use crate::formats::{
    guides::{self, Applies, Change, Guide, Remark, Usage, Weight},
    piece::Standard,
};

const KEYS: &[&str] = &["extends", "version", "association", "sender", "change"];
const FIELDS: &[&str] = &["usage", "repeats", "min", "max", "codes", "add", "remove", "label"];
const USAGES: &[&str] = &["required", "optional", "forbidden"];

/// A guide that could be made.
#[derive(Debug)]
pub struct GuideFile {
    /// What it extends: `x12/004010/850`.
    pub extends: String,
    pub applies: Applies,
    pub guide: Guide,
}

/// Reads a guide's file. None if it extends nothing that is known; remarks are in the file's order, and a change with a
/// fault is not in the guide.
pub fn read(text: &str) -> (Option<GuideFile>, Vec<Remark>) {
    let mut file = File { remarks: Vec::new() };
    let guide = match yaml::parse(text) {
        Ok(yaml) => file.guide(&yaml),
        Err((spot, sentence)) => {
            file.fault(spot, "", sentence, "Mend the YAML.");
            None
        }
    };
    file.remarks.sort_by_key(|remark| (remark.line, remark.column));
    (guide, file.remarks)
}

struct File {
    remarks: Vec<Remark>,
}

impl File {
    fn guide(&mut self, yaml: &Yaml) -> Option<GuideFile> {
        if !matches!(yaml.what, What::Map(_)) {
            self.fault(yaml.spot, "", "there are no keys", "Begin with `extends: x12/004010/850`.");
            return None;
        }
        for entry in yaml.entries() {
            self.known(entry, KEYS, "");
        }
        let base = self.base(yaml)?;
        let mut applies = Applies {
            version: self.word(yaml, "version"),
            association: self.word(yaml, "association"),
            sender: self.word(yaml, "sender"),
        };
        let other_version = self.fits(yaml, base, &mut applies);
        let mut changes = Vec::new();
        match yaml.get("change") {
            Some(list) if matches!(list.what, What::Map(_)) => {
                list.entries().iter().for_each(|entry| changes.extend(self.change(entry)));
            }
            Some(other) => {
                self.fault(other.spot, "change", "`change` is no list of names", "Write `PO104: { max: 20 }`.")
            }
            None => {}
        }
        let (mut guide, remarks) = base.with(&changes);
        guide.version = other_version.unwrap_or(guide.version);
        self.remarks.extend(remarks.into_iter().map(with_nearest));
        let extends = yaml.get("extends").and_then(Yaml::text).unwrap_or_default().to_owned();
        Some(GuideFile { extends, applies, guide })
    }

    fn base(&mut self, yaml: &Yaml) -> Option<&'static Guide> {
        let remedy = "Write `extends: x12/004010/850` or `extends: edifact/D96A/ORDERS`.";
        let Some((text, spot)) = yaml.get("extends").and_then(|named| Some((named.text()?, named.spot))) else {
            self.fault(yaml.spot, "extends", "it isn't said which guide it extends", remedy);
            return None;
        };
        let parts: Vec<&str> = text.split('/').collect();
        let found = match parts[..] {
            ["x12", version, kind] if version.len() == 6 => guides::find(Standard::X12, version, kind),
            ["edifact", version, kind] => guides::find(Standard::Edifact, version, kind),
            _ => None,
        };
        if found.is_none() {
            let known: Vec<String> = guides::list().map(|(version, kind)| format!("{version}/{kind}")).collect();
            let near = nearest(text, known.iter().map(String::as_str)).map(|near| format!(" Did you mean {near}?"));
            let remedy = format!("{remedy}{}", near.unwrap_or_default());
            self.fault(spot, "extends", format!("there is no guide {text}"), &remedy);
        }
        found
    }

    /// What documents it is for must be such as can come. A version that no guide is compiled in for is given back: this
    /// guide becomes the one of that version, with an industry's suffix or without, as the standard's own are.
    fn fits(&mut self, yaml: &Yaml, base: &Guide, applies: &mut Applies) -> Option<Box<str>> {
        let spot = |key| yaml.get(key).map_or(yaml.spot, |value| value.spot);
        let mut other = None;
        if let Some(version) = applies.version.clone() {
            match guides::find(base.standard, &version, &base.kind) {
                Some(found) if found.version == base.version => {}
                Some(_) => {
                    let sentence = format!("documents of version {version} are none of {} {}", base.kind, base.version);
                    self.fault(spot("version"), "version", sentence, "Extend the guide of that version.");
                }
                None => match guides::base_version(base.standard, &version) {
                    Some(whole) => {
                        applies.version = (*whole != *version).then_some(version.clone());
                        other = Some(whole.into());
                    }
                    None => {
                        let sentence = format!("`{version}` is no version of {}", base.standard.word());
                        let remedy = match base.standard {
                            Standard::X12 => "Write it as GS08 does, in six digits and quotes: `\"004030\"`.",
                            _ => "Write it as UNH does, without the colon: `D97A`.",
                        };
                        self.fault(spot("version"), "version", sentence, remedy);
                    }
                },
            }
        }
        if applies.association.is_some() && base.standard == Standard::X12 {
            let sentence = "X12 has no association code";
            self.fault(spot("association"), "association", sentence, "Write `version: 004010VICS` instead.");
        }
        other
    }

    fn change(&mut self, entry: &Entry) -> Option<Change> {
        let Spot { line, column, .. } = entry.key_spot;
        let mut change = Change { line, column, path: entry.key.clone(), ..Change::default() };
        match &entry.value.what {
            What::Text(_) => change.usage = Some(self.usage(&entry.value, &entry.key)?),
            What::Map(fields) => {
                for field in fields {
                    self.field(field, &mut change)?;
                }
            }
            _ => {
                self.fault(
                    entry.value.spot,
                    &entry.key,
                    "nothing is said of it",
                    "Write `forbidden` or `{ max: 20 }`.",
                );
                return None;
            }
        }
        Some(change)
    }

    fn field(&mut self, field: &Entry, change: &mut Change) -> Option<()> {
        let (path, value) = (change.path.clone(), &field.value);
        match field.key.as_str() {
            "usage" => change.usage = Some(self.usage(value, &path)?),
            "repeats" if value.text() == Some("any") => change.repeats = Some(None),
            "repeats" => change.repeats = Some(Some(self.number(value, &path)?)),
            "min" => change.min = Some(self.number(value, &path)?),
            "max" => change.max = Some(self.number(value, &path)?),
            "codes" => change.codes = Some(self.list(value, &path)?),
            "add" => change.add = self.list(value, &path)?,
            "remove" => change.remove = self.list(value, &path)?,
            "label" => change.label = Some(self.label(value, &path)?),
            _ => {
                self.known(field, FIELDS, &path);
                return None;
            }
        }
        Some(())
    }

    fn usage(&mut self, value: &Yaml, path: &str) -> Option<Usage> {
        let text = value.text().unwrap_or_default();
        let usage = match text {
            "required" => Usage::Required,
            "optional" => Usage::Optional,
            "forbidden" => Usage::Forbidden,
            _ => {
                let near = nearest(text, USAGES.iter().copied()).unwrap_or("one of these");
                self.fault(
                    value.spot,
                    path,
                    format!("`{text}` is neither required, optional nor forbidden"),
                    &format!("Write {near}."),
                );
                return None;
            }
        };
        Some(usage)
    }

    fn number(&mut self, value: &Yaml, path: &str) -> Option<u32> {
        let number = value.text().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.fault(value.spot, path, "that is no whole number", "Write digits only.");
        }
        number
    }

    fn list(&mut self, value: &Yaml, path: &str) -> Option<Vec<String>> {
        let What::List(items) = &value.what else {
            self.fault(value.spot, path, "codes are a list", "Write `[SA, NE]`.");
            return None;
        };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.text().map(str::to_owned)).collect();
        if texts.is_none() {
            self.fault(value.spot, path, "a code is text", "Put it in quotes: `\"1.0\"`.");
        }
        texts
    }

    fn label(&mut self, value: &Yaml, path: &str) -> Option<String> {
        let text = value.text().map(str::trim).filter(|text| !text.is_empty());
        if text.is_none() {
            self.fault(value.spot, path, "`label` says nothing", "Leave it out, or say what it is called.");
        }
        text.map(str::to_owned)
    }

    fn word(&mut self, yaml: &Yaml, key: &str) -> Option<Box<str>> {
        let value = yaml.get(key)?;
        let text = value.text().filter(|text| !text.is_empty());
        if text.is_none() {
            self.fault(value.spot, key, format!("`{key}` says nothing"), "Leave the line out, or say what it is for.");
        }
        text.map(Into::into)
    }

    fn known(&mut self, entry: &Entry, known: &[&str], path: &str) {
        if !known.contains(&entry.key.as_str()) {
            let remedy = match nearest(&entry.key, known.iter().copied()) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("Known are {}.", known.join(", ")),
            };
            self.fault(entry.key_spot, path, format!("there is no key `{}`", entry.key), &remedy);
        }
    }

    fn fault(&mut self, spot: Spot, path: &str, sentence: impl Into<String>, remedy: &str) {
        self.remarks.push(Remark {
            weight: Weight::Fault,
            line: spot.line,
            column: spot.column,
            path: path.to_owned(),
            sentence: sentence.into(),
            remedy: remedy.to_owned(),
            meant: None,
        });
    }
}

/// The nearest word goes into the remedy.
fn with_nearest(mut remark: Remark) -> Remark {
    let near = remark.meant.as_ref().and_then(|(word, known)| nearest(word, known.iter().map(String::as_str)));
    if let Some(near) = near {
        remark.remedy = format!("Did you mean {near}? {}", remark.remedy);
    }
    remark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(text: &str) -> Vec<(Weight, u32, u32, String)> {
        let said = |r: Remark| (r.weight, r.line, r.column, format!("{} {}", r.sentence, r.remedy));
        read(text).1.into_iter().map(said).collect()
    }

    #[track_caller]
    fn check(change: &str, weight: Weight, says: &str) {
        let found = lint(&format!("extends: x12/004010/850\nchange:\n  {change}\n"));
        let hit = found
            .iter()
            .any(|(w, line, column, text)| *w == weight && *line == 3 && *column >= 3 && text.contains(says));
        assert!(hit, "{change}: {found:?} has no {weight:?} that says {says}");
    }

    #[test]
    fn each_fault_of_a_change_is_told_at_its_place() {
        use Weight::*;
        check("CUR: forbiden", Fault, "Write forbidden");
        check("CURR: forbidden", Fault, "no CURR");
        check("RFE: forbidden", Fault, "Did you mean REF?");
        check("PO1: { max: 3 }", Fault, "no length and no codes");
        check("SCH: forbidden", Fault, "It stands there as PO1/SCH");
        check("BAK: forbidden", Fault, "the standard knows it");
        check("BEG13: { max: 3 }", Fault, "BEG has 12 elements");
        check("QQ201: { max: 3 }", Fault, "no segment QQ2");
        check("PO1/PO104: { max: 20 }", Fault, "Write PO104");
        check("BEG03: { min: 5, max: 3 }", Fault, "at least 5 and at most 3");
        check("BEG01: { codes: [ORIGINAL] }", Fault, "doesn't fit");
        check("BEG01: { remove: [QQ] }", Fault, "no code QQ");
        check("BEG03: { add: [X] }", Fault, "is free");
        check("BEG01: { maxx: 3 }", Fault, "Did you mean max?");
        check("BEG01: { add: [QQ], remove: [\"00\"], codes: [\"00\"] }", Wider, "doesn't list QQ");
        check("N1/N1: { repeats: 3 }", Fault, "opens its loop");
        check("ST: forbidden", Fault, "belongs to every set");
        check("CUR: { usage: forbidden, repeats: 3 }", Fault, "and yet");
        check("BEG: forbidden", Wider, "the standard requires BEG");
        check("PO104: { max: 20 }", Wider, "at most 17 characters in PO104, and here 20");
        check("N1: { repeats: 201 }", Wider, "at most 200 times, and here 201");
        check("BEG: required", Idle, "by the standard too");
        check("CUR: { usage: forbidden, label: Currency }", Fault, "and yet");
        check("BEG05: { usage: forbidden, label: Contract }", Fault, "and yet");
        check("BEG05: { label: \"\" }", Fault, "says nothing");
    }

    #[test]
    fn what_it_extends_must_be_there_and_be_for_such_documents() {
        assert!(lint("extends: x12/004010/580\n")[0].3.contains("Did you mean x12/004010/"));
        assert!(lint("change: {}\n")[0].3.contains("isn't said"));
        assert!(lint("extends: x12/004010/850\nversion: 005010\n")[0].3.contains("none of 850 004010"));
        assert_eq!(lint("extends: x12/004010/850\nversion: 004010VICS\nsender: NORTHWIND\n"), []);
        assert!(lint("extends: x12/004010/850\nversion: 4030\n")[0].3.contains("in six digits"));
        assert!(lint("extends: edifact/D96A/ORDERS\nversion: D.97A\n")[0].3.contains("without the colon"));
        assert!(lint("extends: [\n")[0].3.contains("Mend the YAML"));
    }

    #[test]
    fn the_page_has_each_key_and_word() {
        let page = include_str!("../../docs/reference/guides.md");
        for word in KEYS.iter().chain(FIELDS).chain(USAGES) {
            assert!(page.contains(&format!("| `{word}` |")), "{word} is not told of in a table of guides.md");
        }
    }

    #[test]
    fn a_guide_is_the_standards_with_the_changes() {
        let text = "extends: x12/004010/850\nchange:\n  CUR: forbidden\n  REF: { usage: required, repeats: 3 }\n  \
                    BEG01: { codes: [\"00\"] }\n  BEG03: { max: 30 }\n  BEG05: forbidden\n";
        let guide = read(text).0.unwrap().guide;
        let reference = guide.parts.iter().find(|p| matches!(p, guides::Part::Segment { id, .. } if **id == *"REF"));
        assert!(matches!(reference, Some(guides::Part::Segment { mandatory: true, max: Some(3), .. })));
        assert_eq!(guide.segments["BEG"].elements[0].codes.len(), 1);
        assert_eq!(guide.segments["BEG"].elements[2].max, 30);
        // Inside of SAC it is still there.
        assert!(guide.segments.contains_key("CUR"));
        let at_top = |p: &guides::Part| matches!(p, guides::Part::Segment { id, .. } if **id == *"CUR");
        assert!(!guide.parts.iter().any(at_top));
        assert!(
            guides::find(Standard::X12, "004010", "850").unwrap().parts.iter().any(at_top),
            "the standard's own is as it was"
        );
    }
}
