//! Two schemas of one thing, held against each other: what a reader that was written by the first may trip over.

use super::super::schema::{LIMITS, Limit, Others, Place, members_of};
use rust_decimal::Decimal;
use serde_json::Value;

/// A member that is not as it was.
#[derive(Debug, PartialEq)]
pub struct Change {
    /// `/order/lines/*/quantity`; `/` is the whole.
    pub member: String,
    pub what: String,
    /// Who reads by the kept schema may trip over it.
    pub breaks: bool,
}

/// What is not as it was, member by member.
pub fn changes(kept: &Value, now: &Value) -> Vec<Change> {
    let (kept, now) = (members_of(kept), members_of(now));
    let mut found = Vec::new();
    for (member, was) in &kept {
        let mut told = Told { member, found: &mut found };
        match now.get(member) {
            Some(is) => told.of(was, is),
            // What becomes of a list is told of the list.
            None if was.is_item => {}
            None => told.breaks("is gone".into()),
        }
    }
    for (member, is) in now.iter().filter(|(member, is)| !kept.contains_key(*member) && !is.is_item) {
        Told { member, found: &mut found }.fits(format!("is new: {}", is.takes));
    }
    found
}

/// What is said of one member.
struct Told<'a> {
    member: &'a str,
    found: &'a mut Vec<Change>,
}

impl Told<'_> {
    fn say(&mut self, what: String, breaks: bool) {
        let member = if self.member.is_empty() { "/" } else { self.member };
        self.found.push(Change { member: member.to_owned(), what, breaks });
    }

    fn breaks(&mut self, what: String) {
        self.say(what, true);
    }

    fn fits(&mut self, what: String) {
        self.say(what, false);
    }

    fn of(&mut self, was: &Place, is: &Place) {
        for (lost, whose) in [(&was.lost, "the kept schema"), (&is.lost, "the schema of today")] {
            if let Some(lost) = lost {
                self.breaks(format!("is `{lost}`, which {whose} does not have: nothing below it can be compared"));
            }
        }
        if was.takes != is.takes && !was.is_item {
            self.breaks(format!("took {}, and takes {}", was.takes, is.takes));
        }
        match (was.must, is.must) {
            (true, false) => self.breaks("was always there, and may be left out".into()),
            (false, true) => self.fits("might be left out, and is always there".into()),
            _ => {}
        }
        match (was.null, is.null) {
            (false, true) => self.breaks("was never null, and may be".into()),
            (true, false) => self.fits("might be null, and never is".into()),
            _ => {}
        }
        if was.takes == is.takes {
            self.forms(was, is);
            self.limits(was, is);
            self.others(was, is);
        }
        self.words(was, is);
    }

    fn forms(&mut self, was: &Place, is: &Place) {
        for (what, was, is) in [("format", &was.format, &is.format), ("pattern", &was.pattern, &is.pattern)] {
            match (was, is) {
                (Some(was), Some(is)) if was != is => self.breaks(format!("had the {what} {was}, and has {is}")),
                (Some(was), None) => self.breaks(format!("had the {what} {was}, and has none")),
                (None, Some(is)) => self.fits(format!("has the {what} {is}, and had none")),
                _ => {}
            }
        }
    }

    /// What may be longer, shorter, more or less than it could is new to a reader; what must be within less is not.
    fn limits(&mut self, was: &Place, is: &Place) {
        for (name, limit) in LIMITS {
            match (was.limits.get(name), is.limits.get(name)) {
                (Some(was), Some(is)) if was != is => {
                    self.say(format!("had {name} {was}, and has {is}"), widens(*limit, was, is));
                }
                (Some(was), None) => self.breaks(format!("had {name} {was}, and has none")),
                (None, Some(is)) => self.fits(format!("has {name} {is}, and had none")),
                _ => {}
            }
        }
    }

    /// Members that no name is given: a reader passes over those that it does not know, and misses those that it looked for.
    fn others(&mut self, was: &Place, is: &Place) {
        match (&was.others, &is.others) {
            (was, is) if was == is => {}
            (Others::Closed, _) => {
                self.fits("took no other members, and may have some: those that are new may be passed over".into());
            }
            (_, Others::Closed) => self.breaks("might have members of other names, and has none".into()),
            (Others::Of(was), Others::Of(is)) => {
                self.breaks(format!("had other members that take {was}, and they take {is}"));
            }
            (Others::Of(was), Others::Any) => {
                self.breaks(format!("had other members that take {was}, and they take anything"));
            }
            (Others::Any, Others::Of(is)) => {
                self.fits(format!("had other members that take anything, and they take {is}"));
            }
            (Others::Any, Others::Any) => {}
        }
    }

    fn words(&mut self, was: &Place, is: &Place) {
        match (was.words.is_empty(), is.words.is_empty()) {
            (false, true) if was.takes == is.takes => {
                return self.breaks(format!("was one of {}, and may be any", was.words.join(", ")));
            }
            (true, false) if was.takes == is.takes => {
                return self.fits(format!("might be any, and is one of {}", is.words.join(", ")));
            }
            _ => {}
        }
        let gone: Vec<&str> = was.words.iter().filter(|word| !is.words.contains(word)).map(String::as_str).collect();
        let new: Vec<&str> = is.words.iter().filter(|word| !was.words.contains(word)).map(String::as_str).collect();
        if !new.is_empty() && !was.words.is_empty() {
            self.breaks(format!("has words that a reader does not know: {}", new.join(", ")));
        }
        if !gone.is_empty() {
            self.fits(format!("says {} no more", gone.join(", ")));
        }
    }
}

/// True if the second limit lets through what the first did not; of what is no number nobody knows.
fn widens(limit: Limit, was: &str, is: &str) -> bool {
    let number = |text: &str| Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    match (number(was), number(is)) {
        (Some(was), Some(is)) => match limit {
            Limit::Most => is > was,
            Limit::Least => is < was,
            Limit::Exact => true,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_can_break_a_reader_is_told_apart() {
        let now = schema("order_placed/1").unwrap();
        assert_eq!(changes(&now, &now), []);
        let mut kept = now.clone();
        let members = kept["properties"].as_object_mut().unwrap();
        members.remove("partner");
        members.insert("season".into(), json!({ "type": "string" }));
        members.insert("our_number".into(), json!({ "type": "integer" }));
        let said: Vec<(String, bool)> =
            changes(&kept, &now).into_iter().map(|one| (format!("{} {}", one.member, one.what), one.breaks)).collect();
        for expected in [
            ("/our_number took whole number, and takes text".to_owned(), true),
            ("/partner is new: text".to_owned(), false),
            ("/season is gone".to_owned(), true),
        ] {
            assert!(said.contains(&expected), "{expected:?} is not among {said:?}");
        }
        assert_eq!(said.len(), 3, "{said:?}");
    }

    #[test]
    fn null_formats_patterns_and_words_are_compared() {
        let of = |member: Value| json!({ "properties": { "a": member }, "required": ["a"] });
        for (was, is, told) in [
            (json!({"type": "string"}), json!({"type": ["string", "null"]}), Some("breaks was never null, and may be")),
            (json!({"type": ["string", "null"]}), json!({"type": "string"}), Some("fits might be null, and never is")),
            (
                json!({"type": "string", "format": "date-time"}),
                json!({"type": "string", "format": "date"}),
                Some("breaks had the format date-time, and has date"),
            ),
            (
                json!({"type": "string", "pattern": "^[0-9]+$"}),
                json!({"type": "string"}),
                Some("breaks had the pattern ^[0-9]+$, and has none"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "pattern": "^[0-9]+$"}),
                Some("fits has the pattern ^[0-9]+$, and had none"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "enum": ["a", "b"]}),
                Some("fits might be any, and is one of a, b"),
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                json!({"type": "string"}),
                Some("breaks was one of a, b, and may be any"),
            ),
            (json!({"type": "number"}), json!({"type": "string"}), Some("breaks took number, and takes text")),
            (json!({"type": "string", "format": "date"}), json!({"type": "string", "format": "date"}), None),
        ] {
            let said: Vec<String> = changes(&of(was.clone()), &of(is.clone()))
                .into_iter()
                .map(|one| format!("{} {}", if one.breaks { "breaks" } else { "fits" }, one.what))
                .collect();
            assert_eq!(said, told.into_iter().collect::<Vec<_>>(), "{was} {is}");
        }
        let kept = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } }, "$defs": { "Day": { "type": "string", "format": "date-time" } } });
        let now = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } }, "$defs": { "Day": { "type": "string", "format": "date" } } });
        assert_eq!(changes(&kept, &now)[0].what, "had the format date-time, and has date");
    }

    fn said(kept: &Value, now: &Value) -> Vec<String> {
        let word = |one: &Change| if one.breaks { "breaks" } else { "fits" };
        changes(kept, now).iter().map(|one| format!("{} {} {}", word(one), one.member, one.what)).collect()
    }

    #[test]
    fn limits_break_a_reader_where_more_is_let_through() {
        let of = |member: Value| json!({ "properties": { "a": member }, "required": ["a"] });
        for (was, is, told) in [
            (json!({"maxLength": 10}), json!({"maxLength": 20}), "breaks /a had maxLength 10, and has 20"),
            (json!({"maxLength": 20}), json!({"maxLength": 10}), "fits /a had maxLength 20, and has 10"),
            (json!({"maxLength": 20}), json!({}), "breaks /a had maxLength 20, and has none"),
            (json!({}), json!({"maxLength": 20}), "fits /a has maxLength 20, and had none"),
            (json!({"minLength": 2}), json!({"minLength": 1}), "breaks /a had minLength 2, and has 1"),
            (json!({"minLength": 1}), json!({"minLength": 2}), "fits /a had minLength 1, and has 2"),
            (
                json!({"type": "array", "minItems": 1}),
                json!({"type": "array"}),
                "breaks /a had minItems 1, and has none",
            ),
            (
                json!({"type": "array", "maxItems": 9}),
                json!({"type": "array", "maxItems": 10}),
                "breaks /a had maxItems 9, and has 10",
            ),
            (
                json!({"type": "number", "minimum": 0.5}),
                json!({"type": "number", "minimum": -1e3}),
                "breaks /a had minimum 0.5, and has -1000.0",
            ),
            (
                json!({"type": "integer", "maximum": 9}),
                json!({"type": "integer", "maximum": 8}),
                "fits /a had maximum 9, and has 8",
            ),
            (
                json!({"type": "array", "items": {"type": "string", "maxLength": 3}}),
                json!({"type": "array", "items": {"type": "string", "maxLength": 4}}),
                "breaks /a/* had maxLength 3, and has 4",
            ),
            (
                json!({"type": "array", "uniqueItems": true}),
                json!({"type": "array"}),
                "breaks /a had uniqueItems true, and has none",
            ),
        ] {
            assert_eq!(said(&of(was.clone()), &of(is.clone())), [told], "{was} {is}");
            assert_eq!(said(&of(was.clone()), &of(was)), [""; 0]);
        }
    }

    #[test]
    fn members_of_other_names_break_a_reader_who_looks_for_them() {
        let of = |others: Value| json!({ "properties": { "a": { "type": "object", "additionalProperties": others } } });
        for (was, is, told) in [
            (json!(true), json!(false), "breaks /a might have members of other names, and has none"),
            (
                json!(false),
                json!(true),
                "fits /a took no other members, and may have some: those that are new may be passed over",
            ),
            (
                json!({"type": "string"}),
                json!({"type": "integer"}),
                "breaks /a had other members that take text, and they take whole number",
            ),
            (
                json!({"type": "string"}),
                json!(true),
                "breaks /a had other members that take text, and they take anything",
            ),
            (
                json!(true),
                json!({"type": "string"}),
                "fits /a had other members that take anything, and they take text",
            ),
        ] {
            assert_eq!(said(&of(was.clone()), &of(is.clone())), [told], "{was} {is}");
        }
        let closed = json!({ "properties": {}, "additionalProperties": false });
        let open = json!({ "properties": {} });
        assert_eq!(said(&open, &closed), ["breaks / might have members of other names, and has none"]);
    }

    #[test]
    fn a_ref_that_leads_nowhere_is_told() {
        let now = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } }, "$defs": { "Day": { "type": "string" } } });
        let kept = json!({ "properties": { "a": { "$ref": "#/$defs/Day" } } });
        let told = "which the kept schema does not have: nothing below it can be compared";
        assert_eq!(said(&kept, &now), [format!("breaks /a is `#/$defs/Day`, {told}")]);
        let elsewhere = json!({ "properties": { "a": { "$ref": "day.json" } } });
        assert!(said(&elsewhere, &now)[0].starts_with("breaks /a is `day.json`, which the kept schema does not have"));
        // Another name for a place of the schema leads there.
        let there = json!({ "properties": { "a": { "$ref": "#/definitions/Day" } }, "definitions": { "Day": { "type": "string" } } });
        assert_eq!(said(&there, &now), [""; 0]);
    }
}
