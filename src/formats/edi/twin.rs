//! The short way through clean segments against the long one, which is its slow twin: on every fixture, whole and
//! spoiled, both give the same nodes and the same faults.

#[cfg(test)]
mod tests {
    use crate::{
        fuzz::{differing, fixtures},
        generate::{Shape, generate},
        guides,
        piece::Standard,
    };
    use proptest::prelude::*;

    fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
        match differing(bytes) {
            Some((short, long)) => Err(TestCaseError::fail(format!("short: {short}\nlong:  {long}"))),
            None => Ok(()),
        }
    }

    #[test]
    fn every_fixture_is_read_the_same_both_ways() {
        for fixture in fixtures() {
            if let Err(error) = agrees(&fixture.bytes) {
                panic!("{}\n{error}", String::from_utf8_lossy(&fixture.bytes));
            }
        }
    }

    /// A set of more values than are looked at together, with something wrong before, within and behind the first ones.
    #[test]
    fn long_sets_with_a_wrong_value_are_read_the_same_both_ways() {
        for (standard, version, kind) in [(Standard::X12, "004010", "850"), (Standard::Edifact, "D96A", "ORDERS")] {
            let guide = guides::find(standard, version, kind).expect("a guide");
            let shape = Shape { sets: 2, lines: Some(300), ..Shape::default() };
            let document = generate(guide, 7, shape).expect("a document").flat_map(|chunk| chunk.bytes);
            let document: Vec<u8> = document.collect();
            for at in (200..document.len()).step_by(document.len() / 40) {
                let mut spoiled = document.clone();
                // What is no code, no number and no date, whatever it was.
                spoiled.splice(at..at, *b"#9.#");
                agrees(&spoiled).expect("both ways agree");
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
            let mut bytes = which.get(fixtures()).bytes.clone();
            for (at, len, with) in spoils {
                let at = at.index(bytes.len() + 1);
                let end = (at + len).min(bytes.len());
                bytes.splice(at..end, with);
            }
            agrees(&bytes)?;
        }
    }
}
