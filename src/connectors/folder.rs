//! A watched folder: `in/` is looked at, what was taken goes to `done/`, what can't be taken to `refused/`,
//! what the hub sends appears in `out/`.
//!
//! A file counts as whole when its size and time stood still for `settle_ms`. Whole files are taken oldest first,
//! several at once, and moved only after intake's receipt; a crash between the two makes the file be met again, and
//! intake answers with the same document. A folder that can't be read or written is `failing` and nothing is taken.

mod archive;
mod look;
mod poll;
mod send;

use super::{Hub, Sent, Transport, Way, Wrong};
use crate::{canonical::outgoing::Outgoing, tenancy::ConnectionInfo};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// A folder's settings.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    /// The folder, relative to the hub's base folder; `in`, `out`, `done` and `refused` are made in it.
    pub path: PathBuf,
    /// How often it is looked at, in milliseconds.
    #[serde(default = "poll_ms")]
    pub poll_ms: u64,
    /// A file is whole when its size and time stood still for so many milliseconds.
    #[serde(default = "settle_ms")]
    pub settle_ms: u64,
}

fn poll_ms() -> u64 {
    250
}

fn settle_ms() -> u64 {
    2_000
}

/// The folders of a connection.
#[derive(Debug)]
struct Places {
    root: PathBuf,
    incoming: PathBuf,
    out: PathBuf,
    done: PathBuf,
    refused: PathBuf,
}

impl Places {
    fn of(root: PathBuf) -> Places {
        Places {
            incoming: root.join("in"),
            out: root.join("out"),
            done: root.join("done"),
            refused: root.join("refused"),
            root,
        }
    }

    fn all(&self) -> [&Path; 5] {
        [&self.root, &self.incoming, &self.out, &self.done, &self.refused]
    }

    fn make(&self) -> Result<(), Wrong> {
        for folder in self.all() {
            std::fs::create_dir_all(folder).map_err(Wrong::io(format!("{} can't be made", folder.display())))?;
        }
        Ok(())
    }

    /// Does once what taking and sending need: a file from `in/` to `done/`, and one in `out/` and `refused/`.
    fn probe(&self, owner: uuid::Uuid) -> Result<(), Wrong> {
        let name = format!(".crossdock-{owner}.tmp");
        let (from, to) = (self.incoming.join(&name), self.done.join(&name));
        write(&from).map_err(Wrong::io(format!("{} can't be written", self.incoming.display())))?;
        let moved = std::fs::rename(&from, &to).and_then(|()| std::fs::remove_file(&to));
        if moved.is_err() {
            let _ = std::fs::remove_file(&from);
        }
        moved.map_err(Wrong::io(format!("{} can't be written", self.done.display())))?;
        for folder in [&self.out, &self.refused] {
            let file = folder.join(&name);
            let written = write(&file).and_then(|()| std::fs::remove_file(&file));
            written.map_err(Wrong::io(format!("{} can't be written", folder.display())))?;
        }
        Ok(())
    }
}

fn write(file: &Path) -> io::Result<()> {
    std::fs::File::create(file).map(|_| ())
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Wrong> + Send + 'static) -> Result<T, Wrong> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Wrong::Io { what: "a file's work was cut short".into(), source: io::Error::other(error) }),
    }
}

/// A watched folder.
pub struct Folder {
    way: Way,
    settings: FolderSettings,
    places: Arc<Places>,
    hub: Hub,
}

impl Transport for Folder {
    const NAME: &'static str = "folder";
    const SENDS: bool = true;
    type Settings = FolderSettings;

    fn check(connection: &ConnectionInfo, settings: &FolderSettings) -> Result<(), String> {
        if connection.key.is_some() || connection.secret.is_some() {
            return Err("a folder has no key and no secret; who may write into it is the file system's matter".into());
        }
        if settings.path.as_os_str().is_empty() {
            return Err("`path` is empty".into());
        }
        if settings.poll_ms < 10 {
            return Err(format!("`poll_ms` is {}; at least 10", settings.poll_ms));
        }
        Ok(())
    }

    fn open(way: Way, settings: FolderSettings, hub: Hub) -> Result<Self, Wrong> {
        let places = Arc::new(Places::of(hub.base.join(&settings.path)));
        Ok(Folder { way, settings, places, hub })
    }

    async fn run(&self, stop: CancellationToken) {
        poll::Poller::new(self).run(stop).await;
    }

    async fn send(&self, out: &Outgoing) -> Result<Sent, Wrong> {
        let (places, out) = (self.places.clone(), out.clone());
        blocking(move || send::send(&places, &out)).await
    }
}
