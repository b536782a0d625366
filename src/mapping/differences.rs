//! What differs between two messages, field by field.

use super::pointer;
use serde_json::Value;

/// A field that has another value, or is only on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// JSON pointer into the message (RFC 6901): `/lines/0/item/0/id`.
    pub field: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Difference {
    /// The pointer without the places in lists, as a mapping speaks of the field: `/lines/item/id`.
    pub fn path(&self) -> String {
        let parts = self.field.split('/').filter(|part| part.is_empty() || part.parse::<usize>().is_err());
        parts.collect::<Vec<_>>().join("/")
    }
}

/// Every value that differs, in the order of the messages. Of what is on one side only each value is told.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(before), Some(after), &mut String::new(), &mut found);
    found
}

fn compare(before: Option<&Value>, after: Option<&Value>, at: &mut String, found: &mut Vec<Difference>) {
    let (before, after) = (before.filter(|v| !v.is_null()), after.filter(|v| !v.is_null()));
    if before == after {
        return;
    }
    let object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    let list = |value: Option<&Value>| value.is_none_or(Value::is_array);
    let mut below = |name: &str, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<Difference>| {
        let length = at.len();
        pointer::push(at, name);
        compare(one, other, at, found);
        at.truncate(length);
    };
    if object(before) && object(after) {
        let members = |value: Option<&Value>| value.and_then(Value::as_object).map(|o| o.keys().cloned().collect());
        let mut names: Vec<String> = members(before).unwrap_or_default();
        let others: Vec<String> = members(after).unwrap_or_default();
        names.extend(others.into_iter().filter(|name| before.and_then(|b| b.get(name)).is_none()));
        for name in names {
            below(&name, before.and_then(|b| b.get(&name)), after.and_then(|a| a.get(&name)), found);
        }
    } else if list(before) && list(after) {
        let items = |value: Option<&Value>| value.and_then(Value::as_array).map_or(0, Vec::len);
        for at in 0..items(before).max(items(after)) {
            below(&at.to_string(), before.and_then(|b| b.get(at)), after.and_then(|a| a.get(at)), found);
        }
    } else {
        found.push(Difference { field: at.clone(), before: before.cloned(), after: after.cloned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tells_values_by_their_fields() {
        let before = json!({"number": "1", "lines": [{"item": "A", "note": null}, {"item": "B"}], "gone": {"a": 1}});
        let after =
            json!({"number": "1", "lines": [{"item": "A"}, {"item": "C", "more": [2]}, {"item": "D"}], "new/er": 3});
        let mut told: Vec<String> = differences(&before, &after)
            .iter()
            .map(|d| format!("{} ({}): {:?} {:?}", d.field, d.path(), d.before, d.after))
            .collect();
        // How JSON keeps its members is a choice of whoever builds it.
        told.sort();
        assert_eq!(
            told,
            [
                r#"/gone/a (/gone/a): Some(Number(1)) None"#,
                r#"/lines/1/item (/lines/item): Some(String("B")) Some(String("C"))"#,
                r#"/lines/1/more/0 (/lines/more): None Some(Number(2))"#,
                r#"/lines/2/item (/lines/item): None Some(String("D"))"#,
                r#"/new~1er (/new~1er): None Some(Number(3))"#,
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }

    #[test]
    fn a_value_that_becomes_an_object_is_one_difference() {
        let found = differences(&json!({"a": "x"}), &json!({"a": {"b": 1}}));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].field.as_str(), &found[0].after), ("/a", &Some(json!({"b": 1}))));
    }
}
