//! Checks files and draws what is wrong with them: `cargo run -p crossdock-formats --example check -- FILE…`

use crossdock_formats::{Options, render, report};
use std::{env, fs};

fn main() -> std::io::Result<()> {
    for name in env::args().skip(1) {
        let bytes = fs::read(&name)?;
        let report = report::check(&name, None, &bytes[..], Options::default())?;
        let faults: Vec<_> = report.all_faults().into_iter().cloned().collect();
        println!("{}", render::terminal(&name, &bytes, &faults, false));
    }
    Ok(())
}
