//! TA1, 997, 999 and CONTRL of every fixture stand beside it, are valid, and are read back as they were meant.

use crate::{files, folder, is_golden, options, pieces};
use crossdock_formats::{
    ack::{Contrl, Form, Functional, NAMES, SetOutcome, Verdict, answer, is_of_interchange, ta1},
    fault::{Costs, Fault},
    guides,
    piece::{Group, GroupEnd, Identity, Interchange, InterchangeEnd, Piece, Standard},
    place::At,
    sniff,
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, Segment, X12Delimiters, X12Envelope},
};
use std::{fs, path::Path};

/// One acknowledgement as it goes out, and what it was made from.
pub struct Said {
    /// `997 of group 1: R`.
    pub title: String,
    pub bytes: Vec<u8>,
    /// The version of the group that it answers; empty where it answers an interchange.
    pub version: Box<str>,
    pub outcomes: Vec<SetOutcome>,
    /// Of the groups that it answers, by their end.
    pub groups: Vec<Fault>,
    /// Of the interchange that it answers.
    pub around: Vec<Fault>,
}

/// A group that is open: what is said of it, and its sets.
type Open = (Group, Functional, Functional, Vec<SetOutcome>);

/// Everything that a document can be answered with.
pub fn acknowledgements(path: &Path) -> Vec<Said> {
    let bytes = fs::read(path).expect("a fixture");
    let standard = match sniff(&bytes) {
        Some(standard @ (Standard::X12 | Standard::Edifact)) => standard,
        _ => return vec![],
    };
    let mut said = Vec::new();
    let mut interchange: Option<Interchange> = None;
    let (mut open, mut contrl): (Option<Open>, Option<Contrl>) = (None, None);
    let (mut groups, mut around, mut outcomes): (Vec<Fault>, Vec<Fault>, Vec<SetOutcome>) = Default::default();
    for piece in pieces(standard, &bytes, options(path)) {
        match piece {
            Piece::Interchange(header) => {
                contrl = (standard == Standard::Edifact).then(|| Contrl::new(&header, true));
                (interchange, groups, around, outcomes) = (Some(header), vec![], vec![], vec![]);
            }
            Piece::Group(group) => {
                contrl.iter_mut().for_each(|contrl| contrl.group(&group));
                let forms = (Functional::new(Form::F997, &group, true), Functional::new(Form::F999, &group, true));
                open = Some((group, forms.0, forms.1, vec![]));
            }
            Piece::Set(set) => {
                let outcome = SetOutcome::from(&*set);
                around.extend(outcome.faults.iter().filter(|fault| is_of_interchange(fault)).cloned());
                contrl.iter_mut().for_each(|contrl| contrl.set(&outcome));
                if let (Some((_, f997, f999, sets)), Some(_)) = (&mut open, set.group) {
                    f997.set(&outcome);
                    f999.set(&outcome);
                    sets.push(outcome.clone());
                }
                outcomes.push(outcome);
            }
            Piece::GroupEnd(end) => {
                contrl.iter_mut().for_each(|contrl| contrl.group_end(&end));
                groups.extend(end.faults.iter().cloned());
                if let Some(open) = open.take().filter(|open| standard == Standard::X12 && !open.0.control.is_empty()) {
                    said.extend(functional(open, &end));
                }
            }
            Piece::InterchangeEnd(end) => {
                around.extend(end.faults.iter().cloned());
                let header = interchange.as_ref().expect("its header");
                said.push(match contrl.take() {
                    Some(contrl) => {
                        let (outcomes, groups, around) = (outcomes.clone(), groups.clone(), around.clone());
                        Said { outcomes, groups, around, ..edifact(header, contrl, &end) }
                    }
                    None => Said { around: around.clone(), ..x12(header, &around) },
                });
            }
            Piece::Fault(fault) => {
                contrl.iter_mut().for_each(|contrl| contrl.around(&fault));
                around.push(fault);
            }
        }
    }
    said
}

fn functional((group, f997, f999, outcomes): Open, end: &GroupEnd) -> Vec<Said> {
    [(Form::F997, f997), (Form::F999, f999)]
        .into_iter()
        .map(|(form, made)| {
            let (segments, code) = made.finish(Some(end));
            let set = OutSet { kind: form.kind().into(), control: "0001".into(), segments };
            let envelope = X12Envelope { version: form.version(&group.version), ..envelope() };
            let bytes = write::x12(&envelope, &[set]).expect("it can be written");
            let title = format!("{} of group {}: {}", form.kind(), group.control, code.as_str());
            let (version, groups) = (group.version.clone(), end.faults.clone());
            Said { title, bytes, version, outcomes: outcomes.clone(), groups, around: vec![] }
        })
        .collect()
}

fn x12(header: &Interchange, faults: &[Fault]) -> Said {
    let (segment, code) = ta1(header, faults, None);
    let bytes = write::ta1(&envelope(), &segment).expect("it can be written");
    let title = format!("TA1 of interchange {}: {}", header.control, code.as_str());
    Said { title, bytes, version: "".into(), outcomes: vec![], groups: vec![], around: vec![] }
}

fn edifact(header: &Interchange, contrl: Contrl, end: &InterchangeEnd) -> Said {
    let (version, syntax_version) = (contrl.version().to_owned(), contrl.syntax());
    let (segments, code) = contrl.finish(end);
    let set = OutSet { kind: "CONTRL".into(), control: "1".into(), segments };
    let envelope = EdifactEnvelope {
        sender: header.receiver.clone(),
        receiver: header.sender.clone(),
        syntax: "UNOC".into(),
        syntax_version,
        control: "1".into(),
        application_reference: String::new(),
        acknowledgement_requested: false,
        test: false,
        version,
        association: String::new(),
        date: "20260105".into(),
        time: "0930".into(),
        una: false,
        header: Default::default(),
        group: None,
        delimiters: EdifactDelimiters::default(),
    };
    let bytes = write::edifact(&envelope, &[set]).expect("it can be written");
    let title = format!("CONTRL of interchange {}: {}", header.control, code.as_str());
    Said { title, bytes, version: "".into(), outcomes: vec![], groups: vec![], around: vec![] }
}

fn envelope() -> X12Envelope {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    X12Envelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "FA".into(),
        version: "004010".into(),
        interchange_control: 1,
        group_control: 1,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    }
}

/// What a person wants to see of them: no envelopes.
fn told(said: &[Said]) -> String {
    let envelope = ["ISA", "GS*", "ST*", "SE*", "GE*", "IEA", "UNA", "UNB", "UNH", "UNT", "UNZ"];
    let mut text = String::new();
    for one in said {
        text += &format!("{}\n", one.title);
        let written = String::from_utf8_lossy(&one.bytes);
        for line in written.lines().filter(|line| !envelope.contains(&line.get(..3).unwrap_or(""))) {
            text += &format!("  {line}\n");
        }
    }
    text
}

pub fn fixtures() -> Vec<std::path::PathBuf> {
    files(&folder("fixtures")).into_iter().filter(|path| !is_golden(path)).collect()
}

#[test]
fn every_fixture_is_answered_as_its_golden_file_says() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let made = told(&acknowledgements(&path));
        let golden = path.with_file_name(format!("{}.acks.txt", path.file_name().expect("a name").to_string_lossy()));
        if made.is_empty() {
            assert!(!golden.exists(), "{} answers nothing any more", golden.display());
        } else if bless {
            fs::write(&golden, &made).expect("a golden file can be written");
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(&made) {
            wrong.push(format!("{}\n{made}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "differ or are missing (BLESS=1 writes them):\n{}", wrong.join("\n"));
}

/// What we answer must pass our own guides, or our partners' readers would have to forgive us.
#[test]
fn every_acknowledgement_is_valid() {
    for path in fixtures() {
        for said in acknowledgements(&path) {
            let standard = sniff(&said.bytes).expect("X12 or EDIFACT");
            for piece in pieces(standard, &said.bytes, Default::default()) {
                let faults = match piece {
                    Piece::Set(set) => set.faults,
                    Piece::GroupEnd(end) => end.faults,
                    Piece::InterchangeEnd(end) => end.faults,
                    Piece::Fault(fault) => vec![fault],
                    _ => vec![],
                };
                let text = String::from_utf8_lossy(&said.bytes);
                let faults: Vec<Fault> = faults.into_iter().filter(|fault| fault.costs > Costs::Nothing).collect();
                assert!(faults.is_empty(), "{}: {}\n{text}\n{faults:#?}", path.display(), said.title);
            }
        }
    }
}

/// Segment ordinal, element, component: what a fault and what an acknowledgement say.
type Spot = (u32, Option<u32>, Option<u32>);

pub fn segments(bytes: &[u8], element: char, end: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(bytes).replace('\n', "");
    text.split(end).map(|segment| segment.split(element).map(str::to_owned).collect()).collect()
}

fn number(text: Option<&String>) -> Option<u32> {
    text.and_then(|text| text.parse().ok())
}

/// AK3 and AK4 (IK3 and IK4) as places; an AK3 of code 8 is told by its AK4s.
fn of_functional(bytes: &[u8]) -> Vec<Spot> {
    let (mut spots, mut at) = (Vec::new(), 0);
    for segment in segments(bytes, '*', "~") {
        match segment[0].as_str() {
            "AK3" | "IK3" => {
                at = number(segment.get(2)).expect("a position");
                if segment[4] != "8" {
                    spots.push((at, None, None));
                }
            }
            "AK4" | "IK4" => {
                let mut parts = segment[1].split('>').map(str::to_owned);
                let (element, component) = (parts.next(), parts.next());
                spots.push((at, number(element.as_ref()), number(component.as_ref())));
            }
            _ => {}
        }
    }
    spots
}

/// UCS and UCD as places: 0098 counts the tag as 1.
fn of_contrl(bytes: &[u8]) -> Vec<Spot> {
    let (mut spots, mut at) = (Vec::new(), 0);
    for segment in segments(bytes, '+', "'") {
        match segment[0].as_str() {
            "UCS" => {
                at = number(segment.get(1)).expect("a position");
                if segment.len() > 2 {
                    spots.push((at, None, None));
                }
            }
            "UCD" => {
                let mut parts = segment[2].split(':').map(str::to_owned);
                let (element, component) = (number(parts.next().as_ref()), number(parts.next().as_ref()));
                spots.push((at, element.map(|element| element - 1), component));
            }
            _ => {}
        }
    }
    spots
}

/// What one hub says of a document, another reads the same: the verdict of the whole, and each place.
#[test]
fn what_we_say_is_read_back() {
    let (mut seen, mut places) = (0, 0);
    for path in fixtures() {
        for said in acknowledgements(&path) {
            let standard = sniff(&said.bytes).expect("X12 or EDIFACT");
            let sets = pieces(standard, &said.bytes, Default::default()).into_iter();
            let set = sets.filter_map(|piece| if let Piece::Set(set) = piece { Some(set) } else { None }).next();
            let read = answer(&set.expect("its set")).unwrap_or_else(|| panic!("{}: {}", path.display(), said.title));
            let code = said.title.rsplit(": ").next().expect("a verdict");
            let expected: &[Verdict] = match code {
                "A" => &[Verdict::Accepted, Verdict::Received],
                "E" => &[Verdict::AcceptedWithErrors, Verdict::Accepted, Verdict::Received],
                "P" => &[Verdict::PartlyAccepted, Verdict::Accepted],
                // A CONTRL may take the interchange and refuse its messages one by one.
                _ if said.title.starts_with("CONTRL") => &[Verdict::Rejected, Verdict::Accepted],
                _ => &[Verdict::Rejected],
            };
            assert!(expected.contains(&read.verdict), "{}: {} is {:?}", path.display(), said.title, read.verdict);
            let told = if &*read.kind == "CONTRL" { of_contrl(&said.bytes) } else { of_functional(&said.bytes) };
            let spot = |at: &At| match at {
                At::Segment { ordinal, element, component, .. } => {
                    Some((*ordinal, element.map(u32::from), component.map(u32::from)))
                }
                _ => None,
            };
            let spots: Vec<Spot> =
                read.sets.iter().flat_map(|set| &set.said).filter_map(|said| said.at.as_ref().and_then(spot)).collect();
            assert_eq!(spots, told, "{}: {}", path.display(), said.title);
            (seen, places) = (seen + 1, places + spots.len());
        }
    }
    assert!(seen > 60 && places > 50, "{seen} acknowledgements, {places} places");
}

/// The table of names is the guides': a slip in it would name the wrong element to a partner.
#[test]
fn the_names_that_a_999_tells_are_in_the_guides() {
    for (kind, segment, element) in NAMES {
        let guide = guides::find(Standard::X12, "005010", kind).expect("a guide");
        let spec = guide.segments.get(*segment).expect("its segment");
        let position: usize = element.parse().expect("a position");
        assert!(spec.elements.len() >= position, "{kind} {segment}{element}");
    }
}

/// A text's acknowledgements, as a golden file shows them.
fn of_text(name: &str, text: &str) -> String {
    let path = std::env::temp_dir().join(format!("crossdock-acks-{name}-{}.edi", std::process::id()));
    fs::write(&path, text).expect("a file can be written");
    let said = told(&acknowledgements(&path));
    fs::remove_file(&path).expect("it can be removed");
    said
}

/// 0083 = 7 takes all below it that isn't refused by name: of messages that nobody could read, that would be a lie.
#[test]
fn contrl_refuses_messages_that_lack_their_header() {
    let body = |n: u32| format!("BGM+220+PO-{n}+9'DTM+137:20260105:102'NAD+BY+A::9'LIN+1++A-101:SA'QTY+21:5'UNS+S'");
    let lost = |n: u32, trailer: &str| format!("{}UNT+9{trailer}'", body(n));
    let good = |n: u32| format!("UNH+{n}+ORDERS:D:96A:UN'{}UNT+8+{n}'", body(n));
    let whole =
        |inner: &str, count: u32| format!("UNB+UNOC:3+SENDER:14+RECEIVER:14+260105:0930+R1'{inner}UNZ+{count}+R1'");
    let group = |n: u32, inner: &str, count: u32| {
        format!("UNG+ORDERS+APP1+APP2+260105:0930+G{n}+UN+D:96A'{inner}UNE+{count}+G{n}'")
    };
    let (uci, ucm) = ("UCI+R1+SENDER:14+RECEIVER:14", "UCM+1+ORDERS:D:96A:UN+7'");
    let of = |name: &str, text: String| of_text(name, &text).replace("\n  ", " ").trim_end().to_owned();
    // Nothing else is in it: it is refused whole.
    let title = "CONTRL of interchange R1:";
    assert_eq!(of("lost-only", whole(&lost(1, "+1"), 1)), format!("{title} R {uci}+4+33'"));
    // Beside a good one: refused by its trailer's number, or by none.
    let lost_second = format!("{title} P {uci}+7+33' {ucm} UCM+2+0:0:0:UN+4+13+UNH'");
    assert_eq!(of("lost-second", whole(&(good(1) + &lost(2, "+2")), 2)), lost_second);
    let nameless = lost_second.replace("UCM+2", "UCM+0");
    assert_eq!(of("lost-nameless", whole(&(good(1) + &lost(2, "")), 2)), nameless);
    // In groups it is the group's.
    let groups = [group(1, &lost(1, "+1"), 1), group(2, &(good(1) + &lost(2, "+2")), 2), group(3, &good(1), 1)];
    let [first, second] = [1, 2].map(|n| format!("UCF+G{n}+APP1+APP2"));
    assert_eq!(
        of("lost-grouped", whole(&groups.concat(), 3)),
        format!(
            "{title} P {uci}+7' {first}+4+33' {second}+7+33' {ucm} UCM+2+0:0:0:UN+4+13+UNH' UCF+G3+APP1+APP2+7' {ucm}"
        )
    );
    // A segment that is alone is no message.
    let stray = whole(&(good(1) + "FTX+AAI+++lost'"), 1);
    assert_eq!(of("lost-segment", stray), format!("{title} E {uci}+7+33' {ucm}"));
}

#[test]
fn contrl_speaks_of_groups_repeats_and_syntax_4() {
    let text = "UNB+UNOC:4+SENDER:14+RECEIVER:14+20260105:0930+R1'UNG+ORDERS+APP1:ZZ+APP2+20260105:0930+G1+UN+D:96A'\
        UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4500012345+9'UNS+S'UNT+5+1'UNE+2+G1'UNZ+1+R1'";
    assert_eq!(
        of_text("syntax-4", text),
        "CONTRL of interchange R1: R\n  UCI+R1+SENDER:14+RECEIVER:14+7'\n  UCF+G1+APP1:ZZ+APP2+4+29+UNE+2'\n  \
         UCM+1+ORDERS:D:96A:UN:EAN008+4+29+UNT+2'\n  UCS+2+13'\n"
    );
}

/// What is refused whole tells what was wrong below it, and of nothing below it that it was taken; of its syntax it says so.
#[test]
fn contrl_of_what_is_refused_whole_tells_what_is_wrong_in_it() {
    let message = |n: u32, quantity: &str| {
        format!(
            "UNH+{n}+ORDERS:D:96A:UN'BGM+220+PO-{n}+9'DTM+137:20260105:102'NAD+BY+A::9'LIN+1++A-101:SA'QTY+21:{quantity}'\
             UNS+S'CNT+2:1'UNT+9+{n}'"
        )
    };
    let mended = |syntax: &str, count: u32| {
        let (good, bad) = (message(1, "5"), message(2, "5x"));
        format!("UNB+{syntax}+SENDER:14+RECEIVER:14+260105:0930+R1'{good}{bad}UNZ+{count}+R1'")
    };
    let told = |text: String| {
        of_text(&text.len().to_string(), &text).lines().skip(1).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        told(mended("UNOC:3", 3)),
        ["UCI+R1+SENDER:14+RECEIVER:14+4+29+UNZ+2'", "UCM+2+ORDERS:D:96A:UN+4'", "UCS+6'", "UCD+37+2:2'"]
    );
    assert_eq!(told(mended("UNOZ:3", 2))[0], "UCI+R1+SENDER:14+RECEIVER:14+7+2+UNB+2:1'");
    assert_eq!(told(mended("UNOC:9", 2))[0], "UCI+R1+SENDER:14+RECEIVER:14+7+2+UNB+2:2'");
}

#[test]
fn a_ta1_names_the_interchange_by_nine_digits() {
    let said = |fixture: &str| told(&acknowledgements(&folder("fixtures/hostile").join(fixture)));
    assert!(said("isa-control-letters.edi").contains("TA1*000000000*260105*0930*E*018~"));
    assert!(said("isa-unpadded.edi").contains("TA1*000000001*"), "{}", said("isa-unpadded.edi"));
}

#[test]
fn a_segment_made_by_hand_is_written_as_ta1() {
    let written = write::ta1(&envelope(), &Segment::plain("TA1", ["000000001", "260105", "0930", "A", "000"]));
    let text = String::from_utf8(written.expect("it can be written")).expect("text");
    assert!(text.ends_with("\nTA1*000000001*260105*0930*A*000~\nIEA*0*000000001~\n"), "{text}");
}
