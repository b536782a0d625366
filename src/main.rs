//! The `crossdock` command.
use clap::Parser;
#[derive(Parser)]
enum Tmp { Demo(crossdock::cli::demo::Demo) }
fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Tmp::Demo(flags) = Tmp::parse();
    let _ = crossdock::signals::logs(&crossdock::config::LogSettings { format: "text".into(), filter: std::env::var("RUST_LOG").unwrap_or("warn".into()) });
    let rt = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match rt.block_on(crossdock::cli::demo::run(flags)) { Ok(c) => std::process::exit(c as i32), Err(e) => { eprintln!("{e:#}"); std::process::exit(2) } }
}
