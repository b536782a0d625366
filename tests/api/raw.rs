//! The bytes of a document: whole, in ranges, across chunks.

use crate::setup::{On, Setup, acme};
use crossdock::tenancy::keys::Scope;
use reqwest::header;

#[tokio::test]
async fn ranges_within_and_across_chunks() {
    let setup = Setup::new(On::Sqlite).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let size = (2 << 20) + 12345;
    let body: Vec<u8> = (0..size).map(|n: usize| (n / 7 % 251) as u8).collect();
    let answer = setup.post("/in/northwind-http", "northwind-key-0123456789", body.clone()).await;
    let accepted: serde_json::Value = answer.json().await.expect("JSON");
    let path = format!("/v1/documents/{}/raw", accepted["document"].as_str().expect("an id"));
    let whole = setup.get(&path, &reader).await;
    assert_eq!(whole.headers()[header::CONTENT_LENGTH], size.to_string());
    assert_eq!(whole.headers()[header::ACCEPT_RANGES], "bytes");
    let etag = whole.headers()[header::ETAG].clone();
    assert!(whole.bytes().await.expect("bytes") == body, "the whole");
    let asked = async |range: String, if_range: &str| {
        let request = setup.client.get(setup.at(&path)).bearer_auth(&reader).header(header::RANGE, range);
        request.header(header::IF_RANGE, if_range).send().await.expect("an answer")
    };
    let same = etag.to_str().expect("text");
    for (from, to) in [(0, 1), (5, 100), ((1 << 20) - 3, (1 << 20) + 3), (1, size), (size - 1, size)] {
        let part = asked(format!("bytes={from}-{}", to - 1), same).await;
        assert_eq!(part.status(), 206, "{from}..{to}");
        assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes {from}-{}/{size}", to - 1));
        assert!(part.bytes().await.expect("bytes") == body[from..to], "{from}..{to}");
    }
    let tail = asked("bytes=-10".into(), same).await;
    assert!(tail.bytes().await.expect("bytes") == body[size - 10..], "the last ten");
    let behind = asked(format!("bytes={size}-"), same).await;
    assert_eq!(behind.status(), 416);
    assert_eq!(behind.headers()[header::CONTENT_RANGE], format!("bytes */{size}"));
    assert_eq!(asked("bytes=0-1".into(), "\"other\"").await.status(), 200, "a part of other bytes would fit nothing");
}

#[tokio::test]
async fn an_empty_document_has_no_bytes_and_is_there() {
    let setup = Setup::new(On::Sqlite).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let answer = setup.post("/in/northwind-http", "northwind-key-0123456789", "").await;
    assert_eq!(answer.status(), 202);
    let accepted: serde_json::Value = answer.json().await.expect("JSON");
    let raw = setup.get(&format!("/v1/documents/{}/raw", accepted["document"].as_str().expect("an id")), &reader).await;
    assert_eq!((raw.status().as_u16(), raw.bytes().await.expect("bytes").len()), (200, 0));
}
