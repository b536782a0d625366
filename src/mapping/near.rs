//! The nearest known name, for lint sentences: `BEG13 …; nearest BEG12`.

use strsim::damerau_levenshtein;

/// The name that differs least (two letters that changed places are one difference), or none if all differ in half of
/// their letters or more.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted_lower = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| (damerau_levenshtein(&wanted_lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 2 < name.chars().count().max(wanted.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; nearest BEG12`, or nothing.
pub fn hint<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map(|name| format!("; nearest {name}")).unwrap_or_default()
}

/// The name that a slip of a letter or two makes of another: so little that one was meant where the other stands.
pub fn slip<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(wanted, known).filter(|name| damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase()) <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_found_and_nothing_far_off() {
        assert_eq!(nearest("curency", ["number", "currency"]), Some("currency"));
        assert_eq!(nearest("BEG13", ["BEG03", "BEG12", "PO101"]), Some("BEG03"));
        assert_eq!(nearest("BGE", ["REF", "BEG"]), Some("BEG"), "letters that changed places are one edit");
        assert_eq!(nearest("zzz", ["number", "currency"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!((slip("dte", ["date"]), slip("ship_to_phone", ["ship_to"])), (Some("date"), None));
    }
}
