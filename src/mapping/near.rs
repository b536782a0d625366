//! The nearest known name, for lint sentences: `BEG13 …; nearest BEG12`.

/// The name that differs least, or none if all differ in half of their letters or more.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted_lower = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&wanted_lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 2 < name.chars().count().max(wanted.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; nearest BEG12`, or nothing.
pub fn hint<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map(|name| format!("; nearest {name}")).unwrap_or_default()
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = before + usize::from(ca != *cb);
            before = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_found_and_nothing_far_off() {
        assert_eq!(nearest("curency", ["number", "currency"]), Some("currency"));
        assert_eq!(nearest("BEG13", ["BEG03", "BEG12", "PO101"]), Some("BEG03"));
        assert_eq!(nearest("zzz", ["number", "currency"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
