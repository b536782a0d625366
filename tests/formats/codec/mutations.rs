//! Fixtures with bytes flipped, cut, put in and doubled: reading ends, never panics, and drops agree with the whole.

use crate::{
    files, folder, is_golden, named, options,
    streams::{Drops, all_told},
};
use crossdock_formats::{fault::Fault, piece::Standard, render, report, sniff};
use proptest::prelude::*;
use std::{fs, path::PathBuf, sync::OnceLock};

/// Inputs to be spoiled: all fixtures that are not long.
fn inputs() -> &'static [(PathBuf, Vec<u8>)] {
    static INPUTS: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    INPUTS.get_or_init(|| {
        let paths = files(&folder("fixtures")).into_iter().filter(|path| !is_golden(path));
        paths
            .map(|path| (path.clone(), fs::read(&path).expect("a fixture")))
            .filter(|(_, bytes)| bytes.len() < 4_000)
            .collect()
    })
}

/// One way to spoil bytes; places and lengths are taken modulo what is there.
#[derive(Debug, Clone)]
enum Spoil {
    Set(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Insert(usize, Vec<u8>),
    Double(usize, usize),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let telling = prop_oneof![
        Just(b'*'),
        Just(b'~'),
        Just(b'>'),
        Just(b'\n'),
        Just(b'\''),
        Just(b'+'),
        Just(b'?'),
        Just(b'"'),
        Just(b'{'),
        Just(b'<'),
        Just(b'&'),
        Just(0),
        any::<u8>()
    ];
    let words = prop_oneof![
        Just(b"ISA*".to_vec()),
        Just(b"ST*850*0001~".to_vec()),
        Just(b"SE*1*0001~".to_vec()),
        Just(b"IEA*1*1~".to_vec()),
        Just(b"UNA:+.? '".to_vec()),
        Just(b"UNH+1+ORDERS:D:96A:UN'".to_vec()),
        Just(b"UNZ+1+1'".to_vec()),
        Just("é\u{2028}😀".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    prop_oneof![
        (any::<usize>(), telling).prop_map(|(at, byte)| Spoil::Set(at, byte)),
        any::<usize>().prop_map(Spoil::Cut),
        (any::<usize>(), 0usize..40).prop_map(|(at, len)| Spoil::Drop(at, len)),
        (any::<usize>(), words).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        (any::<usize>(), 0usize..200).prop_map(|(at, len)| Spoil::Double(at, len)),
    ]
}

fn spoiled(bytes: &[u8], how: &[Spoil]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for spoil in how {
        let len = bytes.len();
        let at = |at: usize| if len == 0 { 0 } else { at % len };
        match spoil {
            Spoil::Set(n, byte) if len > 0 => bytes[at(*n)] = *byte,
            Spoil::Set(..) => {}
            Spoil::Cut(n) => bytes.truncate(at(*n)),
            Spoil::Drop(n, count) => drop(bytes.drain(at(*n)..(at(*n) + count).min(len))),
            Spoil::Insert(n, more) => drop(bytes.splice(at(*n)..at(*n), more.iter().copied())),
            Spoil::Double(n, count) => {
                let copy = bytes[at(*n)..(at(*n) + count).min(len)].to_vec();
                bytes.splice(at(*n)..at(*n), copy);
            }
        }
    }
    bytes
}

/// Says the first line that differs, not all of them.
fn same(drops: &str, whole: &str) -> Result<(), TestCaseError> {
    let differing = drops.lines().zip(whole.lines()).find(|(drops, whole)| drops != whole);
    match (differing, drops.len() == whole.len()) {
        (None, true) => Ok(()),
        (None, false) => {
            let longer = if drops.len() > whole.len() { drops } else { whole };
            let more = longer.lines().nth(drops.lines().count().min(whole.lines().count()));
            Err(TestCaseError::fail(format!("one has more lines than the other: {more:?}")))
        }
        (Some((drops, whole)), _) => Err(TestCaseError::fail(format!("in drops: {drops}\nwhole:    {whole}"))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_documents_are_told_the_same_however_they_arrive(
        which in any::<prop::sample::Index>(),
        how in proptest::collection::vec(spoil(), 1..5),
        seed in 0usize..100,
    ) {
        let (path, bytes) = which.get(inputs());
        let bytes = spoiled(bytes, &how);
        let standard = named(path).or_else(|| sniff(&bytes)).unwrap_or(Standard::X12);
        let whole = all_told(standard, &bytes[..], options(path));
        same(&all_told(standard, Drops { bytes: &bytes, next: seed }, options(path)), &whole)?;
        let report = report::check("x", Some(standard), &bytes[..], options(path)).expect("memory can be read");
        let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
        for fault in &faults {
            prop_assert!(fault.place.byte as usize <= bytes.len(), "{:?} of {} bytes", fault, bytes.len());
            prop_assert!(!fault.sentence.is_empty() && !fault.remedy.is_empty());
        }
        prop_assert!(!render::terminal("x", &bytes, &faults, true).is_empty());
        prop_assert!(!report::json(&report).is_empty());
    }

    /// With a limit that cuts somewhere, too.
    #[test]
    fn limits_cut_at_the_same_byte_however_documents_arrive(
        which in any::<prop::sample::Index>(),
        how in proptest::collection::vec(spoil(), 0..3),
        limit in 1usize..600,
        seed in 0usize..100,
    ) {
        let (path, bytes) = which.get(inputs());
        let bytes = spoiled(bytes, &how);
        let standard = named(path).or_else(|| sniff(&bytes)).unwrap_or(Standard::X12);
        let limited = || {
            let mut options = options(path);
            options.policy.max_set_bytes = limit;
            options
        };
        let whole = all_told(standard, &bytes[..], limited());
        same(&all_told(standard, Drops { bytes: &bytes, next: seed }, limited()), &whole)?;
    }

    #[test]
    fn noise_is_read_by_every_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300), seed in 0usize..100) {
        for standard in
            [Standard::X12, Standard::Edifact, Standard::Csv, Standard::Fixed, Standard::Xml, Standard::Json]
        {
            let whole = all_told(standard, &bytes[..], Default::default());
            same(&all_told(standard, Drops { bytes: &bytes, next: seed }, Default::default()), &whole)?;
        }
    }
}
