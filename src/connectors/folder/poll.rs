//! The round: lease, look, take, move.

use super::{
    Folder,
    archive::{self, Moved},
    blocking,
    look::{self, Found, Listing, Looker, Others, Stamp},
    send,
};
use crate::{
    connectors::Wrong,
    intake::{Facts, NotTaken, Receipt, Spooled},
    store::{StoreError, directory as rows},
};
use futures_util::future::join_all;
use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

/// Files read at once, and their bytes in all: each is on disk twice until its commit.
const AT_ONCE: usize = 32;
const BYTES_AT_ONCE: u64 = 256 << 20;
/// How long a lease lasts where processes share the store; renewed at a third of it.
const LEASE: Duration = Duration::from_secs(10);
/// On the embedded store nobody else waits for it, and each renewal is a write.
const LEASE_ALONE: Duration = Duration::from_secs(60);
/// A folder nothing comes to is probed so often.
const PROBE: Duration = Duration::from_secs(10);
/// The longest pause after failures.
const BACKOFF: Duration = Duration::from_secs(5);
/// A file whose taking failed for good reasons of its own is left alone for so long.
const LEAVE: Duration = Duration::from_secs(30);

/// One connection's poller.
pub struct Poller<'a> {
    folder: &'a Folder,
    looker: Looker,
    others: Others,
    leased: Option<Instant>,
    /// The folders were made once; later a missing one is a failure, since a mount may be gone.
    made: bool,
    probed: Option<Instant>,
    /// What the store was told last; nothing yet at the start.
    told: Option<Option<String>>,
    /// Taken, but its move failed.
    taken: HashMap<OsString, (Stamp, Receipt)>,
    /// Left alone for a while, and why.
    left: HashMap<OsString, (Stamp, Instant, String)>,
    failures: u32,
}

/// What a round met.
#[derive(Default)]
struct Met {
    /// Why the connection is failing, if it is.
    trouble: Option<String>,
    /// The folder itself, or the hub: the next look can wait. One bad file is no reason.
    wait: bool,
}

impl Met {
    fn folder(&mut self, why: String) {
        self.trouble = Some(why);
        self.wait = true;
    }
}

/// What a file's reading came to.
enum Read {
    Whole(Box<Spooled>),
    Refused(String),
    /// It was changing still, or is gone.
    Changed,
    Unreadable(io::Error),
    NotTaken(NotTaken),
}

impl<'a> Poller<'a> {
    pub fn new(folder: &'a Folder) -> Poller<'a> {
        Poller {
            folder,
            looker: Looker::default(),
            others: Others::default(),
            leased: None,
            made: false,
            probed: None,
            told: None,
            taken: HashMap::new(),
            left: HashMap::new(),
            failures: 0,
        }
    }

    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = self.round().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if self.leased.is_some()
            && let Err(error) = self.release().await
        {
            tracing::warn!(connection = self.name(), %error, "the poll lease could not be given back; it runs out");
        }
    }

    /// One look and what follows from it; gives the pause until the next.
    async fn round(&mut self) -> Duration {
        match self.lease().await {
            Ok(true) => {}
            Ok(false) => return LEASE / 3,
            Err(error) => {
                tracing::warn!(connection = self.name(), %error, "the folder is not looked at: no poll lease");
                return self.back_off();
            }
        }
        let mut met = Met::default();
        match self.look().await {
            Ok(whole) => self.work(whole, &mut met).await,
            Err(wrong) => met.folder(wrong.to_string()),
        }
        if let Err(error) = self.tell(met.trouble).await {
            tracing::warn!(connection = self.name(), %error, "whether the folder works could not be noted");
            return self.back_off();
        }
        if met.wait { self.back_off() } else { self.poll() }
    }

    fn name(&self) -> &'a str {
        &self.folder.way.connection.name
    }

    fn poll(&mut self) -> Duration {
        self.failures = 0;
        Duration::from_millis(self.folder.settings.poll_ms)
    }

    fn back_off(&mut self) -> Duration {
        self.failures = (self.failures + 1).min(10);
        let first = Duration::from_millis(self.folder.settings.poll_ms);
        first.saturating_mul(2u32.pow(self.failures)).min(BACKOFF.max(first))
    }

    async fn lease(&mut self) -> Result<bool, StoreError> {
        let store = &self.folder.hub.store;
        let length = if store.is_distributed() { LEASE } else { LEASE_ALONE };
        if self.leased.is_some_and(|at| at.elapsed() < length / 3) {
            return Ok(true);
        }
        let (connection, asked) = (&self.folder.way.connection, Instant::now());
        let mut tx = store.begin(connection.tenant).await?;
        let ours = rows::poll_lease(
            &mut tx,
            connection.tenant,
            connection.id,
            self.folder.hub.owner,
            length.as_micros() as i64,
        )
        .await?;
        tx.commit().await?;
        self.leased = ours.then_some(asked);
        Ok(ours)
    }

    async fn release(&self) -> Result<(), StoreError> {
        let connection = &self.folder.way.connection;
        let mut tx = self.folder.hub.store.begin(connection.tenant).await?;
        rows::release_poll(&mut tx, connection.tenant, connection.id, self.folder.hub.owner).await?;
        tx.commit().await
    }

    /// Notes in the store that the folder fails, and why, or works again; only when that has changed.
    async fn tell(&mut self, trouble: Option<String>) -> Result<(), StoreError> {
        if self.told.as_ref() == Some(&trouble) {
            return Ok(());
        }
        match &trouble {
            Some(why) => tracing::error!(
                connection = self.name(),
                why,
                "the folder fails; nothing is lost, the files stay where they are"
            ),
            None if self.told.is_some() => tracing::info!(connection = self.name(), "the folder works again"),
            None => {}
        }
        let connection = &self.folder.way.connection;
        let mut tx = self.folder.hub.store.begin(connection.tenant).await?;
        // Cleared first: a reason that stands is not replaced by another.
        rows::failing(&mut tx, connection.tenant, connection.id, None).await?;
        if trouble.is_some() {
            rows::failing(&mut tx, connection.tenant, connection.id, trouble.as_deref()).await?;
        }
        tx.commit().await?;
        self.told = Some(trouble);
        Ok(())
    }

    /// Lists `in/`; probes that files can be moved before any is taken.
    async fn look(&mut self) -> Result<Vec<Found>, Wrong> {
        let (places, owner) = (self.folder.places.clone(), self.folder.hub.owner);
        if !self.made {
            let at = places.clone();
            blocking(move || {
                at.make()?;
                send::tidy(&at).map_err(Wrong::io(format!("{} can't be read", at.out.display())))
            })
            .await?;
            self.made = true;
        }
        let at = places.clone();
        let listing = blocking(move || {
            look::list(&at.incoming).map_err(Wrong::io(format!("{} can't be read", at.incoming.display())))
        })
        .await?;
        let settle = Duration::from_millis(self.folder.settings.settle_ms);
        self.pass_over(&listing);
        let whole = self.looker.whole(listing.files, settle, Instant::now());
        let failing = self.told.as_ref().is_none_or(Option::is_some);
        if failing || !whole.is_empty() || self.probed.is_none_or(|at| at.elapsed() > PROBE) {
            blocking(move || places.probe(owner)).await?;
            self.probed = Some(Instant::now());
        }
        Ok(whole)
    }

    /// Says of what is no file that it will not be taken: somebody waits for it.
    fn pass_over(&mut self, listing: &Listing) {
        for (name, what) in self.others.fresh(listing) {
            tracing::warn!(
                connection = self.name(),
                name,
                what,
                "something in the folder is no file and is not taken; put the file itself there"
            );
        }
        metrics::gauge!("crossdock_folder_passed_over", "connection" => self.name().to_owned())
            .set(listing.others.len() as f64);
    }

    /// Takes and moves.
    async fn work(&mut self, whole: Vec<Found>, met: &mut Met) {
        let present: HashSet<&OsString> = whole.iter().map(|f| &f.name).collect();
        self.taken.retain(|name, _| present.contains(name));
        self.left.retain(|name, (_, since, _)| present.contains(name) && since.elapsed() < LEAVE);
        let mut fresh = Vec::new();
        for file in whole {
            match (self.taken.get(&file.name), self.left.get(&file.name)) {
                (Some((stamp, receipt)), _) if *stamp == file.stamp => {
                    let receipt = receipt.clone();
                    self.archive(&file, receipt, met).await;
                }
                (_, Some((stamp, _, why))) if *stamp == file.stamp => met.trouble = Some(why.clone()),
                _ => fresh.push(file),
            }
        }
        for batch in batches(&fresh) {
            if !matches!(self.lease().await, Ok(true)) || !self.take(batch, met).await {
                break;
            }
        }
    }

    /// Takes a few files, in their order. Gives false if the rest should wait.
    async fn take(&mut self, batch: &[Found], met: &mut Met) -> bool {
        let folder = self.folder;
        let read = join_all(batch.iter().map(|file| read(folder, file))).await;
        let mut go_on = true;
        let mut submitted = Vec::new();
        for (file, read) in batch.iter().zip(read) {
            match read {
                Read::Whole(spooled) => submitted.push((file, folder.hub.intake.submit(*spooled))),
                Read::Refused(reason) => self.refuse(file, &reason, met).await,
                Read::Changed => self.looker.forget(&file.name),
                Read::Unreadable(error) => {
                    let what = format!("{} can't be read: {error}", file.path.display());
                    self.leave(file, what, met);
                }
                Read::NotTaken(reason) => {
                    go_on &= self.not_taken(file, reason, met);
                    // What comes behind it must not be numbered before it.
                    if !go_on {
                        break;
                    }
                }
            }
        }
        let (files, answers): (Vec<_>, Vec<_>) = submitted.into_iter().unzip();
        // Polled in their order at first, so they reach intake's queue in their order.
        for (file, answer) in files.into_iter().zip(join_all(answers).await) {
            match answer {
                Ok(receipt) => self.archive(file, receipt, met).await,
                Err(reason) => go_on &= self.not_taken(file, reason, met),
            }
        }
        go_on
    }

    fn not_taken(&mut self, file: &Found, reason: NotTaken, met: &mut Met) -> bool {
        if reason.is_transient() {
            tracing::warn!(connection = self.name(), file = file.text(), %reason, "not taken now; it is tried again");
            met.wait = true;
            return false;
        }
        self.leave(file, format!("{} can't be taken: {reason}", file.path.display()), met);
        true
    }

    fn leave(&mut self, file: &Found, why: String, met: &mut Met) {
        self.left.insert(file.name.clone(), (file.stamp, Instant::now(), why.clone()));
        met.trouble = Some(why);
    }

    async fn archive(&mut self, file: &Found, receipt: Receipt, met: &mut Met) {
        let (places, document, of) = (self.folder.places.clone(), receipt.document(), file.clone());
        match blocking(move || archive::done(&places, &of, document)).await {
            Ok(moved) => {
                let again = receipt.repeated();
                tracing::info!(connection = self.name(), file = file.text(), %document, again, "file taken");
                metrics::counter!("crossdock_folder_files_total", "outcome" => "taken").increment(1);
                self.taken.remove(&file.name);
                if moved == Moved::Changed {
                    self.looker.forget(&file.name);
                }
            }
            Err(wrong) => {
                self.taken.insert(file.name.clone(), (file.stamp, receipt));
                met.folder(wrong.to_string());
            }
        }
    }

    async fn refuse(&mut self, file: &Found, reason: &str, met: &mut Met) {
        let (places, of, why) = (self.folder.places.clone(), file.clone(), reason.to_owned());
        match blocking(move || archive::refused(&places, &of, &why)).await {
            Ok(_) => {
                tracing::warn!(connection = self.name(), file = file.text(), reason, "file refused");
                metrics::counter!("crossdock_folder_files_total", "outcome" => "refused").increment(1);
            }
            Err(wrong) => met.folder(wrong.to_string()),
        }
    }
}

/// Neighbours that are read at once; a file above the bytes goes alone.
fn batches(files: &[Found]) -> Vec<&[Found]> {
    let mut batches = Vec::new();
    let (mut first, mut bytes) = (0, 0u64);
    for (n, file) in files.iter().enumerate() {
        if n > first && (n - first == AT_ONCE || bytes + file.stamp.size > BYTES_AT_ONCE) {
            batches.push(&files[first..n]);
            (first, bytes) = (n, 0);
        }
        bytes += file.stamp.size;
    }
    if first < files.len() {
        batches.push(&files[first..]);
    }
    batches
}

/// Reads a file into intake's spool, as long as it stays what the look saw.
async fn read(folder: &Folder, file: &Found) -> Read {
    let limit = folder.hub.intake.max_bytes();
    if file.stamp.size > limit {
        return Read::Refused(format!(
            "not taken, since it has {} bytes and the limit is {limit} (`intake.max_bytes`). Nothing of it was kept. \
             Send it in parts, or have the limit raised and put it into in/ again",
            file.stamp.size
        ));
    }
    let stream = match Whole::open(file).await {
        Ok(Some(stream)) => stream,
        Ok(None) => return Read::Changed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::Changed,
        Err(error) => return Read::Unreadable(error),
    };
    let facts = Facts {
        copy: None,
        connection: folder.way.connection.clone(),
        name: file.text(),
        transport_id: None,
        modified_at: Some(file.stamp.modified_us()),
        duplicates_days: folder.way.duplicates_days,
        answers_duplicates: folder.way.answers_duplicates,
    };
    match folder.hub.intake.spool(stream, facts).await {
        Ok(spooled) => Read::Whole(Box::new(spooled)),
        Err(NotTaken::Sender(error)) if error.get_ref().is_some_and(|e| e.is::<StillChanging>()) => Read::Changed,
        Err(NotTaken::Sender(error)) => Read::Unreadable(error),
        Err(reason) => Read::NotTaken(reason),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the file was changed while it was read")]
struct StillChanging;

/// A file read to its end; its end is an error if it is not the file that the look saw any more.
struct Whole {
    file: tokio::fs::File,
    watch: std::fs::File,
    stamp: Stamp,
    read: u64,
}

impl Whole {
    async fn open(found: &Found) -> io::Result<Option<Whole>> {
        // No link in its place is followed, and no pipe in its place is waited for.
        let file = tokio::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&found.path)
            .await?;
        let watch = file.try_clone().await?.into_std().await;
        let meta = watch.metadata()?;
        if !meta.is_file() || Stamp::of(&meta) != found.stamp {
            return Ok(None);
        }
        Ok(Some(Whole { file, watch, stamp: found.stamp, read: 0 }))
    }
}

impl AsyncRead for Whole {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut self.file).poll_read(cx, buf))?;
        let got = (buf.filled().len() - before) as u64;
        self.read += got;
        if got == 0 && (self.read != self.stamp.size || Stamp::of(&self.watch.metadata()?) != self.stamp) {
            return Poll::Ready(Err(io::Error::other(StillChanging)));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tokio::io::AsyncReadExt;

    #[test]
    fn batches_are_bounded_by_number_and_bytes() {
        let sizes = |sizes: &[u64]| {
            let files: Vec<Found> = sizes.iter().map(|size| look::tests::file("x", *size, 1)).collect();
            batches(&files).iter().map(|b| b.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&[1; 70]), [32, 32, 6]);
        assert_eq!(sizes(&[1, 2 << 30, 1, 1]), [1, 1, 2]);
        assert_eq!(sizes(&[200 << 20, 50 << 20, 10 << 20]), [2, 1]);
    }

    /// A file that is written to, replaced or turned into a link between the look and the end of reading is not whole.
    #[tokio::test]
    async fn a_file_that_is_not_what_the_look_saw_is_not_whole() {
        let folder = std::env::temp_dir().join(format!("crossdock-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("order.edi");
        let seen = || look::list(&folder).unwrap().files.pop().unwrap();

        std::fs::write(&path, b"whole").unwrap();
        let mut bytes = Vec::new();
        let mut stream = Whole::open(&seen()).await.unwrap().unwrap();
        assert_eq!(stream.read_to_end(&mut bytes).await.unwrap(), 5);

        let mut stream = Whole::open(&seen()).await.unwrap().unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().write_all(b" and more").unwrap();
        let error = stream.read_to_end(&mut bytes).await.unwrap_err();
        assert!(error.get_ref().unwrap().is::<StillChanging>(), "{error}");

        let before = seen();
        std::fs::write(folder.join(".other"), b"whole and mor!").unwrap();
        std::fs::rename(folder.join(".other"), &path).unwrap();
        assert!(Whole::open(&before).await.unwrap().is_none(), "another file of its name");

        let before = seen();
        std::fs::rename(&path, folder.join(".away")).unwrap();
        std::os::unix::fs::symlink(folder.join(".away"), &path).unwrap();
        assert_eq!(
            Whole::open(&before).await.err().and_then(|e| e.raw_os_error()),
            Some(libc::ELOOP),
            "a link was followed"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
