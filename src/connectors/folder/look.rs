//! What lies in `in/`, and which of it is whole.

use std::{
    collections::{HashMap, HashSet},
    ffi::{OsStr, OsString},
    fs::{FileType, Metadata},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What tells a file from another of its name, and from itself before it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    seconds: i64,
    nanos: i64,
    device: u64,
    inode: u64,
}

impl Stamp {
    pub fn of(meta: &Metadata) -> Stamp {
        Stamp {
            size: meta.size(),
            seconds: meta.mtime(),
            nanos: meta.mtime_nsec(),
            device: meta.dev(),
            inode: meta.ino(),
        }
    }

    /// The time of modification in microseconds since 1970.
    pub fn modified_us(&self) -> i64 {
        self.seconds.saturating_mul(1_000_000).saturating_add(self.nanos / 1_000)
    }
}

/// A file in `in/`.
#[derive(Debug, Clone)]
pub struct Found {
    pub path: PathBuf,
    pub name: OsString,
    pub stamp: Stamp,
}

impl Found {
    /// Its name as text: bytes that are no UTF-8 are written `\xNN`, so that two names stay two.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for chunk in self.name.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        text
    }
}

/// What lies in `in/` and is never taken: told when it appears, and not at each look.
#[derive(Debug, Default)]
pub struct Others {
    told: HashSet<String>,
}

impl Others {
    /// Those that were not there at the look before.
    pub fn fresh<'l>(&mut self, listing: &'l Listing) -> Vec<&'l (String, &'static str)> {
        let before = std::mem::take(&mut self.told);
        self.told = listing.others.iter().map(|(name, _)| name.clone()).collect();
        listing.others.iter().filter(|(name, _)| !before.contains(name)).collect()
    }
}

/// Files as they were seen, and since when they stand still.
#[derive(Debug, Default)]
pub struct Looker {
    seen: HashMap<OsString, (Stamp, Instant)>,
}

impl Looker {
    /// Takes a listing and gives what has stood still for `settle`, oldest first.
    pub fn whole(&mut self, listing: Vec<Found>, settle: Duration, now: Instant) -> Vec<Found> {
        let mut before = std::mem::take(&mut self.seen);
        let mut whole = Vec::new();
        for file in listing {
            let since = match before.remove(&file.name) {
                Some((stamp, since)) if stamp == file.stamp => since,
                _ => now,
            };
            self.seen.insert(file.name.clone(), (file.stamp, since));
            if now.duration_since(since) >= settle {
                whole.push(file);
            }
        }
        whole.sort_by(|a, b| (a.stamp.seconds, a.stamp.nanos, &a.name).cmp(&(b.stamp.seconds, b.stamp.nanos, &b.name)));
        whole
    }

    /// A file turned out to be changing still: it begins to settle anew.
    pub fn forget(&mut self, name: &OsStr) {
        self.seen.remove(name);
    }
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Listing {
    pub files: Vec<Found>,
    /// What is no file, and so stays where it is: a name as text, and what stands there.
    pub others: Vec<(String, &'static str)>,
}

/// Regular files of a folder that are not passed over. Links are: one could lead out of the folder.
pub fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_passed_over(&name) {
            continue;
        }
        // Not followed; a file that is gone meanwhile is the sender's right.
        let meta = match entry.metadata() {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let found = Found { path: entry.path(), name, stamp: Stamp::of(&meta) };
        match meta.is_file() {
            true => listing.files.push(found),
            false => listing.others.push((found.text(), kind(meta.file_type()))),
        }
    }
    Ok(listing)
}

fn kind(of: FileType) -> &'static str {
    match of {
        _ if of.is_symlink() => "a link, which could lead anywhere",
        _ if of.is_fifo() => "a pipe",
        _ if of.is_dir() => "a folder",
        _ => "no file",
    }
}

/// Hidden files, and those that senders write under a name of passage.
fn is_passed_over(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let ends = |end: &[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    name.starts_with(b".") || ends(b".tmp") || ends(b".part")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn file(name: &str, size: u64, seconds: i64) -> Found {
        Found { path: name.into(), name: name.into(), stamp: Stamp { size, seconds, nanos: 0, device: 1, inode: 1 } }
    }

    #[test]
    fn a_file_is_whole_when_it_stood_still() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let settle = Duration::from_millis(100);
        let mut looker = Looker::default();
        assert!(looker.whole(vec![file("a", 1, 1)], settle, start).is_empty());
        assert!(looker.whole(vec![file("a", 2, 1)], settle, after(90)).is_empty(), "it has grown");
        assert!(looker.whole(vec![file("a", 2, 1)], settle, after(180)).is_empty(), "90 ms are too few");
        assert_eq!(looker.whole(vec![file("a", 2, 1)], settle, after(190)).len(), 1);
        assert!(looker.whole(vec![], settle, after(200)).is_empty());
        assert!(looker.whole(vec![file("a", 2, 1)], settle, after(400)).is_empty(), "it was gone in between");
    }

    #[test]
    fn oldest_first_then_by_name() {
        let mut looker = Looker::default();
        let listing = vec![file("b", 1, 7), file("c", 1, 5), file("a", 1, 7)];
        let whole = looker.whole(listing, Duration::ZERO, Instant::now());
        let names: Vec<_> = whole.iter().map(Found::text).collect();
        assert_eq!(names, ["c", "a", "b"]);
    }

    #[test]
    fn names_of_passage() {
        for (name, passed) in
            [(".x", true), ("a.tmp", true), ("a.PART", true), ("a.edi", false), ("tmp", false), ("part", false)]
        {
            assert_eq!(is_passed_over(OsStr::new(name)), passed, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_utf8_stays_apart() {
        let mut odd = file("x", 1, 1);
        odd.name = OsStr::from_bytes(b"order\xff\xfe.edi").to_owned();
        assert_eq!(odd.text(), "order\\xff\\xfe.edi");
    }

    #[test]
    fn what_is_no_file_is_told_once_and_never_followed() {
        let folder = std::env::temp_dir().join(format!("crossdock-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let inside = |name: &str| folder.join(name);
        std::fs::write(inside("a.edi"), b"a").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", inside("link.edi")).unwrap();
        std::os::unix::net::UnixListener::bind(inside("socket.edi")).unwrap();
        let mut others = Others::default();
        let told = |others: &mut Others| -> Vec<String> {
            let mut names: Vec<String> =
                others.fresh(&list(&folder).unwrap()).iter().map(|(name, what)| format!("{name}: {what}")).collect();
            names.sort();
            names
        };
        assert_eq!(told(&mut others), ["link.edi: a link, which could lead anywhere", "socket.edi: no file"]);
        assert!(told(&mut others).is_empty(), "once");
        std::fs::remove_file(inside("link.edi")).unwrap();
        std::fs::create_dir(inside("folder.edi")).unwrap();
        assert_eq!(told(&mut others), ["folder.edi: a folder"]);
        std::os::unix::fs::symlink("a.edi", inside("link.edi")).unwrap();
        assert_eq!(told(&mut others).len(), 1, "it came anew");
        let files: Vec<String> = list(&folder).unwrap().files.iter().map(Found::text).collect();
        assert_eq!(files, ["a.edi"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
