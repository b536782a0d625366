//! From 1 MB to 2 GB: the time of each megabyte, and the most memory, in a process of its own each.

use crate::{
    documents::{Document, KINDS, Kind},
    measured::{peak, took},
};
use crossdock_formats::{
    Options,
    ack::{Contrl, Form, Functional, SetOutcome},
    piece::{Area, Piece, Severity, Standard},
    read,
};
use std::{env, process::Command, process::ExitCode};

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
}

const ANSWERS: [(Answer, &str); 3] =
    [(Answer::None, "no answer"), (Answer::Refused, "997/CONTRL"), (Answer::All, "997/CONTRL that lists every set")];

/// Prints a table; fails if a run took too much memory.
pub fn run(streams: &[u64]) -> ExitCode {
    let Some(largest) = streams.last() else { return ExitCode::SUCCESS };
    println!("\nOne interchange, streamed: ms of processor a MB, and peak memory of the process\n");
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
    let mut input = Document::generate(kind, 1).repeated(kind, megabytes);
    let seconds = took(|| stream(kind.standard, &mut input, answer));
    println!("{} {}", seconds * 1e9 / input.given as f64, peak());
    ExitCode::SUCCESS
}

fn stream(standard: Standard, input: &mut crate::documents::Repeated, answer: Answer) {
    let lists_all = answer == Answer::All;
    let (mut functional, mut contrl, mut sets) = (None, None, 0u64);
    // The same sets come again and again, under the same numbers.
    let mut options = Options::default();
    options.policy.strictness.set(Area::SetNumbers, Severity::Ignore);
    for piece in read(standard, input, options) {
        match piece.expect("memory can be read") {
            Piece::Interchange(header) => contrl = Some(Contrl::new(&header, lists_all)),
            Piece::Group(group) => functional = Some(Functional::new(Form::F997, &group, lists_all)),
            Piece::Set(set) => {
                assert!(set.faults.is_empty(), "{:?}", set.faults);
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
                assert!(!lists_all || segments.len() as u64 == 2 + 2 * sets);
            }
            Piece::InterchangeEnd(end) => {
                assert!(end.faults.is_empty(), "{:?}", end.faults);
                contrl.take().expect("its header").finish(&end);
            }
            Piece::Fault(fault) => panic!("{fault:?}"),
        }
    }
}
