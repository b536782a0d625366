//! The same commands where the store is PostgreSQL and the queue RabbitMQ.

use crate::{
    asking::{drop_in, ended, files, messages, order, serve_with},
    call::{Called, command, run},
    hub::services::{postgres::Postgres, rabbit::Rabbit},
};

#[tokio::test(flavor = "multi_thread")]
async fn commands_find_postgresql_and_the_broker_by_the_settings() {
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let urls = [("CROSSDOCK_DATABASE_URL", database.url().to_owned()), ("CROSSDOCK_AMQP_URL", vhost.url().to_owned())];
    tokio::task::spawn_blocking(move || {
        let urls: Vec<(&str, &str)> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
        everything(&urls);
    })
    .await
    .unwrap();
}

fn everything(urls: &[(&str, &str)]) {
    let folder = files();
    let at = folder.path();
    let call = |words: &str| -> Called { run(command(at).envs(urls.iter().copied()).args(words.split_whitespace())) };
    let ok = |words: &str| -> Called {
        let called = call(words);
        assert_eq!(called.code, 0, "{words}: {called:?}");
        called
    };
    for _ in 0..2 {
        assert!(ok("migrate").out.contains("is up to date"));
    }
    let hub = serve_with(&folder, urls);
    drop_in(at, "good.edi", &order("000000001", "PO-1"));
    // Found by the hub's address: these calls know nothing of the database.
    let good = ended(at, "good.edi", "translated");
    messages(at, &good, "applied");
    let queues = ok("queues check --json").json();
    let names: Vec<&str> = queues.iter().map(|q| q["name"].as_str().unwrap()).collect();
    assert!(
        ["cd1.translate", "cd1.apply", "cd1.deliver", "cd1.dead"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    assert_eq!(ok("audit --json").json()[0]["ok"], true);

    let by_hub = ok("documents list --json").out;
    drop(hub);
    // The hub is gone: PostgreSQL answers, and takes changes without a broker or a lock.
    assert_eq!(ok("documents list --json").out, by_hub);
    assert_eq!(ok("story PO-1 --json").json()[0]["messages"].as_array().map(Vec::len), Some(1));
    ok("reference add uom Q9 EA --tenant acme");
    let queues = call("queues check");
    assert!(queues.out.contains("cd1.apply"), "{queues:?}");
}
