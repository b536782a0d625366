//! A message looked at value by value, whether it is kept as reading made it or as a JSON tree: who asks three members of
//! each line need not have a tree made of all of them.

use super::body::{Body, Packed, What};
use serde_json::{Number, Value};

/// A value of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Looked<'a> {
    Tree(&'a Value),
    Packed(&'a Packed, usize),
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Is<'a> {
    Null,
    Truth(bool),
    Number(Number),
    Text(&'a str),
    List,
    Object,
}

impl Body {
    /// The message, without making a tree of it.
    pub(crate) fn looked_at(&self) -> Looked<'_> {
        match self.value.get() {
            Some(value) => Looked::Tree(value),
            None if self.packed.nodes.is_empty() => Looked::Tree(&Value::Null),
            None => Looked::Packed(&self.packed, 0),
        }
    }
}

impl<'a> Looked<'a> {
    pub fn is(self) -> Is<'a> {
        match self {
            Looked::Tree(Value::Null) => Is::Null,
            Looked::Tree(Value::Bool(yes)) => Is::Truth(*yes),
            Looked::Tree(Value::Number(number)) => Is::Number(number.clone()),
            Looked::Tree(Value::String(text)) => Is::Text(text),
            Looked::Tree(Value::Array(_)) => Is::List,
            Looked::Tree(Value::Object(_)) => Is::Object,
            Looked::Packed(packed, at) => match packed.nodes[at].what() {
                What::Text(from, len) => Is::Text(packed.said(from, len)),
                What::Whole(number) => Is::Number(number.into()),
                What::List => Is::List,
                What::Object => Is::Object,
            },
        }
    }

    /// A member, if it is an object that has it.
    pub fn member(self, name: &str) -> Option<Looked<'a>> {
        match self {
            Looked::Tree(value) => value.as_object()?.get(name).map(Looked::Tree),
            Looked::Packed(packed, at) => packed.member_of(at, name).map(|found| Looked::Packed(packed, found)),
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Looked<'a>> {
        let (tree, packed) = match self {
            Looked::Tree(value) => (value.as_array(), None),
            Looked::Packed(packed, at) => (None, packed.is_list(at).then_some((packed, at))),
        };
        let packed = packed.into_iter();
        let packed = packed.flat_map(|(packed, at)| packed.inside(at).map(move |item| Looked::Packed(packed, item)));
        tree.into_iter().flatten().map(Looked::Tree).chain(packed)
    }

    /// How many items or members it has.
    pub fn len(self) -> usize {
        match self {
            Looked::Tree(Value::Array(items)) => items.len(),
            Looked::Tree(Value::Object(members)) => members.len(),
            Looked::Tree(_) => 0,
            Looked::Packed(packed, at) => packed.inside(at).count(),
        }
    }
}

impl PartialEq for Looked<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Looked::Tree(a), Looked::Tree(b)) => a == b,
            (Looked::Packed(a, at), Looked::Tree(b)) | (Looked::Tree(b), Looked::Packed(a, at)) => {
                a.value_at(*at) == **b
            }
            (Looked::Packed(a, at), Looked::Packed(b, other)) => a.value_at(*at) == b.value_at(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::body::ITEM;
    use serde_json::json;

    #[test]
    fn both_forms_of_a_message_look_the_same() {
        let names: Vec<Box<str>> = ["number", "lines", "count"].map(Box::from).to_vec();
        let mut packed = Packed::new(names.into());
        let root = packed.mark();
        packed.object(ITEM);
        let lines = packed.mark();
        packed.list(1);
        for number in ["1", "2"] {
            let item = packed.mark();
            packed.object(ITEM);
            packed.text(0, number);
            packed.close(item);
        }
        packed.close(lines);
        packed.whole(2, 2);
        packed.close(root);
        let tree = json!({ "lines": [{ "number": "1" }, { "number": "2" }], "count": 2 });
        let kept = Body::new(packed);
        for message in [kept.looked_at(), Looked::Tree(&tree)] {
            let lines = message.member("lines").unwrap();
            let numbers: Vec<String> = lines
                .items()
                .filter_map(|line| line.member("number"))
                .map(|number| format!("{:?}", number.is()))
                .collect();
            assert_eq!(numbers, ["Text(\"1\")", "Text(\"2\")"]);
            assert_eq!((message.len(), lines.len(), message.items().count()), (2, 2, 0));
            assert!(matches!(message.member("count").unwrap().is(), Is::Number(two) if two.as_u64() == Some(2)));
            assert!(matches!((message.is(), lines.is()), (Is::Object, Is::List)));
            assert!(message.member("number").is_none(), "a line's member is none of the message");
            assert_eq!(lines, Looked::Tree(&tree["lines"]));
            assert!(lines != Looked::Tree(&tree));
        }
        assert!(kept.value.get().is_none(), "no tree was made");
        assert!(matches!(Body::from(Value::Null).looked_at().is(), Is::Null));
    }
}
