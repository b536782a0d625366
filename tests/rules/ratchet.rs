//! What breaks a rule of tidy.rs and is allowed to, for now. These lists may only get shorter: an entry that is no
//! longer needed, or allows more than is there, fails the test just as a new breach does.

/// (file, lines): files over the limit of lines.
pub const LONG_FILES: &[(&str, usize)] = &[];

/// (file, function, lines): functions over the limit of lines.
pub const LONG_FUNCTIONS: &[(&str, &str, usize)] = &[
    // The demo's story, part after part.
    ("src/cli/demo/story.rs", "send", 115),
];

/// (file, word, times): banned words. The reason stands beside each.
pub const WORDS: &[(&str, &str, usize)] = &[];

/// (file, reason): files without a `//!` line.
pub const NO_HEADER: &[(&str, &str)] = &[];

/// (file, word, reason): what a pure room may not use, and uses.
pub const WORDS_IN_PURE_ROOMS: &[(&str, &str, &str)] = &[(
    "src/canonical/ids.rs",
    "now_v7",
    "a document's id is the one that nothing can be derived from; intake asks for it",
)];

/// Holds what was found against what is allowed. `found` and `allowed` are (what, how much).
pub fn compare(found: &[(String, usize)], allowed: &[(String, usize)], limit: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, much) in found {
        match allowed.iter().find(|(known, _)| known == what) {
            None => wrong.push(format!("{what}: {much}; {limit}")),
            Some((_, may)) if much > may => wrong.push(format!("{what}: {much}, and ratchet.rs allows {may}; {limit}")),
            Some((_, may)) if much < may => {
                wrong.push(format!("{what}: now {much}, so lower it in ratchet.rs ({may})"))
            }
            Some(_) => {}
        }
    }
    for (what, _) in allowed.iter().filter(|(known, _)| !found.iter().any(|(what, _)| what == known)) {
        wrong.push(format!("{what}: keeps the rule now, so take it out of ratchet.rs"));
    }
    wrong
}

#[test]
fn the_lists_may_only_get_shorter() {
    let list = |entries: &[(&str, usize)]| -> Vec<(String, usize)> {
        entries.iter().map(|(what, much)| ((*what).to_owned(), *much)).collect()
    };
    assert_eq!(compare(&list(&[("a", 700)]), &list(&[("a", 700)]), "limit"), Vec::<String>::new());
    for (found, allowed, expected) in [
        (vec![("a", 700)], vec![], "limit"),
        (vec![("a", 701)], vec![("a", 700)], "allows 700"),
        (vec![("a", 699)], vec![("a", 700)], "lower it"),
        (vec![], vec![("a", 700)], "take it out"),
    ] {
        let wrong = compare(&list(&found), &list(&allowed), "limit");
        assert!(wrong.len() == 1 && wrong[0].contains(expected), "{wrong:?}");
    }
}
