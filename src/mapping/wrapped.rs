//! Texts that run on from one place into the next: a name in the five components of 35 that EDIFACT's C080 has.
//!
//! A place that is filled to its last character runs on within a word; after any other comes a blank. So what is taken
//! apart at a blank, or within a word where that is longer than a place, is joined to the same text again.

use super::pipes::Wrong;

/// The text of a place and of those behind it.
pub fn joined(width: usize, first: &str, behind: &[&str]) -> String {
    let mut text = first.to_owned();
    let mut last = first;
    for part in behind {
        if last.chars().count() < width {
            text.push(' ');
        }
        text.push_str(part);
        last = part;
    }
    text
}

/// A text in as many parts as it needs; at blanks, if there is room for so many.
pub fn taken_apart(text: &str, width: usize, room: usize) -> Result<Vec<String>, Wrong> {
    let letters: Vec<char> = text.chars().collect();
    let parts =
        [at_blank, within_a_word].into_iter().find_map(|cut| parts(&letters, width, cut).filter(|p| p.len() <= room));
    parts.ok_or_else(|| Wrong::Value {
        code: "mapping/too_long",
        found: text.to_owned(),
        expected: format!("{room} texts of at most {width} characters, without blanks at their ends"),
    })
}

/// Where a part ends, and where the next begins.
type Cut = fn(&[char], usize) -> Option<(usize, usize)>;

fn parts(mut letters: &[char], width: usize, cut: Cut) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    while letters.len() > width {
        let (end, next) = cut(letters, width)?;
        parts.push(letters[..end].iter().collect());
        letters = &letters[next..];
    }
    parts.push(letters.iter().collect());
    Some(parts)
}

/// At the last single blank before the part is full, or else within a word.
fn at_blank(letters: &[char], width: usize) -> Option<(usize, usize)> {
    let single = |at: usize| letters[at] == ' ' && letters[at - 1] != ' ' && letters[at + 1] != ' ';
    (1..width).rev().find(|at| single(*at)).map(|at| (at, at + 1)).or_else(|| within_a_word(letters, width))
}

fn within_a_word(letters: &[char], width: usize) -> Option<(usize, usize)> {
    (letters[width - 1] != ' ' && letters[width] != ' ').then_some((width, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_apart_is_joined_to_the_same() {
        for (text, parts) in [
            ("Acme Bolts", vec!["Acme Bolts"]),
            ("Acme Distribution Gesellschaft", vec!["Acme", "Distribution", "Gesellschaft"]),
            ("Distributionsgesellschaft 12", vec!["Distributionsg", "esellschaft 12"]),
            ("fourteen chars", vec!["fourteen chars"]),
            // A full place would run on without its blank: it ends before.
            ("fourteen chars and more", vec!["fourteen", "chars and more"]),
            ("two  blanks here", vec!["two  blanks", "here"]),
        ] {
            let told = taken_apart(text, 14, 3).unwrap();
            assert_eq!(told, parts);
            let behind: Vec<&str> = told[1..].iter().map(String::as_str).collect();
            assert_eq!(joined(14, &told[0], &behind), text);
        }
    }

    #[test]
    fn what_has_no_room_is_refused() {
        // At blanks it takes four places of ten, and cut within words three.
        let text = "seventeen sixteen fifteen four";
        assert_eq!(taken_apart(text, 10, 4).unwrap(), ["seventeen", "sixteen", "fifteen", "four"]);
        assert_eq!(taken_apart("abcdefgh ijklmnopq rstuvw", 10, 3).unwrap(), ["abcdefgh", "ijklmnopq", "rstuvw"]);
        assert_eq!(
            taken_apart("abcdefg hijklmnop qrstuvwxyz12", 10, 3).unwrap(),
            ["abcdefg hi", "jklmnop qr", "stuvwxyz12"]
        );
        assert!(taken_apart("abcdefghij klmnopqrs", 10, 1).is_err());
        // Ten letters fill a place: the blank behind them can stand nowhere.
        assert!(taken_apart("abcdefghij klmnopqrs", 10, 2).is_err());
    }
}
