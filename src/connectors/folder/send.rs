//! Sending: a file in `out/` appears whole or not at all, and the same document again replaces it.

use super::Places;
use crate::{
    canonical::outgoing::Outgoing,
    connectors::{Sent, Wrong},
};
use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    time::Duration,
};

/// Files under a name of passage that are older were left by a process that died.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// Writes, syncs, renames, syncs the folder.
pub fn send(places: &Places, out: &Outgoing) -> Result<Sent, Wrong> {
    let name = out.name.as_str();
    if name.is_empty() || name.starts_with('.') || name.len() > 200 || name.contains(['/', '\0', '\n', '\r']) {
        return Err(Wrong::Name(out.name.clone()));
    }
    // A name of its own each time: two who send the same document at once must not write into one file.
    let passage = places.out.join(format!(".{name}.{}.tmp", uuid::Uuid::now_v7().simple()));
    let to = places.out.join(name);
    let sent = write(&passage, &out.bytes)
        .and_then(|()| std::fs::rename(&passage, &to))
        .and_then(|()| sync_folder(&places.out));
    if sent.is_err() {
        let _ = std::fs::remove_file(&passage);
    }
    sent.map_err(Wrong::io(format!("{} can't be written", to.display())))?;
    Ok(Sent { to: to.display().to_string() })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes what dead processes left in `out/`.
pub fn tidy(places: &Places) -> io::Result<()> {
    for entry in std::fs::read_dir(&places.out)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|n| n.starts_with('.') && n.ends_with(".tmp"));
        if is_ours && entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > LEFT_BEHIND) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
