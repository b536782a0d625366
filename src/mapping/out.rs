//! What is being written: a tree of loops and segments, records or elements, filled in any order and put in the
//! guide's order (or the mapping's) at the end.

use super::{
    condition::Known,
    plan::{Condition, Leaf, Name, Step},
    yaml::Spot,
};
use serde_json::Value;

/// Index of an [`OutNode`].
pub type OutId = usize;

/// A loop, segment, record, element or object to be written.
#[derive(Debug, Clone)]
pub struct OutNode {
    pub name: String,
    pub namespace: Option<String>,
    pub parent: OutId,
    pub order: u32,
    conditions: Vec<Condition>,
    /// A path that asks for no code made it, or is said in it.
    plain: bool,
    pub leaves: Vec<OutLeaf>,
    pub children: Vec<OutId>,
    /// One of a list.
    pub item: bool,
    /// The loop that it says it stands below (HL, CPS).
    pub under: Option<OutId>,
    /// Where it stands among those of its order.
    pub rank: u32,
}

/// A value at its place in a node.
#[derive(Debug, Clone)]
pub struct OutLeaf {
    pub leaf: Leaf,
    pub text: String,
    /// JSON: one of a list of texts.
    pub item: bool,
    pub by: By,
}

/// Who says what stands in a place.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// A path's condition, or the hub's own count.
    Way,
    /// A line of `write:`.
    Rule(Spot),
    /// A member of the message, by its pointer.
    Member(Box<str>),
}

impl By {
    /// The pointer to the member; empty where none says it.
    pub fn member(&self) -> &str {
        if let By::Member(pointer) = self { pointer } else { "" }
    }
}

/// The nodes; 0 is the root.
#[derive(Debug)]
pub struct Out {
    nodes: Vec<OutNode>,
    /// Where several messages may go into one document, the step below the root to the loop that makes each (`messages:`).
    makes: Option<Step>,
    /// The loops that make the messages so far; the last one's message is written now. What stands below the root by the
    /// name of these loops, a parent's number in it, is the message's whose loop was the last before it.
    owns: Vec<OutId>,
    /// Of each message so far, what conditions compare with, and where it stands among the messages.
    known: Vec<(Known, String)>,
    /// The members that conditions compare with.
    compared: Vec<String>,
    /// Conditions that don't say all of what is to be written; they must hold in the end.
    asked: Vec<(OutId, Condition)>,
    lists: Vec<OutList>,
}

/// Of a list whose items are loops that stand below others by number (`under:`): these loops, in the items' order.
#[derive(Debug)]
pub struct OutList {
    /// Which message it is of, from 0.
    pub message: usize,
    pub items: Vec<OutId>,
    /// What may stand above an item without being read of it.
    pub untold: Vec<Step>,
}

impl Out {
    /// A root with nothing in it.
    pub fn new(makes: Option<Step>, compared: Vec<String>) -> Out {
        let root = OutNode {
            name: String::new(),
            namespace: None,
            parent: 0,
            order: 0,
            conditions: vec![],
            plain: false,
            leaves: vec![],
            children: vec![],
            item: false,
            under: None,
            rank: 0,
        };
        Out {
            nodes: vec![root],
            makes,
            owns: Vec::new(),
            known: Vec::new(),
            compared,
            asked: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// A node.
    pub fn node(&self, id: OutId) -> &OutNode {
        &self.nodes[id]
    }

    /// A new child for a step, with what the step's conditions say written into it.
    pub fn add(&mut self, parent: OutId, step: &Step, item: bool) -> OutId {
        match self.own(parent, step) {
            Some(own) => {
                self.fulfil(own, &step.conditions);
                own
            }
            None => self.make(parent, step, item),
        }
    }

    fn make(&mut self, parent: OutId, step: &Step, item: bool) -> OutId {
        let first = step.names.first();
        let node = OutNode {
            name: first.map(|n| n.name.clone()).unwrap_or_default(),
            namespace: first.and_then(|n| n.namespace.clone()),
            parent,
            order: step.order,
            conditions: step.conditions.clone(),
            plain: step.conditions.is_empty(),
            leaves: vec![],
            children: vec![],
            item,
            under: None,
            rank: 0,
        };
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.nodes[parent].children.push(id);
        self.fulfil(id, &step.conditions);
        id
    }

    /// The last child that a step made.
    pub fn last(&self, parent: OutId, step: &Step) -> Option<OutId> {
        if let Some(own) = self.own(parent, step) {
            return Some(own);
        }
        let name = step.names.first()?;
        let fits = |id: &OutId| {
            let node = &self.nodes[*id];
            self.is_present(*id)
                && node.name == name.name
                && node.order == step.order
                && (step.once || node.conditions == step.conditions)
                && node.namespace == name.namespace
        };
        self.nodes[parent].children.iter().rev().copied().find(fits)
    }

    /// A child that another path of the step's name made, where one of the two asks for a code there and the other for
    /// none, and where the leaf and what the step asks for have room: `L5[04=N].03` and `L5.02` are said in one L5. All that
    /// asks for no code stands in one.
    pub fn beside(&mut self, parent: OutId, step: &Step, leaf: &Leaf) -> Option<OutId> {
        let name = step.names.first()?;
        let asks = !step.conditions.is_empty();
        let alike = |node: &OutNode| {
            !node.item && node.name == name.name && node.namespace == name.namespace && node.order == step.order
        };
        let has_room = |id: OutId| {
            let node = &self.nodes[id];
            let free = |leaf: &Leaf| !node.leaves.iter().any(|there| same(&there.leaf, leaf));
            let joins = node.conditions.is_empty() == asks && free(leaf);
            // What the message says may stand there already: the currency, beside which an amount is written.
            let fits = |one: &Condition| free(&one.leaf) || one.compared.is_some() && self.holds(id, one);
            alike(node) && joins && step.conditions.iter().all(fits)
        };
        let below = &self.nodes[parent].children;
        let find = |fits: &dyn Fn(OutId) -> bool| below.iter().rev().copied().find(|id| fits(*id));
        let plain = find(&|id| alike(&self.nodes[id]) && self.nodes[id].plain).filter(|_| !asks);
        let found = plain.or_else(|| find(&has_room))?;
        if asks {
            self.nodes[found].conditions = step.conditions.clone();
            self.fulfil(found, &step.conditions);
        } else {
            self.nodes[found].plain = true;
        }
        Some(found)
    }

    /// From now on another message is written, which begins with the loop that makes it, if there is one. `pointer`:
    /// to the message.
    pub fn begin_message(&mut self, item: bool, message: &Value, pointer: &str) {
        let known = self.compared.iter().map(|name| message.get(name)?.as_str().map(Into::into)).collect();
        self.known.push((known, pointer.to_owned()));
        let Some(step) = self.makes.clone() else { return };
        let own = self.make(0, &step, item);
        self.owns.push(own);
    }

    /// The loops that make the messages, if a step below the root leads to them.
    pub fn owns(&self, step: &Step) -> &[OutId] {
        if self.own(0, step).is_some() { &self.owns } else { &[] }
    }

    /// The loop of the message that is written now, if a step leads there.
    fn own(&self, parent: OutId, step: &Step) -> Option<OutId> {
        let makes = self.makes.as_ref().filter(|_| parent == 0)?;
        let asks = |condition: &Condition| step.conditions.contains(condition);
        let leads = makes.names == step.names && makes.conditions.iter().all(asks);
        self.owns.last().copied().filter(|_| leads)
    }

    /// Does a node stand outside of what makes messages, or in the one that is written now?
    fn is_present(&self, id: OutId) -> bool {
        self.owner(id).is_none_or(|nth| nth + 1 == self.owns.len())
    }

    /// Which message a node was made for, from 0; the first of what all of them share.
    pub fn message_of(&self, id: OutId) -> usize {
        let above = |id: &OutId| Some(self.nodes[*id].parent).filter(|parent| *parent != 0);
        let outermost = std::iter::successors(Some(id), above).last();
        outermost.and_then(|id| self.owner(id)).unwrap_or(0)
    }

    /// Which message a node right below the root belongs to, from 0; none of what stands outside of them.
    fn owner(&self, id: OutId) -> Option<usize> {
        let makes = self.makes.as_ref()?;
        let node = &self.nodes[id];
        let alike = |name: &Name| node.name == name.name && node.namespace == name.namespace;
        let by_name = node.parent == 0 && makes.names.iter().any(alike);
        self.owns.partition_point(|own| *own <= id).checked_sub(1).filter(|_| by_name)
    }

    /// What the message that a node was made for says of what conditions compare with.
    pub fn known(&self, id: OutId) -> &Known {
        const NOTHING: &Known = &Known::new();
        self.known.get(self.message_of(id)).map_or(NOTHING, |(known, _)| known)
    }

    /// Conditions that don't say all of what is to be written, each with the node that it was asked of.
    pub fn asked(&self) -> &[(OutId, Condition)] {
        &self.asked
    }

    /// All children that a step names, whatever made them, if its conditions hold there.
    pub fn all(&self, parent: OutId, step: &Step) -> Vec<OutId> {
        self.nodes[parent].children.iter().copied().filter(|id| self.is(*id, step)).collect()
    }

    /// Does a step name this node, and do its conditions hold there?
    pub fn is(&self, id: OutId, step: &Step) -> bool {
        let asked = |c: &Condition| matches!(c.leaf, Leaf::Deep(_));
        let holds = |c: &Condition| asked(c) || self.holds(id, c);
        step.names.iter().any(|n| n.name == self.nodes[id].name) && step.conditions.iter().all(holds)
    }

    /// Does a condition hold for what is written in a node?
    fn holds(&self, id: OutId, condition: &Condition) -> bool {
        self.is_met(id, condition, self.text(id, &condition.leaf))
    }

    /// The same, for elements of XML that are nodes of their own, too.
    pub fn fulfils(&self, id: OutId, condition: &Condition) -> bool {
        let text = self.text(id, &condition.leaf).or_else(|| self.text_below(id, &condition.leaf));
        self.is_met(id, condition, text)
    }

    fn is_met(&self, id: OutId, condition: &Condition, text: Option<&str>) -> bool {
        match text {
            Some(text) if condition.is_plain() => condition.names(text),
            Some(text) => condition.holds(text, self.known(id)),
            None => condition.holds_without(),
        }
    }

    /// The text of an element of XML that is a node of its own.
    fn text_below(&self, id: OutId, leaf: &Leaf) -> Option<&str> {
        let Leaf::Child { name, .. } = leaf else { return None };
        let is_it = |child: &&OutId| {
            (&self.nodes[**child].name, &self.nodes[**child].namespace) == (&name.name, &name.namespace)
        };
        self.nodes[id].children.iter().find(is_it).and_then(|child| self.text(*child, &Leaf::Own))
    }

    /// All children of a step's name, whatever its conditions.
    pub fn named(&self, parent: OutId, step: &Step) -> Vec<OutId> {
        let named = |id: &OutId| step.names.iter().any(|n| n.name == self.nodes[*id].name);
        self.nodes[parent].children.iter().copied().filter(named).collect()
    }

    /// How many nodes there are: those made from now on have this index or a greater one.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Says that a node stands below another, by number and not by nesting. False where it would stand below itself.
    #[must_use]
    pub fn put_under(&mut self, id: OutId, above: OutId) -> bool {
        let free = !self.chain(above).any(|one| one == id);
        if free {
            self.nodes[id].under = Some(above);
        }
        free
    }

    /// A node and all that it stands below by number, the innermost first.
    pub fn chain(&self, id: OutId) -> impl Iterator<Item = OutId> {
        std::iter::successors(Some(id), |id| self.nodes[*id].under)
    }

    /// Begins a list of numbered loops.
    pub fn begin_list(&mut self, untold: Vec<Step>) -> usize {
        let message = self.known.len().saturating_sub(1);
        self.lists.push(OutList { message, items: Vec::new(), untold });
        self.lists.len() - 1
    }

    /// The loop of a list's next item.
    pub fn list_item(&mut self, list: usize, id: OutId) {
        self.lists[list].items.push(id);
    }

    /// The lists of numbered loops.
    pub fn lists(&self) -> &[OutList] {
        &self.lists
    }

    /// Where a node stands among those of its order.
    pub fn rank(&mut self, id: OutId, rank: u32) {
        self.nodes[id].rank = rank;
    }

    /// The text of a leaf.
    pub fn text(&self, id: OutId, leaf: &Leaf) -> Option<&str> {
        self.nodes[id].leaves.iter().find(|l| same(&l.leaf, leaf)).map(|l| l.text.as_str())
    }

    /// Writes what conditions ask for.
    pub fn fulfil(&mut self, id: OutId, conditions: &[Condition]) {
        for condition in conditions.iter().filter(|condition| !matches!(condition.leaf, Leaf::Deep(_))) {
            // An element of XML without a text is made, and all else of it is somebody else's.
            if !condition.is_plain() && (condition.absent || condition.not || condition.compared.is_some()) {
                let again =
                    self.asked.iter().rev().take_while(|(node, _)| *node == id).any(|(_, one)| one == condition);
                if !again {
                    self.asked.push((id, condition.clone()));
                }
            }
            let (known, pointer) = self.known.last().map_or((&[][..], ""), |(known, at)| (known, at));
            let Some(text) = condition.writes(known).map(str::to_owned) else { continue };
            let by = match condition.compared.filter(|one| one.first) {
                Some(one) => By::Member(format!("{pointer}/{}", self.compared[one.member]).into()),
                None => By::Way,
            };
            if self.text(id, &condition.leaf).is_none() {
                self.nodes[id].leaves.push(OutLeaf { leaf: condition.leaf.clone(), text, item: false, by });
            }
        }
    }

    /// Sets a leaf; `Err` with what stands there if that is something else.
    pub fn set(&mut self, id: OutId, leaf: &Leaf, text: &str, by: By) -> Result<(), String> {
        match self.nodes[id].leaves.iter().find(|l| same(&l.leaf, leaf)) {
            Some(there) if there.text == text => Ok(()),
            // `HL[03=P,T]` begins as P, and a field may make it T.
            Some(_) if self.allows(id, leaf, text) => {
                let there = self.nodes[id].leaves.iter_mut().find(|l| same(&l.leaf, leaf));
                there.into_iter().for_each(|l| (l.text, l.by) = (text.to_owned(), by.clone()));
                Ok(())
            }
            Some(there) => Err(there.text.clone()),
            None => {
                self.nodes[id].leaves.push(OutLeaf { leaf: leaf.clone(), text: text.to_owned(), item: false, by });
                Ok(())
            }
        }
    }

    /// Does a place hold what the node's condition put there, and may hold this too?
    fn allows(&self, id: OutId, leaf: &Leaf, text: &str) -> bool {
        let node = &self.nodes[id];
        let there = node.leaves.iter().find(|l| same(&l.leaf, leaf)).map(|l| l.text.as_str());
        node.conditions.iter().any(|c| {
            same(&c.leaf, leaf) && c.values.first().map(String::as_str) == there && c.values.iter().any(|v| v == text)
        })
    }

    /// Adds one more text to a list (JSON).
    pub fn push(&mut self, id: OutId, leaf: &Leaf, text: &str) {
        self.nodes[id].leaves.push(OutLeaf { leaf: leaf.clone(), text: text.to_owned(), item: true, by: By::Way });
    }
}

/// `01` and `01.01` are one place, and a name is one whatever its order.
pub(super) fn same(a: &Leaf, b: &Leaf) -> bool {
    match (a, b) {
        (Leaf::Element { element: e, component: c }, Leaf::Element { element: f, component: d }) => {
            e == f && c.max(&1) == d.max(&1)
        }
        (Leaf::Child { name: a, .. }, Leaf::Child { name: b, .. }) => a == b,
        _ => a == b,
    }
}
