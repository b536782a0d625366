//! The stream on its way to the store: hashed, and above 1 MiB put on disk, so that memory stays bounded.
//! No fsync: nothing is promised yet.

use super::NotTaken;
use crate::{
    canonical::Tenant,
    store::{Store, StoreError, blobs, now},
};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Chunks written in one transaction.
const CHUNKS_A_COMMIT: usize = 8;

/// A stream that was read to its end.
pub struct Spooled {
    pub sha256: String,
    pub size: u64,
    pub body: Body,
}

/// Where its bytes are.
pub enum Body {
    Memory(Arc<Vec<u8>>),
    File(SpoolFile),
}

/// A spool file; gone when dropped.
pub struct SpoolFile(PathBuf);

impl Drop for SpoolFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes the folder and removes what a dead process left in it.
pub fn prepare(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let owner = name.to_str().and_then(|n| n.split('-').next()).and_then(|pid| pid.parse::<i32>().ok());
        if owner.is_none_or(|pid| pid == std::process::id() as i32 || !is_alive(pid)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_alive(pid: i32) -> bool {
    // SAFETY: signal 0 sends nothing; it only asks whether the process exists (kill(2)).
    unsafe { libc::kill(pid, 0) == 0 }
}

/// Reads the stream; keeps up to one chunk in memory and the rest on disk.
pub async fn read<R: AsyncRead + Unpin>(mut stream: R, folder: &Path, limit: u64) -> Result<Spooled, NotTaken> {
    let mut hash = Sha256::new();
    let mut size = 0u64;
    let mut memory = Vec::new();
    let mut file: Option<(SpoolFile, tokio::fs::File)> = None;
    let mut buffer = vec![0u8; 64 << 10];
    loop {
        let n = stream.read(&mut buffer).await.map_err(NotTaken::Sender)?;
        if n == 0 {
            break;
        }
        size += n as u64;
        if size > limit {
            return Err(NotTaken::TooLarge { limit });
        }
        hash.update(&buffer[..n]);
        match &mut file {
            Some((_, out)) => out.write_all(&buffer[..n]).await.map_err(NotTaken::Spool)?,
            None => {
                memory.extend_from_slice(&buffer[..n]);
                if memory.len() > blobs::CHUNK {
                    let path = folder.join(format!("{}-{}", std::process::id(), uuid::Uuid::now_v7()));
                    let mut out = tokio::fs::File::create(&path).await.map_err(NotTaken::Spool)?;
                    let guard = SpoolFile(path);
                    out.write_all(&memory).await.map_err(NotTaken::Spool)?;
                    memory = Vec::new();
                    file = Some((guard, out));
                }
            }
        }
    }
    let sha256 = crate::store::deliveries::hex(&hash.finalize());
    let body = match file {
        Some((guard, mut out)) => {
            out.flush().await.map_err(NotTaken::Spool)?;
            Body::File(guard)
        }
        None => Body::Memory(Arc::new(memory)),
    };
    Ok(Spooled { sha256, size, body })
}

/// Writes a large body's chunks, a few a transaction, before the transaction that seals them.
pub async fn store_chunks(store: &Store, tenant: Tenant, spooled: &Spooled, file: &SpoolFile) -> Result<(), NotTaken> {
    let away = |error: StoreError| NotTaken::Store(Arc::new(error));
    let mut tx = store.begin(tenant).await.map_err(away)?;
    let rows =
        blobs::lock(&mut tx, tenant, &[(spooled.sha256.clone(), spooled.size as i64)], now()).await.map_err(away)?;
    let sealed = rows.first().is_some_and(|r| r.1);
    tx.commit().await.map_err(away)?;
    if sealed {
        return Ok(());
    }
    let mut input = tokio::fs::File::open(&file.0).await.map_err(NotTaken::Spool)?;
    let mut n = 0;
    loop {
        let mut chunks = Vec::with_capacity(CHUNKS_A_COMMIT);
        while chunks.len() < CHUNKS_A_COMMIT {
            let Some(bytes) = next_chunk(&mut input).await.map_err(NotTaken::Spool)? else { break };
            chunks.push(blobs::Chunk { sha256: spooled.sha256.clone(), n, bytes });
            n += 1;
        }
        if chunks.is_empty() {
            return Ok(());
        }
        let mut tx = store.begin(tenant).await.map_err(away)?;
        blobs::write(&mut tx, tenant, &chunks).await.map_err(away)?;
        tx.commit().await.map_err(away)?;
    }
}

async fn next_chunk(input: &mut tokio::fs::File) -> io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::with_capacity(blobs::CHUNK);
    input.take(blobs::CHUNK as u64).read_to_end(&mut plain).await?;
    if plain.is_empty() { Ok(None) } else { blobs::compress(&plain).map(Some) }
}
