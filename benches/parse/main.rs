//! How fast the codec reads, checks and writes, beside a `memchr3` pass over the same bytes, beside other readers, up to
//! 2 GB, and how much memory that takes.
//!
//! `cargo bench --bench parse [-- MB] [--quick] [--no-peers] [--no-stream]`. Documents are made by `crossdock generate`'s
//! own functions, from a seed, valid by their guides, with ten lines a set. Times are processor times of one thread, since
//! on a shared machine the clock on the wall measures the others; each figure is the median of five runs that each have a
//! floor of their own. Everything is written below `target/`, and deleted again but for the peers' builds.

mod documents;
mod measured;
mod memory;
mod ours;
mod peers;

use documents::{Document, KINDS};
use std::{env, process::ExitCode};

/// What was asked for.
pub struct Call {
    /// Size of each document.
    pub megabytes: usize,
    /// Sizes that are streamed, in MB.
    pub streams: Vec<u64>,
    pub peers: bool,
}

fn call(arguments: &[String]) -> Call {
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    // Without `cargo bench` (as by `cargo test --benches`) it runs in its quick form.
    let quick = has("--quick") || !has("--bench");
    let number = arguments.iter().find_map(|a| a.parse().ok());
    let streams: &[u64] = match (has("--no-stream"), quick) {
        (true, _) => &[],
        (false, true) => &[1, 4],
        (false, false) => &[1, 10, 100, 1_000, 2_000],
    };
    Call {
        megabytes: number.unwrap_or(if quick { 1 } else { 100 }),
        streams: streams.to_vec(),
        peers: !quick && !has("--no-peers"),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [child, rest @ ..] = &arguments[..]
        && child == "--child"
    {
        return memory::child(rest);
    }
    let call = call(&arguments);
    println!("{} MB each; MB/s and, in brackets, the part of memchr3's speed over the same bytes\n", call.megabytes);
    println!(
        "| | memchr3 | index, segment table | portable | elements visited | portable | tree, checked by its guide | write | packed and written |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for kind in KINDS {
        let document = Document::generate(kind, call.megabytes);
        println!("{}", ours::row(kind, &document));
    }
    if call.peers {
        peers::run(call.megabytes);
    }
    memory::run(&call.streams)
}
