//! What a mapping that is being written makes of a sample: faults at their lines, fields with their bytes, what nobody
//! reads.

use crate::{
    canonical::{PartnerId, Tenant},
    emit::lookups::Lookups,
    flow::{Hub, translate::incoming},
    formats::{self, fault::Fault, piece::Piece},
    mapping::{
        Context, Library, Lint, Plan,
        explain::{Line, Made, Unread},
        picture::marked,
    },
    store::StoreError,
};
use maud::{Markup, html};
use std::{borrow::Cow, ops::Range, sync::Arc, time::Instant};

/// Fields that are shown before somebody asks for all of them: an answer at each key is to be quick.
const ROWS: usize = 250;
/// And at most.
const MOST: usize = 20_000;

/// What is tried: the text of the mapping whose file has this path, on a sample.
pub struct Trial {
    pub library: Arc<Library>,
    pub currency: String,
    pub path: String,
    pub text: String,
    pub sample: String,
    /// All fields are to be shown.
    pub all: bool,
    pub tenant: Tenant,
    /// The tenant's own rows of what the mapping looks up.
    pub rows: Lookups,
}

/// Compiles and tries it, beside what else the process does; and once more where the tenant has rows of what it looked up, as
/// documents are read.
pub async fn run(trial: Trial, hub: &Hub, tenant: Tenant) -> Result<Markup, StoreError> {
    let began = Instant::now();
    let (mut result, mut tried) = beside(trial, began).await;
    for _ in 0..incoming::ROUNDS {
        let Some(mut trial) = tried.take() else { break };
        if !incoming::answered(&mut trial.rows, hub, tenant).await? {
            break;
        }
        (result, tried) = beside(trial, began).await;
    }
    Ok(result)
}

async fn beside(trial: Trial, began: Instant) -> (Markup, Option<Trial>) {
    let tried = tokio::task::spawn_blocking(move || (attempt(&trial, began), Some(trial)));
    let failed = || html! { p .alert { "Trying it failed: that is a fault of the hub and stands in its log." } };
    tried.await.unwrap_or_else(|_| (failed(), None))
}

fn attempt(trial: &Trial, began: Instant) -> Markup {
    let Trial { text, sample, .. } = trial;
    match trial.library.attempt(&trial.path, text) {
        Err(wrong) => {
            html! { (verdict(false, &format!("{} in the mapping", counted(wrong.len(), "fault")), began)) (lints(&wrong, text)) }
        }
        Ok(_) if sample.trim().is_empty() => html! {
            (verdict(true, "the mapping has no fault", began)) p .muted { "Paste a document beside it to see what it gives." }
        },
        Ok(plan) => read(&plan, trial, began),
    }
}

fn verdict(good: bool, sentence: &str, began: Instant) -> Markup {
    let took = began.elapsed().as_micros();
    html! {
        p .verdict data-micros=(took) { span .badge .good[good] .bad[!good] { @if good { "Reads" } @else { "Faulty" } } " " (sentence) }
    }
}

fn counted(many: usize, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

fn lints(wrong: &[Lint], text: &str) -> Markup {
    html! { ol .lints { @for one in wrong {
        li data-line=(one.line) {
            button .jump type="button" data-line=(one.line) data-column=(one.column) { (one.line) ":" (one.column) } " " (one.sentence)
            @if let Some(line) = text.lines().nth((one.line as usize).saturating_sub(1)) {
                @let (line, mark) = marked(line, one.column);
                pre { (line) "\n" (mark) }
            }
        }
    } } }
}

fn read(plan: &Plan, trial: &Trial, began: Instant) -> Markup {
    let sample = trial.sample.as_str();
    let bytes = encoded(sample);
    let at = Offsets::new(sample, &bytes);
    let rows = if trial.all { MOST } else { ROWS };
    let partner = plan.claimed().partner.map(|name| PartnerId::named(trial.tenant, &name));
    let context = Context { tenant_currency: &trial.currency, tables: &trial.rows.of(partner) };
    let mut faults: Vec<Fault> = Vec::new();
    let mut parts: Vec<Markup> = Vec::new();
    let mut fields = 0;
    for piece in formats::read(plan.standard(), &*bytes, plan.options()) {
        match piece {
            Ok(Piece::Set(set)) => {
                for message in plan.split(*set) {
                    let new: Vec<Fault> = message.faults.iter().filter(|one| !faults.contains(one)).cloned().collect();
                    faults.extend(new);
                    if !message.accepted() {
                        continue;
                    }
                    let told = plan.explain(&message.tree, &context);
                    faults.extend(told.reading.faults.iter().cloned());
                    faults.extend(told.reading.missing.iter().map(|missing| missing.fault.clone()));
                    fields += told.fields.len();
                    parts.push(
                        html! { (made(&told.fields, rows, plan, &at)) (unread(&told.coverage.unread, plan, &at)) },
                    );
                }
            }
            Ok(Piece::Fault(fault)) => faults.push(fault),
            Ok(Piece::GroupEnd(end)) => faults.extend(end.faults),
            Ok(Piece::InterchangeEnd(end)) => faults.extend(end.faults),
            Ok(_) => {}
            Err(error) => return html! { (verdict(false, &error.to_string(), began)) },
        }
    }
    let good = fields > 0;
    let sentence = match (parts.len(), faults.len()) {
        (0, 0) => format!("the sample holds no set of {}", plan.standard().word()),
        (_, 0) => counted(fields, "field"),
        (_, wrong) => format!("{}, {}", counted(fields, "field"), counted(wrong, "fault")),
    };
    html! {
        (verdict(good, &sentence, began))
        @if !faults.is_empty() { ol .lints { @for fault in &faults {
            li { (span(Some(&place(fault)), None, plan, &at, html! { (fault.place.at) })) " " (fault.code) ": " (fault.sentence) " " (fault.remedy) }
        } } }
        @for part in &parts { (part) }
    }
}

fn unread(unread: &[Unread], plan: &Plan, at: &Offsets) -> Markup {
    html! { @if !unread.is_empty() { h3 { "Nobody reads" } ul .unread { @for one in unread.iter().take(MOST) {
    li { (span(Some(&one.bytes), None, plan, at, html! { code { (one.path) } })) " " (one.value)
        @if one.times > 1 { span .muted { ", " (one.times) " times" } } } } } } }
}

fn place(fault: &Fault) -> Range<u64> {
    fault.place.byte..fault.place.byte + u64::from(fault.place.len)
}

fn made(fields: &[Made], rows: usize, plan: &Plan, at: &Offsets) -> Markup {
    html! { table .made { tbody { @for one in fields.iter().take(rows) {
        tr { td { (span(one.bytes.as_ref(), one.line, plan, at, html! { (one.field) })) }
             td { @match one.value.as_str() { Some(text) => (text), None => (one.value.to_string()) } } }
    } } } @if fields.len() > rows { p { button .more type="button" { "Show all " (fields.len()) } } } }
}

/// A button that leads to the bytes of the sample and to the line of the mapping.
fn span(bytes: Option<&Range<u64>>, line: Option<Line>, plan: &Plan, at: &Offsets, what: Markup) -> Markup {
    let own = plan.files().first().map(String::as_str);
    let line = line.filter(|line| Some(line.file) == own).map(|line| line.line);
    let from = bytes.map(|bytes| at.of(bytes.start));
    let to = bytes.map(|bytes| at.of(bytes.end));
    html! { button .jump type="button" data-from=[from] data-to=[to] data-line=[line] { (what) } }
}

/// A document as text, as a page can show it.
pub fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // UNOC and most of X12: each byte a character.
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The bytes of a sample: EDIFACT of a syntax with a byte a character (UNOB to UNOK) in Latin-1, others in UTF-8.
fn encoded(sample: &str) -> Cow<'_, [u8]> {
    let head = sample.get(..60).unwrap_or(sample);
    let single = sample.starts_with("UN") && !["UNOW", "UNOX", "UNOY"].iter().any(|level| head.contains(level));
    let latin: Option<Vec<u8>> = sample.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    match latin {
        Some(bytes) if single && !sample.is_ascii() => Cow::Owned(bytes),
        _ => Cow::Borrowed(sample.as_bytes()),
    }
}

/// Where bytes stand in a browser's text, which counts UTF-16.
struct Offsets(Option<Vec<u32>>);

impl Offsets {
    fn new(sample: &str, bytes: &[u8]) -> Offsets {
        // A byte a character, and all of them of one unit.
        if sample.is_ascii() || bytes.len() != sample.len() {
            return Offsets(None);
        }
        let mut at = Vec::with_capacity(bytes.len() + 1);
        let mut units = 0u32;
        for c in sample.chars() {
            at.extend(std::iter::repeat_n(units, c.len_utf8()));
            units += c.len_utf16() as u32;
        }
        at.push(units);
        Offsets(Some(at))
    }

    fn of(&self, byte: u64) -> u64 {
        match &self.0 {
            None => byte,
            Some(at) => at.get(byte as usize).or(at.last()).map_or(byte, |unit| u64::from(*unit)),
        }
    }
}
