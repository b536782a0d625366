//! Standard output and files: results for people and for programs. A reader that has seen enough and closes the pipe is no
//! error; a file is there whole or as it was.

use anyhow::Context;
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    path::Path,
};

/// Nobody reads any more: the command ends, and ends well.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub struct Closed;

/// Standard output, buffered, for one command.
pub struct Out {
    to: BufWriter<StdoutLock<'static>>,
    /// True on a terminal that shows colours and whose user didn't ask for none (https://no-color.org).
    pub color: bool,
}

impl Out {
    /// Opens it.
    pub fn new() -> Out {
        let stdout = io::stdout();
        let color = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Out { to: BufWriter::new(stdout.lock()), color }
    }

    /// A line.
    pub fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        let text = text.as_ref();
        told(
            self.to
                .write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { self.to.write_all(b"\n") }),
        )
    }

    /// An object on one line.
    pub fn json(&mut self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string(value)?;
        self.line(text)
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        told(self.to.write_all(bytes))
    }

    /// Hands over what is buffered.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        told(self.to.flush())
    }

    /// Rows under their headings, each column as wide as it must be.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
        let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let bold = |text: String| if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text };
        let heading = bold(padded(head.iter().map(|h| h.to_string()), &widths));
        self.line(heading)?;
        for row in rows {
            self.line(padded(row.iter().cloned(), &widths))?;
        }
        Ok(())
    }

    /// A dim text.
    pub fn dim(&self, text: &str) -> String {
        if self.color { format!("\x1b[2m{text}\x1b[0m") } else { text.into() }
    }

    /// A strong text.
    pub fn bold(&self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.into() }
    }

    /// A line of a difference: what is gone red, what is new green.
    pub fn changed(&self, line: &str) -> String {
        match line.chars().next() {
            Some('-') if self.color => format!("\x1b[31m{line}\x1b[0m"),
            Some('+') if self.color => format!("\x1b[32m{line}\x1b[0m"),
            _ => line.to_owned(),
        }
    }

    /// A state in its colour: done, under way, in need of somebody.
    pub fn state(&self, state: &str) -> String {
        let code = match state {
            "applied" | "translated" | "delivered" | "accepted" | "ok" => "32",
            "rejected" | "dead" | "unassigned" | "missing" => "31",
            "held" | "retrying" | "waiting" => "33",
            _ => return state.into(),
        };
        if self.color { format!("\x1b[{code}m{state}\x1b[0m") } else { state.into() }
    }
}

impl Default for Out {
    fn default() -> Self {
        Out::new()
    }
}

fn padded(cells: impl Iterator<Item = String>, widths: &[usize]) -> String {
    let cells: Vec<String> = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
    cells.join("  ").trim_end().to_owned()
}

fn told(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
        Err(error) => Err(anyhow::Error::new(error).context("standard output can't be written")),
        Ok(()) => Ok(()),
    }
}

/// A text of a JSON object; empty where there is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// `2026-01-31 08:00:00` of an RFC 3339 instant, UTC; what is none stays as it is.
pub fn instant(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.into(),
    }
}

/// `1 sample`, `2 samples`.
pub fn counted(many: u64, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

/// `1.2 MB` of a number of bytes.
pub fn size(bytes: i64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} GB")
}

/// The sentence of a cause, else its code; empty where there is none.
pub fn reason(cause: &Value) -> String {
    let sentence = text(cause, "sentence");
    if !sentence.is_empty() {
        return sentence.into();
    }
    // What a person did has no sentence but the reason that was given.
    let mut said = text(cause, "code").to_owned();
    for (before, what) in [(" to ", text(cause, "to")), (": ", text(cause, "why"))] {
        if !what.is_empty() {
            said += before;
            said += what;
        }
    }
    said
}

/// Where bytes go.
pub type To<'a> = &'a mut dyn FnMut(&[u8]) -> anyhow::Result<()>;

/// Writes a file by another beside it, so that it is there whole or as it was.
pub fn beside<T>(target: &Path, write: impl FnOnce(To) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut name = target.file_name().context("the output is no file")?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = target.with_file_name(name);
    // What `write` itself finds wrong is none of the output's fault.
    let unwritten = || format!("{} can't be written", target.display());
    let made = || -> anyhow::Result<T> {
        let mut to = BufWriter::new(File::create_new(&part).with_context(unwritten)?);
        let made = write(&mut |bytes| to.write_all(bytes).with_context(unwritten))?;
        let whole = to.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        whole.with_context(unwritten)?;
        if let Ok(there) = fs::metadata(target) {
            fs::set_permissions(&part, there.permissions()).with_context(unwritten)?;
        }
        fs::rename(&part, target).with_context(unwritten)?;
        Ok(made)
    }();
    if made.is_err() {
        // It may not be there; then there is nothing to take away.
        let _ = fs::remove_file(&part);
    }
    made
}
