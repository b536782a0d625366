//! Whether a text of the document says a wanted value, and by which pipes: the inverse of what mappings do.

use super::{
    super::{dates::DateFormat, pipes, schemes, shape::Shape, tables::ANY},
    knowledge::{Knowledge, Known},
    places::{Key, Places, Value},
};
use crate::formats::{
    guides::{ElementSpec, Guide},
    piece::Standard,
};
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// Forms of dates that documents without a code for it use, by standard.
const DATES: &[&str] = &["yyyymmdd", "yymmdd"];
pub(super) const WRITTEN_DATES: &[&str] =
    &["yyyymmdd", "dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "yyyy/mm/dd", "dd-mm-yyyy", "yymmdd"];

/// What is needed to compare texts with wanted values.
#[derive(Clone, Copy)]
pub struct Comparer<'a> {
    pub standard: Standard,
    pub guide: Option<&'static Guide>,
    /// UBL: the document's local name.
    pub ubl: Option<&'a str>,
    pub knowledge: &'a Knowledge,
}

impl Comparer<'_> {
    /// What the guide says of an element.
    pub fn spec(&self, segment: &str, key: &Key) -> Option<&'static ElementSpec> {
        let Key::Element(element, component) = key else { return None };
        let elements = &self.guide?.segments.get(segment)?.elements;
        let spec = elements.get(usize::from(*element).checked_sub(1)?)?;
        match spec.components.get(usize::from((*component).max(1)) - 1) {
            Some(part) => Some(part),
            None => Some(spec),
        }
    }

    /// Each way by which a text says a wanted value; an empty way is the text itself.
    pub fn ways(&self, places: &Places, value: &Value, wanted: &Json, shape: &Shape) -> Vec<Vec<Known>> {
        let Some(text) = pipes::plain(wanted) else { return vec![] };
        let mut ways = match shape {
            Shape::Date => return self.dates(places, value, &text).into_iter().map(|pipe| vec![pipe]).collect(),
            Shape::Decimal | Shape::Integer(..) => self.numbers(places, value, &text),
            _ => texts(&value.text, &text),
        };
        if matches!(shape, Shape::Instant) {
            let read = pipes::shaped(&value.text, shape).ok().map(Json::from);
            return if read.as_ref() == Some(wanted) { vec![vec![]] } else { vec![] };
        }
        ways.extend(self.tables(&value.text, &text, shape));
        ways
    }

    fn dates(&self, places: &Places, value: &Value, wanted: &str) -> Vec<Known> {
        let says =
            |format: &DateFormat, loose| format.read(&value.text, loose).is_some_and(|d| d.to_string() == wanted);
        if let (Standard::Edifact, Key::Element(element, 2)) = (self.standard, &value.key) {
            let beside = Key::Element(*element, 3);
            let code = places.at(value.group, &beside).map(|v| v.text.trim().to_owned());
            if let Some(format) = code.and_then(|code| DateFormat::of_code(&code)) {
                return if says(&format, true) { vec![Known::CodedDate(beside)] } else { vec![] };
            }
        }
        if !matches!(self.standard, Standard::X12 | Standard::Edifact) && says(&DateFormat::Iso, false) {
            return vec![Known::Text("date(iso)".into())];
        }
        let forms = if matches!(self.standard, Standard::X12 | Standard::Edifact) { DATES } else { WRITTEN_DATES };
        let fits = |form: &&&str| DateFormat::parse(form).is_some_and(|format| says(&format, false));
        forms.iter().find(fits).map(|form| Known::Text(format!("date({form})"))).into_iter().collect()
    }

    fn numbers(&self, places: &Places, value: &Value, wanted: &str) -> Vec<Vec<Known>> {
        let number = |text: &str| {
            let read = Json::from(pipes::shaped(text, &Shape::Decimal).ok()?);
            Decimal::from_str_exact(read.as_str()?).ok().map(|d| d.normalize())
        };
        let (Some(wanted), Some(found)) = (number(wanted), number(&value.text)) else { return vec![] };
        let kind = self.spec(&places.groups[value.group].name, &value.key).map(|spec| spec.kind.clone());
        let text = kind.as_deref().unwrap_or_default().to_owned();
        let implied = kind.and_then(|kind| kind.strip_prefix('N').and_then(|n| n.parse::<u32>().ok())).unwrap_or(0);
        if implied > 0 && !value.text.contains('.') {
            let shifted = found.checked_div(Decimal::from(10i64.pow(implied.min(18)))).map(|d| d.normalize());
            let way = vec![Known::Text(format!("decimal({implied})"))];
            return if shifted == Some(wanted) { vec![way] } else { vec![] };
        }
        // Text holds anything: the mapping says that a number stands there.
        let says = if text == "AN" { vec![Known::Text("decimal".into())] } else { vec![] };
        if found == wanted { vec![says] } else { vec![] }
    }

    /// Tables of this family of documents that lead from the text to the wanted one, and nowhere where the field can't go.
    fn tables(&self, text: &str, wanted: &str, shape: &Shape) -> Vec<Vec<Known>> {
        let number = |text: &str| Decimal::from_str_exact(text).ok().map(|d| d.normalize());
        let is_wanted = |target: &str| target == wanted || number(target).is_some_and(|n| number(wanted) == Some(n));
        let goes = |target: &String| match shape {
            Shape::Word(words) => target.is_empty() || target == ANY || words.contains(target),
            _ => true,
        };
        let mut ways = Vec::new();
        for (at, known) in self.knowledge.tables.iter().enumerate() {
            if !alike(known.standard, self.standard) || !known.table.rows.iter().all(|row| goes(&row.target)) {
                continue;
            }
            let target = |text: &str| known.table.row(text.trim()).is_some_and(is_wanted);
            if target(text) {
                ways.push(vec![Known::Table(at)]);
            } else if target(&text.to_lowercase()) {
                ways.push(vec![Known::Text("lower".into()), Known::Table(at)]);
            } else if target(&text.to_uppercase()) {
                ways.push(vec![Known::Text("upper".into()), Known::Table(at)]);
            }
        }
        ways
    }

    /// How an id with its scheme stands here: in a pair, beside a qualifier, or by itself.
    pub fn reference(&self, places: &Places, value: &Value, scheme: &str, party: bool) -> Vec<(Key, Vec<Known>)> {
        let mut found = Vec::new();
        let segment = places.groups[value.group].name.as_str();
        if let Some(qualifier) = self.pair(segment, &value.key).and_then(|key| places.at(value.group, &key)) {
            if schemes::item(self.standard, qualifier.text.trim()) == scheme {
                found.push((Key::Pairs(vec![qualifier.text.trim().to_owned()]), vec![Known::Text("item".into())]));
            }
            return found;
        }
        for beside in places.groups[value.group].values.iter().map(|v| &places.values[*v]).filter(|_| party) {
            let coded = match self.standard {
                Standard::X12 => self.spec(segment, &beside.key).is_some_and(|spec| &*spec.reference == "66"),
                Standard::Edifact => self.spec(segment, &beside.key).is_some_and(|spec| &*spec.reference == "3055"),
                Standard::Xml => beside.key == Key::Named("@schemeID".into()),
                _ => false,
            };
            let near = match (&beside.key, &value.key) {
                (Key::Element(a, x), Key::Element(b, _)) => a == b || *x == 0 && a + 1 == *b,
                _ => true,
            };
            if coded && near && schemes::party(self.standard, beside.text.trim()) == scheme {
                found.push((value.key.clone(), vec![Known::Party(beside.key.clone())]));
            }
        }
        if found.is_empty() {
            found.push((value.key.clone(), vec![Known::Text(format!("ref({scheme})"))]));
        }
        found
    }

    /// Where the first qualifier of an item number stands in a segment.
    pub fn qualifier_of_items(&self, segment: &str) -> Option<Key> {
        let elements = &self.guide?.segments.get(segment)?.elements;
        let at = elements.iter().position(|spec| matches!(&*spec.reference, "235" | "C212"))?;
        let component = if &*elements[at].reference == "C212" { 2 } else { 0 };
        Some(Key::Element(u16::try_from(at + 1).ok()?, component))
    }

    /// Where the qualifier of an item number stands, if this is one: X12 235 and 234, EDIFACT C212.
    pub fn pair(&self, segment: &str, key: &Key) -> Option<Key> {
        let Key::Element(element, component) = key else { return None };
        let elements = &self.guide?.segments.get(segment)?.elements;
        let spec = elements.get(usize::from(*element) - 1)?;
        if &*spec.reference == "C212" {
            return (*component <= 1).then_some(Key::Element(*element, 2));
        }
        let before = elements.get(usize::from(*element).checked_sub(2)?)?;
        (&*spec.reference == "234" && &*before.reference == "235").then_some(Key::Element(element - 1, 0))
    }
}

/// X12 apart, EDIFACT apart; all others write units and words alike.
pub fn alike(a: Standard, b: Standard) -> bool {
    let family = |s| match s {
        Standard::X12 => 0,
        Standard::Edifact => 1,
        _ => 2,
    };
    family(a) == family(b)
}

fn texts(text: &str, wanted: &str) -> Vec<Vec<Known>> {
    let pipe = |name: &str| vec![vec![Known::Text(name.into())]];
    if text == wanted {
        vec![vec![]]
    } else if text.trim() == wanted {
        pipe("trim")
    } else if text.to_lowercase() == wanted {
        pipe("lower")
    } else if text.to_uppercase() == wanted {
        pipe("upper")
    } else if wanted.chars().count() >= 8 && text.starts_with(wanted) {
        pipe(&format!("cut({})", wanted.chars().count()))
    } else {
        vec![]
    }
}

/// How much a value tells: that two long ones are alike is seldom chance.
pub fn weight(text: &str) -> u32 {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count() as u32;
    letters.min(10)
}
