//! `--write`: canonical messages to a document.

use super::{Translate, explained, place};
use crate::{
    cli::{input::Input, out::Out},
    formats::{fault::Fault, piece::Standard, place::At},
    mapping::{
        Context, Plan,
        enclose::{self, Heading},
    },
    store::now,
};
use anyhow::{Context as _, bail};
use serde_json::Value;

/// A message, and what it is called: `message 2`, and its file where there are several.
pub struct Given {
    pub message: Value,
    pub name: String,
}

/// The messages of the files, in their order.
fn given(inputs: Vec<(&str, Input)>) -> anyhow::Result<Vec<Given>> {
    let (mut given, several) = (Vec::new(), inputs.len() > 1);
    for (file, input) in inputs {
        let before = given.len();
        for value in serde_json::Deserializer::from_reader(input.reader()?).into_iter::<Value>() {
            let messages = match value.with_context(|| format!("{file} is no JSON"))? {
                Value::Array(several) => several,
                one => vec![one],
            };
            for message in messages {
                let nth = given.len() + 1;
                let name = if several { format!("message {nth} ({file})") } else { format!("message {nth}") };
                given.push(Given { message, name });
            }
        }
        if given.len() == before {
            bail!("{file} holds no message: there is nothing to write");
        }
    }
    Ok(given)
}

/// Writes the messages of files: the sets of X12 and EDIFACT in one interchange.
pub fn run(
    args: &Translate,
    plan: &Plan,
    context: &Context,
    inputs: Vec<(&str, Input)>,
    out: &mut Out,
) -> anyhow::Result<u8> {
    let messages = given(inputs)?;
    let mut written = Vec::new();
    let mut is_none = Vec::new();
    for Given { message, name } in &messages {
        let wrong = plan.is_no_message(message);
        is_none.push(!wrong.is_empty());
        wrong.iter().for_each(|why| eprintln!("{name}, {why}"));
    }
    let mut faulty = is_none.contains(&true);
    // Where each has a loop of its own, all of them go into one document.
    let together = if plan.splits() { messages.len() } else { 1 };
    let chunks = messages.chunks(together).zip(is_none.chunks(together));
    for (several, _) in chunks.filter(|(_, is_none)| !is_none.contains(&true)) {
        let bodies: Vec<&Value> = several.iter().map(|given| &given.message).collect();
        match plan.write_together(&bodies, context) {
            Ok(one) => {
                note(plan, several, plan.lost(&bodies, &one, context));
                written.push(one);
            }
            Err(faults) => {
                faulty = true;
                faults
                    .iter()
                    .for_each(|fault| eprintln!("{}, {}. {}", whose(fault, several), said(fault), fault.remedy));
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
    if documents.len() > 1 && plan.standard() == Standard::Xml && !args.explain {
        eprintln!(
            "{} messages make {} documents by {}, and XML has nothing that would part them. Write them one by one, or have the \
             mapping make a loop of each (`messages:`)",
            messages.len(),
            documents.len(),
            plan.name()
        );
        return Ok(1);
    }
    let mut sources = messages.iter();
    for document in documents {
        if args.explain {
            explained::document(plan, &document, &mut sources, context, args.json, out)?;
            continue;
        }
        out.bytes(&document)?;
        if plan.standard() == Standard::Json {
            out.line("")?;
        }
    }
    Ok(0)
}

/// Tells what no line writes of the messages of a document, and what of them was only read before and no other line said.
fn note(plan: &Plan, several: &[Given], lost: Vec<Vec<String>>) {
    for (Given { message, name }, lost) in several.iter().zip(lost) {
        for pointer in plan.unwritten(message).into_iter().chain(lost) {
            eprintln!("note: {name}, {pointer}: no line of {} writes it", plan.name());
        }
    }
}

/// Which of the messages of a document a fault is of: where there are several, their pointers begin with the number.
fn whose(fault: &Fault, several: &[Given]) -> String {
    let of = match (&fault.place.at, several) {
        (_, [one]) => return one.name.clone(),
        (At::Node { path }, _) => path.split('/').nth(1).and_then(|nth| nth.parse::<usize>().ok()),
        _ => None,
    };
    of.and_then(|nth| several.get(nth)).map_or_else(|| "messages".to_owned(), |given| given.name.clone())
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
