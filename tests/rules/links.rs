//! Links between the pages of the project lead somewhere.

use crate::source::{relative, root};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn relative_links_lead_to_files() {
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    below(&root().join("docs"), &mut pages);
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(page).unwrap_or_default();
        for (line, target) in links(&text) {
            let folder = page.parent().unwrap_or(root());
            if !folder.join(&target).exists() {
                wrong.push(format!("{}:{line}: {target} is not there", relative(page)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, into) } else { into.push(path) }
    }
}

/// Line and target of each relative Markdown link and image, and of `src="…"` and `srcset="…"`; outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (open, close) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
            for (at, _) in line.match_indices(open) {
                let in_code = line[..at].matches('`').count() % 2 == 1;
                let target = line[at + open.len()..].split(close).next().unwrap_or_default();
                let path = target.split(['#', ' ', '?']).next().unwrap_or_default();
                let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
                if !in_code && !elsewhere {
                    found.push((number + 1, path.to_owned()));
                }
            }
        }
    }
    found
}

#[test]
fn finds_the_links_of_a_page() {
    let page = "[a](docs/a.md#part) and ![b](b.png \"title\") [c](https://example.com/c) [d](#here)\n`[e](e.md)`\n\
                ```\n[f](f.md)\n```\n<img src=\"g.png\">\n";
    let found = links(page);
    let expected = [(1, "docs/a.md"), (1, "b.png"), (6, "g.png")].map(|(line, path)| (line, path.to_owned()));
    assert_eq!(found, expected);
}
