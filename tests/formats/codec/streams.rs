//! However the bytes arrive, the pieces are the same: each fixture is read whole and in drops of one to seven bytes.

use crate::{files, folder, is_golden, named, options};
use crossdock_formats::{
    Options,
    piece::{Piece, Standard},
    read, sniff,
    tree::{NodeId, Tree},
};
use std::{
    fs,
    io::{self, BufRead, Read},
};

/// A reader that gives a few bytes at a time, another number each time.
pub struct Drops<'a> {
    pub bytes: &'a [u8],
    pub next: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let take = chunk.len().min(into.len());
        into[..take].copy_from_slice(&chunk[..take]);
        self.consume(take);
        Ok(take)
    }
}

impl BufRead for Drops<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let size = 1 + self.next % 7;
        Ok(&self.bytes[..size.min(self.bytes.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.bytes = &self.bytes[amount..];
        self.next = self.next.wrapping_mul(31).wrapping_add(7);
    }
}

/// A piece as text, with everything that a caller can ask of it.
pub fn told(piece: &Piece) -> String {
    match piece {
        Piece::Set(set) => {
            let set = &**set;
            let head = format!(
                "set {} {:?} {} {} {} {} {} {} {}",
                set.ordinal,
                set.interchange,
                set.kind,
                set.version,
                set.association,
                set.control,
                set.byte,
                set.len,
                set.segments
            );
            format!("{head}\n{}{:#?}", drawn(&set.tree, set.tree.root(), 1), set.faults)
        }
        other => format!("{other:?}"),
    }
}

/// A tree, a node a line.
pub fn drawn(tree: &Tree, node: NodeId, depth: usize) -> String {
    let mut text = String::new();
    for child in tree.children(node) {
        let (name, value, place) = (tree.name(child), tree.value(child), tree.place(child));
        text.push_str(&format!("{:depth$}{name} {value:?} {}+{} {}\n", "", place.byte, place.len, place.at));
        text.push_str(&drawn(tree, child, depth + 1));
    }
    text
}

/// All pieces as text, from whatever gives the bytes.
pub fn all_told(standard: Standard, input: impl BufRead + Send, options: Options) -> String {
    read(standard, input, options).map(|piece| told(&piece.expect("memory can be read")) + "\n").collect()
}

#[test]
fn drops_give_the_same_pieces_as_the_whole() {
    for path in files(&folder("fixtures")).into_iter().filter(|path| !is_golden(path)) {
        let bytes = fs::read(&path).expect("a fixture");
        let Some(standard) = named(&path).or_else(|| sniff(&bytes)) else { continue };
        let whole = all_told(standard, &bytes[..], options(&path));
        for seed in 0..3 {
            let drops = all_told(standard, Drops { bytes: &bytes, next: seed }, options(&path));
            assert_eq!(drops, whole, "{}", path.display());
        }
    }
}

/// An input that fails in the middle gives its error, once, and ends.
#[test]
fn an_error_of_the_input_is_the_readers_last_word() {
    struct Fails(usize);
    impl Read for Fails {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let head = b"ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P*>~ST*";
            if self.0 >= head.len() {
                return Err(io::Error::other("the disk is gone"));
            }
            into[0] = head[self.0];
            self.0 += 1;
            Ok(1)
        }
    }
    let mut reader = read(Standard::X12, io::BufReader::with_capacity(1, Fails(0)), Options::default());
    let last = reader.by_ref().find_map(Result::err).expect("the error");
    assert_eq!(last.to_string(), "the disk is gone");
    assert!(reader.next().is_none());
}
