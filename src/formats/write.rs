//! What writers take: segments with plain values; delimiters and escapes are the writer's business.

use crate::piece::Identity;

/// One element: repeats of components. `[["A"]]` is a plain element; an empty vector is an empty element.
pub type Element = Vec<Vec<String>>;

/// A segment to be written. Trailing empty elements and components are left out by the writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    pub id: String,
    pub elements: Vec<Element>,
}

impl Segment {
    /// A segment of plain elements.
    pub fn plain<S: Into<String>>(id: &str, elements: impl IntoIterator<Item = S>) -> Self {
        Segment { id: id.into(), elements: elements.into_iter().map(|e| vec![vec![e.into()]]).collect() }
    }
}

/// One set's body, without ST/SE or UNH/UNT: the writer makes and counts those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutSet {
    /// `855`, `ORDRSP`.
    pub kind: String,
    /// ST02, UNH 0062.
    pub control: String,
    pub segments: Vec<Segment>,
}

/// The envelope around one group of sets, X12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X12Envelope {
    pub sender: Identity,
    pub receiver: Identity,
    /// GS02, GS03.
    pub application_sender: String,
    pub application_receiver: String,
    /// `PR` for an 855, `FA` for a 997.
    pub functional_id: String,
    /// `004010`: GS08; ISA12 is made from it.
    pub version: String,
    pub interchange_control: u64,
    pub group_control: u64,
    pub test: bool,
    /// `YYYYMMDD` and `HHMM`, UTC: the caller's clock, this package has none.
    pub date: String,
    pub time: String,
    pub delimiters: X12Delimiters,
}

/// The four characters that X12 reserves, and what follows each segment (nothing, LF, CRLF).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X12Delimiters {
    pub element: char,
    pub component: char,
    pub repetition: char,
    pub segment: char,
    pub line_end: String,
}

impl Default for X12Delimiters {
    fn default() -> Self {
        X12Delimiters { element: '*', component: '>', repetition: '^', segment: '~', line_end: "\n".into() }
    }
}

/// Writes one interchange of one group. Stands in until the codec's own writer is merged.
pub fn x12(envelope: &X12Envelope, sets: &[OutSet]) -> Result<Vec<u8>, Vec<crate::fault::Fault>> {
    let d = &envelope.delimiters;
    let reserved = [d.element, d.component, d.repetition, d.segment];
    let mut faults = Vec::new();
    let mut out = String::new();
    let put = |out: &mut String, parts: &[String]| {
        out.push_str(&parts.join(&d.element.to_string()));
        out.push(d.segment);
        out.push_str(&d.line_end);
    };
    let text = |s: &[&str]| s.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let isa12 = format!("00{}", envelope.version.get(2..5).unwrap_or("401"));
    let isa11 = if isa12.as_str() < "00402" { "U".to_owned() } else { d.repetition.to_string() };
    put(&mut out, &text(&[
        "ISA", "00", &" ".repeat(10), "00", &" ".repeat(10),
        &format!("{:<2}", envelope.sender.qualifier), &format!("{:<15}", envelope.sender.id),
        &format!("{:<2}", envelope.receiver.qualifier), &format!("{:<15}", envelope.receiver.id),
        envelope.date.get(2..).unwrap_or(""), &envelope.time, &isa11, &isa12, &format!("{:09}", envelope.interchange_control),
        "0", if envelope.test { "T" } else { "P" }, &d.component.to_string(),
    ]));
    put(&mut out, &text(&[
        "GS", &envelope.functional_id, &envelope.application_sender, &envelope.application_receiver, &envelope.date, &envelope.time,
        &envelope.group_control.to_string(), "X", &envelope.version,
    ]));
    for set in sets {
        put(&mut out, &text(&["ST", &set.kind, &set.control]));
        for (ordinal, segment) in set.segments.iter().enumerate() {
            let mut parts = vec![segment.id.clone()];
            for element in &segment.elements {
                if let Some(bad) = element.iter().flatten().find(|v| v.contains(reserved)) {
                    faults.push(delimiter_in_data(ordinal, segment, bad));
                }
                let repeats: Vec<String> = element.iter().map(|r| r.join(&d.component.to_string())).collect();
                parts.push(repeats.join(&d.repetition.to_string()));
            }
            while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
                parts.pop();
            }
            put(&mut out, &parts);
        }
        put(&mut out, &text(&["SE", &(set.segments.len() + 2).to_string(), &set.control]));
    }
    put(&mut out, &text(&["GE", &sets.len().to_string(), &envelope.group_control.to_string()]));
    put(&mut out, &text(&["IEA", "1", &format!("{:09}", envelope.interchange_control)]));
    if faults.is_empty() { Ok(out.into_bytes()) } else { Err(faults) }
}

fn delimiter_in_data(ordinal: usize, segment: &Segment, value: &str) -> crate::fault::Fault {
    crate::fault::Fault {
        code: "write/delimiter".into(),
        layer: crate::fault::Layer::Byte,
        place: crate::place::Place {
            byte: 0,
            len: 0,
            at: crate::place::At::Segment { ordinal: ordinal as u32 + 2, id: segment.id.as_str().into(), element: None, component: None, repeat: 1 },
        },
        found: value.chars().take(80).collect::<String>().into(),
        expected: "a value without delimiters".into(),
        sentence: format!("{}: the value holds a delimiter", segment.id).into(),
        remedy: "choose other delimiters in the agreement".into(),
        origin: crate::fault::Origin::Standard,
        costs: crate::fault::Costs::Set,
    }
}
