//! The short way through clean segments against the long one, which is its slow twin: on every fixture, whole and
//! spoiled, both give the same nodes and the same faults.

#[cfg(test)]
mod tests {
    use crate::{
        edifact::Edifact,
        piece::{Piece, Policy, Standard},
        reader::Pieces,
        sniff,
        tree::NodeId,
        x12::X12,
    };
    use proptest::prelude::*;
    use std::{fmt::Write, fs, path::Path, sync::OnceLock};

    /// Everything that a document's sets hold.
    fn told(standard: Standard, bytes: &[u8], long_way: bool) -> String {
        let mut reader: Box<dyn Pieces> = match standard {
            Standard::X12 => Box::new(X12::new(bytes, Policy::default()).long_way(long_way)),
            _ => Box::new(Edifact::new(bytes, Policy::default()).long_way(long_way)),
        };
        let mut text = String::new();
        while let Some(piece) = reader.next() {
            let Piece::Set(set) = piece.expect("memory can be read") else { continue };
            writeln!(text, "{} {} {} {}", set.kind, set.version, set.control, set.segments).expect("memory");
            for node in (0..set.tree.len() as u32).map(NodeId) {
                writeln!(text, "{node:?} {:?}", set.tree.node(node)).expect("memory");
            }
            writeln!(text, "{:#?}", set.faults).expect("memory");
        }
        text
    }

    fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
        let Some(standard @ (Standard::X12 | Standard::Edifact)) = sniff(bytes) else { return Ok(()) };
        let (short, long) = (told(standard, bytes, false), told(standard, bytes, true));
        if let Some((short, long)) = short.lines().zip(long.lines()).find(|(short, long)| short != long) {
            return Err(TestCaseError::fail(format!("short: {short}\nlong:  {long}")));
        }
        prop_assert_eq!(short.len(), long.len());
        Ok(())
    }

    fn fixtures() -> &'static [Vec<u8>] {
        static FIXTURES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
        FIXTURES.get_or_init(|| {
            let mut found = Vec::new();
            gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), &mut found);
            assert!(found.len() > 60, "only {} fixtures", found.len());
            found
        })
    }

    fn gather(folder: &Path, into: &mut Vec<Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                gather(&path, into);
            } else if path.extension().is_some_and(|e| e == "edi") {
                into.push(fs::read(&path).expect("a fixture"));
            }
        }
        into.sort();
    }

    #[test]
    fn every_fixture_is_read_the_same_both_ways() {
        for bytes in fixtures() {
            if let Err(error) = agrees(bytes) {
                panic!("{}\n{error}", String::from_utf8_lossy(bytes));
            }
        }
    }

    /// Bytes that a value of one kind takes and one of another doesn't.
    fn telling() -> impl Strategy<Value = Vec<u8>> {
        let short =
            ["*", "~", ">", ":", "+", "'", "?", "\n", "-", ".", ",", "0", "9", "A", "E", " ", "^", "é", "\u{80}", "\0"];
        let long =
            ["0.5", "-1.", "1E5", "20260230", "99999999", "..", "**", "~~", "::", "A:B:C", "REF*VN*X~", "RFF+ON:1'"];
        prop_oneof![
            4 => prop::sample::select(short.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
            2 => prop::sample::select(long.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..12),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn spoiled_fixtures_are_read_the_same_both_ways(
            which in any::<prop::sample::Index>(),
            spoils in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..4, telling()), 1..6),
        ) {
            let mut bytes = which.get(fixtures()).clone();
            for (at, len, with) in spoils {
                let at = at.index(bytes.len() + 1);
                let end = (at + len).min(bytes.len());
                bytes.splice(at..end, with);
            }
            agrees(&bytes)?;
        }
    }
}
