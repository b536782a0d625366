//! Each fault of the fixtures says all that it must: interchange, group, set, segment, element, byte, found, expected, and
//! the standard's code; and what is answered to it says the same of the same place.

use crate::{
    acks::{Said, acknowledgements, fixtures, segments},
    named, options,
};
use crossdock_formats::{
    ack::SetOutcome,
    codes::{X12Code, row},
    fault::{Costs, Fault},
    lossless::{Item, Reader},
    piece::Standard,
    place::At,
    report::{self, Report},
};
use serde_json::Value;
use std::{collections::HashMap, fs, ops::Range, path::Path};

/// What a kind of fault is about; what it is not about it can't name.
#[derive(Debug, PartialEq)]
enum About {
    /// Bytes that are no segment's: an empty file, no document, text between interchanges.
    File,
    /// A segment as a whole, or one that is missing: no element of it is to blame.
    Segment,
    Element,
}

/// The faults of X12 and EDIFACT, by what they are about.
fn about(code: &str) -> About {
    match code {
        "E0001" | "E0002" | "E0003" => About::File,
        // The set's length, its last terminator, a header that can't be cut into elements or whose length is
        // wrong, lines, delimiters.
        "E0006" | "E0007" | "E0101" | "E0102" | "E0118" | "E0128" => About::Segment,
        // Trailers that are missing.
        "E0104" | "E0105" | "E0106" => About::Segment,
        // Segments where none should be.
        "E0113" | "E0115" => About::Segment,
        _ if code.starts_with("E02") => About::Segment,
        _ => About::Element,
    }
}

/// Segments of a document in order, as the plain reader of `lossless` cuts them: where each stands, and its id.
fn cut(bytes: &[u8]) -> Vec<(Range<u64>, String)> {
    let items: Vec<Item> = Reader::new(bytes).map(|item| item.expect("memory can be read")).collect();
    let start = |item: &Item| match item {
        Item::Begin(begin) => begin.byte,
        Item::Segment(segment) => segment.byte,
        Item::Text(text) => text.byte,
    };
    let ends = items.iter().skip(1).map(start).chain([bytes.len() as u64]);
    let id = |item: &Item| match item {
        Item::Segment(segment) => Some(String::from_utf8_lossy(segment.id()).into_owned()),
        _ => None,
    };
    items.iter().zip(ends).filter_map(|(item, end)| Some((start(item)..end, id(item)?))).collect()
}

/// A fault, and the envelopes that it stands in by their control numbers.
struct Told<'a> {
    fault: &'a Fault,
    interchange: &'a str,
    group: &'a str,
    /// None around the sets.
    set: Option<&'a str>,
}

fn told(report: &Report) -> Vec<Told<'_>> {
    let sets = report.sets.iter().flat_map(|set| {
        let (interchange, group, control) = (&*set.interchange_control, &*set.group_control, &*set.control);
        set.faults.iter().map(move |fault| Told { fault, interchange, group, set: Some(control) })
    });
    let around = report.faults.iter().map(|around| {
        let (interchange, group) = (&*around.interchange_control, &*around.group_control);
        Told { fault: &around.fault, interchange, group, set: None }
    });
    sets.chain(around).collect()
}

/// What a fault lacks, or says wrongly.
fn lacks(told: &Told, bytes: &[u8], edifact: bool) -> Vec<String> {
    let Fault { code, place, found, expected, sentence, remedy, costs, .. } = told.fault;
    let mut lacks = Vec::new();
    let mut must = |true_: bool, what: &str| {
        if !true_ {
            lacks.push(format!("{code} at byte {} ({}): {what}", place.byte, place.at));
        }
    };
    must(!expected.is_empty(), "expected");
    must(!sentence.is_empty() && !remedy.is_empty(), "sentence and remedy");
    // Found is empty where something is missing, and there only.
    must(!found.is_empty() || place.len == 0, "found");
    must(place.byte + u64::from(place.len) <= bytes.len() as u64, "a place within the document");
    let row = row(code).expect("its row");
    let standard = if edifact { !row.edifact.is_empty() } else { row.x12 != X12Code::None };
    // A note costs nothing, and no acknowledgement speaks of it; nor of what is in no interchange.
    must(standard || *costs == Costs::Nothing || about(code) == About::File, "the standard's code");
    match (&place.at, about(code)) {
        (At::Node { .. }, About::File) => return lacks,
        (At::Segment { ordinal, id, element, .. }, about) => {
            must(about != About::File, "no segment");
            must(*ordinal > 0, "the segment's ordinal");
            must(!id.is_empty() || matches!(&**code, "E0208" | "E0201"), "the segment's id");
            must(element.is_some() == (about == About::Element), "the element, where it is about one");
        }
        _ => must(false, "the segment"),
    }
    // Of a header that can't be read, or that has none, nobody knows the number.
    let reference = matches!(&place.at, At::Segment { id, element: Some(5), .. } if &**id == "UNB" && found.is_empty());
    must(!told.interchange.is_empty() || &**code == "E0101" || reference, "the interchange");
    let of_group = matches!(&**code, "E0105" | "E0109" | "E0110");
    must(!of_group || !told.group.is_empty(), "the group");
    // EDIFACT may do without groups; E0115 is X12's set without one, and TA1 speaks of an interchange.
    let is_ta1 = matches!(&place.at, At::Segment { id, .. } if &**id == "TA1");
    let groupless = edifact || &**code == "E0115" || is_ta1;
    must(told.set.is_none() || groupless || !told.group.is_empty(), "the set's group");
    // E0114: the header has no number to name it by.
    must(told.set.is_none_or(|set| !set.is_empty()) || &**code == "E0114", "the set");
    lacks
}

#[test]
fn each_fault_names_where_it_is_what_was_found_and_what_should_be() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in fixtures() {
        let bytes = fs::read(&path).expect("a fixture");
        let report = report::check("x", named(&path), &bytes[..], options(&path)).expect("memory can be read");
        let edifact = report.standard == Some(Standard::Edifact);
        for told in told(&report) {
            seen += 1;
            let lacks = match report.standard {
                Some(Standard::X12 | Standard::Edifact) => lacks(&told, &bytes, edifact),
                // Rows and nodes have no envelope and no code of a standard; what they must say is the rest.
                _ if told.fault.expected.is_empty() => vec![format!("{}: expected", told.fault.code)],
                _ if told.fault.found.is_empty() && told.fault.place.len > 0 => {
                    vec![format!("{}: found", told.fault.code)]
                }
                _ => vec![],
            };
            wrong.extend(lacks.into_iter().map(|lacks| format!("{}: {lacks}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "lack what they must name:\n{}", wrong.join("\n"));
    assert!(seen > 100, "{seen} faults were looked at");
}

/// Ordinals count every segment of the set, or of the document for what stands around sets: another reader that counts
/// comes to the same place.
#[test]
fn another_reader_finds_the_segment_that_a_fault_names() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in fixtures() {
        let bytes = fs::read(&path).expect("a fixture");
        let all = cut(&bytes);
        let report = report::check("x", named(&path), &bytes[..], options(&path)).expect("memory can be read");
        if !matches!(report.standard, Some(Standard::X12 | Standard::Edifact)) || is_cut_otherwise(&path) {
            continue;
        }
        for told in told(&report) {
            let At::Segment { ordinal, id, .. } = &told.fault.place.at else { continue };
            let byte = told.fault.place.byte;
            let within = match told.set {
                // The set's header is the last before the fault.
                Some(_) => all
                    .iter()
                    .rposition(|(span, id)| span.start <= byte && matches!(&**id, "ST" | "UNH" | "UNO" | "TA1")),
                None => Some(0),
            };
            let at = within.map(|first| first + *ordinal as usize - 1);
            let missing = matches!(&*told.fault.code, "E0104" | "E0105" | "E0106" | "E0203" | "E0206");
            let right = match at.and_then(|at| all.get(at)) {
                // In front of that segment, and behind the one before it.
                Some((span, _)) if missing => byte <= span.start && at.is_some_and(|at| byte > all[at - 1].0.start),
                Some((span, there)) => (span.start..=span.end).contains(&byte) && *there == **id,
                // Behind the last one.
                None => missing && byte == bytes.len() as u64,
            };
            seen += 1;
            if !right {
                wrong.push(format!(
                    "{}: {} {id} is said to be segment {ordinal}, byte {byte}",
                    path.display(),
                    told.fault.code
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 80, "{seen} places were looked at");
}

/// The plain reader knows no lengths of binary data, takes no folded lines apart, counts no UNA, and gives no segments
/// without a header.
fn is_cut_otherwise(path: &Path) -> bool {
    let name = path.file_name().expect("a name").to_string_lossy();
    let una = ["una-short", "una-same", "una-release", "una-repetition", "una-point"];
    let others = ["binary", "package", "folded", "truncated"];
    others.iter().chain(&una).any(|word| name.contains(word))
}

/// One thing that an acknowledgement says of a set: segment (id, ordinal), element, component, repeat, code.
type Line = (String, u32, Option<u32>, Option<u32>, Option<u32>, String);

/// What `check --json` names as the standards' codes of each fault of a fixture, by its own code and its byte.
struct Named(HashMap<(String, u64), (String, String)>);

impl Named {
    fn of(path: &Path) -> Named {
        let bytes = fs::read(path).expect("a fixture");
        let report = report::check("x", named(path), &bytes[..], options(path)).expect("memory can be read");
        let json: Value = serde_json::from_str(&report::json(&report)).expect("a report is JSON");
        let sets = json["sets"].as_array().expect("sets").iter().flat_map(|set| set["faults"].as_array());
        let faults = sets.chain(json["faults"].as_array()).flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |fault: &Value| {
            let key = (text(&fault["code"]), fault["byte"].as_u64().expect("a byte"));
            (key, (text(&fault["x12"]), text(&fault["edifact"])))
        };
        Named(faults.map(one).collect())
    }

    /// The code that an element says (`AK403`, `TA105`).
    fn x12(&self, fault: &Fault, element: &str) -> Option<String> {
        let (x12, _) = self.0.get(&(fault.code.to_string(), fault.place.byte))?;
        let part = x12.split(", ").find(|part| part.contains(element))?;
        part.split_once(" = ").map(|(_, code)| code.to_owned())
    }

    /// 0085.
    fn edifact(&self, fault: &Fault) -> Option<String> {
        let (_, edifact) = self.0.get(&(fault.code.to_string(), fault.place.byte))?;
        (!edifact.is_empty()).then(|| edifact.clone())
    }
}

/// What the 997 or 999 must say of a set's faults, in their order.
fn expected_of_functional(said: &Said, set: &SetOutcome, named: &Named) -> Vec<Line> {
    let by = if said.title.starts_with("999") { ["IK304", "IK403"] } else { ["AK304", "AK403"] };
    let late = &*said.version >= "005010" || by[0] == "IK304";
    let lines = set.faults.iter().filter(|fault| fault.costs > Costs::Nothing).filter_map(|fault| {
        let At::Segment { ordinal, id, element, component, repeat } = &fault.place.at else { return None };
        // AK301 must be there: of a segment that has no id only AK5 speaks.
        let id = Some(id.chars().take(3).collect::<String>()).filter(|id| !id.is_empty())?;
        match by.map(|element| named.x12(fault, element)) {
            [Some(code), _] => Some((id, *ordinal, None, None, None, code)),
            [_, Some(code)] => {
                let repeat = Some(u32::from(*repeat)).filter(|repeat| late && *repeat > 1);
                Some((id, *ordinal, element.map(u32::from), component.map(u32::from), repeat, code))
            }
            _ => None,
        }
    });
    lines.collect()
}

fn number(text: Option<&str>) -> Option<u32> {
    text.and_then(|text| text.parse().ok())
}

/// What a 997 or 999 says of one set (an AK2 loop): places, and AK5's codes.
type OfSet = (Vec<Line>, Vec<String>);

/// What a 997 or 999 says, set by set; and AK9's codes.
fn read_functional(bytes: &[u8]) -> (Vec<OfSet>, Vec<String>) {
    let (mut sets, mut group, mut at): (Vec<OfSet>, _, _) = (vec![], vec![], (String::new(), 0));
    for segment in segments(bytes, '*', "~") {
        let part = |n: usize| segment.get(n).cloned().unwrap_or_default();
        match segment[0].as_str() {
            "AK2" => sets.push((vec![], vec![])),
            "AK3" | "IK3" => {
                at = (part(1), number(Some(&part(2))).expect("a position"));
                if part(4) != "8" {
                    sets.last_mut().expect("AK2").0.push((at.0.clone(), at.1, None, None, None, part(4)));
                }
            }
            "AK4" | "IK4" => {
                let position = part(1);
                let mut parts = position.split('>');
                let [element, component, repeat] = [(); 3].map(|()| number(parts.next()));
                sets.last_mut().expect("AK2").0.push((at.0.clone(), at.1, element, component, repeat, part(3)));
            }
            "AK5" | "IK5" => sets.last_mut().expect("AK2").1 = segment[2..].to_vec(),
            "AK9" => group = segment[5..].to_vec(),
            _ => {}
        }
    }
    (sets, group)
}

/// Codes of faults that cost something, at one level.
fn codes_of<'a>(faults: &'a [Fault], level: fn(X12Code) -> Option<&'static str>) -> impl Iterator<Item = String> + 'a {
    let costly = faults.iter().filter(|fault| fault.costs > Costs::Nothing);
    costly.filter_map(move |fault| level(row(&fault.code).expect("its row").x12)).map(str::to_owned)
}

#[test]
fn the_997_and_the_999_say_each_fault_at_its_place() {
    let mut seen = 0;
    for path in fixtures() {
        let named = Named::of(&path);
        for said in acknowledgements(&path).iter().filter(|said| said.title.starts_with("99")) {
            let (sets, group) = read_functional(&said.bytes);
            let context = format!("{}: {}\n{}", path.display(), said.title, String::from_utf8_lossy(&said.bytes));
            assert_eq!(sets.len(), said.outcomes.len(), "{context}");
            for ((lines, reasons), set) in sets.iter().zip(&said.outcomes) {
                assert_eq!(*lines, expected_of_functional(said, set, &named), "{context}");
                seen += lines.len();
                for code in codes_of(&set.faults, |code| if let X12Code::Set(code) = code { Some(code) } else { None })
                {
                    // Of a header that can't be read, 6 is the kind's and 7 the number's.
                    assert!(
                        reasons.contains(&code) || code == "6" && reasons.contains(&"7".to_owned()),
                        "{code}: {context}"
                    );
                    seen += 1;
                }
            }
            for code in codes_of(&said.groups, |code| if let X12Code::Group(code) = code { Some(code) } else { None }) {
                assert!(group.contains(&code), "{code}: {context}");
                seen += 1;
            }
        }
    }
    assert!(seen > 80, "{seen} things were compared");
}

/// A TA1 has room for one reason and for no place (X12.5, segment TA1): the costliest fault's, the first of these.
#[test]
fn the_ta1_says_the_costliest_fault() {
    let mut seen = 0;
    for path in fixtures() {
        let named = Named::of(&path);
        for said in acknowledgements(&path).iter().filter(|said| said.title.starts_with("TA1")) {
            let interchange = |code| if let X12Code::Interchange(code) = code { Some(code) } else { None };
            let told: Vec<&Fault> = (said.around.iter())
                .filter(|fault| {
                    fault.costs > Costs::Nothing && interchange(row(&fault.code).expect("its row").x12).is_some()
                })
                .collect();
            let most = told.iter().map(|fault| fault.costs).max();
            let root = told.iter().find(|fault| Some(fault.costs) == most);
            // What people aren't told again, that the document is cut, has no other code than its row's.
            let of_row = |fault: &Fault| interchange(row(&fault.code).expect("its row").x12).map(str::to_owned);
            let expected = root.and_then(|fault| named.x12(fault, "TA105").or_else(|| of_row(fault)));
            let expected = expected.unwrap_or_else(|| "000".to_owned());
            let ta1 = segments(&said.bytes, '*', "~").into_iter().find(|segment| segment[0] == "TA1").expect("a TA1");
            assert_eq!(ta1[5], expected, "{}", path.display());
            seen += told.len();
        }
    }
    assert!(seen > 6, "{seen} faults were compared");
}

/// What a CONTRL says of one message: UCM's own fault, UCS and UCD.
type OfMessage = (Vec<String>, Vec<Position>);
/// One UCS or UCD: segment ordinal, code, element (0098), component.
/// Headers and trailers of messages and packages.
const OF_SETS: [&str; 4] = ["UNH", "UNT", "UNO", "UNP"];

type Position = (u32, String, Option<u32>, Option<u32>);

fn expected_of_contrl(set: &SetOutcome, named: &Named) -> Vec<Position> {
    let costly = set.faults.iter().filter(|fault| fault.costs > Costs::Nothing);
    // UCM has room for one fault of header or trailer: the first.
    let own = costly.clone().find(|fault| service(fault).is_some_and(|id| OF_SETS.contains(&id)));
    let rest = costly.filter(|fault| own.is_none_or(|own| !std::ptr::eq(own, *fault)));
    let lines = rest.filter_map(|fault| {
        let At::Segment { ordinal, element, component, .. } = &fault.place.at else { return None };
        // 0096 of what is missing is the segment behind which it was expected. ISO 9735-4 §5, UCS
        let behind = matches!(&*fault.code, "E0203" | "E0206");
        let ordinal = if behind { ordinal - 1 } else { *ordinal };
        Some((
            ordinal,
            contrl_code(fault, named),
            element.map(|element| u32::from(element) + 1),
            component.map(u32::from),
        ))
    });
    lines.collect()
}

fn contrl_code(fault: &Fault, named: &Named) -> String {
    let of_row = row(&fault.code).expect("its row").edifact;
    named.edifact(fault).unwrap_or_else(|| if of_row.is_empty() { "18" } else { of_row }.to_owned())
}

/// The service segment that a fault stands in.
fn service(fault: &Fault) -> Option<&str> {
    match &fault.place.at {
        At::Segment { id, .. } if id.starts_with("UN") => Some(id),
        _ => None,
    }
}

/// `code+tag+position` of UCI, UCF or UCM, as it must stand for a fault.
fn level(fault: &Fault, named: &Named) -> Vec<String> {
    let mut said = vec![contrl_code(fault, named)];
    let At::Segment { element, component, .. } = &fault.place.at else { return said };
    let Some(id) = service(fault) else { return said };
    said.push(id.to_owned());
    if let Some(element) = element {
        let component = component.map_or(String::new(), |component| format!(":{component}"));
        said.push(format!("{}{component}", element + 1));
    }
    said
}

/// The costliest, and the first of these.
fn root<'a>(faults: impl Iterator<Item = &'a Fault> + Clone) -> Option<&'a Fault> {
    let costly = faults.filter(|fault| fault.costs > Costs::Nothing);
    let most = costly.clone().map(|fault| fault.costs).max()?;
    costly.into_iter().find(|fault| fault.costs == most)
}

#[test]
fn contrl_says_each_fault_at_its_place() {
    let mut seen = 0;
    for path in fixtures() {
        let named = Named::of(&path);
        let level = |fault| level(fault, &named);
        for said in acknowledgements(&path).iter().filter(|said| said.title.starts_with("CONTRL")) {
            let context = format!("{}: {}\n{}", path.display(), said.title, String::from_utf8_lossy(&said.bytes));
            let (mut messages, mut at): (Vec<OfMessage>, u32) = (vec![], 0);
            for segment in segments(&said.bytes, '+', "'") {
                match segment[0].as_str() {
                    "UCI" => {
                        let around = root(said.around.iter());
                        assert_eq!(segment[5..], around.map(level).unwrap_or_default(), "{context}");
                        seen += usize::from(around.is_some());
                        // Refused as a whole: nothing below it is told. ISO 9735-4 §4.2
                        if segment[4] == "4" {
                            messages.clear();
                        }
                    }
                    "UCF" => {
                        let group = root(said.groups.iter());
                        assert_eq!(segment[5..], group.map(level).unwrap_or_default(), "{context}");
                        seen += usize::from(group.is_some());
                    }
                    // Of a package 0800 and S020 follow what is wrong with it.
                    "UCM" if segment[1].is_empty() => {
                        let own = segment[4..7].iter().filter(|part| !part.is_empty()).cloned();
                        messages.push((own.collect(), vec![]));
                    }
                    "UCM" => messages.push((segment[4..].to_vec(), vec![])),
                    "UCS" => {
                        at = number(segment.get(1).map(String::as_str)).expect("a position");
                        if let Some(code) = segment.get(2) {
                            messages.last_mut().expect("UCM").1.push((at, code.clone(), None, None));
                        }
                    }
                    "UCD" => {
                        let mut parts = segment[2].split(':');
                        let [element, component] = [(); 2].map(|()| number(parts.next()));
                        messages.last_mut().expect("UCM").1.push((at, segment[1].clone(), element, component));
                    }
                    _ => {}
                }
            }
            let refused =
                segments(&said.bytes, '+', "'").iter().any(|s| matches!(&*s[0], "UCI" | "UCF") && s[4] == "4");
            assert!(refused || messages.len() == said.outcomes.len(), "{context}");
            for ((own, lines), set) in messages.iter().zip(&said.outcomes) {
                assert_eq!(*lines, expected_of_contrl(set, &named), "{context}");
                let header = set.faults.iter().filter(|fault| fault.costs > Costs::Nothing);
                let header = header.into_iter().find(|fault| service(fault).is_some_and(|id| OF_SETS.contains(&id)));
                assert_eq!(*own, header.map(level).unwrap_or_default(), "{context}");
                seen += lines.len() + usize::from(header.is_some());
            }
        }
    }
    assert!(seen > 10, "{seen} things were compared");
}
