//! `crossdock story PO123`: a business number's whole life as a tree: what came, what it meant, what was promised, what
//! went out, what is late, what a person can do.

use super::{
    ask::{self, Place, Places, encoded, is_not_found},
    documents::of_tenant,
    out::{Out, instant, reason, text},
};
use crate::flow::letter;
use anyhow::anyhow;
use serde_json::Value;

/// A purchase order's whole life, by its number
///
/// crossdock story PO123
/// crossdock story PO123 --json | jq .late
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Story {
    /// The buyer's number
    number: String,
    /// One JSON object for each tenant that knows it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ask: ask::Flags,
}

/// Tells it, for each tenant that knows the number.
pub async fn run(args: &Story) -> anyhow::Result<u8> {
    let places = Places::open(&args.ask, false).await?;
    let mut out = Out::new();
    let mut told = false;
    for place in &places.all {
        let story = match place.get(&format!("/v1/story/{}", encoded(&args.number))).await {
            Ok(story) => story,
            Err(error) if is_not_found(&error) => continue,
            Err(error) => return Err(error),
        };
        match args.json {
            true => out.json(&of_tenant(place, story))?,
            false => tell(place, &story, &mut out)?,
        }
        told = true;
    }
    out.flush()?;
    if told {
        Ok(0)
    } else {
        Err(anyhow!(
            "nobody sent anything with the number `{}`; `crossdock documents list --find` looks in names",
            args.number
        ))
    }
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Those of a list whose member is this id.
fn of<'a>(list: &'a [Value], key: &'a str, id: &'a str) -> impl Iterator<Item = &'a Value> {
    list.iter().filter(move |item| text(item, key) == id)
}

fn tell(place: &Place, story: &Value, out: &mut Out) -> anyhow::Result<()> {
    let tenant = place.tenant.as_deref().map(|t| format!("  tenant {t}")).unwrap_or_default();
    out.line(format!("{}{}", out.bold(text(story, "number")), out.dim(&tenant)))?;
    let documents = items(story, "documents");
    for (n, document) in documents.iter().enumerate() {
        let mut tree = Tree::new();
        let last = n + 1 == documents.len();
        document_branch(story, document, &mut tree);
        tree.print(out, last)?;
    }
    let (late, next) = (items(story, "late"), items(story, "next"));
    if !late.is_empty() {
        out.line(format!("\n{}", out.bold("Late")))?;
        for thing in late {
            out.line(format!("  since {}  {}", instant(text(thing, "since")), text(thing, "sentence")))?;
        }
    }
    if !next.is_empty() {
        out.line(format!("\n{}", out.bold("Next")))?;
        for action in next {
            out.line(format!("  {}", text(action, "sentence")))?;
            out.line(format!("    {}", command(action, place)))?;
        }
    }
    if late.is_empty() && next.is_empty() {
        out.line("\nNothing is late, and nothing is left to do.")?;
    }
    out.line("")
}

fn document_branch(story: &Value, document: &Value, tree: &mut Tree) {
    let id = text(document, "id");
    tree.add(
        0,
        "document",
        text(document, "called"),
        format!(
            "{}  by {}  {}",
            text(document, "name"),
            text(document, "connection"),
            instant(text(document, "received_at"))
        ),
        id,
    );
    for message in of(items(story, "messages"), "document", id) {
        let what = format!("{} {}", text(message, "set_kind"), text(message, "set_control"));
        let partner = text(message, "partner");
        let from = if partner.is_empty() { String::new() } else { format!("  from {partner}") };
        let worst = letter::why(None, message.get("faults")).map(|fault| text(fault, "sentence").to_owned());
        let why = [reason(&message["cause"]), worst.unwrap_or_default()];
        let why = why.into_iter().find(|w| !w.is_empty()).map(|w| format!("  {w}")).unwrap_or_default();
        tree.add(
            1,
            what.trim(),
            text(message, "state"),
            format!("{}{from}{why}", instant(text(message, "created_at"))).trim().into(),
            text(message, "id"),
        );
        for event in of(items(story, "events"), "message", text(message, "id")) {
            tree.add(2, text(event, "type"), "", meaning(event), "");
            for delivery in of(items(story, "deliveries"), "event", text(event, "id")) {
                branch_of_delivery(3, delivery, tree);
            }
        }
    }
    for delivery in of(items(story, "deliveries"), "document", id).filter(|d| d["event"].is_null()) {
        branch_of_delivery(1, delivery, tree);
    }
}

fn branch_of_delivery(depth: usize, delivery: &Value, tree: &mut Tree) {
    let name =
        if text(delivery, "name").is_empty() { String::new() } else { format!("  as {}", text(delivery, "name")) };
    let tries = match delivery["tries"].as_i64().unwrap_or(0) {
        0 | 1 => String::new(),
        n => format!("  after {n} tries"),
    };
    let why = reason(&delivery["cause"]);
    let why = if why.is_empty() { why } else { format!("  {why}") };
    let taken = match text(delivery, "acknowledged") {
        "" => String::new(),
        taken => format!("  acknowledged: {}", taken.replace('_', " ")),
    };
    let ended = instant(text(delivery, "ended_at"));
    let words = format!("to {}{name}  {ended}{tries}{taken}{why}", text(delivery, "target"));
    tree.add(depth, text(delivery, "kind"), text(delivery, "state"), words.trim_end().into(), text(delivery, "id"));
}

/// What an event says, in a few words.
fn meaning(event: &Value) -> String {
    let data = &event["data"];
    let words = match text(event, "type") {
        "order.placed" => {
            let order = &data["order"];
            format!(
                "{} in {}, placed {}; ours {}",
                lines(items(order, "lines").len()),
                text(order, "currency"),
                text(&order["placed"], "date"),
                text(data, "our_number")
            )
        }
        "order.cancelled" => format!("{} reservations released", items(data, "released").len()),
        // A deadline says its whole sentence.
        _ if !data["expectation"].is_null() => text(data, "sentence").to_owned(),
        kind if kind.starts_with("acknowledgement.") => {
            let outcome = text(data, "outcome").replace('_', " ");
            format!("{} says “{outcome}” of interchange {}", text(data, "by"), text(data, "interchange"))
        }
        _ => format!("{}: {}", text(data, "outcome").replace('_', " "), outcomes(items(data, "lines"))),
    };
    if event["repeats"].is_null() { words } else { format!("{words} (the same answer again)") }
}

fn lines(n: usize) -> String {
    if n == 1 { "1 line".into() } else { format!("{n} lines") }
}

/// `9 accepted, 1 backordered`.
fn outcomes(lines: &[Value]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for line in lines {
        let outcome = text(line, "outcome");
        match counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, n)) => *n += 1,
            None => counts.push((outcome, 1)),
        }
    }
    let words: Vec<String> =
        counts.into_iter().map(|(outcome, n)| format!("{n} {}", outcome.replace('_', " "))).collect();
    words.join(", ")
}

/// The command that does what the API suggests; an unknown path stays what it is.
fn command(action: &Value, place: &Place) -> String {
    let tenant = place.tenant.as_deref().map(|t| format!(" --tenant {t}")).unwrap_or_default();
    let path = text(action, "path");
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    match parts.as_slice() {
        ["references"] => {
            let body = &action["body"];
            format!("crossdock reference add {} {} TARGET{tenant}", text(body, "scheme"), text(body, "value"))
        }
        [things @ ("messages" | "deliveries" | "documents"), id, verb] => {
            format!("crossdock {things} {verb} {id}{tenant}")
        }
        ["documents", id] => format!("crossdock documents show {id}{tenant}"),
        // What is overdue has a list of its own; the rest can be asked for.
        ["expectations?state=overdue"] => format!("crossdock deliveries overdue{tenant}"),
        _ => format!("{} {path}", text(action, "method")),
    }
}

/// Lines with their depth, drawn when all are known.
struct Tree {
    lines: Vec<Branch>,
}

struct Branch {
    depth: usize,
    head: String,
    state: String,
    words: String,
    id: String,
}

impl Tree {
    fn new() -> Tree {
        Tree { lines: Vec::new() }
    }

    fn add(&mut self, depth: usize, head: &str, state: &str, words: String, id: &str) {
        self.lines.push(Branch { depth, head: head.into(), state: state.into(), words, id: id.into() });
    }

    fn print(&self, out: &mut Out, last: bool) -> anyhow::Result<()> {
        for (at, branch) in self.lines.iter().enumerate() {
            let follows =
                |depth: usize| self.lines[at + 1..].iter().take_while(|b| b.depth >= depth).any(|b| b.depth == depth);
            let mut lead = String::new();
            for depth in 0..branch.depth {
                lead.push_str(if depth == 0 && last || depth > 0 && !follows(depth) { "   " } else { "│  " });
            }
            let ends = if branch.depth == 0 { last } else { !follows(branch.depth) };
            lead.push_str(if ends { "└─ " } else { "├─ " });
            let state = if branch.state.is_empty() { String::new() } else { format!("  {}", out.state(&branch.state)) };
            let id = if branch.id.is_empty() { String::new() } else { format!("  {}", branch.id) };
            out.line(format!("{}{}{state}  {}{}", out.dim(&lead), out.bold(&branch.head), branch.words, out.dim(&id)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_of_event_has_words() {
        let said = |kind: &str, data: Value| meaning(&json!({"type": kind, "data": data}));
        let late = json!({"expectation": "1", "sentence": "northwind's acknowledgement is overdue"});
        for kind in ["acknowledgement.due_soon", "acknowledgement.overdue", "answer.due_soon"] {
            assert_eq!(said(kind, late.clone()), "northwind's acknowledgement is overdue");
        }
        let taken = json!({"outcome": "accepted_with_errors", "by": "997", "interchange": "000000007"});
        let words = "997 says “accepted with errors” of interchange 000000007";
        assert_eq!(said("acknowledgement.received", taken), words);
        let confirmed = json!({"outcome": "accepted", "lines": [{"outcome": "accepted"}, {"outcome": "backordered"}]});
        assert_eq!(said("order.confirmed", confirmed), "accepted: 1 accepted, 1 backordered");
    }
}
