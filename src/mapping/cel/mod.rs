//! CEL, the Common Expression Language: computed fields and business rules. The language is that of cel.dev; what is
//! ours is the run: numbers are decimals and never floats, each step costs, and there is no I/O.
//!
//! An expression sees the members of its message (`lines`, `currency`), and within a list `this`, the item that it
//! stands in. A member that the message may have and has not is `null`.

mod check;
mod functions;
mod known;
mod run;
mod spared;
mod types;
mod value;
mod words;

pub use check::Wrong;
use spared::Spared;
pub use value::Val;

use super::shape::Shape;
use crate::canonical::looked::Looked;
use cel::{common::ast::IdedExpr, parser::PrattParser};

/// The longest text of an expression, in bytes.
const LONGEST: usize = 4_000;
/// How deep brackets may be nested, and how many signs there may be: the parser takes stack for each.
const DEEPEST: usize = 24;
const SIGNS: usize = 200;

/// An expression, checked against the shape of the message that it sees.
#[derive(Debug)]
pub struct Expression {
    root: IdedExpr,
    spared: Option<Spared>,
}

/// What is expected of an expression where it stands.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// True or false: a rule.
    Truth,
    /// What a field of the message takes.
    Value(&'a Shape),
    /// A single value, which is written into a document.
    Text,
}

/// What an expression sees.
#[derive(Clone, Copy)]
pub struct Sees<'v> {
    pub message: Looked<'v>,
    pub shape: &'v Shape,
    /// The item of a list that it stands in, with its shape.
    pub this: Option<(Looked<'v>, &'v Shape)>,
}

impl Expression {
    /// Parses and checks. `this`: the shape of the item that it stands in. What is wrong has its character in the text.
    pub fn new(text: &str, message: &Shape, this: Option<&Shape>, wanted: Wanted) -> Result<Expression, Wrong> {
        if text.len() > LONGEST {
            return Err((0, format!("the expression has {} bytes; at most {LONGEST} are taken", text.len())));
        }
        tame(text)?;
        let parsed = PrattParser::new().max_recursion_depth(DEEPEST as u16 * 4).parse(text);
        let root = parsed.map_err(|errors| match errors.errors.first() {
            Some(first) => refused(text, first),
            None => (0, "it is no expression of CEL".to_owned()),
        })?;
        check::check(&root, text, message, this, wanted)?;
        let spared = Spared::of(&root);
        Ok(Expression { root, spared })
    }

    /// Its value, or why there is none. What a run may cost is bounded by `steps`, which it counts down: one a step, so
    /// that an expression can't hold the worker.
    pub fn run<'v>(&'v self, sees: Sees<'v>, steps: &mut u64) -> Result<Val<'v>, String> {
        if self.spared.as_ref().is_some_and(|spared| spared.is_spared(&sees)) {
            return Ok(Val::Bool(true));
        }
        run::run(&self.root, sees, steps)
    }

    /// Is it true of every item of the message, since none has a member that it begins by asking for?
    pub fn holds_for_each(&self, message: Looked) -> bool {
        self.spared.as_ref().is_some_and(|spared| spared.is_of_none(message))
    }
}

/// Refuses what would take more stack to parse than a thread has.
fn tame(text: &str) -> Result<(), Wrong> {
    let (mut depth, mut signs, mut quote) = (0usize, 0usize, None);
    for (at, c) in text.chars().enumerate() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => (depth, signs) = (depth + 1, signs + 1),
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, c) => signs += usize::from(c.is_ascii_punctuation() && !matches!(c, '_' | ',')),
        }
        if depth > DEEPEST {
            return Err((at, format!("brackets are nested deeper than {DEEPEST}")));
        }
        if signs > SIGNS {
            return Err((at, format!("the expression has more than {SIGNS} signs; say it in parts")));
        }
    }
    Ok(())
}

/// One of the parser's errors, with its character.
fn refused(text: &str, first: &cel::ParseError) -> Wrong {
    let (line, column) = (first.pos.0.max(1) as usize, first.pos.1.max(1) as usize);
    let above: usize = text.split_inclusive('\n').take(line - 1).map(|l| l.chars().count()).sum();
    let why = first.msg.lines().next().unwrap_or_default().trim();
    (above + column - 1, format!("it is no expression of CEL: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::shape::message;
    use serde_json::{Value, json};

    fn order() -> Value {
        json!({
            "number": "4711", "currency": "EUR", "notes": ["a", "b"],
            "lines": [
                { "number": "1", "quantity": { "value": "3", "unit": "EA" }, "price": { "amount": "0.10", "per": "1" } },
                { "number": "2", "quantity": { "value": "2.5", "unit": "KGM" }, "price": { "amount": "20", "per": "1" } },
                { "number": "3", "quantity": { "value": "1", "unit": "EA" } },
            ],
        })
    }

    fn told(text: &str) -> String {
        told_as(text, Wanted::Text)
    }

    fn told_as(text: &str, wanted: Wanted) -> String {
        let shape = message("order/1").unwrap();
        let expression = match Expression::new(text, shape, None, wanted) {
            Ok(expression) => expression,
            Err((at, why)) => return format!("{at}: {why}"),
        };
        let message = order();
        let result = expression.run(Sees { message: Looked::Tree(&message), shape, this: None }, &mut 100_000);
        match result {
            Ok(value) => value.text().unwrap_or_else(|| format!("{value:?}")),
            Err(why) => why,
        }
    }

    #[test]
    fn money_is_never_a_float() {
        let priced = "lines.filter(l, has(l.price)).map(l, l.quantity.value * l.price.amount).sum()";
        assert_eq!(told(priced), "50.30");
        assert_eq!(told("0.1 + 0.2 == 0.3"), "true");
        assert_eq!(told("decimal('1.10') * 3"), "3.30");
        assert_eq!(told("(10.0 / 3).round(2)"), "3.33");
        assert_eq!(told("7 % 4 - -1"), "4");
    }

    #[test]
    fn what_cel_can_say() {
        for (text, expected) in [
            ("size(lines)", "3"),
            ("lines.size() > 2 && number.startsWith('47')", "true"),
            ("lines.exists(l, l.quantity.unit == 'KGM')", "true"),
            ("lines.all(l, l.quantity.value > 0)", "true"),
            ("lines.exists_one(l, l.number == '2')", "true"),
            ("lines.filter(l, l.number != '2').map(l, l.number).join('+')", "1+3"),
            ("lines[0].number + '/' + string(size(notes))", "1/2"),
            ("ship_to != null ? 'there' : 'not there'", "not there"),
            ("has(ship_to.name)", "false"),
            ("lines[2].price == null", "true"),
            ("'b' in notes", "true"),
            ("number.substring(1, 3).upperAscii()", "71"),
            ("true || lines[7].number == ''", "true"),
            ("lines[7].number == '' || true", "true"),
            ("{'a': 'x'}['a'] + ['y'][0]", "xy"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_character() {
        for (text, expected) in [
            ("lines.map(l, l.quantiy.value).sum()", "15: `quantiy` is no field here; nearest quantity"),
            ("curency == 'EUR'", "0: `curency` is no field of the message and no variable; nearest currency"),
            ("siz(lines)", "0: `siz` is no function; nearest size"),
            ("number.startWith('4')", "7: `startWith` is no function; nearest startsWith"),
            ("this.number", "0: `this` is the item of a list, and the expression stands in none"),
            ("lines[7].number", "the list has 3 items, and item 7 (from 0) is asked for"),
            ("lines[2].price.amount * 2", "`price.amount` is not there; ask first with has(…)"),
            ("1 / (size(notes) - 2)", "a division by zero"),
            ("1 / 0", "0: this can't be computed: a division by zero"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        assert!(told("1 +").contains("no expression of CEL"), "{}", told("1 +"));
        assert!(told(&"a".repeat(5000)).contains("at most 4000"));
    }

    #[test]
    fn types_that_do_not_go_together_are_told_before_anything_runs() {
        for (text, expected) in [
            (
                "number > 5",
                "0: `number` is text, and `5` is a number: `>` compares two numbers or two texts; as a number: decimal(number)",
            ),
            (
                "sold_to.name == 'number' && 5 < number",
                "28: `5` is a number, and `number` is text: `<` compares two numbers or two texts; as a number: decimal(number)",
            ),
            (
                "number == 5",
                "0: `number` is text, and `5` is a number: they are never equal; as a number: decimal(number)",
            ),
            (
                "number + 1",
                "0: `number` is text, and `1` is a number: `+` takes two numbers, two texts or two lists; as a number: decimal(number)",
            ),
            (
                "size(lines) && true",
                "0: `size(lines)` is a number, and true or false is expected here: compare it, as in `size(lines) > 0`",
            ),
            (
                "lines.filter(l, l.price.amount).map(l, l.number).join()",
                "16: `l.price.amount` is a number, and true or false is expected here: compare it, as in `l.price.amount > 0`",
            ),
            ("lines.map(l, l.number).sum()", "23: `sum` takes a list of numbers, and not a list"),
            (
                "lines.filter(l, l.number != '').map(l, l.quantity.value + l.number).sum()",
                "39: `l.quantity.value` is a number, and `l.number` is text: `+` takes two numbers, two texts or two lists; as a number: decimal(l.number)",
            ),
            (
                "lines.map(l, l.quantity.value - l.number).sum()",
                "32: `l.number` is text, and `-` takes numbers; as a number: decimal(l.number)",
            ),
            ("number.substring('1')", "7: `substring` takes a text and one or two numbers, and not text and text"),
            ("number.round()", "7: `round` takes a number, and how many decimals, and not text"),
            (
                "'b' in number",
                "0: `'b'` is text, and `number` is text: `in` looks into a list or an object; ask a text with `contains`",
            ),
            ("number.map(l, l)", "0: `number` is text, and a list is expected"),
            ("lines.map(l, l.number)", "0: this is a list, and a single value is written"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        let amount = Shape::Decimal;
        for (text, wanted, expected) in [
            (
                "size(lines)",
                Wanted::Truth,
                "0: `size(lines)` is a number, and a rule says true or false: compare it, as in `size(lines) > 0`",
            ),
            (
                "number",
                Wanted::Truth,
                "0: `number` is text, and a rule says true or false: compare it, as in `number != ''`",
            ),
            (
                "ship_to",
                Wanted::Truth,
                "0: `ship_to` is an object, and a rule says true or false: ask whether it is there, as in `ship_to != null`",
            ),
            (
                "number",
                Wanted::Value(&amount),
                "0: `number` is text, and the field takes a decimal number; as a number: decimal(number)",
            ),
            ("lines != null ? size(lines) : 0", Wanted::Value(&amount), "3"),
            ("lines.exists_one(l, l.number == '2')", Wanted::Truth, "true"),
            ("ship_to == null || ship_to.name != ''", Wanted::Truth, "true"),
            ("lines.all(l, size(l.ext) == 0 || l.ext.heavy == 'yes') || true", Wanted::Truth, "true"),
        ] {
            assert_eq!(told_as(text, wanted), expected, "{text}");
        }
    }

    #[test]
    fn what_would_take_too_much_stack_is_refused() {
        assert_eq!(told(&"(".repeat(3000)), "24: brackets are nested deeper than 24");
        assert_eq!(told(&"-".repeat(3000)), "200: the expression has more than 200 signs; say it in parts");
        assert_eq!(told(&format!("1{}", "+1".repeat(200))), "201");
        assert_eq!(told(&format!("{}1{}", "(".repeat(24), ")".repeat(24))), "1");
        assert_eq!(told(&format!("{}1", "-".repeat(200))), "1");
        assert!(told(&format!("1{}", " ? 1 : 1".repeat(90))).contains("true or false"));
        assert!(told(&format!("number{}", ".a".repeat(200))).contains("has no fields"));
        assert_eq!(told(&format!("size([0]{})", "+[0]".repeat(99))), "100");
    }

    #[test]
    fn what_is_true_without_a_member_is_told_by_looking_for_that() {
        let shape = message("order/1").unwrap();
        let item = match &shape.member("lines").unwrap().shape {
            Shape::List(item) => item,
            other => panic!("{other:?}"),
        };
        let mut message = order();
        message["lines"][0]["ext"] = json!({ "currency": "EUR" });
        message["lines"][1]["ext"] = json!({ "currency": "USD" });
        for text in [
            "this.ext.currency == null || this.ext.currency == currency",
            "this.price == null || notes == null || this.price.amount < 1",
            "this.ext == null || this.ext.currency == null || this.ext.currency == 'EUR'",
            "totals == null || this.quantity.value > 1",
        ] {
            let expression = Expression::new(text, shape, Some(item), Wanted::Truth).unwrap();
            let spared = expression.spared.as_ref().unwrap();
            for line in message["lines"].as_array().unwrap() {
                let sees = Sees { message: Looked::Tree(&message), shape, this: Some((Looked::Tree(line), item)) };
                let whole = run::run(&expression.root, sees, &mut 1_000).unwrap();
                assert_eq!(expression.run(sees, &mut 1_000).unwrap(), whole, "{text}: {line}");
                assert!(!spared.is_spared(&sees) || whole == Val::Bool(true), "{text}: {line}");
            }
        }
        let none = |text| Expression::new(text, shape, None, Wanted::Truth).unwrap().spared.is_none();
        assert!(none("number == '4711' || totals == null") && none("totals == null && number == '1'"));
    }

    #[test]
    fn an_expression_that_costs_too_much_ends() {
        let many: Vec<Value> = (0..200).map(|n| json!(n.to_string())).collect();
        let message = json!({ "notes": many });
        let shape = super::super::shape::message("order/1").unwrap();
        let text = "notes.all(a, notes.all(b, notes.all(c, notes.all(d, true))))";
        let expression = Expression::new(text, shape, None, Wanted::Truth).unwrap();
        let failed =
            expression.run(Sees { message: Looked::Tree(&message), shape, this: None }, &mut 100_000).unwrap_err();
        assert!(failed.contains("costs more"), "{failed}");
    }

    #[test]
    fn a_text_grows_to_a_megabyte_and_no_more() {
        let many: Vec<Value> = (0..300).map(|n| json!(n.to_string().repeat(20))).collect();
        let message = json!({ "notes": many });
        let shape = super::super::shape::message("order/1").unwrap();
        for (text, mut steps, says) in [
            ("notes.map(a, notes.map(b, notes.join('')).join('')).join('')", 100_000_000, "megabyte"),
            (
                "notes.map(a, notes.map(b, notes.join(' ') + notes.join('')).join('-')).join('')",
                100_000_000,
                "megabyte",
            ),
            (
                "notes.map(a, notes.map(b, notes.join('').upperAscii())).map(c, c.join('')).join('')",
                200_000,
                "costs more",
            ),
        ] {
            let expression = Expression::new(text, shape, None, Wanted::Text).unwrap();
            let sees = Sees { message: Looked::Tree(&message), shape, this: None };
            let failed = expression.run(sees, &mut steps).unwrap_err();
            assert!(failed.contains(says), "{text}: {failed}");
        }
    }

    #[test]
    fn a_number_that_a_float_would_not_keep_is_a_fault() {
        let most = "a number with a point has at most 15 digits here; write it as decimal('…')";
        assert_eq!(told("99999999999999999999999999999.0 * 2"), format!("0: {most}"));
        assert_eq!(told("1 + 1234567890.1234567"), format!("4: {most}"));
        assert_eq!(told("123456789.123456"), "123456789.123456");
        assert_eq!(told("decimal('1234567890.1234567') * 2"), "2469135780.2469134");
    }
}
