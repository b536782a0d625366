//! Settings: where each came from, and what is said about one that nobody knows.

use crate::call::{Called, Folder, call, command, run};
use std::collections::BTreeMap;

/// `serve --print-config` with variables.
fn print(folder: &Folder, variables: &[(&str, &str)], words: &str) -> Called {
    run(command(folder.path())
        .envs(variables.iter().copied())
        .args(["serve", "--print-config"])
        .args(words.split_whitespace()))
}

/// The lines of it: key with its table → (value, origin).
fn read(called: &Called) -> BTreeMap<String, (String, String)> {
    assert_eq!(called.code, 0, "{called:?}");
    let mut table = String::new();
    let mut found = BTreeMap::new();
    for line in called.out.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, rest)) = line.split_once(" = ") {
            let (value, origin) = rest.rsplit_once(" # ").unwrap();
            found.insert(format!("{table}{key}"), (value.trim().to_owned(), origin.to_owned()));
        }
    }
    found
}

#[test]
fn the_later_wins_and_each_value_says_where_it_came_from() {
    let folder = Folder::new();
    folder.write(
        "crossdock.toml",
        "listen = \"127.0.0.1:1\"\n\n[flow]\napply_workers = 3\ntranslate_workers = 3\nsweep_every_ms = 3\n",
    );
    let got = read(&print(
        &folder,
        &[("CROSSDOCK_FLOW__APPLY_WORKERS", "4"), ("CROSSDOCK_FLOW__SWEEP_EVERY_MS", "4")],
        "--set flow.sweep_every_ms=5 --data elsewhere",
    ));
    let is =
        |key: &str, value: &str, origin: &str| assert_eq!(got[key], (value.to_owned(), origin.to_owned()), "{key}");
    is("listen", "\"127.0.0.1:1\"", "crossdock.toml:1");
    is("flow.translate_workers", "3", "crossdock.toml:5");
    is("flow.apply_workers", "4", "CROSSDOCK_FLOW__APPLY_WORKERS");
    is("flow.sweep_every_ms", "5", "--set flow.sweep_every_ms");
    is("data", "\"elsewhere\"", "--data");
    is("flow.retry_first_ms", "500", "default");
    let listen = read(&print(&folder, &[], "--listen 127.0.0.1:9"));
    assert_eq!(listen["listen"], ("\"127.0.0.1:9\"".into(), "--listen".into()));
}

#[test]
fn what_is_printed_is_a_file_that_gives_the_same_again() {
    let folder = Folder::new();
    let first =
        print(&folder, &[("CROSSDOCK_DELIVER__RETRY_MS", "1,20,300"), ("CROSSDOCK_LOG__FILTER", "info,sqlx=warn")], "");
    folder.write("crossdock.toml", &first.out);
    let (first, again) = (read(&first), read(&print(&folder, &[], "")));
    assert_eq!(again["deliver.retry_ms"].0, "[1, 20, 300]");
    for (key, (value, _)) in &first {
        assert_eq!(&again[key].0, value, "{key}");
    }
}

#[test]
fn paths_of_a_file_start_from_its_folder() {
    let folder = Folder::new();
    folder.write("etc/hub.toml", "data = \"store\"\nmappings = \"/srv/mappings\"\n");
    let got = read(&print(&folder, &[], "--config etc/hub.toml"));
    assert_eq!((got["data"].0.as_str(), got["mappings"].0.as_str()), ("\"etc/store\"", "\"/srv/mappings\""));
}

#[test]
fn passwords_are_not_shown() {
    let folder = Folder::new();
    let urls =
        [("CROSSDOCK_DATABASE_URL", "postgres://hub:geheim@db/x"), ("CROSSDOCK_AMQP_URL", "amqp://hub:geheim@mq/x")];
    let called = print(&folder, &urls, "");
    assert!(!called.out.contains("geheim") && called.out.contains("postgres://hub:***@db/x"), "{called:?}");
}

#[test]
fn a_fault_is_named_by_its_place_with_what_was_meant() {
    let folder = Folder::new();
    let file = |text: &str, expected: &str| {
        folder.write("crossdock.toml", text);
        let called = print(&folder, &[], "");
        assert_eq!((called.code, called.err.trim_end()), (2, expected), "{text}");
        folder.write("crossdock.toml", "");
    };
    file(
        "[flow]\naply_workers = 3\n",
        "error: crossdock.toml:2: there is no setting `flow.aply_workers`; did you mean `flow.apply_workers`?",
    );
    file(
        "\nlisten = 7\n",
        "error: crossdock.toml:2: `listen` can't be 7: invalid type: integer `7`, expected a string; its default is \"127.0.0.1:8400\"",
    );
    file("[flow\n", "error: crossdock.toml:1: unclosed table, expected `]`");
    let call = |variables: &[(&str, &str)], words: &str, expected: &str| {
        let called = print(&folder, variables, words);
        assert_eq!((called.code, called.err.trim_end()), (2, expected));
    };
    call(
        &[("CROSSDOCK_LISTN", "x")],
        "",
        "error: the variable CROSSDOCK_LISTN is no setting, and those that begin with CROSSDOCK_ are the hub's own; did you mean `CROSSDOCK_LISTEN`?",
    );
    call(
        &[("CROSSDOCK_FLOW__APPLY_WORKERS", "many")],
        "",
        "error: the variable CROSSDOCK_FLOW__APPLY_WORKERS: `many` is no whole number",
    );
    call(
        &[],
        "--set flow.workers=1",
        "error: --set flow.workers: there is no setting `flow.workers`; did you mean `flow.apply_workers`?",
    );
    call(
        &[],
        "--config nowhere.toml",
        "error: the settings file nowhere.toml can't be read: No such file or directory (os error 2)",
    );
    call(
        &[("CROSSDOCK_AMQP_URL", "amqp://x")],
        "",
        "error: amqp_url is set (CROSSDOCK_AMQP_URL) and database_url is not: RabbitMQ goes with PostgreSQL, the embedded queue with SQLite",
    );
}

#[test]
fn the_described_file_is_one_that_is_understood_once_its_lines_are_set() {
    let folder = Folder::new();
    let described = call(folder.path(), "config describe");
    assert_eq!(described.code, 0);
    let set: String = described
        .out
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect();
    folder.write("crossdock.toml", &set);
    let got = read(&print(&folder, &[], ""));
    assert!(got.len() > 25 && got.values().all(|(_, origin)| origin.starts_with("crossdock.toml:")), "{got:?}");
}
