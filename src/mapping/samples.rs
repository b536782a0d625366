//! Samples: a document beside the message that it gives, or a message beside its document, as a person reviews them.
//!
//! `samples/NAME.in.*` is the input, `NAME.out.*` what was reviewed. An input of JSON is a message, unless the mapping
//! itself is for JSON; there it is one if it is called `NAME.message.in.json`.

use super::{
    Context, Origin, Plan, Reading, Written,
    enclose::{self, Heading},
};
use crate::formats::{
    self,
    fault::Fault,
    letters::Letters,
    piece::{Piece, Set, Standard},
};
use serde_json::{Value, json};

/// A sample's input, by the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The file of what was reviewed.
    pub output: String,
    /// The input is a message, and the output its document.
    pub writes: bool,
}

/// What a file below `samples/` is for a mapping; none if it is no input.
pub fn sample(plan: &Plan, file: &str) -> Option<Sample> {
    let (stem, extension) = file.split_once(".in.")?;
    let writes = extension == "json" && plan.standard() != Standard::Json || stem.ends_with(".message");
    let extension = match plan.standard() {
        _ if !writes => "json",
        Standard::Csv => "csv",
        Standard::Xml => "xml",
        Standard::Json => "json",
        _ => "edi",
    };
    Some(Sample { output: format!("{stem}.out.{extension}"), writes })
}

/// What a document gives: each set's message, where each value came from, what is wrong, what nobody read.
///
/// Errors: a sentence, where the codec refuses the document.
pub fn read(plan: &Plan, bytes: &[u8], context: &Context) -> Result<String, String> {
    let mut told = Vec::new();
    for set in sets(plan, bytes)? {
        if let (false, Some(fault)) = (set.accepted(), set.faults.first()) {
            return Err(format!("the document is faulty at {}: {} {}", fault.place.at, fault.sentence, fault.remedy));
        }
        told.push(readable(plan, &plan.read(&set.tree, context), bytes));
    }
    let whole = if told.len() == 1 { told.remove(0) } else { Value::Array(told) };
    Ok(pretty(&whole))
}

/// What a message gives: its document, or what is wrong.
///
/// Errors: a sentence, where the body is no such message.
pub fn write(plan: &Plan, body: &Value, context: &Context) -> Result<String, String> {
    let messages = together(plan, body);
    if let Some(why) = messages.iter().flat_map(|body| plan.is_no_message(body)).next() {
        return Err(why);
    }
    let faults = match plan.write_together(&messages, context) {
        Ok(written) => match document(plan, &written) {
            Ok(bytes) => return String::from_utf8(bytes).map_err(|_| "the document is no UTF-8".to_owned()),
            Err(fault) => vec![*fault],
        },
        Err(faults) => faults,
    };
    Ok(pretty(&faults.iter().map(|fault| reviewed(plan, fault)).collect()))
}

/// Why a sample is refused or held, if what it gives says so: the first fault.
pub fn refusal(given: &str) -> Option<String> {
    let given: Value = serde_json::from_str(given).ok()?;
    let told = match &given {
        Value::Array(several) => several.iter().collect(),
        one => vec![one],
    };
    let said = |fault: &Value| fault.get(1).and_then(Value::as_str).map(str::to_owned);
    // What was read has its faults beside it; what can't be written is a list of faults.
    told.into_iter().find_map(|one| said(one).or_else(|| said(one.get("faults")?.get(0)?)))
}

/// The messages of one document: a list of them where the mapping writes several into one.
pub fn together<'v>(plan: &Plan, body: &'v Value) -> Vec<&'v Value> {
    match body {
        Value::Array(several) if plan.splits() => several.iter().collect(),
        one => vec![one],
    }
}

/// The sets of a document, as they are read for each message.
///
/// Errors: a sentence, where it can't be read, or holds none.
pub fn sets(plan: &Plan, bytes: &[u8]) -> Result<Vec<Set>, String> {
    let mut sets = Vec::new();
    for piece in formats::read(plan.standard(), bytes, plan.options()) {
        match piece.map_err(|error| error.to_string())? {
            Piece::Set(set) => sets.extend(plan.split(*set)),
            Piece::Fault(fault) => return Err(format!("{} {}", fault.sentence, fault.remedy)),
            _ => {}
        }
    }
    if sets.is_empty() { Err(format!("it holds no set of {}", plan.standard().word())) } else { Ok(sets) }
}

fn readable(plan: &Plan, reading: &Reading, bytes: &[u8]) -> Value {
    let letters = Letters::of(bytes);
    let from = |o: Origin| {
        let text = bytes.get(o.bytes.start as usize..o.bytes.end as usize).unwrap_or_default();
        (o.field.into_owned(), json!(format!("{} = {}", o.at, letters.text(text))))
    };
    let mut value = json!({ "body": reading.body });
    value["from"] = Value::Object(reading.provenance.iter().map(from).collect());
    let faults = reading.missing.iter().map(|m| &m.fault).chain(&reading.faults);
    let told: Vec<_> = faults.map(|fault| reviewed(plan, fault)).collect();
    if !told.is_empty() {
        value["faults"] = told.into();
    }
    if !reading.unread.is_empty() {
        value["unread"] = json!(reading.unread);
    }
    value
}

/// What a fault says, without the folder that the mapping was read from.
fn reviewed(plan: &Plan, fault: &Fault) -> Value {
    let said = |text: &str| {
        let bare =
            |text: String, file: &String| text.replace(file.as_str(), file.rsplit('/').next().unwrap_or_default());
        plan.files().iter().fold(text.replace(" (built in)", ""), bare)
    };
    json!([fault.code, said(&fault.sentence), said(&fault.remedy)])
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A minimal document around what a plan wrote, always the same: who it is from and when is not the mapping's to say.
///
/// Errors: what the document's writer refuses.
pub fn document(plan: &Plan, written: &Written) -> Result<Vec<u8>, Box<Fault>> {
    Ok(enclose::documents(plan, &[written], &Heading::of_samples())?.pop().unwrap_or_default())
}
