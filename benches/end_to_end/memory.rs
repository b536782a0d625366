//! The hub's peak memory while one large interchange goes through it whole: posted, translated, applied.
//!
//! `cargo bench --bench end_to_end -- --memory [MB]`. The built binary serves as a process of its own, embedded and then on
//! PostgreSQL and RabbitMQ; its peak is `VmHWM` of /proc/PID/status, in MB of 1,000,000 bytes. Every half minute it says how far
//! it is. 200 MB are some 157,000 orders: minutes a backing.

use super::{
    PATIENCE,
    hub::{
        services::{Postgres, Rabbit, free_port, http, process, process::Folder},
        wait::{wait_for, wait_until},
    },
    load,
};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Lines of each set: some 1.6 kB.
const LINES: usize = 15;
/// Sets in a group, so that no group's end is the document's.
const GROUP: usize = 5_000;

/// Both backings, one after the other.
pub async fn run(megabytes: usize) {
    let folder = Folder::new("memory");
    let file = folder.path().join("large.edi");
    let sets = write(&file, megabytes * 1_000_000);
    println!("one interchange of {megabytes} MB, {sets} 850s of {LINES} lines; goal: a peak below 300 MB");
    through("embedded", folder.path(), &file, sets, None).await;
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    through("PostgreSQL and RabbitMQ", folder.path(), &file, sets, Some((database.url(), vhost.url()))).await;
}

/// Writes an interchange of so many bytes; how many sets it holds.
fn write(file: &Path, bytes: usize) -> usize {
    let mut out = BufWriter::new(File::create(file).expect("a file"));
    let (mut sets, mut groups, mut written) = (0, 0, 0);
    let mut text = String::new();
    load::head(&mut text, 0, 1);
    let isa = text.lines().next().expect("an ISA").to_owned();
    writeln!(out, "{isa}").expect("a disk");
    while written < bytes {
        groups += 1;
        writeln!(out, "GS*PO*PARTNER0*ACMEDIST*20261102*0800*{groups}*X*004010~").expect("a disk");
        let mut here = 0;
        while here < GROUP && written < bytes {
            (here, sets) = (here + 1, sets + 1);
            text.clear();
            load::set(&mut text, here, sets, LINES);
            out.write_all(text.as_bytes()).expect("a disk");
            written += text.len();
        }
        writeln!(out, "GE*{here}*{groups}~").expect("a disk");
    }
    writeln!(out, "IEA*{groups}*000000001~").expect("a disk");
    out.flush().expect("a disk");
    sets
}

async fn through(what: &str, folder: &Path, file: &Path, sets: usize, services: Option<(&str, &str)>) {
    let folder = folder.join(if services.is_some() { "distributed" } else { "embedded" });
    std::fs::create_dir_all(folder.join("connectors")).expect("a folder");
    load::master_data(&folder);
    let sink = crossdock::cli::receiver::Receiver::start(Default::default()).await.expect("a receiver");
    for (path, text) in load::connectors(&sink.url("/sink")) {
        std::fs::write(folder.join(path), text).expect("a file");
    }
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
    command
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .current_dir(&folder)
        .env("CROSSDOCK_DATA", folder.join("data"))
        .env("CROSSDOCK_CONNECTORS", folder.join("connectors"))
        .env("CROSSDOCK_LOG__FILTER", "warn");
    if let Some((database, amqp)) = services {
        command.env("CROSSDOCK_DATABASE_URL", database).env("CROSSDOCK_AMQP_URL", amqp);
    }
    process::log_to(&mut command, &folder.join("log"));
    let mut child = process::spawn(command);
    let client = http::client();
    let live = format!("http://127.0.0.1:{port}/health/live");
    wait_until(Duration::from_secs(60), "the hub to answer", || async {
        client.get(&live).send().await.is_ok_and(|a| a.status().is_success())
    })
    .await;
    let idle = peak(child.id());
    let began = Instant::now();
    post(port, file).await;
    let (taken, at_intake) = (began.elapsed(), peak(child.id()));
    let place = match services {
        Some((database, _)) => database.to_owned(),
        None => format!("sqlite:{}?mode=ro", folder.join("data/crossdock.db").display()),
    };
    let watched = tokio::spawn(watch(child.id(), place.clone()));
    let ended = |states: &'static str| {
        let place = place.clone();
        move || {
            let place = place.clone();
            async move { if count(&place, states).await? == sets as i64 { Ok(()) } else { Err("not yet".to_owned()) } }
        }
    };
    wait_for(PATIENCE, "every set to be translated", ended("'pending', 'applied'")).await;
    let (translated, at_translate) = (began.elapsed(), peak(child.id()));
    wait_for(PATIENCE, "every set to be applied", ended("'applied'")).await;
    let (applied, most) = (began.elapsed(), peak(child.id()));
    println!(
        "  {what:<24} peak {most:>4.0} MB (idle {idle:.0}, after intake {at_intake:.0}, after translate {at_translate:.0}); taken {:.1} s, translated {:.1} s, applied {:.1} s",
        taken.as_secs_f64(),
        translated.as_secs_f64(),
        applied.as_secs_f64()
    );
    watched.abort();
    process::send(child.id(), libc::SIGTERM);
    process::wait_or_kill(&mut child, Duration::from_secs(12));
}

/// Says how far it is, so that a run that is ended early tells something too.
async fn watch(pid: u32, place: String) {
    loop {
        tokio::time::sleep(Duration::from_secs(30)).await;
        let applied = count(&place, "'applied'").await.unwrap_or_default();
        println!("    {applied} applied, peak {:.0} MB", peak(pid));
    }
}

/// Posts the file as curl would, without holding it.
async fn post(port: u16, file: &Path) {
    let file = tokio::fs::File::open(file).await.expect("the file");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let body = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(file));
    let request = client.post(format!("http://127.0.0.1:{port}/in/p0-http")).bearer_auth(load::key(0)).body(body);
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
    assert!(status.is_success(), "{status} {text}");
}

/// Messages in these states.
async fn count(place: &str, states: &str) -> Result<i64, String> {
    let text = sqlx::AssertSqlSafe(format!("select count(*) from messages where state in ({states})"));
    let told = |error: sqlx::Error| error.to_string();
    // A count of so many rows is work for the store, too: at most one a second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    if place.starts_with("sqlite:") {
        let mut store = SqliteConnection::connect(place).await.map_err(told)?;
        return sqlx::query_scalar(text).fetch_one(&mut store).await.map_err(told);
    }
    let mut store = PgConnection::connect(place).await.map_err(told)?;
    sqlx::query_scalar(text).fetch_one(&mut store).await.map_err(told)
}

/// The peak of a process's resident memory so far, in MB.
fn peak(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) * 1.024 / 1_000.0
}
