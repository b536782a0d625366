//! The partners: each posts its documents in order, and posts one again under the same idempotency key until it is acknowledged.

use super::{
    Size,
    hub::services::http,
    hubs::{Hubs, ITEMS, PARTNERS},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A document that the hub acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub document: String,
    pub partner: usize,
    pub order: String,
    pub cancels: bool,
    pub quantity: i64,
    pub item: usize,
}

/// The partners at work.
pub struct Sender {
    pub acknowledged: Arc<AtomicUsize>,
    pub total: usize,
    tasks: Vec<tokio::task::JoinHandle<Vec<Acknowledged>>>,
}

/// Starts all partners.
pub fn start(hubs: &Hubs, size: Size, seed: u64) -> Sender {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for partner in 0..PARTNERS {
        let (url, key, count) =
            (format!("{}/in/p{partner}-http", hubs.url()), format!("{}-{partner}", hubs.key), acknowledged.clone());
        let todo = documents(partner, size, seed);
        tasks.push(tokio::spawn(async move { post_all(url, key, todo, count).await }));
    }
    Sender { acknowledged, total: size.documents, tasks }
}

impl Sender {
    /// The ledger of what the partners saw acknowledged.
    pub async fn finish(self, patience: Duration) -> Vec<Acknowledged> {
        let all = async {
            let mut ledger = Vec::new();
            for task in self.tasks {
                ledger.extend(task.await.expect("a partner"));
            }
            ledger
        };
        tokio::time::timeout(patience, all).await.expect("every document is acknowledged in time")
    }
}

fn documents(partner: usize, size: Size, seed: u64) -> Vec<Acknowledged> {
    let (mine, pairs) = (size.documents / PARTNERS, size.pairs / PARTNERS);
    let mut todo = Vec::with_capacity(mine);
    let mut n = 0;
    while todo.len() < mine {
        let order = format!("C{seed:x}-{partner}-{n}");
        let (item, quantity) = ((n * 7 + partner) % ITEMS, (n % 5) as i64 + 1);
        let one = Acknowledged { document: String::new(), partner, order, cancels: false, quantity, item };
        // Pairs are spread over the run, each cancel right behind its order.
        let is_pair = n < pairs && todo.len() + 1 < mine;
        todo.push(one.clone());
        if is_pair {
            todo.push(Acknowledged { cancels: true, ..one });
        }
        n += 1;
    }
    todo
}

async fn post_all(url: String, key: String, todo: Vec<Acknowledged>, count: Arc<AtomicUsize>) -> Vec<Acknowledged> {
    let client = http::client();
    let mut ledger = Vec::with_capacity(todo.len());
    for (n, mut one) in todo.into_iter().enumerate() {
        let body = interchange(&one, n as u64 + 1);
        let id = format!("{}{}", one.order, if one.cancels { "-cancel" } else { "" });
        one.document = post(&client, &url, &key, &id, body).await;
        count.fetch_add(1, Ordering::Relaxed);
        ledger.push(one);
    }
    ledger
}

/// Posts until the answer is 202. No answer, or "later", says nothing: the same key is posted again.
async fn post(client: &reqwest::Client, url: &str, key: &str, id: &str, body: String) -> String {
    let mut wait = Duration::from_millis(20);
    loop {
        let request = client.post(url).bearer_auth(key).header("idempotency-key", id).body(body.clone());
        if let Ok(answer) = request.timeout(Duration::from_secs(15)).send().await {
            let status = answer.status().as_u16();
            let text = answer.text().await;
            match (status, text) {
                (202, Ok(text)) => {
                    let answer: serde_json::Value = serde_json::from_str(&text).expect("an answer in JSON");
                    assert!(answer["duplicate_of"].is_null(), "{id} was taken for a duplicate: {answer}");
                    return answer["document"].as_str().expect("a document id").to_string();
                }
                (408 | 429 | 500..=599, _) | (202, Err(_)) => {}
                (status, text) => panic!("{id} was answered {status}: {text:?}"),
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_millis(500));
    }
}

fn interchange(one: &Acknowledged, control: u64) -> String {
    let p = one.partner;
    let (kind, functional, body, segments) = if one.cancels {
        ("860", "PC", format!("BCH*01*SA*{}***20261102~N1*BY*Partner {p}*92*P{p}~", one.order), 4)
    } else {
        let line = format!("PO1*1*{}*EA*1.00**VN*SKU-{}~", one.quantity, one.item);
        ("850", "PO", format!("BEG*00*SA*{}**20261102~N1*BY*Partner {p}*92*P{p}~{line}CTT*1~", one.order), 6)
    };
    format!(
        "ISA*00*          *00*          *ZZ*{:<15}*ZZ*{:<15}*261102*0915*U*00401*{control:09}*0*P*>~GS*{functional}*PARTNER{p}*ACMEDIST*20261102*0915*{control}*X*004010~ST*{kind}*0001~{body}SE*{segments}*0001~GE*1*{control}~IEA*1*{control:09}~",
        format!("PARTNER{p}"),
        "ACMEDIST"
    )
}
