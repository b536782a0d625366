//! The text of a field: alternatives, pipes and paths, taken apart but not yet looked up in a guide.
//!
//! ```text
//! field       = alternative { "??" alternative } { "|" pipe }
//! alternative = path | 'literal' | number | $tenant.currency | "(" field ")"
//! pipe        = name [ "(" argument { "," argument } ")" ]
//! path        = { "^" } [ "/" ] step { "/" step } [ "?" ]
//! step        = name { "[" leaf [ "!" ] "=" values "]" } [ "*" ] [ "{" qualifier { "," … } "}" ] [ "." leaf ]
//! values      = value { "," value } [ "??" "refuse" ]
//! value       = code | "'" code "'" | "''" | "*" | "$" member
//! ```
//! Offsets count characters from the start of the field's text.

/// A field's text.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub alternatives: Vec<Alternative>,
    pub pipes: Vec<PipeCall>,
}

/// What may stand left of `|`.
#[derive(Debug, Clone, PartialEq)]
pub enum Alternative {
    Path(Path),
    Literal(String),
    /// `$tenant.currency`, without the `$`.
    Setting(String, usize),
    Group(Field),
}

/// A pipe as written.
#[derive(Debug, Clone, PartialEq)]
pub struct PipeCall {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub offset: usize,
}

/// A pipe's argument as written, quotes taken off.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub text: String,
    pub offset: usize,
}

/// A path as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// How many `^`.
    pub up: usize,
    /// From the document's root (`/a/b`).
    pub absolute: bool,
    pub steps: Vec<Step>,
    /// `?` behind it: what stands above its last step counts where there is no such step (`each: PO1/ACK?`).
    pub optional: bool,
    pub text: String,
    pub offset: usize,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    pub name: String,
    pub conditions: Vec<Condition>,
    pub every: bool,
    /// `{VN,UP}`
    pub qualifiers: Option<Vec<String>>,
    /// What stands behind a `.`: `02`, `03.01`, `C212.01`.
    pub leaf: Option<String>,
    pub offset: usize,
}

/// `[01=ST]`, `[@schemeID=GLN,0088]`, `[01!=BY]`, `[01.03='',$currency]`
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub leaf: String,
    /// `!=`: none of the values may stand there.
    pub not: bool,
    pub values: Vec<Value>,
    /// `?? refuse` behind them: where only places stand that say something else, the document is refused.
    pub refuses: bool,
    pub offset: usize,
}

/// One of the values that a condition names.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Empty: nothing stands there (`''`).
    Text(String),
    /// No value is written: `[cac:TaxSubtotal=]`.
    Nothing,
    /// What the message says: `$currency`, without the `$`.
    Member(String),
}

impl Condition {
    /// As it is written between brackets.
    pub fn told(&self) -> String {
        let values = self.values.iter().map(|value| match value {
            Value::Text(text) if text.is_empty() => "''".to_owned(),
            Value::Text(text) => text.clone(),
            Value::Nothing => String::new(),
            Value::Member(name) => format!("${name}"),
        });
        let (not, refuses) = (if self.not { "!" } else { "" }, if self.refuses { " ?? refuse" } else { "" });
        format!("{}{not}={}{refuses}", self.leaf, values.collect::<Vec<_>>().join(","))
    }

    /// The values that stand in the mapping themselves.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            Value::Nothing => Some(""),
            Value::Member(_) => None,
        })
    }
}

/// What is wrong with a text, and at which character.
pub type Wrong = (usize, String);

/// Takes a field's text apart. `dots`: a `.` ends a step's name (X12, EDIFACT).
pub fn field(text: &str, dots: bool) -> Result<Field, Wrong> {
    let mut cursor = Cursor::new(text, dots);
    let field = cursor.field()?;
    cursor.blank();
    match cursor.peek() {
        None => Ok(field),
        Some(c) => Err((cursor.at, format!("`{c}` is not expected here; pipes begin with |, alternatives with ??"))),
    }
}

/// Takes a single path apart.
pub fn path(text: &str, dots: bool) -> Result<Path, Wrong> {
    let mut cursor = Cursor::new(text, dots);
    cursor.blank();
    let path = cursor.path()?;
    cursor.blank();
    if cursor.peek().is_some() { Err((cursor.at, "a single path is expected".into())) } else { Ok(path) }
}

struct Cursor {
    text: Vec<char>,
    at: usize,
    dots: bool,
    depth: u32,
}

impl Cursor {
    fn new(text: &str, dots: bool) -> Self {
        Cursor { text: text.chars().collect(), at: 0, dots, depth: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(i, c)| self.text.get(self.at + i) == Some(&c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn field(&mut self) -> Result<Field, Wrong> {
        self.depth += 1;
        if self.depth > 16 {
            return Err((self.at, "parentheses are nested too deeply".into()));
        }
        let mut alternatives = vec![self.alternative()?];
        let mut pipes = Vec::new();
        loop {
            self.blank();
            let at = self.at;
            if self.eat("??") {
                if !pipes.is_empty() {
                    return Err((
                        at,
                        "?? stands before the pipes; put (…) around the part that has its own pipe".into(),
                    ));
                }
                alternatives.push(self.alternative()?);
            } else if self.eat("|") {
                pipes.push(self.pipe()?);
            } else {
                self.depth -= 1;
                return Ok(Field { alternatives, pipes });
            }
        }
    }

    fn alternative(&mut self) -> Result<Alternative, Wrong> {
        self.blank();
        let at = self.at;
        match self.peek() {
            None => Err((at, "a path is expected here".into())),
            Some('\'') => Ok(Alternative::Literal(self.quoted('\'')?)),
            Some('$') => {
                self.at += 1;
                let name = self.while_(|c| c.is_alphanumeric() || c == '.' || c == '_');
                Ok(Alternative::Setting(name, at))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.field()?;
                self.blank();
                if self.eat(")") { Ok(Alternative::Group(inner)) } else { Err((self.at, "`)` is missing".into())) }
            }
            Some(_) => self.path().map(Alternative::Path),
        }
    }

    fn pipe(&mut self) -> Result<PipeCall, Wrong> {
        self.blank();
        let offset = self.at;
        let name = self.while_(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty() {
            return Err((offset, "a pipe's name is expected behind |".into()));
        }
        let mut arguments = Vec::new();
        if self.eat("(") {
            loop {
                self.blank();
                let offset = self.at;
                let text = match self.peek() {
                    Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
                    _ => self.argument(),
                };
                arguments.push(Argument { text, offset });
                self.blank();
                match self.next() {
                    Some(',') => {}
                    Some(')') => break,
                    _ => return Err((self.at, "`)` is missing behind the pipe's arguments".into())),
                }
            }
        }
        Ok(PipeCall { name, arguments, offset })
    }

    /// Up to `,` or `)` outside of brackets.
    fn argument(&mut self) -> String {
        let mut open = 0;
        let text = self.while_(|c| {
            match c {
                '[' | '{' => open += 1,
                ']' | '}' => open -= 1,
                _ => {}
            }
            open > 0 || !matches!(c, ',' | ')')
        });
        text.trim_end().to_owned()
    }

    fn while_(&mut self, mut wanted: impl FnMut(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&mut wanted) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn quoted(&mut self, quote: char) -> Result<String, Wrong> {
        let start = self.at;
        self.at += 1;
        let text = self.while_(|c| c != quote);
        match self.next() {
            Some(_) => Ok(text),
            None => Err((start, format!("the closing {quote} is missing"))),
        }
    }

    fn path(&mut self) -> Result<Path, Wrong> {
        let offset = self.at;
        let up = self.while_(|c| c == '^').len();
        let absolute = self.eat("/");
        let mut steps = Vec::new();
        loop {
            steps.push(self.step()?);
            if !self.eat("/") {
                break;
            }
        }
        let text = self.text[offset..self.at].iter().collect();
        let optional = self.peek() == Some('?') && self.text.get(self.at + 1) != Some(&'?');
        self.at += usize::from(optional);
        Ok(Path { up, absolute, steps, optional, text, offset })
    }

    fn step(&mut self) -> Result<Step, Wrong> {
        let mut step = Step { offset: self.at, ..Step::default() };
        let dots = self.dots;
        step.name = match self.peek() {
            Some('"') => self.quoted('"')?,
            _ => self.while_(|c| !(c.is_whitespace() || "[]{}*/|(),?'\"^".contains(c) || dots && c == '.')),
        };
        loop {
            match self.peek() {
                Some('[') => {
                    let condition = self.condition()?;
                    step.conditions.push(condition);
                }
                Some('*') => {
                    self.at += 1;
                    step.every = true;
                }
                Some('{') => {
                    self.at += 1;
                    let inside = self.while_(|c| c != '}');
                    if self.next().is_none() {
                        return Err((step.offset, "`}` is missing".into()));
                    }
                    step.qualifiers = Some(inside.split(',').map(|q| q.trim().to_owned()).collect());
                }
                Some('.') if dots => {
                    self.at += 1;
                    step.leaf = Some(self.while_(|c| c.is_alphanumeric() || c == '.'));
                }
                _ => break,
            }
        }
        if step.name.is_empty() && step.leaf.is_none() && step.conditions.is_empty() {
            return Err((step.offset, "a name is expected here".into()));
        }
        Ok(step)
    }

    fn condition(&mut self) -> Result<Condition, Wrong> {
        let offset = self.at;
        self.at += 1;
        let inside = self.while_(|c| c != ']');
        if self.next().is_none() {
            return Err((offset, "`]` is missing".into()));
        }
        let Some((leaf, values)) = inside.split_once('=') else {
            return Err((offset, format!("`[{inside}]` is no condition; write it as [01=ST]")));
        };
        let (leaf, not) = leaf.strip_suffix('!').map_or((leaf, false), |leaf| (leaf, true));
        let (values, otherwise) = values.split_once("??").map_or((values, None), |(values, rest)| (values, Some(rest)));
        if let Some(other) = otherwise.map(str::trim).filter(|other| *other != "refuse") {
            let sentence = format!(
                "`{other}` is not expected here: behind ?? in a condition stands `refuse`, as in [01.03=$currency ?? refuse]"
            );
            return Err((offset, sentence));
        }
        let (values, refuses) = (values.split(',').map(value).collect(), otherwise.is_some());
        Ok(Condition { leaf: leaf.trim().to_owned(), not, values, refuses, offset: offset + 1 })
    }
}

fn value(text: &str) -> Value {
    let text = text.trim();
    match text.strip_prefix('$') {
        Some(member) if !member.is_empty() => Value::Member(member.to_owned()),
        _ if text.is_empty() => Value::Nothing,
        _ => Value::Text(text.trim_matches(['\'', '"']).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text → a short form of what was understood.
    fn check(text: &str, expected: &str) {
        let short = match field(text, true) {
            Ok(field) => short(&field),
            Err((at, why)) => format!("{at}: {why}"),
        };
        assert_eq!(short, expected, "{text}");
    }

    fn short(field: &Field) -> String {
        let mut parts: Vec<String> = field.alternatives.iter().map(alternative).collect();
        for pipe in &field.pipes {
            let arguments: Vec<_> = pipe.arguments.iter().map(|a| a.text.as_str()).collect();
            parts.push(format!("|{}({})", pipe.name, arguments.join(";")));
        }
        parts.join(" ")
    }

    fn alternative(alternative: &Alternative) -> String {
        match alternative {
            Alternative::Literal(text) => format!("'{text}'"),
            Alternative::Setting(name, _) => format!("${name}"),
            Alternative::Group(field) => format!("({})", short(field)),
            Alternative::Path(path) => {
                let steps: Vec<String> = path.steps.iter().map(step).collect();
                format!("{}{}{}", "^".repeat(path.up), if path.absolute { "/" } else { "" }, steps.join("/"))
            }
        }
    }

    fn step(step: &Step) -> String {
        let mut text = step.name.clone();
        for c in &step.conditions {
            let values: Vec<String> = c.values.iter().map(told).collect();
            let (not, refuses) = (if c.not { "!" } else { "" }, if c.refuses { " or refused" } else { "" });
            text += &format!("[{}{not}={}{refuses}]", c.leaf, values.join("|"));
        }
        if step.every {
            text += "*";
        }
        if let Some(q) = &step.qualifiers {
            text += &format!("{{{}}}", q.join("|"));
        }
        if let Some(leaf) = &step.leaf {
            text += &format!(".{leaf}");
        }
        text
    }

    fn told(value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Nothing => "nothing".to_owned(),
            Value::Member(name) => format!("<{name}>"),
        }
    }

    #[test]
    fn fields_are_taken_apart() {
        check("BEG03", "BEG03");
        check("BEG05 | date(yyyymmdd)", "BEG05 |date(yyyymmdd)");
        check("CUR[01=BY].02 ?? $tenant.currency", "CUR[01=BY].02 $tenant.currency");
        check("N1[01=BY].04 | party(N1[01=BY].03)", "N1[01=BY].04 |party(N1[01=BY].03)");
        check("PO1{VN,UP,BP} | item", "PO1{VN|UP|BP} |item()");
        check("DTM[01=002].02 ?? ^DTM[01=002].02 | date(yyyymmdd)", "DTM[01=002].02 ^DTM[01=002].02 |date(yyyymmdd)");
        check("PIA[01=1, 5]*{SA}", "PIA[01=1|5]*{SA}");
        check("(A01 | upper) ?? 'x y'", "(A01 |upper()) 'x y'");
        check("NAD[01!=BY, SU].02", "NAD[01!=BY|SU].02");
        check("MOA[01=79][01.03='', $currency].01.02", "MOA[01=79][01.03=|<currency>].01.02");
        check("MOA[01.03=''].01.02", "MOA[01.03=].01.02");
        check("cac:TaxTotal[cac:TaxSubtotal=]", "cac:TaxTotal[cac:TaxSubtotal=nothing]");
        check("MOA[01.03='',$currency ?? refuse].01.02 ?? 1", "MOA[01.03=|<currency> or refused].01.02 1");
        check("MOA[01.03='$currency'].01.02", "MOA[01.03=$currency].01.02");
        check("N9/MSG01 | join(' ')", "N9/MSG01 |join( )");
        check("DTM[C507.01=137].C507.02", "DTM[C507.01=137].C507.02");
    }

    #[test]
    fn a_step_may_be_missing() {
        assert!(path("PO1/ACK?", true).unwrap().optional);
        assert!(!path("PO1/ACK", true).unwrap().optional);
        check("PO1/ACK?? 'x'", "PO1/ACK 'x'");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        check("BEG03 |", "7: a pipe's name is expected behind |");
        check("BEG03 BEG04", "6: `B` is not expected here; pipes begin with |, alternatives with ??");
        check("N1[01", "2: `]` is missing");
        check("N1[01]", "2: `[01]` is no condition; write it as [01=ST]");
        check(
            "MOA[01.03=EUR ?? USD].01.02",
            "3: `USD` is not expected here: behind ?? in a condition stands `refuse`, as in [01.03=$currency ?? refuse]",
        );
        check("A01 | upper ?? B01", "12: ?? stands before the pipes; put (…) around the part that has its own pipe");
        check("'open", "0: the closing ' is missing");
        check("", "0: a path is expected here");
        check(&"(".repeat(100_000), "16: parentheses are nested too deeply");
    }

    #[test]
    fn names_of_other_formats_may_hold_dots_and_blanks() {
        let p = path("cac:Party/cac:PartyIdentification*/cbc:ID[@schemeID=GLN]", false).unwrap();
        assert_eq!(p.steps.len(), 3);
        assert!(p.steps[1].every);
        assert_eq!(path("\"Order Number\"", false).unwrap().steps[0].name, "Order Number");
        assert_eq!(path("a.b/c", false).unwrap().steps[0].name, "a.b");
        assert!(path("/order/lines", false).unwrap().absolute);
    }
}
