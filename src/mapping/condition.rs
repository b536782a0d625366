//! What a path asks of a segment, element or object before it takes a value from it: `[01=ST]`, `[01!=BY]`,
//! `[01.03='',$currency]`.

use super::{
    expr,
    near::hint,
    out::same,
    plan::{Leaf, Name},
    route::{Router, Wrong},
    shape::Shape,
};
use crate::formats::{guides::ElementSpec, piece::Standard};

/// Any value, as a condition.
pub const ANYTHING: &str = "*";

/// `[01=ST]`: one of the values must stand there; the first is what is written. `[01=*]`: any value.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub leaf: Leaf,
    /// `!=`: none of them may stand there. Nothing is written by it.
    pub not: bool,
    /// Empty: nothing stands there (`''`).
    pub values: Vec<String>,
    /// `$currency`: what the message says is one of the values, too.
    pub compared: Option<Compared>,
    /// Where there is no such place at all, it holds as where nothing stands in it. Of an element of XML it doesn't: one
    /// without a text is there.
    pub absent: bool,
}

/// A member of the message, as one of a condition's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// In the program's list of them.
    pub member: usize,
    /// It stands before the others: it is what is written.
    pub first: bool,
}

/// What the message says, of the members that conditions compare with; none of what it doesn't say.
pub type Known = Vec<Option<Box<str>>>;

impl Condition {
    /// `[01=ST]`, and no more than that.
    pub fn is_plain(&self) -> bool {
        !self.not && self.compared.is_none() && !self.values.iter().any(String::is_empty)
    }

    /// Does a value fulfil it? Empty: nothing stands there.
    #[inline]
    pub fn holds(&self, value: &str, known: &[Option<Box<str>>]) -> bool {
        (self.names(value) || self.compared.is_some_and(|one| said(one, known) == Some(value))) != self.not
    }

    /// Is it one of the values that stand in the mapping?
    #[inline]
    pub fn names(&self, value: &str) -> bool {
        self.values.iter().any(|v| v == value || v == ANYTHING && !value.is_empty())
    }

    /// Does it hold where there is no such place?
    #[inline]
    pub fn holds_without(&self) -> bool {
        (self.absent && self.names_nothing()) != self.not
    }

    /// What it says that is to be written; none where it leaves that to others.
    pub fn writes<'a>(&'a self, known: &'a [Option<Box<str>>]) -> Option<&'a str> {
        if self.not {
            return None;
        }
        match self.compared {
            Some(one) if one.first => said(one, known),
            _ => {
                let writes = |value: &&str| *value != ANYTHING && !(self.absent && value.is_empty());
                self.values.first().map(String::as_str).filter(writes)
            }
        }
    }

    /// Does it hold only where a value stands, and doesn't say which? Somebody else has to write one then.
    pub fn wants_another(&self) -> bool {
        self.not && self.absent && self.names_nothing()
    }

    /// What may stand there, in words; empty where only nothing may.
    pub fn wanted<'a>(&'a self, known: &'a [Option<Box<str>>]) -> Vec<&'a str> {
        let values = self.values.iter().map(String::as_str).filter(|value| !value.is_empty());
        values.chain(self.compared.and_then(|one| said(one, known))).collect()
    }

    /// Can both hold of one place? Whether a member of the message says what another condition wants is not known before.
    fn may_hold_with(&self, other: &Condition) -> bool {
        let (one, other) = if self.not { (other, self) } else { (self, other) };
        if one.not {
            return true;
        }
        let any = |values: &[String]| values.iter().any(|value| !value.is_empty());
        let takes = |value: &String| match (value == ANYTHING, other.not) {
            (true, true) => !other.names(ANYTHING),
            (true, false) => any(&other.values) || other.compared.is_some(),
            (false, not) => other.names(value) != not || !not && !value.is_empty() && other.compared.is_some(),
        };
        // What the message says may be any value.
        let compared = one.compared.is_some_and(|own| match other.not {
            true => !other.names(ANYTHING) && other.compared.is_none_or(|theirs| theirs.member != own.member),
            false => any(&other.values) || other.compared.is_some(),
        });
        compared || one.values.iter().any(takes)
    }

    fn names_nothing(&self) -> bool {
        self.values.iter().any(String::is_empty)
    }
}

fn said(one: Compared, known: &[Option<Box<str>>]) -> Option<&str> {
    known.get(one.member)?.as_deref()
}

impl Router {
    /// A condition, as it is asked of a place, beside those before it. `spec`: what the guide says of the place.
    pub(super) fn condition(
        &mut self,
        raw: &expr::Condition,
        leaf: Leaf,
        before: &[Condition],
        spec: Option<&ElementSpec>,
    ) -> Result<Condition, Wrong> {
        let mut compared = None;
        for (at, value) in raw.values.iter().enumerate() {
            let expr::Value::Member(name) = value else { continue };
            if compared.is_some() {
                return Err((raw.offset, "a condition compares with one member of the message".into()));
            }
            compared = Some(Compared { member: self.compared(name, raw, spec)?, first: at == 0 });
        }
        let last = match &leaf {
            Leaf::Child { name, .. } => Some(name),
            Leaf::Deep(names) => names.last(),
            _ => None,
        };
        let is_element = |name: &Name| self.standard == Standard::Xml && !name.name.starts_with('@');
        let absent = !last.is_some_and(is_element);
        if raw.values.contains(&expr::Value::Nothing) && (absent || raw.values.len() > 1) {
            let at = &raw.leaf;
            let sentence = format!(
                "`[{}]` lacks a value: write [{at}=''] where nothing may stand there, [{at}=*] where anything may",
                raw.told()
            );
            return Err((raw.offset, sentence));
        }
        let values = raw.texts().map(str::to_owned).collect();
        let condition = Condition { leaf, not: raw.not, values, compared, absent };
        if before.iter().any(|other| same(&other.leaf, &condition.leaf) && !condition.may_hold_with(other)) {
            let sentence = format!(
                "`[{}]` and a condition before it can't both hold of one {}: name the element that is meant, or put the values \
                 into one condition, as in [{}=A,B]",
                raw.told(),
                raw.leaf,
                raw.leaf
            );
            return Err((raw.offset, sentence));
        }
        Ok(condition)
    }

    /// The number of a member that a condition compares with (`$currency`).
    fn compared(&mut self, name: &str, raw: &expr::Condition, spec: Option<&ElementSpec>) -> Result<usize, Wrong> {
        let read = &self.members[..self.read.min(self.members.len())];
        let Some(member) = read.iter().find(|member| member.name == name) else {
            let sentence = match self.members.iter().any(|member| member.name == name) {
                true => format!("`${name}` is not read yet: put the line of `{name}:` above this one"),
                false => {
                    let near = hint(name, read.iter().map(|member| member.name.as_str()));
                    let near = near.replace("nearest ", "nearest $");
                    format!("`${name}` is no text of the message that a line says without a pipe{near}")
                }
            };
            return Err((raw.offset, sentence));
        };
        if let Some(spec) = spec.filter(|spec| !is_alike(spec, &member.shape)) {
            let fitting = read.iter().filter(|member| is_alike(spec, &member.shape));
            let fitting: Vec<String> = fitting.map(|member| format!("${}", member.name)).collect();
            let (takes, which) = match is_currency(spec) {
                true => ("a currency", "currency"),
                false if spec.codes.is_empty() => ("a text", "text"),
                false => ("one of its codes", "code"),
            };
            let fitting = match fitting.is_empty() {
                true => "; name the value itself".to_owned(),
                false => format!("; it may be compared with {}", fitting.join(", ")),
            };
            let sentence =
                format!("`${name}` is no {which}, and {} ({}) takes {takes}{fitting}", raw.leaf, &*spec.label);
            return Err((raw.offset, sentence));
        }
        Ok(self.compared.iter().position(|known| known == name).unwrap_or_else(|| {
            self.compared.push(name.to_owned());
            self.compared.len() - 1
        }))
    }

    /// Which of the conditions on what a value stands in refuses all else (`?? refuse`).
    pub(super) fn refuses(
        &self,
        path: &expr::Path,
        leaf: &Leaf,
        conditions: &[Condition],
    ) -> Result<Option<usize>, Wrong> {
        let all = path.steps.iter().enumerate().flat_map(|(at, step)| step.conditions.iter().map(move |one| (at, one)));
        let mut refusing = all.filter(|(_, one)| one.refuses);
        let Some((at, one)) = refusing.next() else { return Ok(None) };
        if let Some((_, second)) = refusing.next() {
            return Err((second.offset, "one condition of a path says `?? refuse`, and another one does here".into()));
        }
        // Of JSON the last name is the value's own.
        let innermost = path.steps.len() - 1 - usize::from(!self.edi() && *leaf != Leaf::Own);
        let own = path.steps.get(at).filter(|_| at == innermost).map_or(&[][..], |step| &step.conditions);
        match (own.iter().position(|other| other.refuses), conditions.len().checked_sub(own.len())) {
            (Some(nth), Some(before)) => Ok(Some(before + nth)),
            _ => Err((one.offset, "`?? refuse` stands in the last step of a path, beside the value".into())),
        }
    }
}

/// X12 100, UN/EDIFACT 6345.
fn is_currency(spec: &ElementSpec) -> bool {
    matches!(&*spec.reference, "100" | "6345")
}

/// May what stands in an element be what a member of the message says? A currency stands in an element for one, and a number
/// or a name in none that has codes.
fn is_alike(spec: &ElementSpec, shape: &Shape) -> bool {
    match shape {
        Shape::Currency => is_currency(spec),
        _ => spec.codes.is_empty() && !is_currency(spec),
    }
}
