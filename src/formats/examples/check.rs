//! Checks files and prints what `crossdock check` would: `cargo run -p crossdock-formats --example check -- FILE…`

use crossdock_formats::{Options, report};
use std::{env, fs::File, io::BufReader};

fn main() -> std::io::Result<()> {
    for name in env::args().skip(1) {
        let report = report::check(&name, None, BufReader::new(File::open(&name)?), Options::default())?;
        println!("{name}: {:?}, {} sets, accepted: {}", report.standard, report.sets.len(), report.accepted());
        for fault in report.all_faults() {
            println!(
                "  {} {:?} {} [{} @{}]",
                fault.code, fault.costs, fault.sentence, fault.place.at, fault.place.byte
            );
        }
    }
    Ok(())
}
