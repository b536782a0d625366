//! The letter to the partner: as JSON, text and Markdown, by what `Accept` asks for.

use crate::{
    hub::wait::wait_until,
    setup::{On, Setup, acme, globex},
};
use crossdock::tenancy::keys::Scope;
use reqwest::header;
use serde_json::Value;
use std::time::Duration;

/// BEG02 takes two characters.
const ORDER: &str = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260302*1015*U*00401*000000906*0*P*>~\n\
GS*PO*NORTHWIND*ACMEDIST*20260302*1015*9*X*004010~\nST*850*0001~\nBEG*00*SAX*PO-1**20260302~\nCUR*BY*USD~\n\
N1*BY*Northwind*92*SHOP-9~\nPO1*1*24*EA*9.25**VN*BOLT-M8~\nCTT*1~\nSE*7*0001~\nGE*1*9~\nIEA*1*000000906~\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_set_is_a_letter_in_three_forms() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let answer = setup.post("/in/northwind-http", "northwind-key-0123456789", ORDER).await;
    let accepted: Value = answer.json().await.expect("JSON");
    let path = format!("/v1/documents/{}", accepted["document"].as_str().expect("an id"));
    wait_until(Duration::from_secs(30), "the document is read", || async {
        setup.json(&path, &reader).await["document"]["state"] == "translated"
    })
    .await;
    let path = format!("{path}/letter");
    let told = setup.json(&path, &reader).await;
    assert!(
        told["subject"].as_str().is_some_and(
            |s| s.ends_with(" in 850 0001, BEG03 PO-1, group 9, interchange 000000906 from NORTHWIND to ACMEDIST")
        ),
        "{told:#}"
    );
    assert_eq!(told["verdict"], "Nothing of it was accepted: its only set is refused.");
    assert_eq!(told["contacts"][0], "edi@northwind.example");
    let point = &told["points"][0];
    assert!(point["quoted"]["text"].as_str().is_some_and(|text| text.starts_with("BEG*00*SAX*")), "{told:#}");
    assert_eq!((&point["quoted"]["before"], &point["quoted"]["marked"]), (&7.into(), &3.into()), "{told:#}");
    for (asked, begins) in [("text/plain", ""), ("text/markdown;q=0.9, */*;q=0.1", "# ")] {
        let request = setup.client.get(setup.at(&path)).bearer_auth(&reader).header(header::ACCEPT, asked);
        let answer = request.send().await.expect("an answer");
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
        assert_eq!(kind, format!("{}; charset=utf-8", asked.split(';').next().unwrap_or_default()));
        let text = answer.text().await.expect("text");
        assert!(text.starts_with(begins) && text.contains("BEG*00*SAX*"), "{text}");
    }
    // To send it wants the scope to operate, and a server that takes mail.
    let operator = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    assert_eq!(setup.post(&path, &reader, "{}".to_owned()).await.status(), 403);
    let unsent = setup.post(&path, &operator, "{\"why\": \"they asked\"}".to_owned()).await;
    assert_eq!(unsent.status(), 409);
    let unsent: Value = unsent.json().await.expect("JSON");
    assert!(unsent["detail"].as_str().is_some_and(|detail| detail.contains("mail.url")), "{unsent}");
    let other = setup.key(globex(), &[Scope::Read]).await;
    assert_eq!(setup.get(&path, &other).await.status(), 404, "another tenant's document looks like nothing");
}
