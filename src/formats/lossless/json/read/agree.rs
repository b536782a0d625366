//! Delimiters said twice, by `delimiters` and by the header that names them: where they differ, what is written would be read
//! as something else.

use super::{Not, Own};
use crate::{
    edi::scan::is_break,
    edifact::{default, is_single_byte, repetition as repeats_by},
    fault::shorten,
    lossless::{Delimiters, Element, Segment},
    piece::Standard,
};
use serde_json::Value as Json;

/// Two of the delimiters, by their names, that are one character; or those of UNA that `delimiters` doesn't have.
pub(super) fn differ(delimiters: &Delimiters, una: Option<[u8; 6]>) -> Result<(), Not> {
    let Delimiters { element, component, repetition, release, segment, .. } = *delimiters;
    let named = [("element", Some(element)), ("segment", Some(segment)), ("component", component)];
    let x12 = delimiters.standard == Standard::X12;
    // What EDIFACT repeats or releases by is UNA's word, whatever it is.
    let all: Vec<_> = named.into_iter().chain([("repetition", repetition.filter(|_| x12))]).collect();
    for (n, (name, byte)) in all.iter().enumerate() {
        if let Some((first, _)) = all[..n].iter().find(|(_, known)| byte.is_some() && known == byte) {
            let found = format!("{} for both `{first}` and `{name}`", quoted(*byte));
            return Err(Not { below: vec![], found, expected: "delimiters that differ" });
        }
    }
    if x12 {
        let release = release.map(|byte| format!("`release` {}", quoted(Some(byte))));
        return match release.or(una.map(|_| "`una`".to_owned())) {
            Some(found) => {
                Err(Not { below: vec![], found, expected: "neither: X12 releases no delimiter, and has no UNA" })
            }
            None => Ok(()),
        };
    }
    let given = |byte: u8| (byte != b' ').then_some(byte);
    let names = match una {
        Some([component, element, _, release, _, segment]) => {
            [Some(element), Some(component), given(release), Some(segment)]
        }
        None => {
            let plain = default(&[b'U', b'N', b'B', element]);
            [Some(plain.element), plain.component, plain.release, Some(plain.segment)]
        }
    };
    let said = [("element", Some(element)), ("component", component), ("release", release), ("segment", Some(segment))];
    let other = said.into_iter().zip(names).find(|((_, said), named)| said != named);
    other.map_or(Ok(()), |((name, said), named)| {
        let (by, expected) = match una {
            Some(_) => (
                "`una` names",
                "the same in both: `una` is component, element, decimal mark, release, repetition, segment",
            ),
            None => ("without `una` it is", "`una`, if other characters than the usual ones separate"),
        };
        let found = format!("`{name}` {}, and {by} {}", quoted(said), quoted(named));
        Err(Not { below: vec![], found, expected })
    })
}

impl Own {
    /// What ISA or UNB says of the delimiters must be what `delimiters` says.
    pub(super) fn agrees(&self, segment: &Segment) -> Result<(), Not> {
        match (self.delimiters.standard, segment.id()) {
            (Standard::X12, b"ISA") if segment.elements.len() == 17 => self.isa_agrees(segment),
            (Standard::Edifact, b"UNB") => self.unb_agrees(segment),
            _ => Ok(()),
        }
    }

    fn isa_agrees(&self, isa: &Segment) -> Result<(), Not> {
        let Delimiters { element, component, repetition, segment, .. } = self.delimiters;
        let own = |byte: u8| byte == element || byte == segment;
        let named = |position: usize| -> Vec<u8> {
            isa.elements[position].first().iter().copied().filter(|byte| !is_break(*byte)).collect()
        };
        let mut isa16 = named(16);
        // A blank may stand before the terminator.
        if let [_, b' '] = isa16[..] {
            isa16.pop();
        }
        let separates = match isa16[..] {
            [byte] => (!own(byte) && byte != b' ' && !byte.is_ascii_alphanumeric()).then_some(byte),
            _ => None,
        };
        if separates != component || isa16.len() > 1 {
            return Err(wrong("ISA16", &isa16, "component", component).at(16));
        }
        let isa11 = named(11);
        let separates = match isa11.trim_ascii() {
            [byte] if !byte.is_ascii_alphanumeric() && *isa.value(12) >= *"00402" => {
                Some(*byte).filter(|byte| !own(*byte) && Some(*byte) != component)
            }
            _ => None,
        };
        match separates == repetition {
            true => Ok(()),
            false => Err(wrong("ISA11", &isa11, "repetition", repetition).at(11)),
        }
    }

    /// The character set that UNB names, by its first element, must be what `encoding` says: else its readers would read other
    /// characters than stand here.
    pub(super) fn characters_agree(&self, s001: Option<&Json>) -> Result<(), Not> {
        let identifier = match s001 {
            Some(Json::Array(parts)) => parts.first(),
            other => other,
        };
        let Some(identifier) = identifier.and_then(Json::as_str) else { return Ok(()) };
        let named = format!("UNB01-1 “{}”", shorten(identifier, 40));
        let (found, expected) = match (identifier, self.latin1) {
            ("UNOC", false) => {
                ("without `encoding`", "`encoding`: \"latin1\", since UNOC is ISO 8859-1, or UNOY, which is UTF-8")
            }
            ("UNOW" | "UNOX" | "UNOY", true) => {
                ("with `encoding` “latin1”", "no `encoding`, or UNOC, which is ISO 8859-1")
            }
            (other, true) if is_single_byte(other) => (
                "with `encoding` “latin1”",
                "no `encoding`, and values as {\"latin1\": …}, or UNOC, which is ISO 8859-1",
            ),
            _ => {
                self.single.replace(Some(identifier.to_owned()).filter(|set| is_single_byte(set)));
                return Ok(());
            }
        };
        Err(Not { below: vec![], found: format!("{named}, and `delimiters` {found}"), expected })
    }

    fn unb_agrees(&self, unb: &Segment) -> Result<(), Not> {
        let Some(s001 @ (Element::Plain(_) | Element::Components(_))) = unb.elements.get(1) else { return Ok(()) };
        let is_syntax_4 = s001.component(2).trim_ascii_start().starts_with(b"4");
        let reserved = match self.una {
            Some(six) => repeats_by(six),
            None => Some(b'*'),
        };
        let separates = reserved.filter(|_| is_syntax_4);
        match separates == self.delimiters.repetition {
            true => Ok(()),
            false => {
                Err(wrong("the syntax version", s001.component(2), "repetition", self.delimiters.repetition).at(1))
            }
        }
    }
}

fn wrong(what: &str, value: &[u8], name: &str, said: Option<u8>) -> Not {
    let value = shorten(&String::from_utf8_lossy(value), 40);
    let found = format!("{what} “{value}”, and `delimiters` with `{name}` {}", quoted(said));
    Not { below: vec![], found, expected: "a header that names what `delimiters` says" }
}

fn quoted(byte: Option<u8>) -> String {
    match byte {
        None => "none".to_owned(),
        Some(byte) if byte.is_ascii() => format!("“{}”", shorten(&char::from(byte).to_string(), 1)),
        Some(byte) => format!("{byte:#04X}"),
    }
}
