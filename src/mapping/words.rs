//! What a run calls by number, so that it keeps numbers, and a text is made only for who asks: members of the message,
//! pointers of fields, paths of the mapping.

use super::plan::{Alternative, Block, Field, Formula, Source};
use std::{collections::HashMap, sync::Arc};

/// Names of members that no field names: of an id, and of a date with its time.
pub const KNOWN: [&str; 6] = ["scheme", "id", "date", "time", "zone", "at"];
/// Numbers of the first two.
pub const SCHEME: u32 = 0;
pub const ID: u32 = 1;

/// The number of a path that says nothing.
pub const NO_PATH: u32 = 0;

/// The texts of one mapping, by number.
#[derive(Debug, Default)]
pub struct Words {
    /// What members are called: first those of [`KNOWN`], then the fields.
    pub members: Arc<[Box<str>]>,
    /// JSON pointers of fields, from the message or the item of a list that they stand in.
    pointers: Vec<Box<str>>,
    /// Paths as the mapping wrote them, without `^`.
    paths: Vec<Box<str>>,
}

impl Words {
    /// The pointer of a number.
    pub fn pointer(&self, number: u32) -> &str {
        self.pointers.get(number as usize).map_or("", |pointer| pointer)
    }

    /// The path of a number.
    pub fn path(&self, number: u32) -> &str {
        self.paths.get(number as usize).map_or("", |path| path)
    }
}

/// Numbers the fields and their paths.
pub fn number(fields: &mut [Field]) -> Words {
    let mut numbers = Numbers::default();
    KNOWN.iter().for_each(|known| _ = numbers.members.number(known));
    numbers.paths.number("");
    numbers.fields(fields, "");
    let Numbers { members, pointers, paths } = numbers;
    Words { members: members.texts.into(), pointers: pointers.texts, paths: paths.texts }
}

#[derive(Default)]
struct Numbers {
    members: Numbered,
    pointers: Numbered,
    paths: Numbered,
}

/// Texts, each once.
#[derive(Default)]
struct Numbered {
    texts: Vec<Box<str>>,
    known: HashMap<Box<str>, u32>,
}

impl Numbered {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.known.insert(text.into(), number);
        number
    }
}

impl Numbers {
    /// The fields of what stands at a pointer.
    fn fields(&mut self, fields: &mut [Field], at: &str) {
        for field in fields {
            let pointer = format!("{at}/{}", field.name);
            (field.number, field.pointer) = (self.members.number(&field.name), self.pointers.number(&pointer));
            match &mut field.source {
                Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) => self.formula(formula),
                Source::Key(formula, _) => self.formula(formula),
                Source::List(formulas) => formulas.iter_mut().for_each(|formula| self.formula(formula)),
                Source::Object(inner) => self.fields(inner, &pointer),
                Source::At(blocks) => blocks.iter_mut().for_each(|block| self.block(block, &pointer)),
                Source::Each(block) => self.block(block, ""),
                Source::Computed(_) => {}
            }
        }
    }

    fn block(&mut self, block: &mut Block, at: &str) {
        block.walk.iter_mut().for_each(|walk| walk.number = self.paths.number(&walk.text));
        self.fields(&mut block.fields, at);
    }

    fn formula(&mut self, formula: &mut Formula) {
        for alternative in &mut formula.alternatives {
            match alternative {
                Alternative::Route(route) => route.number = self.paths.number(&route.text),
                Alternative::Group(inner) => self.formula(inner),
                Alternative::Literal(_) | Alternative::TenantCurrency | Alternative::Position => {}
            }
        }
    }
}
