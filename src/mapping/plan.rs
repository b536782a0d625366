//! A compiled mapping: flat data that reading and writing both walk. Made by `compile`, run by `read` and `write`.

pub use super::condition::{ANYTHING, Condition};
use super::{
    cel::Expression,
    dates::DateFormat,
    explain::Line,
    moment::Form,
    needs::Slots,
    shape::Shape,
    short::{Short, short},
    tables::Table,
    words::Words,
    yaml::Spot,
};
use crate::formats::{guides::Guide, layout::Layout, piece::Standard, tree::Called};
use serde_json::Value;
use std::sync::Arc;

/// What a mapping file became.
#[derive(Debug)]
pub struct Program {
    /// `x12/4010/850-order@3f2a…`
    pub name: String,
    pub message: String,
    pub standard: Standard,
    pub guide: Option<&'static Guide>,
    pub claims: Claims,
    pub unmapped: Unmapped,
    /// What the message says and no line writes.
    pub unwritten: Unmapped,
    pub sets_by: Option<String>,
    /// The loop of which each makes a message of its own.
    pub messages: Option<Step>,
    /// The loop that a document has one of, since a message has one.
    pub once: Option<Step>,
    /// Fixed width: where the fields stand; else without records.
    pub layout: Arc<Layout>,
    pub tables: Vec<Table>,
    pub fields: Vec<Field>,
    /// What a run calls by number.
    pub words: Arc<Words>,
    /// Names looked for among the root's children; routes name them by index.
    pub slots: Vec<Slot>,
    pub rules: Vec<Rule>,
    /// Business rules: what a message must fulfil that the partner's guide can't say.
    pub requires: Vec<Require>,
    /// True if any field is computed.
    pub computes: bool,
    /// Fields that say `$todo`, as `placed.date`: nobody has said yet where they stand.
    pub open: Vec<(Spot, String)>,
    /// The loops that say by number what stands above them.
    pub numbered: Vec<Step>,
    /// Members that conditions compare with what stands in the document (`[01.03=$currency]`).
    pub compared: Vec<String>,
    /// True if several lists are written into the same loops.
    pub joins: bool,
    /// The files that it was made of; a [`Spot`] names one by its number.
    pub files: Vec<String>,
    /// Which of them come with the hub.
    pub built_in: Vec<bool>,
    /// Tables of its own file, not of those it extends: (as it names the file, where that stands).
    pub own_tables: Vec<(String, String)>,
    /// XML: the document element, written and read. JSON: what a document may be wrapped in, as in `{"order": {…}}`.
    pub root: Option<Name>,
    /// XML: the prefix of each namespace, as the mapping calls it.
    pub prefixes: Vec<(String, String)>,
    pub one_way: bool,
}

/// What the mapping is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    pub read: bool,
    pub write: bool,
    /// `850`, `csv orders`.
    pub kind: String,
    pub versions: Vec<String>,
    pub partner: Option<String>,
    pub application_sender: Option<String>,
    /// Where the mapping says it.
    pub spot: Spot,
}

/// What to do with what nobody reads, or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmapped {
    Ignore,
    Warn,
    Reject,
}

/// A name in the tree; XML names may be bound to a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    pub name: String,
    pub namespace: Option<String>,
    /// The same name, as trees are asked for it.
    pub called: Called,
}

impl Name {
    pub fn new(name: impl Into<String>, namespace: Option<String>) -> Name {
        let name = name.into();
        Name { called: Called::of(&name), name, namespace }
    }
}

/// Children of these names (a segment may open more than one loop of a scope).
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub names: Vec<Name>,
}

/// One step down the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub names: Vec<Name>,
    pub conditions: Vec<Condition>,
    /// All of them are read, and each value written gets one of its own.
    pub every: bool,
    /// A loop: its elements stand on the segment that opens it.
    pub opens: Option<String>,
    /// A segment that may stand there once: a list of one shares it with what else is said there.
    pub once: bool,
    /// Where it stands among its siblings when written.
    pub order: u32,
}

/// Where in a segment, record, element or object a value stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// The node's own text (XML, items of a JSON array).
    Own,
    /// A field, member or attribute (`@name`).
    Child { name: Name, order: u32 },
    /// What stands further down, of each name the first (`[cac:TaxScheme/cbc:ID=VAT]`): only asked for, and not written.
    Deep(Vec<Name>),
    /// A field by its position from 1 (CSV).
    Nth(u32),
    /// X12, EDIFACT; positions from 1, component 0 where none was named: the first.
    Element { element: u16, component: u16 },
    /// Qualifier and id, several times in a segment.
    Pairs(Box<Pairs>),
    /// No place of the document: what a loop is called in the message, while it is written.
    Key,
}

/// `PO1{VN,UP}`
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// (qualifier, id)
    pub places: Vec<(Leaf, Leaf)>,
    /// Which are read, in the order in which writing prefers them; empty for all, and [`ANYTHING`] at the end for all others.
    pub qualifiers: Vec<String>,
}

impl Pairs {
    /// Are numbers with this qualifier read?
    pub fn wants(&self, qualifier: &str) -> bool {
        let named = |named: &String| named == qualifier || named == ANYTHING;
        self.qualifiers.is_empty() || self.qualifiers.iter().any(named)
    }
}

/// A path, looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// How many frames up it begins.
    pub up: usize,
    /// Of the first step, in that frame.
    pub slot: usize,
    /// Conditions on that frame's own segment.
    pub own: Vec<Condition>,
    pub steps: Vec<Step>,
    pub leaf: Leaf,
    /// Which condition of its last step, or of the frame's own segment, refuses the document where only places stand that
    /// do not fulfil it (`?? refuse`).
    pub refuses: Option<usize>,
    /// As the mapping wrote it, without `^` and `?? refuse`.
    pub text: String,
    /// Of the text, in the program's words.
    pub number: u32,
}

impl Route {
    /// Qualifier and id, several times in a segment?
    #[inline]
    pub fn is_of_pairs(&self) -> bool {
        matches!(self.leaf, Leaf::Pairs(_))
    }
}

/// One canonical field.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    /// Of its name, in the program's words.
    pub number: u32,
    /// Of its pointer, in the same.
    pub pointer: u32,
    /// What of its frame must be there for it to be asked.
    pub needs: Slots,
    pub shape: Shape,
    pub mandatory: bool,
    pub source: Source,
    /// When the document says a number below zero without its sign.
    pub below_zero: Option<BelowZero>,
    /// Where the mapping says it.
    pub spot: Spot,
}

/// `below_zero: { kind: [credit] }`: a member beside the field, and its words.
#[derive(Debug)]
pub struct BelowZero {
    pub member: String,
    pub words: Vec<String>,
}

impl BelowZero {
    /// Does the object that the field stands in say so?
    pub fn holds(&self, object: &Value) -> bool {
        object.get(&self.member).and_then(Value::as_str).is_some_and(|word| self.words.iter().any(|one| one == word))
    }
}

impl Program {
    /// A place of the mapping's files.
    pub fn placed(&self, spot: Spot) -> Line<'_> {
        let number = usize::from(spot.file);
        let built_in = self.built_in.get(number).copied().unwrap_or_default();
        Line { file: self.files.get(number).map_or("", String::as_str), line: spot.line, built_in }
    }
}

/// Where a field's value comes from, and goes to.
#[derive(Debug)]
pub enum Source {
    Value(Formula),
    /// `{ read: … }`: never written.
    ReadOnly(Formula),
    /// `{ read: …, write: where_empty }`: written only where nothing else of its object was.
    Spare(Formula),
    /// `{ read: …, write: key }`: a name within the message, by which lists find the same loop when they are written. It
    /// stands nowhere in the document; the path, without steps, leads to the loop.
    Key(Formula, Box<Route>),
    /// `{ cel: … }`: computed from the rest of the message, and never written.
    Computed(Computed),
    /// A list of ids or texts: the parts one after the other.
    List(Vec<Formula>),
    Object(Vec<Field>),
    /// `at:`: an object of which the document has a place of its own. The first that is there is read; the first is written.
    At(Vec<Block>),
    /// `each:`
    Each(Block),
}

/// A computed field.
#[derive(Debug)]
pub struct Computed {
    pub expression: Expression,
    /// Where the mapping says it.
    pub spot: Spot,
}

/// One line of `require:`.
#[derive(Debug)]
pub struct Require {
    pub expression: Expression,
    /// A list of the message: the rule is judged for each item, which is its `this`.
    pub each: Option<String>,
    /// What is told where it doesn't hold.
    pub say: String,
    pub code: String,
    /// Where in the document it is told, instead of at what `each` names.
    pub at: Option<Route>,
    /// Where the mapping says it.
    pub spot: Spot,
}

/// A way down to a place, and the fields there.
#[derive(Debug)]
pub struct Block {
    pub up: usize,
    /// `each:`, not `at:`.
    pub each: bool,
    /// `under:`: what stands above it by number and parent (HL, CPS), the outermost first; each is a frame above the walk.
    pub under: Vec<Walk>,
    /// `repeat:`: the last step's segment says several items, one behind the other.
    pub repeat: Option<Repeat>,
    /// Each step is a frame.
    pub walk: Vec<Walk>,
    /// `each: PO1/ACK?`: where there is no last step, the one above it is an item by itself.
    pub optional: bool,
    pub fields: Vec<Field>,
    /// Where the mapping says it.
    pub spot: Spot,
}

/// `repeat: 03/2`: from element 03 on, two elements each are an item (SDQ). What stands before is said once for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub first: u16,
    pub size: u16,
    /// How many items a segment has room for.
    pub most: u16,
}

impl Repeat {
    /// Where an element of the first item stands in the nth, from 0.
    pub fn leaf(self, leaf: &Leaf, nth: u16) -> Leaf {
        match leaf {
            Leaf::Element { element, component } if *element >= self.first => {
                Leaf::Element { element: element + nth * self.size, component: *component }
            }
            other => other.clone(),
        }
    }
}

/// One frame on the way.
#[derive(Debug)]
pub struct Walk {
    pub step: Step,
    /// The step's name as the mapping wrote it.
    pub text: String,
    /// Of the text, in the program's words.
    pub number: u32,
    /// In the frame above.
    pub slot: usize,
    /// What routes look for in this frame.
    pub slots: Vec<Slot>,
}

/// Alternatives and pipes.
#[derive(Debug, Clone)]
pub struct Formula {
    pub alternatives: Vec<Alternative>,
    pub pipes: Vec<Pipe>,
    pub every: bool,
    /// It may give several values, one after the other.
    pub several: bool,
    /// How most of its values are read.
    pub short: Option<Short>,
}

impl Formula {
    pub fn new(alternatives: Vec<Alternative>, pipes: Vec<Pipe>, every: bool) -> Formula {
        let many = |alternative: &Alternative| match alternative {
            Alternative::Route(route) => route.is_of_pairs(),
            Alternative::Group(inner) => inner.several,
            Alternative::Literal(_) | Alternative::TenantCurrency | Alternative::Position => false,
        };
        let splits = pipes.iter().any(|pipe| matches!(pipe, Pipe::Split(_)));
        let several = every || splits || alternatives.iter().any(many);
        let short = if several { None } else { short(&alternatives, &pipes) };
        Formula { alternatives, pipes, every, several, short }
    }

    /// The paths of its alternatives, in their order, each with the pipes that stand in its own parentheses.
    pub fn routes(&self) -> impl Iterator<Item = (&[Pipe], &Route)> {
        self.alternatives.iter().flat_map(|alternative| {
            let (own, group) = match alternative {
                Alternative::Route(route) => (Some(route), None),
                Alternative::Group(group) => (None, Some(group)),
                _ => (None, None),
            };
            let inner = group.into_iter().flat_map(|group| {
                let routes: Box<dyn Iterator<Item = (&[Pipe], &Route)>> = Box::new(group.routes());
                routes.map(|(_, route)| (group.pipes.as_slice(), route))
            });
            own.map(|route| (Default::default(), route)).into_iter().chain(inner)
        })
    }

    /// Where it writes: its first path, with that path's own pipes.
    pub fn destination(&self) -> Option<(&[Pipe], &Route)> {
        self.routes().next()
    }
}

/// One of the alternatives.
#[derive(Debug, Clone)]
pub enum Alternative {
    Route(Route),
    Literal(String),
    TenantCurrency,
    /// `$position`: which item of its list it is, from 1.
    Position,
    Group(Formula),
}

/// A pipe; `pipes` says what it does in which direction.
#[derive(Debug, Clone)]
pub enum Pipe {
    Date(DateFormat),
    /// The format's code stands in the same segment (EDIFACT 2379).
    CodedDate(Leaf),
    /// A date with its time and zone, to a whole `When`; always the last.
    When(Form),
    Decimal(u32),
    /// Index into the program's tables.
    Table(usize),
    Trim,
    Upper,
    Lower,
    Pad(usize, char),
    Cut(usize),
    /// A text that runs on into the places behind its own, so many characters in each.
    Lines(usize, Vec<Leaf>),
    /// The decimal mark.
    Number(char),
    /// True: with its application identifier in the document.
    Sscc(bool),
    /// Stands before the text in the document.
    Prefix(String),
    Split(String),
    Join(String),
    Default(String),
    /// The qualifier's place beside the id, and whether it may stand empty there: an id without one can be said then.
    Party(Leaf, bool),
    Item,
    Ref(String),
}

/// One line of `write:`.
#[derive(Debug)]
pub struct Rule {
    /// Existing loops in which it is written; empty: in the root.
    pub within: Vec<Step>,
    /// The segment it makes if it is not there, relative to `within`.
    pub step: Option<Step>,
    pub leaf: Leaf,
    /// Also where one of the codes stands already that the field is read from (`G62[01=37,53]`).
    pub instead: bool,
    pub value: RuleValue,
    pub text: String,
    /// Where the mapping says it.
    pub spot: Spot,
}

impl Rule {
    /// The member whose value it writes, where it says `{ from: placed.date }`.
    pub fn from(&self) -> Option<String> {
        match &self.value {
            RuleValue::From(members, _) => Some(members.join(".")),
            _ => None,
        }
    }
}

/// What `write:` writes; where something is written already, that stays.
#[derive(Debug)]
pub enum RuleValue {
    Literal(String),
    /// Which of its kind the loop is, from 1.
    Position,
    /// How many of these loops or segments stand beside it.
    Count {
        up: usize,
        step: Step,
    },
    /// The sum of an element over these.
    Sum {
        up: usize,
        step: Step,
        leaf: Leaf,
    },
    /// The element of the first of these, or of the loop itself.
    First {
        up: usize,
        step: Option<Step>,
        leaf: Leaf,
    },
    /// Canonical members on the way to a value, then pipes.
    From(Vec<String>, Vec<Pipe>),
    /// Computed from the message.
    Cel(Expression),
}

impl Leaf {
    /// Elements in a leaf's path, for places: (element, component).
    pub fn element(&self) -> (Option<u16>, Option<u16>) {
        match self {
            Leaf::Element { element, component } => (Some(*element), (*component > 0).then_some(*component)),
            _ => (None, None),
        }
    }
}

/// The places in the mapping of what can make the field that a JSON pointer leads to: one for each block of `at: A ?? B`
/// that names it. Of a field that no line names by itself (an item's `scheme`) those of what it stands in.
pub fn spots(fields: &[Field], pointer: &str) -> Vec<Spot> {
    let steps: Vec<&str> = pointer.split('/').skip(1).filter(|step| step.parse::<usize>().is_err()).collect();
    let mut found = Vec::new();
    deeper(fields, &steps, &mut found);
    found
}

fn deeper(fields: &[Field], steps: &[&str], found: &mut Vec<Spot>) {
    let Some((name, rest)) = steps.split_first() else { return };
    let Some(field) = fields.iter().find(|field| field.name == *name) else { return };
    let before = found.len();
    match &field.source {
        Source::Object(inner) => deeper(inner, rest, found),
        Source::At(blocks) => blocks.iter().for_each(|block| deeper(&block.fields, rest, found)),
        Source::Each(block) => deeper(&block.fields, rest, found),
        _ => {}
    }
    if found.len() == before {
        found.push(field.spot);
    }
}

/// The fields that hold a value, by their pointers without indexes.
pub fn leaves(fields: &[Field], at: &str, found: &mut Vec<(String, Spot)>) {
    for field in fields {
        let pointer = format!("{at}/{}", field.name);
        match &field.source {
            Source::Object(inner) => leaves(inner, &pointer, found),
            Source::At(blocks) => leaves(blocks.first().map_or(&[], |b| &b.fields), &pointer, found),
            Source::Each(block) => leaves(&block.fields, &pointer, found),
            _ => found.push((pointer, field.spot)),
        }
    }
}

/// The shapes of the fields that look values up in a table, by its number.
pub fn looked_up(fields: &[Field], table: usize) -> Vec<&Field> {
    let mut found = Vec::new();
    let ends = |formula: &Formula| asks(formula, table);
    for field in fields {
        match &field.source {
            Source::Value(formula) | Source::ReadOnly(formula) | Source::Spare(formula) | Source::Key(formula, _)
                if ends(formula) =>
            {
                found.push(field);
            }
            Source::List(formulas) if formulas.iter().any(ends) => found.push(field),
            Source::Object(inner) => found.extend(looked_up(inner, table)),
            Source::At(blocks) => found.extend(blocks.first().into_iter().flat_map(|b| looked_up(&b.fields, table))),
            Source::Each(block) => found.extend(looked_up(&block.fields, table)),
            _ => {}
        }
    }
    found
}

fn asks(formula: &Formula, table: usize) -> bool {
    let inner = |a: &Alternative| matches!(a, Alternative::Group(inner) if asks(inner, table));
    formula.pipes.iter().any(|pipe| matches!(pipe, Pipe::Table(known) if *known == table))
        || formula.alternatives.iter().any(inner)
}
