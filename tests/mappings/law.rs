//! The law: for every mapping that is not one way, write(read(document)) reads back to the same message. The documents
//! are random: a random message is written, and what can be written is the document that the law is tried on.

use super::{
    documents::{context, document, library, reread, sets, typed, written_back},
    random,
};
use crossdock::{formats::piece::Set, mapping::Plan};
use proptest::{option, prelude::*, sample::select, test_runner::TestRunner};
use serde_json::{Map, Value, json};

/// Letters that each format has to escape, and some that need more than a byte.
fn text(most: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[A-Za-z0-9&<>\"',;?+:*~^/. é-]{{0,{}}}[A-Za-z0-9]", most - 1)).unwrap()
}

fn code() -> impl Strategy<Value = String> {
    "[A-Z0-9-]{0,18}[A-Z0-9]"
}

fn date() -> impl Strategy<Value = String> {
    (1971i32..2069, 1u32..13, 1u32..29).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn currency() -> impl Strategy<Value = String> {
    select(&["USD", "EUR", "GBP", "PLN", "JPY"][..]).prop_map(str::to_owned)
}

fn decimal() -> impl Strategy<Value = String> {
    (0i64..10_000_000, 0u32..5).prop_map(|(value, scale)| rust_decimal::Decimal::new(value, scale).to_string())
}

fn refs(schemes: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let one = (select(schemes), code()).prop_map(|(scheme, id)| json!({ "scheme": scheme, "id": id }));
    proptest::collection::vec(one, 0..4).prop_map(Value::from)
}

/// An object of the members that are there.
fn object(members: Vec<(&str, Option<Value>)>) -> Value {
    Value::Object(
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>(),
    )
}

fn some(strategy: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<Value>> {
    option::of(strategy.prop_map(Value::from)).boxed()
}

fn party() -> impl Strategy<Value = Value> {
    let refs = refs(&["gln", "duns", "buyer", "seller", "id", "x12:12", "edifact:5"]);
    let address = (some(text(30)), some(text(20)), some("[A-Z]{2}"), some("[0-9]{5}"), some("[A-Z]{2}")).prop_map(
        |(s, c, r, p, k)| object(vec![("street", s), ("city", c), ("region", r), ("postcode", p), ("country", k)]),
    );
    (refs, some(text(34)), option::of(address))
        .prop_map(|(refs, name, address)| object(vec![("refs", Some(refs)), ("name", name), ("address", address)]))
}

fn quantity() -> impl Strategy<Value = Value> {
    (decimal(), select(&["EA", "EA", "EA", "KGM", "LTR", "XYZ"][..5]))
        .prop_map(|(v, u)| json!({ "value": v, "unit": u }))
}

fn price() -> impl Strategy<Value = Value> {
    (decimal(), select(&["1", "100", "1000"][..])).prop_map(|(amount, per)| json!({ "amount": amount, "per": per }))
}

fn items() -> impl Strategy<Value = Value> {
    refs(&["sku", "gtin", "buyer", "mpn", "x12:ZZ"])
}

fn order_line() -> impl Strategy<Value = Value> {
    ("[1-9][0-9]{0,4}", items(), some(text(34)), quantity(), option::of(price()), some(date())).prop_map(
        |(n, i, d, q, p, r)| {
            let members =
                vec![("number", Some(n.into())), ("item", Some(i)), ("description", d), ("quantity", Some(q))];
            object(members.into_iter().chain([("price", p), ("requested_on", r)]).collect())
        },
    )
}

fn order() -> impl Strategy<Value = Value> {
    let head = (code(), select(&["original", "original", "change", "cancel"][..]), date(), currency());
    let parties = (party(), option::of(party()), option::of(party()));
    let lines = proptest::collection::vec(order_line(), 0..5);
    let notes = proptest::collection::vec(text(60), 0..3);
    (head, parties, some(date()), some(date()), notes, lines, option::of(decimal())).prop_map(
        |((number, purpose, date, currency), (sold_to, ship_to, bill_to), requested, cancel, notes, lines, amount)| {
            object(vec![
                ("number", Some(number.into())),
                ("purpose", Some(purpose.into())),
                ("placed", Some(json!({ "date": date }))),
                ("currency", Some(currency.into())),
                ("sold_to", Some(sold_to)),
                ("ship_to", ship_to),
                ("bill_to", bill_to),
                ("requested_on", requested),
                ("cancel_after", cancel),
                ("notes", Some(notes.into())),
                ("totals", amount.map(|a| json!({ "lines": lines.len(), "amount": a }))),
                ("lines", Some(lines.into())),
            ])
        },
    )
}

fn response_line() -> impl Strategy<Value = Value> {
    let outcome = select(&["accepted", "backordered", "substituted", "price_changed", "rejected"][..]);
    let reason = text(20).prop_map(|code| json!({ "code": code, "sentence": "because" }));
    // Few numbers, so that lines come in parts.
    let number = select(&["1", "2", "3"][..]);
    (number, outcome, quantity(), items(), some(date()), option::of(price()), option::of(reason)).prop_map(
        |(number, outcome, quantity, item, promised, price, reason)| {
            object(vec![
                ("number", Some(number.into())),
                ("outcome", Some(outcome.into())),
                ("quantity", Some(quantity)),
                ("item", Some(item)),
                ("promised_on", promised),
                ("price", price),
                ("reason", reason),
            ])
        },
    )
}

fn response() -> impl Strategy<Value = Value> {
    let outcome = select(&["accepted", "accepted_with_changes", "rejected"][..]);
    let lines = proptest::collection::vec(response_line(), 0..6);
    (code(), code(), outcome, date(), some(date()), some(currency()), lines).prop_map(
        |(order_number, our_number, outcome, placed, answered, currency, lines)| {
            object(vec![
                ("order_number", Some(order_number.into())),
                ("our_number", Some(our_number.into())),
                ("outcome", Some(outcome.into())),
                ("placed", Some(placed.into())),
                ("answered", answered),
                ("currency", currency),
                ("lines", Some(lines.into())),
            ])
        },
    )
}

/// What the schema allows, at random.
fn random_ones(message: &str) -> BoxedStrategy<Value> {
    let message = message.to_owned();
    let made = move |seed| {
        let mut body = random::message(&message, seed);
        // What a message counts is so: a document that counts wrong is refused.
        let lines = body["lines"].as_array().map_or(0, Vec::len);
        if let Some(count) = body.pointer_mut("/totals/lines") {
            *count = lines.into();
        }
        body
    };
    any::<u64>().prop_map(made).boxed()
}

/// A partner's rules refuse it, as they are to.
fn refused(plan: &Plan, bytes: &[u8]) -> bool {
    let of_rule = |set: &Set| plan.read(&set.tree, &context()).faults.iter().any(|f| &*f.code == "mapping/rule");
    sets(plan, bytes).iter().any(of_rule)
}

/// A load whose lines come on and off at stops that are there.
pub fn load(mut message: Value) -> Value {
    let stops = message.get_mut("stops").and_then(Value::as_array_mut).map_or(0, |stops| {
        for (nth, stop) in stops.iter_mut().enumerate() {
            stop["number"] = (nth + 1).to_string().into();
            stop["action"] = if nth == 0 { "load" } else { "unload" }.into();
        }
        stops.len()
    });
    for line in message.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
        let mut stand_at = |member: &str, stop: Option<usize>| match (stop, line.as_object_mut()) {
            (Some(stop), Some(line)) => _ = line.insert(member.to_owned(), stop.to_string().into()),
            (None, Some(line)) => _ = line.remove(member),
            _ => {}
        };
        stand_at("pick_up", (stops > 0).then_some(1));
        stand_at("drop_off", (stops > 1).then_some(stops));
    }
    message
}

/// True if the message could be written, and the law was tried.
fn holds(plan: &Plan, message: &Value) -> bool {
    typed(plan.message(), message);
    let Ok(written) = plan.write(message, &context()) else { return false };
    let bytes = document(plan, &written);
    if refused(plan, &bytes) {
        return false;
    }
    let body = reread(plan, &bytes);
    typed(plan.message(), &body);
    written_back(plan, &body);
    true
}

#[test]
fn what_is_read_is_written_back_to_the_same_message() {
    for plan in library().plans().iter().filter(|p| !p.one_way()) {
        let strategy = match plan.message() {
            "order/1" => prop_oneof![order(), random_ones("order/1")].boxed(),
            "order_response/1" => prop_oneof![response(), random_ones("order_response/1")].boxed(),
            "transport_order/1" => {
                any::<u64>().prop_map(|seed| load(random::message("transport_order/1", seed))).boxed()
            }
            other => random_ones(other),
        };
        let tried = std::cell::Cell::new(0);
        // A document that can only say one kind or purpose refuses most messages: more of them are tried.
        for _ in 0..32 {
            let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) };
            let result = TestRunner::new(config).run(&strategy, |message| {
                tried.set(tried.get() + usize::from(holds(plan, &message)));
                Ok(())
            });
            if let Err(e) = result {
                panic!("{}: {e}", plan.name());
            }
            if tried.get() >= 20 {
                break;
            }
        }
        assert!(tried.get() >= 20, "{}: only {} of 4,096 could be written", plan.name(), tried.get());
    }
}
