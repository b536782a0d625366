//! From 1 MB to 2 GB, of which an interchange holds 999,999 sets at most: the time of each megabyte, and the most memory, in a process of its own each.

use crate::{
    documents::{Document, KINDS, Kind},
    measured::{peak, took},
    ours,
};
use crossdock_formats::{
    Options,
    ack::{Contrl, Form, Functional, SetOutcome},
    piece::{Area, Piece, Severity, Standard},
    read,
    write::{self, OutSet},
};
use std::{
    env, io,
    process::{Command, ExitCode},
};

/// What no run may take.
const MOST: u64 = 64 << 10;

/// How its sets are answered while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    None,
    /// Sets with faults only, of which there are none.
    Refused,
    /// Every set.
    All,
    /// Every set, each of which has an element that is wrong.
    Faulty,
}

const ANSWERS: [(Answer, &str); 4] = [
    (Answer::None, "no answer"),
    (Answer::Refused, "997/CONTRL"),
    (Answer::All, "997/CONTRL that lists every set, written"),
    (Answer::Faulty, "997/CONTRL that refuses every set for an element, written"),
];

/// Prints a table; fails if a run took too much memory.
pub fn run(streams: &[u64]) -> ExitCode {
    let Some(largest) = streams.last() else { return ExitCode::SUCCESS };
    println!("\nOne document, streamed: ms of processor a MB, and peak memory of the process\n");
    println!("| | {} |", streams.iter().map(|mb| format!("{mb} MB")).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(streams.len()));
    let mut too_much = false;
    for kind in [KINDS[0], KINDS[3]] {
        for (answer, name) in ANSWERS {
            let cells = streams.iter().map(|mb| match answer {
                Answer::None => Some(start(kind, *mb, answer)),
                _ => (mb == largest).then(|| start(kind, *mb, answer)),
            });
            let mut line = format!("| {:?} {}, {name} |", kind.standard, kind.kind);
            for cell in cells {
                let Some((a_megabyte, peak)) = cell else {
                    line.push_str(" |");
                    continue;
                };
                too_much |= peak > MOST;
                line.push_str(&format!(" {a_megabyte:.2} ms, {:.0} MB |", peak as f64 / 1024.0));
            }
            println!("{line}");
        }
    }
    if too_much { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn start(kind: Kind, megabytes: u64, answer: Answer) -> (f64, u64) {
    let program = env::current_exe().expect("this program");
    let kind = KINDS.iter().position(|known| known.kind == kind.kind).unwrap_or(0);
    let arguments = ["--child".to_owned(), kind.to_string(), megabytes.to_string(), (answer as u8).to_string()];
    let output = Command::new(program).args(arguments).output().expect("this program starts again");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [a_megabyte, peak] => (a_megabyte, peak as u64),
        _ => panic!("{text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// One run, in this process.
pub fn child(arguments: &[String]) -> ExitCode {
    let numbers: Vec<u64> = arguments.iter().filter_map(|number| number.parse().ok()).collect();
    let [kind, megabytes, answer] = numbers[..] else { return ExitCode::FAILURE };
    let (kind, answer) = (KINDS[kind as usize], ANSWERS[answer as usize].0);
    let mut document = Document::generate(kind, 1);
    if answer == Answer::Faulty {
        document.spoil(kind);
    }
    let mut input = document.repeated(kind, megabytes);
    let seconds = took(|| stream(kind.standard, &mut input, answer));
    println!("{} {}", seconds * 1e9 / input.given as f64, peak());
    ExitCode::SUCCESS
}

fn stream(standard: Standard, input: &mut crate::documents::Repeated, answer: Answer) {
    let (lists_all, faulty) = (answer == Answer::All, answer == Answer::Faulty);
    let (mut functional, mut contrl, mut sets) = (None, None, 0u64);
    // The same sets come again and again, under the same numbers.
    let mut options = Options::default();
    options.policy.strictness.set(Area::SetNumbers, Severity::Ignore);
    for piece in read(standard, input, options) {
        match piece.expect("memory can be read") {
            Piece::Interchange(header) => contrl = Some(Contrl::new(&header, lists_all)),
            Piece::Group(group) => functional = Some(Functional::new(Form::F997, &group, lists_all)),
            Piece::Set(set) => {
                assert_eq!(set.accepted(), !faulty, "{:?}", set.faults);
                sets += 1;
                if answer != Answer::None {
                    let outcome = SetOutcome::from(&*set);
                    match &mut functional {
                        Some(functional) => functional.set(&outcome),
                        None => contrl.iter_mut().for_each(|contrl| contrl.set(&outcome)),
                    }
                }
            }
            Piece::GroupEnd(end) => {
                let (segments, _) = functional.take().expect("its header").finish(Some(&end));
                let (most, written) = (2 + 4 * sets, 2 + 2 * sets);
                sets = 0;
                assert!(!lists_all || segments.len() as u64 == written);
                assert!(!faulty || (written..=most).contains(&(segments.len() as u64)));
                let set = OutSet { kind: "997".into(), control: "1".into(), segments };
                assert!(matches!(
                    write::x12_to(&ours::x12_envelope("FA", "004010"), &[set], &mut io::sink()),
                    Ok(Ok(()))
                ));
            }
            Piece::InterchangeEnd(end) => {
                assert!(end.faults.is_empty(), "{:?}", end.faults);
                let (segments, _) = contrl.take().expect("its header").finish(&end);
                let set = OutSet { kind: "CONTRL".into(), control: "1".into(), segments };
                assert!(matches!(
                    write::edifact_to(&ours::edifact_envelope("D3"), &[set], &mut io::sink()),
                    Ok(Ok(()))
                ));
            }
            Piece::Fault(fault) => panic!("{fault:?}"),
        }
    }
}
