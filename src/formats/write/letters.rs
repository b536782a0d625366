//! Letters that a character set doesn't have: which there are, and what is written instead.

use serde::{Deserialize, Serialize};

/// The characters that X12.6 has for data, without the language characters of the extended set (é): no byte is settled
/// for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repertoire {
    /// Whatever is in the data, as UTF-8.
    #[default]
    Any,
    /// What ASCII prints.
    Extended,
    /// Capitals, digits, blanks, and some punctuation.
    Basic,
}

impl Repertoire {
    /// True of a character that it has.
    pub fn has(self, c: char) -> bool {
        match self {
            Repertoire::Any => true,
            Repertoire::Extended => matches!(c, ' '..='~'),
            Repertoire::Basic => c.is_ascii_uppercase() || c.is_ascii_digit() || " !\"&'()*+,-./:;?=".contains(c),
        }
    }

    /// `extended`, `basic`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Repertoire::Any => "any",
            Repertoire::Extended => "extended",
            Repertoire::Basic => "basic",
        }
    }
}

/// How X12's data are written in letters that its repertoire has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct X12Letters {
    pub repertoire: Repertoire,
    /// Letters without their marks, and capitals only in the basic set; what can't be said so is refused.
    pub transliterate: bool,
    /// What is written for a character that can't be said.
    pub substitute: Option<char>,
}

impl X12Letters {
    /// A value in letters that there are; or the first character that can't be said.
    pub(super) fn said(&self, value: &str) -> Result<String, char> {
        let mut said = String::with_capacity(value.len());
        for c in value.chars() {
            let upper = if self.repertoire == Repertoire::Basic { c.to_ascii_uppercase() } else { c };
            match self.transliterate.then(|| plain_letter(c)).flatten() {
                // A control character is no letter: that is the delimiters' replacement.
                _ if self.repertoire.has(c) || c.is_control() => said.push(c),
                _ if self.transliterate && self.repertoire.has(upper) => said.push(upper),
                Some(plain) if self.repertoire == Repertoire::Basic => said.push_str(&plain.to_ascii_uppercase()),
                Some(plain) => said.push_str(plain),
                None => said.push(self.substitute.ok_or(c)?),
            }
        }
        Ok(said)
    }
}

/// What stands for a letter with a mark, or a typographic sign, where there is none.
pub(super) fn plain_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'Ä' | 'Æ' => "AE",
        'ä' | 'æ' => "ae",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'Ď' | 'Đ' | 'Ð' => "D",
        'ď' | 'đ' | 'ð' => "d",
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'Ğ' => "G",
        'ğ' => "g",
        'Ì'..='Ï' | 'İ' => "I",
        'ì'..='ï' | 'ı' => "i",
        'Ł' => "L",
        'ł' => "l",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò'..='Õ' | 'Ő' => "O",
        'ò'..='õ' | 'ő' => "o",
        'Ö' | 'Ø' | 'Œ' => "OE",
        'ö' | 'ø' | 'œ' => "oe",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Ş' | 'Š' => "S",
        'ś' | 'ş' | 'š' => "s",
        'ß' => "ss",
        'Ť' | 'Ţ' => "T",
        'ť' | 'ţ' => "t",
        'Ù'..='Û' | 'Ů' | 'Ű' => "U",
        'ù'..='û' | 'ů' | 'ű' => "u",
        'Ü' => "UE",
        'ü' => "ue",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        '‘' | '’' | '‚' | '′' | '`' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '‐'..='―' | '_' | '~' => "-",
        '[' | '{' => "(",
        ']' | '}' => ")",
        '|' | '\\' => "/",
        '…' => "...",
        '€' => "EUR",
        '\u{A0}' => " ",
        _ => return None,
    })
}
