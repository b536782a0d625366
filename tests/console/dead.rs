//! Dead letters: replayed by their button, with a history that forgets nothing.

use super::{PATIENCE, enter, is_at, picture, sees};
use crate::{
    hub::{services::Browser, wait::wait_until},
    setup::{Setup, acme},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_message_is_replayed_by_its_button_and_applied() {
    let setup = Setup::new().await;
    // A rule of the database's own that no event can keep: it is no fault that goes away by waiting.
    setup
        .sql("create trigger no_events before insert on events begin select raise(abort, 'no events today'); end")
        .await;
    setup.post_orders().await;
    let browser = Browser::open().await;
    enter(&setup, &browser, acme(), "/dead").await;
    wait_until(PATIENCE, "the message is a dead letter", || async {
        let _ = browser.goto(&setup.at("/dead")).await;
        browser.text(".group").await.is_ok_and(|t| t.contains("no events today") && t.contains("message"))
    })
    .await;
    assert_eq!(setup.states("PO-C1").await, ["dead"]);
    setup.sql("drop trigger no_events").await;
    browser.click(".group li a").await.unwrap();
    sees(&browser, "History").await;
    browser.type_into(".next input[name=why]", "the rule is gone").await.unwrap();
    browser.click(".next button.primary").await.unwrap();
    is_at(&browser, "/story/PO-C1").await;
    wait_until(PATIENCE, "the message is applied", || async { setup.states("PO-C1").await == ["replaced", "applied"] })
        .await;
    browser.goto(&setup.at("/story/PO-C1")).await.unwrap();
    let told = browser.text(".timeline").await.unwrap();
    for words in ["the rule is gone", "before: Dead letter", "no events today", "order.confirmed"] {
        assert!(told.contains(words), "`{words}` is in the story: {told}");
    }
    picture(&browser, "replayed.png").await;
    browser.goto(&setup.at("/dead")).await.unwrap();
    assert!(!browser.text("main").await.unwrap().contains("no events today"), "its letter is closed");
    browser.goto(&setup.at("/documents?q=PO-C1")).await.unwrap();
    browser.click("tbody a").await.unwrap();
    let journal = browser.text("main").await.unwrap();
    assert!(journal.contains("before: Dead letter") && journal.contains("the rule is gone"), "{journal}");
}
