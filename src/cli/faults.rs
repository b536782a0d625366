//! Faults of configuration files as people read them: each with its place, and its line with a mark under what is meant.

use crate::{
    mapping::{near::nearest, picture::marked},
    tenancy::{files::Lint, outline::SECRETS},
};
use std::fmt;

/// Faults of configuration files, and the lines that they stand in.
#[derive(Debug)]
pub struct Faults(Vec<(Lint, Option<String>)>);

impl Faults {
    /// Faults of files, given as (path, text). One of a file that is not among them is told without its line.
    pub fn of(faults: Vec<Lint>, files: &[&[(String, String)]]) -> Faults {
        let line = |fault: &Lint| {
            let (_, text) = files.iter().copied().flatten().find(|(path, _)| *path == fault.file)?;
            let line = text.lines().nth(usize::try_from(fault.line).ok()?.checked_sub(1)?)?;
            (!may_hold_secret(line)).then(|| line.to_owned())
        };
        Faults(faults.into_iter().map(|fault| (fault.clone(), line(&fault))).collect())
    }

    /// The faults alone.
    pub fn lints(&self) -> impl Iterator<Item = &Lint> {
        self.0.iter().map(|(fault, _)| fault)
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (fault, line)) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
            if let Some(line) = line {
                let (line, mark) = marked(line, u32::try_from(fault.column).unwrap_or(u32::MAX));
                let number = fault.line.to_string();
                write!(f, "\n  {number} | {line}\n  {:1$} | {mark}", "", number.len())?;
            }
        }
        Ok(())
    }
}

/// True of a line that names what may be a secret, also by a slip: the log of a start is read by others than the file.
fn may_hold_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
    words.into_iter().any(|word| {
        SECRETS.iter().any(|secret| word.contains(secret)) || nearest(word, SECRETS).is_some_and(|_| word.len() > 2)
    }) || line.contains("://") && line.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_under_its_line_and_no_secret_is_shown() {
        let text = "tenant: acme\npartner: north\n    pth: drop\n  - { name: a, sekret: hunter2 }\n    url: ftp://a:hunter2@b\n";
        let files = [("north.yaml".to_owned(), text.to_owned())];
        let fault = |line, column| Lint { file: "north.yaml".into(), line, column, sentence: "wrong".into() };
        let told = Faults::of(vec![fault(3, 5), fault(4, 16), fault(5, 5), fault(9, 1)], &[&files]).to_string();
        let expected = "north.yaml:3:5: wrong\n  3 |     pth: drop\n    |     ^\nnorth.yaml:4:16: wrong\nnorth.yaml:5:5: wrong\nnorth.yaml:9:1: wrong";
        assert_eq!(told, expected);
    }
}
