//! CONTRL: how an EDIFACT interchange was taken, group by group and message by message. ISO 9735-4; syntax 3 and 4.

use super::{AckCode, Counted, SetOutcome};
use crate::{
    codes,
    fault::{Costs, Fault},
    piece::{Group, GroupEnd, Identity, Interchange, InterchangeEnd},
    place::{At, Place},
    standard_codes::in_contrl,
    write::{Element, Segment, Segments},
};

/// 0083: this level and all below it are refused.
const REFUSED: &str = "4";
/// 0083: this level is taken, and what is below it unless it is refused by name.
const TAKEN: &str = "7";
/// 0085: an error that has no code of its own.
const UNSPECIFIED: &str = "18";
/// Below the interchange its syntax version makes no difference.
const ANY: u8 = 3;
/// Segments that 0013 (0135 in syntax 4) may name in UCI, UCF and UCM.
const SERVICE: &[&str] = &["UNA", "UNB", "UNG", "UNH", "UNO", "UNP", "UNT", "UNE", "UNZ", "UNS"];

/// A CONTRL in the making, for one interchange.
#[derive(Debug)]
pub struct Contrl {
    interchange: Interchange,
    /// UCM, UCS and UCD so far; within a group, the group's.
    body: Segments,
    group: Option<OpenGroup>,
    /// The costliest fault outside of messages and groups.
    around: Option<Fault>,
    sets: Counted,
    /// Messages that lack their header: none of them was taken.
    headless: u32,
}

/// A group in the making: what is said in it, and the costliest fault between its messages.
#[derive(Debug)]
struct OpenGroup {
    header: Group,
    body: Segments,
    around: Option<Fault>,
    received: u32,
    accepted: u32,
}

impl Contrl {
    /// For an interchange, at its header. `include_accepted` asks for a UCM for each message instead of the refused only.
    pub fn new(interchange: &Interchange, include_accepted: bool) -> Self {
        Contrl {
            interchange: interchange.clone(),
            body: Segments::default(),
            group: None,
            around: None,
            sets: Counted { include_accepted, ..Counted::default() },
            headless: 0,
        }
    }

    /// The version that the CONTRL is written in: CONTRL belongs to the syntax and not to a directory.
    pub fn version(&self) -> &'static str {
        if self.syntax() >= 4 { "41" } else { "D3" }
    }

    /// The interchange's syntax version, 1 to 4.
    pub fn syntax(&self) -> u8 {
        self.interchange.syntax()
    }

    /// A group begins.
    pub fn group(&mut self, group: &Group) {
        self.close_group(None);
        let header = group.clone();
        self.group = Some(OpenGroup { header, body: Segments::default(), around: None, received: 0, accepted: 0 });
    }

    /// One more message.
    pub fn set(&mut self, set: &SetOutcome) {
        let package = is_package(set) && self.syntax() >= 4;
        self.group.iter_mut().for_each(|group| {
            group.received += 1;
            group.accepted += u32::from(set.accepted);
        });
        let Some(told) = self.sets.set(set) else { return };
        let body = self.group.as_mut().map_or(&mut self.body, |group| &mut group.body);
        let segments = if package { vec![self::package(set, &told)] } else { message(set, &told) };
        segments.iter().for_each(|segment| body.push(segment));
    }

    /// A group ends.
    pub fn group_end(&mut self, end: &GroupEnd) {
        self.close_group(Some(end));
    }

    /// Something between messages.
    pub fn around(&mut self, fault: &Fault) {
        self.sets.with_errors |= fault.costs > Costs::Nothing;
        let around = self.group.as_mut().map_or(&mut self.around, |group| &mut group.around);
        if around.as_ref().is_none_or(|known| fault.costs > known.costs) {
            *around = Some(fault.clone());
        }
    }

    /// The interchange's end: UCI to the last UCD, and what it comes to.
    pub fn finish(mut self, end: &InterchangeEnd) -> (Segments, AckCode) {
        self.close_group(None);
        let faults: Vec<&Fault> = end.faults.iter().chain(&self.around).filter(|f| f.costs > Costs::Nothing).collect();
        let empty = end.headless > 0 && self.sets.received == 0 && self.headless == 0 && self.body.is_empty();
        let refused = empty || faults.iter().any(|fault| fault.costs >= Costs::Interchange);
        if !empty {
            headless(&end.headless_numbers, &mut self.body);
        }
        let lost = self.headless + end.headless;
        let code = match self.sets.accepted {
            _ if refused => AckCode::Rejected,
            0 if self.sets.received > 0 || lost > 0 => AckCode::Rejected,
            n if n < self.sets.received || lost > 0 => AckCode::Partly,
            _ if self.sets.with_errors || !faults.is_empty() => AckCode::WithErrors,
            _ => AckCode::Accepted,
        };
        let mut elements = vec![
            plain(&or(&self.interchange.control, 14, "0")),
            party(&self.interchange.sender),
            party(&self.interchange.receiver),
            plain(if refused { REFUSED } else { TAKEN }),
        ];
        elements.extend(reason(root(&faults), self.syntax()));
        let mut segments = Segments::from(vec![Segment { id: "UCI".into(), elements }]);
        // What is refused as a whole is refused by its UCI: below it only what is wrong is told.
        segments.append(if refused { refusals(&self.body) } else { self.body });
        (segments, code)
    }

    /// UCI alone, of an interchange that is refused for what no fault of the codec's says (0085 `26`, one that came before).
    pub fn refused(interchange: &Interchange, code: &str) -> Segments {
        let parties = [party(&interchange.sender), party(&interchange.receiver)];
        let elements =
            [plain(&or(&interchange.control, 14, "0"))].into_iter().chain(parties).chain([plain(REFUSED), plain(code)]);
        vec![Segment { id: "UCI".into(), elements: elements.collect() }].into()
    }

    fn close_group(&mut self, end: Option<&GroupEnd>) {
        let Some(OpenGroup { header: group, mut body, around, received, accepted }) = self.group.take() else { return };
        let faults = end.map_or(&[][..], |end| &end.faults).iter().chain(&around);
        let faults: Vec<&Fault> = faults.filter(|f| f.costs > Costs::Nothing).collect();
        let (lost, numbers) = end.map_or((0, &[][..]), |end| (end.headless, &end.headless_numbers));
        self.headless += lost;
        let empty = lost > 0 && received == 0;
        let mut own = end.map_or(&[][..], |end| &end.faults).iter();
        let refused = empty || own.any(|fault| fault.costs >= Costs::Set);
        self.sets.with_errors |= !faults.is_empty();
        if refused {
            // None is taken of a group that isn't.
            self.sets.accepted -= accepted;
        }
        if !empty {
            headless(numbers, &mut body);
        }
        if faults.is_empty() && body.is_empty() {
            return;
        }
        let application = |id: &str, qualifier: &str| match shown(qualifier, 4) {
            none if none.is_empty() => plain(&shown(id, 35)),
            qualifier => vec![vec![shown(id, 35), qualifier]],
        };
        let [from, to] = &group.qualifiers;
        let mut elements = vec![
            plain(&shown(&group.control, 14)),
            application(&group.sender, from),
            application(&group.receiver, to),
            plain(if refused { REFUSED } else { TAKEN }),
        ];
        elements.extend(reason(root(&faults), ANY));
        self.body.push(&Segment { id: "UCF".into(), elements });
        self.body.append(if refused { refusals(&body) } else { body });
    }
}

/// Of what is told below a level that is refused: each message that is refused for its own sake, what is wrong in it, and
/// the group that it is in.
fn refusals(told: &Segments) -> Segments {
    let (mut kept, mut group, mut within) = (Segments::default(), None, false);
    for mut segment in told.iter() {
        // 0083 stands third in UCM and fourth in UCF.
        let verdict = |at: usize| segment.elements.get(at).cloned().unwrap_or_default() == plain(REFUSED);
        match &*segment.id {
            "UCF" if verdict(3) => {
                (group, within) = (None, true);
                kept.push(&segment);
            }
            "UCF" => {
                // Its own reason was that it is taken with errors.
                segment.elements.truncate(3);
                segment.elements.push(plain(REFUSED));
                (group, within) = (Some(segment), false);
            }
            "UCM" => {
                within = verdict(2);
                if within {
                    group.take().iter().for_each(|group| kept.push(group));
                    kept.push(&segment);
                }
            }
            _ if within => kept.push(&segment),
            _ => {}
        }
    }
    kept
}

/// UCM of each message without its header: 0083 of the level above takes whatever isn't refused by name. Its trailer names
/// it; what it is, nothing says.
fn headless(numbers: &[Box<str>], into: &mut Segments) {
    for number in numbers {
        let at = At::Segment { ordinal: 1, id: "UNH".into(), element: None, component: None, repeat: 1 };
        let faults = vec![Fault::new(codes::SET_HEADER, Place { byte: 0, len: 0, at }, "UNH is missing.")];
        let [kind, version, agency, association]: [Box<str>; 4] = Default::default();
        let control = number.clone();
        let set = SetOutcome { kind, version, agency, association, control, accepted: false, faults, name: None };
        message(&set, &set.told()).iter().for_each(|segment| into.push(segment));
    }
}

/// UCM of a message, and a UCS for each segment in which something is wrong.
fn message(set: &SetOutcome, told: &[&Fault]) -> Vec<Segment> {
    // 0065, 0052 and 0054 are mandatory: what the sender left out is told as a zero.
    let (version, release) = set.version.split_at(set.version.char_indices().nth(1).map_or(set.version.len(), |c| c.0));
    let identifier = vec![
        or(&set.kind, 6, "0"),
        or(version, 3, "0"),
        or(release, 3, "0"),
        or(&set.agency, 2, "UN"),
        shown(&set.association, 6),
    ];
    let mut elements =
        vec![plain(&or(&set.control, 14, "0")), vec![identifier], plain(if set.accepted { TAKEN } else { REFUSED })];
    // UCM has room for what is wrong with header or trailer; what is wrong elsewhere has its UCS.
    let own = told.iter().find(|fault| is_service(fault, &["UNH", "UNT"])).copied();
    let unplaced = told.iter().find(|fault| !matches!(fault.place.at, At::Segment { .. })).copied();
    elements.extend(match own.or(unplaced) {
        None if !set.accepted && told.is_empty() => vec![plain(UNSPECIFIED)],
        fault => reason(fault, ANY),
    });
    let mut segments = vec![Segment { id: "UCM".into(), elements }];
    let mut last = None;
    for fault in told.iter().filter(|fault| !own.is_some_and(|own| std::ptr::eq(**fault, own))) {
        segment(fault, &mut last, &mut segments);
    }
    segments
}

/// True of a package: an object between UNO and UNP.
fn is_package(set: &SetOutcome) -> bool {
    &*set.kind == "UNO" && set.version.is_empty()
}

/// UCM of a package, which names it by 0800 and S020 instead of 0062 and S009. ISO 9735-4 (syntax 4)
fn package(set: &SetOutcome, told: &[&Fault]) -> Segment {
    let mut elements = vec![vec![], vec![], plain(if set.accepted { TAKEN } else { REFUSED })];
    elements.extend(match root(told) {
        None if !set.accepted => vec![plain(UNSPECIFIED)],
        fault => reason(fault, ANY),
    });
    elements.resize(6, vec![]);
    elements.push(plain(&shown(&set.control, 35)));
    if let Some((qualifier, number)) = set.name.as_ref().and_then(|(_, name)| name.split_once(':')) {
        elements.push(vec![vec![shown(qualifier, 3), shown(number, 35)]]);
    }
    Segment { id: "UCM".into(), elements }
}

/// UCS, and UCD if it is about an element. `last` is the segment that the newest UCS without a code speaks of.
fn segment(fault: &Fault, last: &mut Option<u32>, into: &mut Vec<Segment>) {
    let At::Segment { ordinal, element, .. } = &fault.place.at else { return };
    let code = code(fault, ANY);
    if element.is_none() {
        *last = None;
        // 0096 of what is missing is the segment behind which it was expected.
        let position = if is_missing(fault) { ordinal.saturating_sub(1).max(1) } else { *ordinal };
        into.push(Segment::plain("UCS", [position.to_string().as_str(), code]));
        return;
    }
    if *last != Some(*ordinal) {
        *last = Some(*ordinal);
        into.push(Segment::plain("UCS", [ordinal.to_string()]));
    }
    into.push(Segment { id: "UCD".into(), elements: vec![plain(code), position(fault)] });
}

/// True if the fault's segment isn't there.
fn is_missing(fault: &Fault) -> bool {
    [codes::MISSING_SEGMENT, codes::NO_LOOP_START].contains(&&*fault.code)
}

/// S011: 0098 counts the segment's tag as 1, 0104 the components, 0136 (syntax 4) the repeats.
fn position(fault: &Fault) -> Element {
    let At::Segment { element: Some(element), component, repeat, .. } = &fault.place.at else { return vec![] };
    let mut parts = vec![(u32::from(*element) + 1).to_string()];
    parts.push(component.map_or(String::new(), |component| component.to_string()));
    if *repeat > 1 {
        parts.push(repeat.to_string());
    }
    vec![parts]
}

/// 0085, 0013 and S011 of what is wrong at the level itself.
fn reason(fault: Option<&Fault>, syntax: u8) -> Vec<Element> {
    let Some(fault) = fault else { return vec![] };
    let id = match &fault.place.at {
        At::Segment { id, .. } if SERVICE.contains(&&**id) => &**id,
        _ => return vec![plain(code(fault, syntax))],
    };
    vec![plain(code(fault, syntax)), plain(id), position(fault)]
}

fn code(fault: &Fault, syntax: u8) -> &'static str {
    Some(in_contrl(fault, syntax)).filter(|code| !code.is_empty()).unwrap_or(UNSPECIFIED)
}

/// The costliest fault, and the first of these.
fn root<'a>(faults: &[&'a Fault]) -> Option<&'a Fault> {
    let mut root: Option<&Fault> = None;
    for fault in faults {
        if root.is_none_or(|known| fault.costs > known.costs) {
            root = Some(fault);
        }
    }
    root
}

fn is_service(fault: &Fault, ids: &[&str]) -> bool {
    matches!(&fault.place.at, At::Segment { id, .. } if ids.contains(&&**id))
}

/// A value that any character set holds: what the sender's bytes were is in the fault.
fn shown(value: &str, most: usize) -> String {
    let safe = |c: char| if c.is_ascii_graphic() { c } else { ' ' };
    value.chars().take(most).map(safe).collect::<String>().trim().to_owned()
}

/// A value that must be there: what the sender left out is told as something else.
fn or(value: &str, most: usize, instead: &str) -> String {
    let value = shown(value, most);
    if value.is_empty() { instead.to_owned() } else { value }
}

fn plain(value: &str) -> Element {
    vec![vec![value.to_owned()]]
}

fn party(identity: &Identity) -> Element {
    vec![vec![or(&identity.id, 35, "0"), shown(&identity.qualifier, 4)]]
}
