//! How fast sets are read, checked and put into trees, and how much memory that takes:
//! `cargo run --release -p crossdock-formats --example throughput -- [MB] [X12|EDIFACT]`
//!
//! The interchange is in memory: 850s of ten lines, and ORDERS of ten lines. A pass of `memchr3` over the same bytes
//! stands beside it, since absolute figures say more about the machine than about the reader.

use crossdock_formats::{
    Options,
    piece::{Piece, Standard},
    read,
};
use std::{env, hint};

fn x12() -> (String, String) {
    let head = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P*>~\n\
GS*PO*NORTHWIND*ACMEDIST*20260105*0930*1*X*004010~\n";
    let mut body =
        String::from("BEG*00*SA*PO-2026-0001**20260105~\nCUR*BY*USD~\nREF*DP*038~\nPER*OC*Purchasing*TE*5550100~\n");
    body.push_str(
        "DTM*002*20260112~\nN1*ST*Northwind Store 12*92*0012~\nN3*12 Harbour Street~\nN4*Portland*OR*97201*US~\n",
    );
    for n in 1..=10 {
        body.push_str(&format!("PO1*{n}*{}*EA*{}.25**VN*A-{}~\nPID*F****Widget size {n}~\n", n * 5, 9 + n, 100 + n));
    }
    (head.into(), format!("ST*850*0001~\n{body}CTT*10~\nSE*31*0001~\n"))
}

fn edifact() -> (String, String) {
    let head = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZ+260105:0930+REF1'\n";
    let mut body =
        String::from("BGM+220+4500012345+9'\nDTM+137:20260105:102'\nDTM+2:20260112:102'\nNAD+BY+4012345000009::9'\n");
    body.push_str("NAD+DP+4012345000016::9++Markt+Hafenstrasse 12+Bremen++28195+DE'\nCUX+2:EUR:9'\n");
    for n in 1..=10 {
        body.push_str(&format!(
            "LIN+{n}++400000100{n:04}:EN'\nIMD+F++:::Widget size {n}'\nQTY+21:48:PCE'\nPRI+AAA:9.25'\n"
        ));
    }
    (head.into(), format!("UNH+1+ORDERS:D:96A:UN:EAN008'\n{body}UNS+S'\nCNT+2:10'\nUNT+50+1'\n"))
}

fn main() -> std::io::Result<()> {
    let megabytes: usize = env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100);
    for (name, standard, (head, body)) in
        [("X12 850", Standard::X12, x12()), ("EDIFACT ORDERS", Standard::Edifact, edifact())]
    {
        if env::args().nth(2).is_some_and(|only| !name.starts_with(&only)) {
            continue;
        }
        let delimiters = if standard == Standard::X12 { [b'*', b'>', b'~'] } else { [b'+', b':', b'\''] };
        let document = [head.as_bytes(), body.repeat((megabytes << 20) / body.len()).as_bytes()].concat();
        let (mut rates, mut ratios) = (Vec::new(), Vec::new());
        let mut counts = (0, 0, 0);
        // Alternated, since other work on the machine slows both.
        for _ in 0..7 {
            let floor = floor(&document, delimiters);
            let started = processor_seconds();
            counts = pass(standard, &document)?;
            let rate = document.len() as f64 / 1e6 / (processor_seconds() - started);
            rates.push(rate);
            ratios.push(rate / floor);
        }
        let (rate, ratio, (sets, nodes, faults)) = (median(rates), median(ratios), counts);
        println!("{name}: {rate:.0} MB/s, {ratio:.3} of memchr3; {sets} sets, {nodes} nodes, {faults} faults");
    }
    println!("peak memory: {} kB", peak_kilobytes());
    Ok(())
}

/// Reads everything; gives the numbers of sets, nodes and faults.
fn pass(standard: Standard, document: &[u8]) -> std::io::Result<(u64, u64, u64)> {
    let (mut sets, mut nodes, mut faults) = (0, 0, 0);
    for piece in read(standard, document, Options::default()) {
        if let Piece::Set(set) = piece? {
            sets += 1;
            nodes += set.tree.len() as u64;
            faults += set.faults.len() as u64;
        }
    }
    Ok((sets, nodes, faults))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

/// MB/s of counting delimiters with `memchr3`.
fn floor(bytes: &[u8], [a, b, c]: [u8; 3]) -> f64 {
    let started = processor_seconds();
    hint::black_box(memchr::memchr3_iter(a, b, c, bytes).count());
    bytes.len() as f64 / 1e6 / (processor_seconds() - started)
}

/// Seconds that this thread has had a processor: on a shared machine the clock on the wall measures the others.
fn processor_seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
