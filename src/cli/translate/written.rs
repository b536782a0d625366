//! `--write`: canonical messages to a document.

use super::{Translate, explained, place};
use crate::{
    cli::{input::Input, out::Out},
    formats::fault::Fault,
    mapping::{
        Context, Plan,
        enclose::{self, Heading},
    },
    store::now,
};
use anyhow::{Context as _, bail};
use serde_json::Value;

/// Writes the messages of a file: the sets of X12 and EDIFACT in one interchange.
pub fn run(args: &Translate, plan: &Plan, context: &Context, input: Input, out: &mut Out) -> anyhow::Result<u8> {
    let mut messages = Vec::new();
    for value in serde_json::Deserializer::from_reader(input.reader()?).into_iter::<Value>() {
        match value.with_context(|| format!("{} is no JSON", args.file))? {
            Value::Array(several) => messages.extend(several),
            one => messages.push(one),
        }
    }
    if messages.is_empty() {
        bail!("{} holds no message: there is nothing to write", args.file);
    }
    let mut written = Vec::new();
    let mut is_none = Vec::new();
    for (n, message) in (1..).zip(&messages) {
        let wrong = plan.is_no_message(message);
        is_none.push(!wrong.is_empty());
        wrong.iter().for_each(|why| eprintln!("message {n}, {why}"));
    }
    let mut faulty = is_none.contains(&true);
    // Where each has a loop of its own, all of them go into one document.
    let together = if plan.splits() { messages.len() } else { 1 };
    let chunks = messages.chunks(together).zip(is_none.chunks(together)).enumerate();
    for (nth, (several, _)) in chunks.filter(|(_, (_, is_none))| !is_none.contains(&true)) {
        let several: Vec<&Value> = several.iter().collect();
        match plan.write_together(&several, context) {
            Ok(one) => written.push(one),
            Err(faults) => {
                faulty = true;
                let which = if together > 1 { "messages".to_owned() } else { format!("message {}", nth + 1) };
                faults.iter().for_each(|fault| eprintln!("{which}, {}. {}", said(fault), fault.remedy));
                continue;
            }
        }
        for (n, message) in (nth * together + 1..).zip(several) {
            for pointer in plan.unwritten(message) {
                eprintln!("note: message {n}, {pointer}: no line of {} writes it", plan.name());
            }
        }
    }
    if faulty {
        return Ok(1);
    }
    let documents = match enclose::documents(plan, &written.iter().collect::<Vec<_>>(), &heading(args)) {
        Ok(documents) => documents,
        Err(fault) => {
            eprintln!("{} {}", said(&fault), fault.remedy);
            return Ok(1);
        }
    };
    let mut sources = messages.iter();
    for document in documents {
        if args.explain {
            explained::document(plan, &document, &mut sources, context, args.json, out)?;
            continue;
        }
        out.bytes(&document)?;
        if plan.standard() == crate::formats::piece::Standard::Json {
            out.line("")?;
        }
    }
    Ok(0)
}

fn said(fault: &Fault) -> String {
    format!("{}: {} {}", place(fault), fault.code, fault.sentence)
}

fn heading(args: &Translate) -> Heading {
    let (date, time) = now().envelope();
    Heading {
        sender: args.sender.clone(),
        receiver: args.receiver.clone(),
        date,
        time,
        syntax: ("UNOC".into(), 3),
        test: true,
        replacement: None,
    }
}
