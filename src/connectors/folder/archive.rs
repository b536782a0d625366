//! Moving a file out of `in/` once it has its end: to `done/` with a receipt, or to `refused/` with a reason.

use super::{
    Places,
    look::{Found, Stamp},
};
use crate::{canonical::DocumentId, connectors::Wrong, store::now};
use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

/// What became of a move.
#[derive(Debug, PartialEq, Eq)]
pub enum Moved {
    Yes,
    /// It was gone, or another file stands in its place: the sender's doing, met at the next look.
    Changed,
}

/// Moves a taken file to `done/`.
pub fn done(places: &Places, file: &Found, document: DocumentId) -> Result<Moved, Wrong> {
    let plain = places.done.join(&file.name);
    let to = if stands(&plain)? { places.done.join(with_end(&file.name, &format!("-{document}"))) } else { plain };
    move_if_same(file, &to)
}

/// Moves a file that can't be taken to `refused/`, with the reason beside it.
pub fn refused(places: &Places, file: &Found, reason: &str) -> Result<Moved, Wrong> {
    let mut to = places.refused.join(&file.name);
    if stands(&to)? {
        to = places.refused.join(with_end(&file.name, &format!("-{}", now().0)));
    }
    // The reason first: a file in refused/ never stands there without one.
    let name = with_end(to.file_name().unwrap_or_default(), ".reason.txt");
    let note = places.refused.join(name);
    std::fs::write(&note, format!("{}: {reason}\n", file.text()))
        .map_err(Wrong::io(format!("{} can't be written", note.display())))?;
    let moved = move_if_same(file, &to);
    if !matches!(moved, Ok(Moved::Yes)) {
        let _ = std::fs::remove_file(&note);
    }
    moved
}

fn stands(path: &Path) -> Result<bool, Wrong> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Wrong::io(format!("{} can't be read", path.display()))(error)),
    }
}

/// A name with an end, cut so that file systems take it (255 bytes).
fn with_end(name: &OsStr, end: &str) -> OsString {
    let mut bytes = name.as_bytes().to_vec();
    bytes.truncate(255 - end.len());
    bytes.extend_from_slice(end.as_bytes());
    OsString::from_vec(bytes)
}

/// Moves a file unless another one has taken its name meanwhile. If that happens between look and move, the other
/// one is put back.
fn move_if_same(file: &Found, to: &Path) -> Result<Moved, Wrong> {
    if stamp(&file.path)? != Some(file.stamp) {
        return Ok(Moved::Changed);
    }
    match std::fs::rename(&file.path, to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Moved::Changed),
        Err(error) => {
            return Err(Wrong::io(format!("{} can't be moved to {}", file.path.display(), to.display()))(error));
        }
    }
    if stamp(to)? == Some(file.stamp) {
        return Ok(Moved::Yes);
    }
    put_back(file, to).map_err(Wrong::io(format!("{} can't be put back", to.display())))?;
    Ok(Moved::Changed)
}

fn stamp(path: &Path) -> Result<Option<Stamp>, Wrong> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(Stamp::of(&meta))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Wrong::io(format!("{} can't be read", path.display()))(error)),
    }
}

fn put_back(file: &Found, from: &Path) -> io::Result<()> {
    // A link and not a rename: what the sender wrote under the name once more must not be replaced.
    let back = |to: &PathBuf| std::fs::hard_link(from, to);
    match back(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            back(&file.path.with_file_name(with_end(&file.name, &format!("-{}", now().0))))?;
        }
        other => other?,
    }
    std::fs::remove_file(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::folder::look;
    use std::fs;

    /// Folders of their own, gone at the end.
    struct Made(Places);

    impl Made {
        fn new() -> Made {
            let places = Places::of(std::env::temp_dir().join(format!("crossdock-{}", uuid::Uuid::now_v7())));
            places.make().unwrap();
            Made(places)
        }
        fn put(&self, name: &str, text: &str) -> Found {
            fs::write(self.0.incoming.join(name), text).unwrap();
            look::list(&self.0.incoming).unwrap().files.into_iter().find(|f| f.name == name).unwrap()
        }
        fn read(&self, folder: &Path, name: &str) -> Option<String> {
            fs::read_to_string(folder.join(name)).ok()
        }
    }

    impl Drop for Made {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0.root);
        }
    }

    #[test]
    fn what_was_written_under_the_name_meanwhile_stays() {
        let made = Made::new();
        let file = made.put("order.edi", "first");
        made.put("order.edi", "second, longer");
        assert_eq!(done(&made.0, &file, DocumentId::new()).unwrap(), Moved::Changed);
        assert_eq!(made.read(&made.0.incoming, "order.edi").as_deref(), Some("second, longer"));
        assert_eq!(made.read(&made.0.done, "order.edi"), None);
        fs::remove_file(made.0.incoming.join("order.edi")).unwrap();
        assert_eq!(done(&made.0, &file, DocumentId::new()).unwrap(), Moved::Changed, "gone");
    }

    #[test]
    fn one_moved_by_mistake_is_put_back_beside_a_newer_one() {
        let made = Made::new();
        let file = made.put("order.edi", "first");
        let moved = made.0.done.join("order.edi");
        fs::rename(&file.path, &moved).unwrap();
        put_back(&file, &moved).unwrap();
        assert_eq!(made.read(&made.0.incoming, "order.edi").as_deref(), Some("first"));
        fs::rename(&file.path, &moved).unwrap();
        made.put("order.edi", "newer");
        put_back(&file, &moved).unwrap();
        let mut texts: Vec<String> =
            look::list(&made.0.incoming).unwrap().files.iter().map(|f| fs::read_to_string(&f.path).unwrap()).collect();
        texts.sort();
        assert_eq!(texts, ["first", "newer"]);
        assert!(!moved.exists());
    }

    #[test]
    fn names_too_long_for_an_end_are_cut() {
        let made = Made::new();
        let name = "n".repeat(255);
        let (first, document) = (made.put(&name, "first"), DocumentId::new());
        done(&made.0, &first, document).unwrap();
        let second = made.put(&name, "second");
        done(&made.0, &second, document).unwrap();
        assert_eq!(fs::read_dir(&made.0.done).unwrap().count(), 2);
        let third = made.put(&name, "third");
        refused(&made.0, &third, "for a test").unwrap();
        let mut lengths: Vec<usize> =
            fs::read_dir(&made.0.refused).unwrap().map(|e| e.unwrap().file_name().len()).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [255, 255]);
    }
}
