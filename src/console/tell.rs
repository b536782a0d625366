//! What is late, why, and the one thing to do next: the words of a story.

use super::{layout, session::Session, words};
use crate::{
    flow::letter,
    store::{deliveries::DeliveryRow, messages::MessageRow},
};
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

/// True if operators may map it again or cancel it.
pub fn can_restart(state: &str) -> bool {
    matches!(state, "rejected" | "held" | "dead")
}

/// Why a message is where it is: its cause, else its worst fault.
pub fn why(row: &MessageRow) -> Markup {
    if row.cause.is_some() {
        return words::cause(row.cause.as_ref());
    }
    let worst = letter::why(None, row.faults.as_ref());
    html! { @if let Some(fault) = worst { b { (words::text(fault, "code")) } " " (words::text(fault, "sentence")) } }
}

/// Unfinished past what the sweeper waits, from when it was due, else from when it began.
pub fn is_late(state: &str, began: i64, due: Option<i64>, now: i64, patience: i64) -> bool {
    match state {
        "held" | "dead" => true,
        "pending" | "retrying" | "waiting" => now - due.unwrap_or(began) > patience,
        _ => false,
    }
}

/// What a person should do next about a number, if anything.
pub enum Next<'a> {
    /// Say what a value means: (message, scheme, value).
    Reference(&'a MessageRow, &'a str, &'a str),
    Restart(&'a MessageRow),
    Send(&'a DeliveryRow),
}

/// The most urgent thing: a held reference, then a message that stands in the way, then a delivery.
pub fn next<'a>(
    messages: &'a [MessageRow],
    holds: &'a [(crate::canonical::MessageId, String, String)],
    sent: &'a [DeliveryRow],
    closed: &[Uuid],
) -> Option<Next<'a>> {
    let held = messages.iter().find_map(|m| holds.iter().find(|h| h.0 == m.id).map(|h| Next::Reference(m, &h.1, &h.2)));
    let stuck = || messages.iter().find(|m| can_restart(&m.state) && !closed.contains(&m.id.0)).map(Next::Restart);
    let dead = || sent.iter().find(|d| d.state == "dead").map(Next::Send);
    held.or_else(stuck).or_else(dead)
}

impl Next<'_> {
    /// The button or form, with its reason and, less loud, the way out.
    pub fn show(&self, session: &Session) -> Markup {
        html! {
            section .card .next aria-labelledby="next-title" {
                h2 #next-title { "Next" }
                @match self {
                    Next::Reference(message, scheme, value) => {
                        p { "The partner writes " code { (value) } ", and nobody has said what that means as a " b { (scheme) } ". Say it, and what is held goes on by itself." }
                        (reference(session, message, scheme, value))
                    }
                    Next::Restart(message) => {
                        p { "The " (message.set_kind) " " (message.set_control) " ended: " (why(message)) }
                        p .muted { "When the cause is gone, map it again with what stands now." }
                        (layout::button(session, &format!("/messages/{}/restart", message.id), "Restart", true))
                        @if message.state == "rejected" { details { summary { "or leave it as it is" }
                            (layout::button(session, &format!("/messages/{}/close", message.id), "Review and close", false)) } }
                        details { summary { "or take it out of the way" }
                            (layout::button(session, &format!("/messages/{}/cancel", message.id), "Cancel", false)) }
                    }
                    Next::Send(delivery) => {
                        p { "The " (delivery.kind) " to " b { (delivery.target) } " could not be sent: " (words::cause(delivery.cause.as_ref())) }
                        @match delivery.cause.as_ref().and_then(|cause| cause["remedy"].as_str()) {
                            Some(remedy) => p .muted { (remedy) },
                            None => p .muted { "When " (delivery.target) " works again, send it again under the same id." },
                        }
                        (send_again(session, delivery, true))
                        details { summary { "or give it up" }
                            (layout::button(session, &format!("/deliveries/{}/cancel", delivery.id), "Cancel", false)) }
                    }
                }
                @if !session.may_operate { p .muted { "The key of this session may look and not act." } }
            }
        }
    }
}

/// What is asked where one is sent again: a webhook is neither mapped nor numbered, a document was, once it was written.
pub fn questions(delivery: &DeliveryRow) -> &'static [layout::Question] {
    match delivery.kind.as_str() {
        _ if delivery.name.is_none() || delivery.control.is_none() && delivery.event.is_none() => &[],
        "document" if delivery.event.is_none() => &[layout::NUMBER_AGAIN],
        "document" if delivery.control.is_none() => &[layout::MAP_AGAIN],
        "document" => &[layout::MAP_AGAIN, layout::NUMBER_AGAIN],
        "acknowledgement" => &[layout::NUMBER_AGAIN],
        _ => &[],
    }
}

/// The form that sends one again, which ended.
pub fn send_again(session: &Session, delivery: &DeliveryRow, is_primary: bool) -> Markup {
    let path = format!("/deliveries/{}/replay", delivery.id);
    layout::asking(session, &path, "Send again", is_primary, questions(delivery))
}

/// True if it can be sent again by itself.
pub fn can_send_again(delivery: &DeliveryRow) -> bool {
    matches!(delivery.state.as_str(), "dead" | "delivered" | "cancelled") && delivery.carried_by.is_none()
}

fn reference(session: &Session, message: &MessageRow, scheme: &str, value: &str) -> Markup {
    html! {
        @if session.may_operate {
            form .act method="post" action="/references" {
                input type="hidden" name="csrf" value=(session.csrf);
                input type="hidden" name="message" value=(message.id);
                input type="hidden" name="scheme" value=(scheme);
                input type="hidden" name="value" value=(value);
                input type="text" name="target" placeholder={ "What " (value) " means here" } aria-label={ "What " (value) " means as a " (scheme) } required maxlength="200" spellcheck="false";
                button .primary type="submit" { "Add and go on" }
            }
        }
    }
}

/// What a partner found wrong in a document of ours, in words.
pub fn said(row: &DeliveryRow) -> Vec<&str> {
    let Some(answer) = &row.answer else { return vec![] };
    let mut said = list(answer, "said");
    for set in list(answer, "documents") {
        said.extend(list(set, "said"));
    }
    said.into_iter().filter_map(Value::as_str).collect()
}

/// What an event says, in a few words.
pub fn meaning(kind: &str, data: &Value) -> String {
    let count = |key: &str| data.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    match kind {
        "order.placed" => {
            format!("our number {}; stock reserved for {}", words::text(data, "our_number"), lines(count("reserved")))
        }
        "order.cancelled" => format!("stock released of {}", lines(count("released"))),
        _ if data.get("expectation").is_some() => words::text(data, "sentence").to_owned(),
        kind if kind.starts_with("acknowledgement.") => {
            let (by, interchange) = (words::text(data, "by"), words::text(data, "interchange"));
            format!("{by} says “{}” of interchange {interchange}", words::text(data, "outcome").replace('_', " "))
        }
        _ => words::text(data, "outcome").replace('_', " "),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().collect()
}

fn lines(n: usize) -> String {
    if n == 1 { "1 line".to_owned() } else { format!("{n} lines") }
}

/// What was promised, line by line.
pub fn promises(data: &Value) -> Markup {
    let lines = data.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !lines.is_empty() && data.get("outcome").is_some() {
            div .scroll { table .promise {
                thead { tr { th .num { "Line" } th { "Item" } th { "Promise" } th .num { "Quantity" } th { "By" } th .num { "Price" } } }
                tbody { @for line in lines { tr {
                    td .num { (words::text(line, "number")) }
                    td { code { (items(line)) } }
                    td { (promise(words::text(line, "outcome"))) @if let Some(reason) = line.get("reason") { " " span .muted { (words::text(reason, "sentence")) } } }
                    td .num { (of(line, "quantity", "value")) " " (of(line, "quantity", "unit")) }
                    td { (words::text(line, "promised_on")) }
                    td .num { (of(line, "price", "amount")) }
                } } }
            } }
        }
    }
}

fn of<'a>(line: &'a Value, outer: &str, inner: &str) -> &'a str {
    line.get(outer).map_or("", |v| words::text(v, inner))
}

fn items(line: &Value) -> String {
    let ids = line.get("item").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    ids.iter().map(|id| words::text(id, "id")).collect::<Vec<_>>().join(" ")
}

fn promise(outcome: &str) -> Markup {
    let look = match outcome {
        "accepted" => "good",
        "backordered" | "substituted" | "price_changed" => "wait",
        _ => "bad",
    };
    html! { span .badge .(look) { (outcome.replace('_', " ")) } }
}
