//! Valid documents by a guide, made by chance and the same for the same seed; and faulty ones, each with what was broken.
//!
//! Promise: what comes out passes our own check without a word, for every guide that we ship; a faulty set has one cause.
//! Memory is one set's, however many there are. Called by: `crossdock generate`, tests, benchmarks.
//! Never: reads a clock or the system's randomness. Tried by: tests/formats/codec/generate.rs

mod faulty;
mod random;
mod set;
mod values;
mod walk;

pub use faulty::{Broken, Kind};

use crate::{guides::Guide, piece::Standard};
pub(crate) use random::Random;
use set::{Line, Maker};

/// The most sets of an interchange: GE01 and UNZ 0036 have six digits.
const MOST_SETS: u64 = 999_999;

/// What to make.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Sets in all; more than 999,999 go into several interchanges.
    pub sets: u64,
    /// Lines of each set (PO1, IT1, LIN, HL and their like); none: one to five.
    pub lines: Option<u32>,
    /// Break something in each set.
    pub faulty: bool,
    /// Break only this.
    pub only: Option<Kind>,
    /// GS02 and the interchange's sender, which for an X12 id has 15 characters at most.
    pub sender: String,
    /// GS08 or the association code, if not the guide's own: `004010VICS`, `EAN008`.
    pub version: Option<String>,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { sets: 1, lines: None, faulty: false, only: None, sender: "NORTHWIND".into(), version: None }
    }
}

/// Why nothing can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CantGenerate {
    #[error("{kind} has no loop of lines whose number could be chosen")]
    NoLines { kind: String },
    #[error("{kind} has at most {most} lines, which are runs of the loop {name}")]
    TooManyLines { kind: String, name: String, most: u32 },
    #[error("in the guide of {kind} a reader can't tell the mandatory {name} from another place of the same segment")]
    Ambiguous { kind: String, name: String },
    #[error("the sender {sender} can't stand in an envelope: 2 to 15 letters and digits can")]
    Sender { sender: String },
}

/// The next bytes of the document.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    /// What was broken in them.
    pub broken: Option<Broken>,
}

/// The document, chunk by chunk: headers, sets, trailers.
pub struct Generator<'g> {
    maker: Maker<'g>,
    seed: u64,
    shape: Shape,
    /// Sets made so far.
    made: u64,
    /// Of those, in the interchange that is open.
    within: u64,
    interchanges: u64,
    /// What is broken is the envelope, and no set.
    envelope: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Sets,
    Done,
}

/// Begins a document.
pub fn generate(guide: &Guide, seed: u64, shape: Shape) -> Result<Generator<'_>, CantGenerate> {
    let kind = || format!("{} {}", guide.kind, guide.version);
    let maker = Maker::new(guide, shape.lines);
    match (shape.lines, maker.line) {
        (Some(_), None) => return Err(CantGenerate::NoLines { kind: kind() }),
        (Some(lines), Some(line)) if lines > maker.plan.slots[line].max => {
            let slot = &maker.plan.slots[line];
            return Err(CantGenerate::TooManyLines { kind: kind(), name: slot.name.to_owned(), most: slot.max });
        }
        _ => {}
    }
    let sender = shape.sender.as_str();
    if !(2..=15).contains(&sender.len()) || !sender.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(CantGenerate::Sender { sender: sender.to_owned() });
    }
    // What is ambiguous is so in every set, since only what must be there is ever missed.
    if let Err(name) = maker.set("0001", Random::new(seed, 0)) {
        return Err(CantGenerate::Ambiguous { kind: kind(), name: name.to_owned() });
    }
    let around = matches!(shape.only, Some(Kind::GroupCount | Kind::InterchangeControl));
    let envelope = shape.faulty && around;
    Ok(Generator { maker, seed, shape, made: 0, within: 0, interchanges: 0, envelope, state: State::Header })
}

/// What UNH says of version and release: `D` and `96A`; CONTRL belongs to its syntax.
pub(crate) fn version(guide: &Guide) -> (&str, &str) {
    match &*guide.version {
        "v3" => ("D", "3"),
        "v4" => ("4", "1"),
        version => version.split_at(1.min(version.len())),
    }
}

impl Iterator for Generator<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        match self.state {
            State::Done => None,
            State::Header => {
                self.state = State::Sets;
                self.within = 0;
                Some(Chunk { bytes: self.header().into_bytes(), broken: None })
            }
            State::Sets if self.made < self.shape.sets && self.within < MOST_SETS => Some(self.set()),
            State::Sets => {
                self.state = if self.made < self.shape.sets { State::Header } else { State::Done };
                let end = self.trailer();
                self.interchanges += 1;
                Some(end)
            }
        }
    }
}

impl Generator<'_> {
    fn guide(&self) -> &Guide {
        self.maker.guide
    }

    fn x12(&self) -> bool {
        self.guide().standard == Standard::X12
    }

    /// TA1 stands in no group.
    fn grouped(&self) -> bool {
        self.x12() && &*self.guide().kind != "TA1"
    }

    fn set(&mut self) -> Chunk {
        self.made += 1;
        self.within += 1;
        let control = format!("{:04}", self.within);
        let mut lines = self.maker.set(&control, Random::new(self.seed, self.made)).unwrap_or_default();
        let mut broken = None;
        if self.shape.faulty && !self.envelope {
            broken =
                faulty::break_one(&self.maker, &mut lines, self.shape.only, &mut Random::new(!self.seed, self.made));
        } else {
            set::count(&mut lines, self.guide(), 0);
        }
        if let Some(broken) = &mut broken {
            broken.control = control;
        }
        let mut text = String::new();
        lines.iter().for_each(|line| self.write(line, &mut text));
        Chunk { bytes: text.into_bytes(), broken }
    }

    fn control(&self) -> String {
        let control = self.interchanges + 1;
        if self.x12() { format!("{control:09}") } else { control.to_string() }
    }

    fn header(&self) -> String {
        let mut random = Random::new(self.seed, u64::MAX);
        let (date, time) = (values::calendar(8, &mut random), values::clock(&mut random));
        let (sender, control) = (&self.shape.sender, self.control());
        if !self.x12() {
            let version = if &*self.guide().version == "v4" { 4 } else { 3 };
            let date = if version == 4 { &date } else { &date[2..] };
            return format!("UNB+UNOC:{version}+{sender}:14+ACMEDIST:14+{date}:{time}+{control}'\n");
        }
        let repeats = if *self.guide().version >= *"004020" { '^' } else { 'U' };
        let version = self.guide().version.get(..5).unwrap_or("00401");
        let short = &date[2..];
        let mut text = format!(
            "ISA*00*{:10}*00*{:10}*ZZ*{sender:15}*ZZ*{:15}*{short}*{time}*{repeats}*{version}*{control}*0*T*>~\n",
            "", "", "ACMEDIST"
        );
        if self.grouped() {
            let version = self.shape.version.as_deref().unwrap_or(&self.guide().version);
            // Of three sets the facts name no GS01; the reader wants one.
            let id = if self.guide().functional_id.is_empty() { "ZZ" } else { &self.guide().functional_id };
            text.push_str(&format!("GS*{id}*{sender}*ACMEDIST*{date}*{time}*{}*X*{version}~\n", self.interchanges + 1));
        }
        text
    }

    fn trailer(&self) -> Chunk {
        let (mut sets, mut control) = (self.within, self.control());
        let mut broken = None;
        if self.envelope {
            let kind = self.shape.only.unwrap_or(Kind::GroupCount);
            let (was, now) = match kind {
                Kind::InterchangeControl => (control.clone(), format!("{:09}", 999)),
                _ => (sets.to_string(), (sets + 1).to_string()),
            };
            match kind {
                Kind::InterchangeControl => control = now.clone(),
                _ => sets += 1,
            }
            broken = Some(Broken::envelope(kind, self.x12(), was, now));
        }
        let group = self.interchanges + 1;
        let text = match (self.grouped(), self.x12()) {
            (true, _) => format!("GE*{sets}*{group}~\nIEA*1*{control}~\n"),
            (false, true) => format!("IEA*0*{control}~\n"),
            (false, false) => format!("UNZ+{sets}+{control}'\n"),
        };
        Chunk { bytes: text.into_bytes(), broken }
    }

    /// Trailing empty elements and components are left out. No value has a delimiter in it.
    fn write(&self, line: &Line, into: &mut String) {
        let (element, component, end) = if self.x12() { ('*', '>', "~\n") } else { ('+', ':', "'\n") };
        into.push_str(&line.id);
        let last = line.elements.iter().rposition(|e| e.iter().any(|c| !c.is_empty())).map_or(0, |at| at + 1);
        for values in &line.elements[..last] {
            into.push(element);
            let last = values.iter().rposition(|c| !c.is_empty()).map_or(0, |at| at + 1);
            for (at, value) in values[..last].iter().enumerate() {
                if at > 0 {
                    into.push(component);
                }
                into.push_str(value);
            }
        }
        if let (false, Some(association), "UNH") = (self.x12(), &self.shape.version, line.id.as_str()) {
            into.push_str(&format!(":{association}"));
        }
        into.push_str(end);
    }
}
