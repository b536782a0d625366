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
