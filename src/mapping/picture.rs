//! A line of a file with a mark under one of its characters, as a compiler shows it.

/// The most characters of a line that are shown: of a longer one those around the place.
const WIDE: usize = 160;

/// The line, cut around the place where it is long, and blanks up to a mark below it. Columns are counted from 1.
pub fn marked(line: &str, column: u32) -> (String, String) {
    let at = (column as usize).saturating_sub(1);
    let all = line.chars().count();
    let from = if all <= WIDE { 0 } else { at.saturating_sub(WIDE / 2).min(all - WIDE) };
    let cut: String = line.chars().skip(from).take(WIDE).collect();
    let (before, after) = (if from > 0 { "… " } else { "" }, if from + WIDE < all { " …" } else { "" });
    // A tab is as wide as the one above it.
    let blanks = before.chars().chain(cut.chars().take(at - from)).map(|c| if c == '\t' { c } else { ' ' });
    (format!("{before}{cut}{after}"), blanks.chain(['^']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_below_its_character() {
        assert_eq!(marked("a: b", 4), ("a: b".to_owned(), "   ^".to_owned()));
        assert_eq!(marked("\ta: b", 5).1, "\t   ^");
        assert_eq!(marked("", 1), (String::new(), "^".to_owned()));
        assert_eq!(marked("ab", 9).1, "  ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let long = format!("{}X{}", "a".repeat(1000), "b".repeat(1000));
        let (line, mark) = marked(&long, 1001);
        assert!(line.chars().count() <= WIDE + 4, "{line}");
        assert_eq!(line.chars().nth(mark.chars().count() - 1), Some('X'), "{line}\n{mark}");
        let (line, mark) = marked(&long, 1);
        assert!(line.starts_with("aa") && line.ends_with(" …") && mark == "^", "{line}\n{mark}");
        let (line, mark) = marked(&long, 2001);
        assert!(line.starts_with("… ") && line.ends_with('b'), "{line}");
        assert_eq!(mark.chars().count(), line.chars().count(), "{line}\n{mark}");
    }
}
