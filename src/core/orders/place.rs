//! An original order: placed and answered line by line, or answered again where its number stands.

use super::{Said, SalesOrder, event, line::Wanted, our_number, repeat};
use crate::{
    canonical::{
        EventId, Quantity, amounts,
        order::{Order, OrderLine, OrderPlaced, Reserved},
        order_response::{LineOutcome, OrderResponse, Outcome, ResponseLine},
        parts::{Price, Reason},
    },
    core::{Command, Decision, Refusal, Stop, World},
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The answer as it grows, line by line.
struct Answer<'a> {
    world: &'a World,
    command: &'a Command,
    lines: Vec<ResponseLine>,
    reserved: Vec<Reserved>,
    /// What the lines so far took of each item: two lines of one item share what is there.
    taken: BTreeMap<Uuid, i64>,
}

/// Decides about a new order.
pub(super) fn place(world: &World, command: &Command, id: Uuid) -> Result<Decision, Stop> {
    let order = &command.order;
    check_lines(order)?;
    let mut answer = Answer {
        world,
        command,
        lines: Vec::with_capacity(order.lines.len()),
        reserved: Vec::with_capacity(order.lines.len()),
        taken: BTreeMap::new(),
    };
    for (at, line) in order.lines.iter().enumerate() {
        answer.line(at, line);
    }
    let Answer { lines, reserved, taken, .. } = answer;
    let outcome = outcome(&lines);
    let ours = our_number(id);
    let response = OrderResponse {
        placed: Some(order.placed.date),
        answered: Some(command.now.date()),
        currency: Some(order.currency.clone()),
        sold_to: Some(order.sold_to.clone()),
        ..OrderResponse::new(order.number.clone(), ours.clone(), outcome, lines)
    };
    if response.outcome == Outcome::Rejected {
        // Nothing of it stands, so the number stays free: the buyer mends the order and sends it again.
        let events = vec![event(command, 0, "order.confirmed", &response)?];
        return Ok(Decision { events, order: None, stock: vec![] });
    }
    let placed =
        OrderPlaced { our_number: ours, partner: command.partner_name.clone(), order: order.clone(), reserved };
    let mut events =
        vec![event(command, 0, "order.placed", &placed)?, event(command, 1, "order.confirmed", &response)?];
    if let Some(waiting) = backordered(&response) {
        events.push(event(command, 2, "order.backordered", &waiting)?);
    }
    let OrderPlaced { our_number, partner, order, reserved } = placed;
    let confirmed = Said { event: EventId::of(command.message, 1), data: response };
    let standing = SalesOrder { our_number, partner, order, reserved, confirmed, cancelled: None };
    Ok(Decision { events, order: Some((id, standing)), stock: taken.into_iter().collect() })
}

/// An original whose number stands: the same answer for the same order, a refusal for another.
pub(super) fn again(command: &Command, standing: &SalesOrder) -> Result<Decision, Stop> {
    let (number, partner, ours) = (&command.order.number, &command.partner_name, &standing.our_number);
    let refusal = |code, sentence, remedy: &str| {
        let expected = "a number under which no other order stands or stood".into();
        Stop::Refused(Refusal { code, sentence, expected, remedy: remedy.into(), path: "/number".into() })
    };
    if let Some(cancelled) = &standing.cancelled {
        let on = cancelled.data.cancelled;
        let sentence = format!("Order {number} of {partner} (ours: {ours}) was cancelled on {on}.");
        return Err(refusal("order/closed", sentence, "Send the order under a number of its own."));
    }
    if command.order != standing.order {
        let sentence = format!("Order {number} of {partner} stands (ours: {ours}) with other content.");
        let remedy = "Send the new order under a number of its own, or cancel the one that stands first.";
        return Err(refusal("order/number_taken", sentence, remedy));
    }
    repeat(command, "order.confirmed", &standing.confirmed)
}

/// What refuses the order as a whole: an answer names lines by their numbers, so each needs one of its own. (One number
/// may stand twice in an answer, for the parts of one line.)
fn check_lines(order: &Order) -> Result<(), Refusal> {
    if order.lines.is_empty() {
        return Err(Refusal {
            code: "order/no_lines",
            sentence: format!("Order {} has no lines.", order.number),
            expected: "at least one line".into(),
            remedy: "Send at least one line.".into(),
            path: "/lines".into(),
        });
    }
    let mut seen = BTreeSet::new();
    for (at, line) in order.lines.iter().enumerate() {
        let number = line.number.as_str();
        if number.is_empty() || !seen.insert(number) {
            return Err(Refusal {
                code: "order/line_number",
                sentence: match number.is_empty() {
                    true => format!("Line {} by position has no number.", at + 1),
                    false => format!("Line {} by position has the number {number}, as one before it has.", at + 1),
                },
                expected: "a number that no other line has".into(),
                remedy: "Give each line a number of its own.".into(),
                path: format!("/lines/{at}/number"),
            });
        }
    }
    Ok(())
}

impl Answer<'_> {
    fn line(&mut self, at: usize, line: &OrderLine) {
        let whole = line.quantity.value;
        let wanted = match Wanted::read(self.world, self.command, at, line) {
            Ok(wanted) => wanted,
            Err(refusal) => return self.say(line, LineOutcome::Rejected, whole, None, Some(refusal.into())),
        };
        if let Some(sent) = line.price.as_ref().filter(|_| !wanted.agreed) {
            let reason = wanted.price_refusal(self.command, at, sent).into();
            return self.say(line, LineOutcome::PriceChanged, whole, Some(wanted.price), Some(reason));
        }
        let before = self.taken.get(&wanted.id).copied().unwrap_or(0);
        let free = self.world.stock(wanted.id).free().saturating_sub(before);
        let (taken, accepted) = wanted.take(free, line);
        let Wanted { id, item, price, .. } = wanted;
        if taken > 0 {
            self.taken.insert(id, before.saturating_add(taken));
            self.reserved.push(Reserved {
                line: line.number.clone(),
                item: id,
                sku: item.sku.clone(),
                quantity: Quantity {
                    value: amounts::unscaled(taken, amounts::QUANTITY_SCALE),
                    unit: item.unit.clone(),
                },
            });
            self.say(line, LineOutcome::Accepted, accepted, Some(price.clone()), None);
        }
        if accepted < whole {
            let reason = short(at, &item.sku, line, accepted);
            self.say(line, LineOutcome::Backordered, whole - accepted, Some(price), Some(reason));
        }
    }

    fn say(
        &mut self,
        line: &OrderLine,
        outcome: LineOutcome,
        value: Decimal,
        price: Option<Price>,
        reason: Option<Reason>,
    ) {
        let quantity = Quantity { value, unit: line.quantity.unit.clone() };
        self.lines.push(ResponseLine {
            item: line.item.clone(),
            price,
            reason,
            ..ResponseLine::new(line.number.clone(), outcome, quantity)
        });
    }
}

fn short(at: usize, sku: &str, line: &OrderLine, accepted: Decimal) -> Reason {
    let Quantity { value, unit } = &line.quantity;
    Refusal {
        code: "stock/short",
        sentence: format!("{accepted} of {value} {unit} of {sku} are reserved; {} wait for stock.", value - accepted),
        expected: format!("at most {accepted} {unit}"),
        remedy: "Nothing needs to be sent; the rest stays ordered until it is cancelled.".into(),
        path: format!("/lines/{at}/quantity/value"),
    }
    .into()
}

fn outcome(lines: &[ResponseLine]) -> Outcome {
    let all = |outcome| lines.iter().all(|line| line.outcome == outcome);
    match (all(LineOutcome::Accepted), all(LineOutcome::Rejected)) {
        (true, _) => Outcome::Accepted,
        (_, true) => Outcome::Rejected,
        _ => Outcome::AcceptedWithChanges,
    }
}

/// The answer with only the parts that wait for stock; `None` if nothing does.
fn backordered(response: &OrderResponse) -> Option<OrderResponse> {
    let waiting = response.lines.iter().filter(|line| line.outcome == LineOutcome::Backordered);
    let lines: Vec<ResponseLine> = waiting.cloned().collect();
    (!lines.is_empty()).then(|| OrderResponse { lines, ..response.clone() })
}
