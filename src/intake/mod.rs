//! Takes a sender's bytes and makes them ours: archived, numbered, queued, in one transaction.
//!
//! Promise: a [`Receipt`] exists only after the commit; the same bytes twice give one document and a duplicate of it.
//! Called by: every transport, `POST /in`. Calls: `store`, `tenancy` (whose connection it is).
//! Never: parses, looks up a partner's mapping, answers a sender itself.
//! Tried by: tests/guarantees/intake.rs

mod group;
mod spool;

use crate::{
    canonical::{DocumentId, PartnerId},
    store::{Store, StoreError, Trouble},
    tenancy::ConnectionInfo,
};
use std::{path::PathBuf, sync::Arc};
use tokio::io::AsyncRead;

/// What the transport knows about what it brings.
#[derive(Debug, Clone)]
pub struct Facts {
    pub connection: Arc<ConnectionInfo>,
    /// The file's name, or what the sender called it.
    pub name: String,
    /// The transport's own id of it (a webhook's id, a Message-ID): the same id is the same document.
    pub transport_id: Option<String>,
    /// The file's time of modification, microseconds since 1970.
    pub modified_at: Option<i64>,
    /// The same content within so many days is a duplicate; 0 looks for none.
    pub duplicates_days: u32,
    /// A duplicate is read all the same: its sender may be owed an answer that says so.
    pub answers_duplicates: bool,
    /// It is a copy that somebody wants worked.
    pub copy: Option<Copied>,
}

/// Of which document one is a copy, and who wants it: what comes so is no duplicate of that.
#[derive(Debug, Clone)]
pub struct Copied {
    pub of: DocumentId,
    /// Whose that is, where a person said so; and of which sender alone, if of one.
    pub given_to: Option<PartnerId>,
    pub given_sender: Option<String>,
    pub who: String,
    pub why: String,
    /// Its bytes are others.
    pub edited: bool,
}

/// Proof that intake has committed. Only intake can make one, so only then can a sender be told.
#[must_use = "tell the sender"]
#[derive(Debug, Clone)]
pub struct Receipt {
    document: DocumentId,
    sha256: String,
    duplicate_of: Option<DocumentId>,
    repeated: bool,
}

impl Receipt {
    /// The document that holds the bytes.
    pub fn document(&self) -> DocumentId {
        self.document
    }
    /// Their hash, in hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
    /// The earlier document of the same content.
    pub fn duplicate_of(&self) -> Option<DocumentId> {
        self.duplicate_of
    }
    /// True if this very arrival was taken before and is only answered again.
    pub fn repeated(&self) -> bool {
        self.repeated
    }
}

/// Why it was not taken. Nothing of it is kept; the sender still has it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("more than {limit} bytes; send it in parts, or raise the limit `intake.max_bytes`")]
    TooLarge { limit: u64 },
    #[error("the sender's bytes ended with an error: {0}")]
    Sender(std::io::Error),
    #[error("the spool folder can't be written: {0}")]
    Spool(std::io::Error),
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    #[error("the hub is stopping")]
    Stopping,
}

impl NotTaken {
    /// True if the same bytes may be taken a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            NotTaken::TooLarge { .. } | NotTaken::Sender(_) => false,
            NotTaken::Spool(_) | NotTaken::Stopping => true,
            NotTaken::Store(error) => matches!(error.trouble(), Trouble::Away | Trouble::Conflict),
        }
    }
}

/// Limits of intake.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest document taken, in bytes.
    pub max_bytes: u64,
    /// After so long without a change the sweeper looks at a received document, in microseconds.
    pub wait_us: i64,
    /// The name of this process in the journal.
    pub worker: String,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    spool: Arc<PathBuf>,
    limits: Arc<Limits>,
    groups: tokio::sync::mpsc::Sender<group::Pending>,
}

impl Intake {
    /// Opens the way in; `spool` is a folder of this process's own below the data folder.
    pub fn open(store: Store, spool: PathBuf, limits: Limits) -> std::io::Result<Intake> {
        spool::prepare(&spool)?;
        let limits = Arc::new(limits);
        let groups = group::start(store.clone(), limits.clone());
        Ok(Intake { store, spool: Arc::new(spool), limits, groups })
    }

    /// The largest document taken, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.limits.max_bytes
    }

    /// Takes a stream to its end and commits it.
    pub async fn take<R: AsyncRead + Unpin>(&self, stream: R, facts: Facts) -> Result<Receipt, NotTaken> {
        let spooled = self.spool(stream, facts).await?;
        self.submit(spooled).await
    }

    /// The first half of [`Intake::take`]: reads a stream to its end. Nothing is promised yet; dropped, nothing is kept.
    /// Apart from the second half so that who brings several can read them at once and still submit them in order.
    pub async fn spool<R: AsyncRead + Unpin>(&self, stream: R, facts: Facts) -> Result<Spooled, NotTaken> {
        let spooled = spool::read(stream, &self.spool, self.limits.max_bytes).await?;
        let small = match spooled.body {
            spool::Body::Memory(ref bytes) => Some(bytes.clone()),
            spool::Body::File(ref file) => {
                spool::store_chunks(&self.store, facts.connection.tenant, &spooled, file).await?;
                None
            }
        };
        Ok(Spooled { facts, sha256: spooled.sha256.clone(), size: spooled.size, small })
    }

    /// The second half: commits, together with what else waits. Those submitted in order are numbered in order.
    pub async fn submit(&self, spooled: Spooled) -> Result<Receipt, NotTaken> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let Spooled { facts, sha256, size, small } = spooled;
        let pending = group::Pending { facts, sha256, size, small, reply };
        self.groups.send(pending).await.map_err(|_| NotTaken::Stopping)?;
        answer.await.map_err(|_| NotTaken::Stopping)?.map_err(NotTaken::Store)
    }
}

/// A stream that was read to its end and waits to be submitted.
pub struct Spooled {
    facts: Facts,
    sha256: String,
    size: u64,
    small: Option<Arc<Vec<u8>>>,
}
