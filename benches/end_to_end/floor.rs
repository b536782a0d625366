//! The floor: the rows that the hub wrote, again, with nothing else done; and as many messages, published and confirmed.

use super::hub::services::{Postgres, Rabbit};
use crossdock::{
    queue::Queue,
    store::{self, Options},
};
use lapin::{
    BasicProperties, Connection as Amqp, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// Documents whose rows go into one transaction, as the hub's do.
const BUNDLE: usize = 64;
const WORKERS: usize = 2;

/// The rows of one table, each as a parenthesis of literals.
pub struct Table {
    name: String,
    columns: String,
    rows: Vec<String>,
}

/// What the hub wrote and published.
pub struct Rows {
    pub tables: Vec<Table>,
    pub messages: usize,
    pub message_bytes: usize,
}

/// What stood before: the keys of each table, and how many outbox rows there had been.
pub struct Before {
    keys: HashMap<String, HashSet<String>>,
    outbox: i64,
}

/// Tables with the columns of their rows and of their keys. Not the outbox: its rows are gone once they were published.
const TABLES: &str = "select c.relname,
    (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''),
    (select string_agg('quote_nullable(' || quote_ident(a.attname) || '::text)', ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''),
    (select string_agg(quote_ident(a.attname) || '::text', ', ') from pg_attribute a
        where a.attrelid = c.oid and a.attnum = any (i.indkey))
    from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname not in ('_sqlx_migrations', 'outbox')
    order by 1";

type TableRow = (String, String, String, String);

async fn tables(database: &mut PgConnection) -> Vec<TableRow> {
    sqlx::query_as(TABLES).fetch_all(database).await.expect("the tables")
}

/// Brings the planner's statistics up to date.
pub async fn analyze(url: &str) {
    let mut database = PgConnection::connect(url).await.expect("a database");
    sqlx::raw_sql("analyze").execute(&mut database).await.expect("statistics");
}

/// How many rows the outbox ever had.
async fn outbox(database: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0)")
        .fetch_one(database)
        .await
        .expect("a sequence")
}

impl Rows {
    /// What stands now.
    pub async fn count(url: &str) -> Before {
        let mut database = PgConnection::connect(url).await.expect("a database");
        let mut keys = HashMap::new();
        for (name, _, _, key) in tables(&mut database).await {
            let text = AssertSqlSafe(format!("select concat_ws('/', {key}) from {name}"));
            let found: Vec<String> = sqlx::query_scalar(text).fetch_all(&mut database).await.expect("keys");
            keys.insert(name, found.into_iter().collect());
        }
        Before { keys, outbox: outbox(&mut database).await }
    }

    /// The rows that were not there before, and how many messages were published for them.
    pub async fn capture(url: &str, before: &Before, documents: usize) -> Rows {
        let mut database = PgConnection::connect(url).await.expect("a database");
        let mut found = Vec::new();
        for (name, columns, literals, key) in tables(&mut database).await {
            let text = AssertSqlSafe(format!(
                "select concat_ws('/', {key}), '(' || concat_ws(',', {literals}) || ')' from {name} order by ctid"
            ));
            let rows: Vec<(String, String)> = sqlx::query_as(text).fetch_all(&mut database).await.expect("rows");
            let old = &before.keys[&name];
            let rows: Vec<String> =
                rows.into_iter().filter(|(key, _)| !old.contains(key)).map(|(_, row)| row).collect();
            if !rows.is_empty() {
                found.push(Table { name, columns, rows });
            }
        }
        let messages = (outbox(&mut database).await - before.outbox) as usize;
        // A claim check names each message once for apply and each delivery once; its frame is some 120 bytes.
        Rows { tables: found, messages, message_bytes: 120 + 39 * 2 * documents / messages.max(1) }
    }

    pub fn count_rows(&self) -> usize {
        self.tables.iter().map(|t| t.rows.len()).sum()
    }

    /// A transaction's statements: one a table.
    fn statements(&self, bundle: usize, bundles: usize) -> Vec<String> {
        let of = |table: &Table| {
            let rows = &table.rows[share(table.rows.len(), bundle, bundles)];
            let text = format!("insert into {} ({}) values {}", table.name, table.columns, rows.join(","));
            (!rows.is_empty()).then_some(text)
        };
        self.tables.iter().filter_map(of).collect()
    }
}

/// The nth of so many equal parts.
fn share(all: usize, nth: usize, parts: usize) -> std::ops::Range<usize> {
    all * nth / parts..all * (nth + 1) / parts
}

/// Writes and publishes all of it by two workers; how long that took, in seconds.
pub async fn run(rows: &Rows, documents: usize) -> f64 {
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let options = Options { url: database.url().to_owned(), connections: 2, acquire: Duration::from_secs(10) };
    store::migrate(&options).await.expect("a fresh database");
    // The exchange and the queues, as the hub declares them.
    let topology = Queue::rabbit(vhost.url()).await.expect("a broker");
    topology.consumer(crossdock::canonical::Stage::Deliver, 1).await.expect("a consumer");
    let bundles = documents.div_ceil(BUNDLE);
    let mut workers = Vec::new();
    for worker in 0..WORKERS {
        let connection = PgConnection::connect(database.url()).await.expect("a connection");
        let broker = Amqp::connect(vhost.url(), ConnectionProperties::default()).await.expect("a broker");
        let todo: Vec<(Vec<String>, usize)> = (worker..bundles)
            .step_by(WORKERS)
            .map(|n| (rows.statements(n, bundles), share(rows.messages, n, bundles).len()))
            .collect();
        workers.push((connection, broker, todo));
    }
    let began = Instant::now();
    let bytes = rows.message_bytes;
    let running: Vec<_> = workers
        .into_iter()
        .map(|(connection, broker, todo)| tokio::spawn(work(connection, broker, todo, bytes)))
        .collect();
    for one in running {
        one.await.expect("a worker of the floor");
    }
    began.elapsed().as_secs_f64()
}

async fn work(mut database: PgConnection, broker: Amqp, todo: Vec<(Vec<String>, usize)>, bytes: usize) {
    let channel = broker.create_channel().await.expect("a channel");
    channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirm mode");
    let body = vec![b'x'; bytes];
    let properties = BasicProperties::default().with_delivery_mode(2);
    for (statements, messages) in todo {
        let mut tx = database.begin().await.expect("a transaction");
        for text in statements {
            tx.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.expect("rows");
        }
        tx.commit().await.expect("a commit");
        let mut open = Vec::with_capacity(messages);
        for _ in 0..messages {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let sent = channel.basic_publish("cd1".into(), "apply".into(), options, &body, properties.clone());
            open.push(sent.await.expect("a publish"));
        }
        for confirm in open {
            assert!(confirm.await.expect("a confirm").is_ack(), "the broker refused a message");
        }
    }
}
