//! The bytes of documents: sealed when they are whole, read in stretches, gone with their documents.

use super::rows::{self, hash};
use crate::rig::{Rig, both};
use crossdock::{
    canonical::Micros,
    store::{
        StoreError,
        blobs::{self, Chunk},
        now,
    },
};
use futures_util::TryStreamExt;

both![blobs_are_sealed_whole, blobs_go_with_their_chunks, uploads_that_were_given_up];

async fn blobs_are_sealed_whole(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let big: Vec<u8> = (0..2 * blobs::CHUNK + 7).map(|n| (n / 977) as u8).collect();
    let sha = hash(1);
    let mut tx = store.begin(acme).await.unwrap();
    let locked = blobs::lock(&mut tx, acme, &[(sha.clone(), big.len() as i64), (hash(2), 0)], now()).await.unwrap();
    assert_eq!(locked.iter().filter(|(_, sealed)| *sealed).count(), 0);
    let chunks: Vec<Chunk> = big
        .chunks(blobs::CHUNK)
        .enumerate()
        .map(|(n, bytes)| Chunk { sha256: sha.clone(), n: n as i64, bytes: blobs::compress(bytes).unwrap() })
        .collect();
    blobs::write(&mut tx, acme, &chunks[..2]).await.unwrap();
    // Not all there: it stays open; the empty one is whole.
    assert_eq!(blobs::seal(&mut tx, acme, &[sha.clone(), hash(2)], now()).await.unwrap(), 1);
    assert!(matches!(blobs::read(&mut tx, acme, &sha, 5, 1).await, Err(StoreError::Gone(_))), "not sealed yet");
    blobs::write(&mut tx, acme, &chunks).await.unwrap();
    assert_eq!(blobs::written(&mut tx, acme, &sha).await.unwrap(), 3);
    assert_eq!(blobs::seal(&mut tx, acme, std::slice::from_ref(&sha), now()).await.unwrap(), 1);
    assert_eq!(blobs::seal(&mut tx, acme, std::slice::from_ref(&sha), now()).await.unwrap(), 0, "once");
    let again = blobs::lock(&mut tx, acme, &[(sha.clone(), big.len() as i64)], now()).await.unwrap();
    assert!(again[0].1, "sealed");
    assert_eq!(blobs::read(&mut tx, acme, &sha, 0, 9).await.unwrap().concat(), big);
    assert_eq!(blobs::read(&mut tx, acme, &sha, 3, 1).await.unwrap().len(), 0, "behind the end");
    let from = blobs::CHUNK as u64 - 3;
    assert_eq!(blobs::range(&mut tx, acme, &sha, from, 10).await.unwrap(), big[from as usize..from as usize + 10]);
    assert_eq!(blobs::range(&mut tx, acme, &sha, big.len() as u64 - 2, 10).await.unwrap().len(), 2);
    let empty = hash(2);
    let small = blobs::small(&mut tx, acme, &[&empty]).await.unwrap();
    assert_eq!(small[&empty], Vec::<u8>::new());
    tx.commit().await.unwrap();
    let part = from..big.len() as u64 - 1;
    let stretches = blobs::stretches(rig.hub.store.clone(), acme, sha.clone(), part.clone());
    let stretches: Vec<Vec<u8>> = stretches.try_collect().await.unwrap();
    assert_eq!(stretches[0].len(), 3, "to the end of the chunk that it begins in");
    assert!(stretches.concat() == big[part.start as usize..part.end as usize]);
    let more = blobs::stretches(rig.hub.store.clone(), acme, sha.clone(), 0..big.len() as u64 + 1);
    assert!(matches!(more.try_collect::<Vec<_>>().await, Err(StoreError::Row(_))), "it isn't that long");
    let of_another = blobs::stretches(rig.hub.store.clone(), rig.globex, sha, 0..1);
    assert!(matches!(of_another.try_collect::<Vec<_>>().await, Err(StoreError::Gone(_))));
}

async fn blobs_go_with_their_chunks(rig: Rig) {
    let acme = rig.acme;
    let (one, two) = (hash(1), hash(2));
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    rows::seal(&mut tx, acme, &one).await;
    rows::seal(&mut tx, acme, &two).await;
    assert_eq!(blobs::small(&mut tx, acme, &[&one, &two]).await.unwrap()[&two], b"abc");
    blobs::lock_sealed(&mut tx, acme, &[one.clone(), hash(9)]).await.unwrap();
    assert_eq!(blobs::remove(&mut tx, acme, std::slice::from_ref(&one)).await.unwrap(), 1);
    assert!(matches!(blobs::read(&mut tx, acme, &one, 0, 1).await, Err(StoreError::Gone(sha)) if sha == one));
    assert!(matches!(blobs::small(&mut tx, acme, &[&one, &two]).await, Err(StoreError::Gone(sha)) if sha == one));
    assert_eq!(blobs::written(&mut tx, acme, &one).await.unwrap(), 0);
    assert_eq!(blobs::read(&mut tx, acme, &two, 0, 1).await.unwrap(), [b"abc"]);
    tx.commit().await.unwrap();
}

async fn uploads_that_were_given_up(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let old = Micros(now().0 - 1_000_000);
    let mut tx = store.begin(acme).await.unwrap();
    for n in [1, 2, 3] {
        blobs::lock(&mut tx, acme, &[(hash(n), 3)], Micros(old.0 - i64::from(n))).await.unwrap();
        let chunk = Chunk { sha256: hash(n), n: 0, bytes: blobs::compress(b"abc").unwrap() };
        blobs::write(&mut tx, acme, &[chunk]).await.unwrap();
    }
    blobs::seal(&mut tx, acme, &[hash(1)], now()).await.unwrap();
    // Somebody begins the second anew.
    blobs::lock(&mut tx, acme, &[(hash(2), 3)], now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    assert!(blobs::has_unsealed(&mut tx, old).await.unwrap());
    assert_eq!(blobs::remove_unsealed(&mut tx, old, 10).await.unwrap(), 1, "only what nobody began anew");
    assert!(!blobs::has_unsealed(&mut tx, old).await.unwrap());
    assert_eq!(blobs::remove_unsealed(&mut tx, old, 10).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let mut tx = store.read(acme).await.unwrap();
    for (n, chunks) in [(1, 1), (2, 1), (3, 0)] {
        assert_eq!(blobs::written(&mut tx, acme, &hash(n)).await.unwrap(), chunks, "{n}");
    }
    tx.rollback().await.unwrap();
}
