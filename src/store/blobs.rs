//! Raw bytes, by tenant and SHA-256, in compressed chunks of 1 MiB. A blob is sealed by the transaction that
//! writes its first document; until then nothing leans on it.

use super::{
    Inner, StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{Micros, Tenant};
use serde::Serialize;

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

/// Locks, and makes where missing, the rows of blobs. Must be sorted by hash. Gives (hash, sealed).
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
         on conflict (tenant, sha256) do update set size = blobs.size returning sha256, sealed_at",
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

/// Chunks `first..first + count` of a blob, decompressed.
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

/// The bodies of blobs of one chunk, decompressed, by hash; an empty body has no chunk.
pub async fn small(
    tx: &mut Tx,
    tenant: Tenant,
    hashes: &[&str],
) -> Result<std::collections::HashMap<String, Vec<u8>>, StoreError> {
    #[derive(Serialize)]
    struct Ask<'a> {
        sha256: &'a str,
    }
    if hashes.is_empty() {
        return Ok(Default::default());
    }
    let ask: Vec<Ask> = hashes.iter().map(|sha256| Ask { sha256 }).collect();
    let rows: Vec<(String, Vec<u8>)> = fetch!(
        tx,
        "select c.sha256, c.bytes from blob_chunks c where c.tenant = $2 and c.n = 0 and c.sha256 in (select r.sha256 from {rows})",
        "sha256 text" => &ask;
        tenant
    )?;
    let mut bodies: std::collections::HashMap<String, Vec<u8>> =
        hashes.iter().map(|h| (h.to_string(), Vec::new())).collect();
    for (sha256, bytes) in rows {
        bodies.insert(sha256, decompress(&bytes)?);
    }
    Ok(bodies)
}
