//! Answers each group of a file with a 997: `cargo run -p crossdock-formats --example answer -- FILE`

use crossdock_formats::{
    Options,
    ack::{Form, Functional, SetOutcome},
    piece::{Group, Identity, Piece, Standard},
    read,
    write::{self, OutSet, X12Delimiters, X12Envelope},
};
use std::{fs::File, io};

pub fn answers(file: &str) -> io::Result<Vec<Vec<u8>>> {
    let (mut open, mut answers): (Option<(Group, Functional)>, _) = (None, Vec::new());
    for piece in read(Standard::X12, io::BufReader::new(File::open(file)?), Options::default()) {
        match (piece?, &mut open) {
            (Piece::Group(group), _) => open = Some((group.clone(), Functional::new(Form::F997, &group, false))),
            (Piece::Set(set), Some((_, answer))) => answer.set(&SetOutcome::from(&*set)),
            (Piece::GroupEnd(end), _) => {
                let Some((group, answer)) = open.take() else { continue };
                let (segments, _) = answer.finish(Some(&end));
                let set = OutSet { kind: "997".into(), control: "0001".into(), segments };
                let written = write::x12(&back(&group, answers.len() as u64 + 1), &[set]);
                answers.push(written.map_err(|fault| io::Error::other(String::from(fault.sentence)))?);
            }
            _ => {}
        }
    }
    Ok(answers)
}

/// The way back; who sends many takes the numbers and the time from elsewhere.
fn back(group: &Group, number: u64) -> X12Envelope {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    X12Envelope {
        sender: identity(&group.receiver),
        receiver: identity(&group.sender),
        application_sender: group.receiver.to_string(),
        application_receiver: group.sender.to_string(),
        functional_id: "FA".into(),
        version: group.version.to_string(),
        interchange_control: number,
        group_control: number,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    }
}

fn main() -> io::Result<()> {
    for file in std::env::args().skip(1) {
        answers(&file)?.iter().for_each(|answer| println!("{}", String::from_utf8_lossy(answer)));
    }
    Ok(())
}
