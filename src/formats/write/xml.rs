//! Writes XML: UTF-8, every namespace declared at the document element, one element a line. XML 1.0, Namespaces in XML 1.0.

use crate::{
    codes,
    fault::Fault,
    place::{At, Place},
    tree::{Kind, NodeId, Tree},
};

/// The document of a tree whose root's first child is the document element. Fails on a character that XML can't hold.
pub fn xml(tree: &Tree) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { tree, out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") };
    if let Some(document) = tree.children(tree.root()).next() {
        writer.element(document, 0)?;
    }
    Ok(writer.out.into_bytes())
}

struct Writer<'a> {
    tree: &'a Tree,
    out: String,
}

impl Writer<'_> {
    fn element(&mut self, id: NodeId, depth: usize) -> Result<(), Fault> {
        let tree = self.tree;
        self.indent(depth);
        let name = self.name(id, tree.name(id));
        self.out.push('<');
        self.out.push_str(&name);
        if depth == 0 {
            self.declare();
        }
        for attribute in tree.children(id).filter(|child| tree.kind(*child) == Kind::Attribute) {
            let name = self.name(attribute, tree.name(attribute).trim_start_matches('@'));
            self.out.push(' ');
            self.out.push_str(&name);
            self.out.push_str("=\"");
            self.text(attribute, true)?;
            self.out.push('"');
        }
        let children: Vec<NodeId> = tree.children(id).filter(|child| tree.kind(*child) != Kind::Attribute).collect();
        if children.is_empty() && tree.value(id).is_none_or(str::is_empty) {
            self.out.push_str("/>\n");
            return Ok(());
        }
        self.out.push('>');
        self.text(id, false)?;
        if !children.is_empty() {
            self.out.push('\n');
            for child in children {
                self.element(child, depth + 1)?;
            }
            self.indent(depth);
        }
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push_str(">\n");
        Ok(())
    }

    fn name(&self, id: NodeId, local: &str) -> String {
        match self.tree.prefix(id) {
            "" => local.to_owned(),
            prefix => format!("{prefix}:{local}"),
        }
    }

    /// `xmlns` of each prefix that the tree uses.
    fn declare(&mut self) {
        let mut known: Vec<(&str, &str)> = Vec::new();
        let mut open = vec![self.tree.root()];
        while let Some(id) = open.pop() {
            let one = (self.tree.prefix(id), self.tree.namespace(id));
            if !one.1.is_empty() && !known.contains(&one) {
                known.push(one);
            }
            open.extend(self.tree.children(id));
        }
        known.sort_unstable();
        for (prefix, uri) in known {
            let colon = if prefix.is_empty() { "" } else { ":" };
            self.out.push_str(&format!(" xmlns{colon}{prefix}=\"{}\"", escaped(uri, true)));
        }
    }

    fn text(&mut self, id: NodeId, quoted: bool) -> Result<(), Fault> {
        let text = self.tree.value(id).unwrap_or_default();
        // XML 1.0 §2.2: what no document may hold, not even by its number.
        let bad = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}');
        if let Some(c) = text.chars().find(|c| bad(*c)) {
            let name = self.tree.name(id).trim_start_matches('@');
            let place = Place { byte: self.out.len() as u64, len: 0, at: At::Node { path: name.into() } };
            let sentence = format!("{name} would hold U+{:04X}, which XML has no way to write.", u32::from(c));
            return Err(Fault::new(codes::CANT_WRITE, place, sentence)
                .found(text)
                .expected("characters that XML 1.0 allows"));
        }
        self.out.push_str(&escaped(text, quoted));
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// Line ends as numbers: a reader would make one line feed of each, or a blank in an attribute.
fn escaped(text: &str, quoted: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quoted => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if quoted => out.push_str("&#10;"),
            '\t' if quoted => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}
