//! Raw bytes, by tenant and SHA-256, in compressed chunks of 1 MiB. A blob is sealed by the transaction that
//! writes its first document; until then nothing leans on it.

use super::{
    Inner, Store, StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Tenant};
use futures_util::{Stream, stream};
use serde::Serialize;
use std::{collections::HashMap, ops::Range};

/// Chunks hold this many bytes before compression; a range can be read without the rest.
pub const CHUNK: usize = 1 << 20;

/// One chunk, compressed by zstd.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub sha256: String,
    pub n: i64,
    pub bytes: Vec<u8>,
}

/// Compresses one chunk of at most [`CHUNK`] bytes.
pub fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, 1)
}

/// The bytes of a compressed chunk.
pub fn decompress(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::decompress(bytes, CHUNK).map_err(|e| StoreError::Row(format!("a chunk can't be decompressed: {e}")))
}

/// Locks, and makes where missing, the rows of blobs. Must be sorted by hash. Gives (hash, sealed). One that is not sealed
/// counts as new again: who cleans up after uploads that were given up must not take the chunks of one that begins anew.
pub async fn lock(
    tx: &mut Tx,
    tenant: Tenant,
    blobs: &[(String, i64)],
    now: Micros,
) -> Result<Vec<(String, bool)>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
        size: i64,
        chunks: i64,
    }
    let ask: Vec<Ask> = blobs
        .iter()
        .map(|(sha256, size)| Ask { sha256, size: *size, chunks: (*size as u64).div_ceil(CHUNK as u64) as i64 })
        .collect();
    let rows: Vec<(String, Option<i64>)> = fetch!(
        tx,
        "insert into blobs (tenant, sha256, size, chunks, created_at) select $2, r.sha256, r.size, r.chunks, $3 from {rows} where true order by r.sha256
         on conflict (tenant, sha256) do update set created_at = case when blobs.sealed_at is null then excluded.created_at else blobs.created_at end
         returning sha256, sealed_at",
        "sha256 text, size bigint, chunks bigint" => &ask;
        tenant, now
    )?;
    Ok(rows.into_iter().map(|(sha256, sealed)| (sha256, sealed.is_some())).collect())
}

/// Writes chunks; one that stands already is left as it is, since its hash says that it is the same.
pub async fn write(tx: &mut Tx, tenant: Tenant, chunks: &[Chunk]) -> Result<(), StoreError> {
    if chunks.is_empty() {
        return Ok(());
    }
    match &mut tx.inner {
        Inner::Pg(t) => {
            let hashes: Vec<&str> = chunks.iter().map(|c| c.sha256.as_str()).collect();
            let numbers: Vec<i64> = chunks.iter().map(|c| c.n).collect();
            let bytes: Vec<&[u8]> = chunks.iter().map(|c| c.bytes.as_slice()).collect();
            sqlx::query(
                "insert into blob_chunks (tenant, sha256, n, bytes) select $1, * from unnest($2::text[], $3::bigint[], $4::bytea[]) on conflict do nothing",
            )
            .bind(tenant)
            .bind(hashes)
            .bind(numbers)
            .bind(bytes)
            .execute(&mut **t)
            .await?;
        }
        Inner::Lite(t) => {
            for chunk in chunks {
                sqlx::query(
                    "insert into blob_chunks (tenant, sha256, n, bytes) values ($1, $2, $3, $4) on conflict do nothing",
                )
                .bind(tenant)
                .bind(&chunk.sha256)
                .bind(chunk.n)
                .bind(chunk.bytes.as_slice())
                .execute(&mut **t)
                .await?;
            }
        }
    }
    Ok(())
}

/// Seals blobs whose chunks are all there. Gives the number sealed by this call.
pub async fn seal(tx: &mut Tx, tenant: Tenant, hashes: &[String], now: Micros) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    Ok(exec!(
        tx,
        "update blobs set sealed_at = $3 from {rows} where blobs.tenant = $2 and blobs.sha256 = r.sha256 and blobs.sealed_at is null
            and blobs.chunks = (select count(*) from blob_chunks c where c.tenant = blobs.tenant and c.sha256 = blobs.sha256)",
        "sha256 text" => &ask;
        tenant, now
    )?)
}

/// How many of a blob's chunks are written.
pub async fn written(tx: &mut Tx, tenant: Tenant, sha256: &str) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> =
        fetch!(tx, "select count(*) from blob_chunks where tenant = $1 and sha256 = $2"; tenant, sha256)?;
    Ok(rows.first().map_or(0, |r| r.0))
}

/// Chunks `first..first + count` of a blob, decompressed. `Gone` if the blob is not kept any more.
pub async fn read(
    tx: &mut Tx,
    tenant: Tenant,
    sha256: &str,
    first: i64,
    count: i64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = fetch!(
        tx,
        "select bytes from blob_chunks where tenant = $1 and sha256 = $2 and n >= $3 and n < $4 order by n";
        tenant, sha256, first, first + count
    )?;
    if rows.is_empty() {
        let chunks: Vec<(i64,)> = fetch!(tx, "select chunks from blobs where tenant = $1 and sha256 = $2 and sealed_at is not null"; tenant, sha256)?;
        // Behind its last chunk, and in an empty body, there is nothing to read; else something should be there.
        if chunks.first().is_none_or(|c| first < c.0) {
            return Err(StoreError::Gone(sha256.into()));
        }
    }
    rows.into_iter().map(|(bytes,)| decompress(&bytes)).collect()
}

/// The bytes `from..from + len` of a blob, cut at its end.
pub async fn range(tx: &mut Tx, tenant: Tenant, sha256: &str, from: u64, len: u64) -> Result<Vec<u8>, StoreError> {
    let first = from / CHUNK as u64;
    let last = (from + len.max(1) - 1) / CHUNK as u64;
    let chunks = read(tx, tenant, sha256, first as i64, (last - first + 1) as i64).await?;
    let bytes = chunks.concat();
    let start = ((from - first * CHUNK as u64) as usize).min(bytes.len());
    let end = (start + len as usize).min(bytes.len());
    Ok(bytes[start..end].to_vec())
}

/// The bytes of a part of a blob, a chunk at most at a time: each is read when the one before was taken, in a transaction of
/// its own, so that a slow reader holds none. `Gone` if the blob is not kept any more.
pub fn stretches(
    store: Store,
    tenant: Tenant,
    sha256: String,
    part: Range<u64>,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    stream::try_unfold((store, sha256, part), move |(store, sha256, part)| async move {
        if part.is_empty() {
            return Ok(None);
        }
        // To the end of the chunk that it begins in.
        let len = (CHUNK as u64 - part.start % CHUNK as u64).min(part.end - part.start);
        let mut tx = store.read(tenant).await?;
        let got = range(&mut tx, tenant, &sha256, part.start, len).await?;
        tx.rollback().await?;
        if got.len() as u64 != len {
            return Err(StoreError::Row(format!("a chunk of the bytes {sha256} is not there")));
        }
        Ok(Some((got, (store, sha256, part.start + len..part.end))))
    })
}

/// The bodies of blobs of at most one chunk, decompressed, by hash. `Gone` if one is not kept any more.
pub async fn small(tx: &mut Tx, tenant: Tenant, hashes: &[&str]) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    let rows: Vec<(String, i64, Option<Vec<u8>>)> = fetch!(
        tx,
        "select b.sha256, b.size, c.bytes from blobs b left join blob_chunks c on c.tenant = b.tenant and c.sha256 = b.sha256 and c.n = 0
         where b.tenant = $2 and b.sealed_at is not null and b.sha256 in (select r.sha256 from {rows})",
        "sha256 text" => &ask;
        tenant
    )?;
    let mut bodies = HashMap::with_capacity(rows.len());
    for (sha256, size, bytes) in rows {
        match bytes {
            Some(bytes) => bodies.insert(sha256, decompress(&bytes)?),
            // An empty body has no chunk.
            None if size == 0 => bodies.insert(sha256, Vec::new()),
            None => return Err(StoreError::Gone(sha256)),
        };
    }
    match hashes.iter().find(|hash| !bodies.contains_key(**hash)) {
        Some(hash) => Err(StoreError::Gone((*hash).into())),
        None => Ok(bodies),
    }
}

/// Locks the rows of sealed blobs that are there, sorted: who takes in the same content waits.
pub async fn lock_sealed(tx: &mut Tx, tenant: Tenant, hashes: &[String]) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    let _: Vec<(String,)> = fetch!(
        tx,
        "select blobs.sha256 from blobs where blobs.tenant = $2 and blobs.sha256 in (select r.sha256 from {rows}) order by blobs.sha256 {lock}",
        "sha256 text" => &ask;
        tenant
    )?;
    Ok(())
}

/// Deletes blobs with their chunks. The caller has locked them and knows that nobody leans on them.
pub async fn remove(tx: &mut Tx, tenant: Tenant, hashes: &[String]) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    exec!(
        tx,
        "delete from blob_chunks where tenant = $2 and sha256 in (select r.sha256 from {rows})",
        "sha256 text" => &ask;
        tenant
    )?;
    Ok(exec!(
        tx,
        "delete from blobs where tenant = $2 and sha256 in (select r.sha256 from {rows})",
        "sha256 text" => &ask;
        tenant
    )?)
}

/// Deletes blobs that nobody has sealed since before an instant, with their chunks: uploads that were given up. In a
/// system transaction. Gives how many.
pub async fn remove_unsealed(tx: &mut Tx, before: Micros, limit: i64) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct Left {
        tenant: Tenant,
        sha256: String,
    }
    // Seen again under the row's lock: one that is sealed or begun anew in this moment stays.
    let left: Vec<(Tenant, String)> = fetch!(
        tx,
        "delete from blobs where sealed_at is null and created_at < $1
            and (tenant, sha256) in (select tenant, sha256 from blobs where sealed_at is null and created_at < $1 order by created_at limit $2)
         returning tenant, sha256";
        before, limit
    )?;
    if left.is_empty() {
        return Ok(0);
    }
    let rows: Vec<Left> = left.into_iter().map(|(tenant, sha256)| Left { tenant, sha256 }).collect();
    exec!(
        tx,
        "delete from blob_chunks where exists (select 1 from {rows} where r.tenant = blob_chunks.tenant and r.sha256 = blob_chunks.sha256)",
        "tenant uuid, sha256 text" => &rows
    )?;
    Ok(rows.len() as u64)
}

/// True if blobs stand that nobody has sealed since before an instant. In a system transaction.
pub async fn has_unsealed(tx: &mut Tx, before: Micros) -> Result<bool, StoreError> {
    let rows: Vec<(i64,)> =
        fetch!(tx, "select chunks from blobs where sealed_at is null and created_at < $1 limit 1"; before)?;
    Ok(!rows.is_empty())
}
