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
    let mut faulty = false;
    for (n, message) in messages.iter().enumerate() {
        let wrong = plan.is_no_message(message);
        if !wrong.is_empty() {
            faulty = true;
            wrong.iter().for_each(|why| eprintln!("message {}, {why}", n + 1));
            continue;
        }
        match plan.write(message, context) {
            Ok(one) => {
                for pointer in plan.unwritten(message) {
                    eprintln!("note: message {}, {pointer}: no line of {} writes it", n + 1, plan.name());
                }
                written.push(one);
            }
            Err(faults) => {
                faulty = true;
                faults.iter().for_each(|fault| eprintln!("message {}, {}. {}", n + 1, said(fault), fault.remedy));
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
