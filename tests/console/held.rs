//! What is held: found in the list of documents, with its reason and what lets it go.

use super::PATIENCE;
use crate::{
    hub::wait::wait_until,
    setup::{self, Setup, acme, globex},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_whose_message_is_held_is_found_and_says_what_lets_it_go() {
    let setup = Setup::new().await;
    setup.post_document(setup::orders().replace("*2*EA*", "*2*ZX*")).await;
    wait_until(PATIENCE, "the order is held", || async { setup.states("PO-C1").await == ["held"] }).await;
    let cookie = setup.login(&setup.key(acme(), "read").await).await;
    let other = setup.login(&setup.key(globex(), "read").await).await;
    let (_, list) = setup.get("/documents?state=held", &cookie).await;
    for words in ["title=\"held\">Held</span>", "is not in the table uom", "crossdock reference add uom ZX TARGET"] {
        assert!(list.contains(words), "`{words}` is in the list: {list}");
    }
    assert!(!list.contains("Completed</span>"), "it is not done: {list}");
    assert!(!setup.get("/documents?state=held", &other).await.1.contains("uom ZX"), "another tenant's list");
    assert!(setup.get("/", &cookie).await.1.contains("title=\"held\">Held</span>"), "the newest documents say so too");
    let at = list.find("href=\"/documents/").expect("a link") + 6;
    let (_, page) = setup.get(list[at..].split('"').next().unwrap_or_default(), &cookie).await;
    // The value stands marked in the document.
    assert!(page.contains("<mark>ZX</mark>"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_document_is_given_to_a_partner_by_a_form() {
    let setup = Setup::new().await;
    setup.post_document(setup::orders().replace("NORTHWIND      ", "WHOISTHIS      ")).await;
    let reader = setup.login(&setup.key(acme(), "read").await).await;
    let operator = setup.login(&setup.key(acme(), "read operate").await).await;
    let listed = || async { setup.get("/documents?state=unassigned", &reader).await.1 };
    wait_until(PATIENCE, "the document is unassigned", || async { listed().await.contains("href=\"/documents/") })
        .await;
    let list = listed().await;
    let at = list.find("href=\"/documents/").expect("a link") + 6;
    let path = list[at..].split('"').next().unwrap_or_default().to_owned();
    assert!(!setup.get(&path, &reader).await.1.contains("Give to partner"), "who reads gives nothing away");
    let page = setup.get(&path, &operator).await.1;
    assert!(
        page.contains("Give to partner") && page.contains("<option value=\"northwind\">northwind</option>"),
        "{page}"
    );
    let csrf = setup.csrf(&operator).await;
    let give = format!("{path}/give");
    let fields = |partner| [("csrf", &*csrf), ("partner", partner), ("why", "their+new+address")];
    assert_eq!(setup.post(&give, &operator, &fields("nobody")).await, 400);
    assert_eq!(setup.post(&give, &operator, &fields("northwind")[..2]).await, 400, "a reason is wanted");
    assert_eq!(setup.post(&give, &operator, &fields("northwind")).await, 303);
    wait_until(PATIENCE, "the order is the partner's", || async { setup.states("PO-C1").await == ["applied"] }).await;
    let page = setup.get(&path, &operator).await.1;
    assert!(page.contains("as somebody said") && page.contains("their new address"), "{page}");
}
