//! The README's first hour, command by command as it stands there: from a sample to a published mapping.

use super::{
    call::{Folder, call},
    hub::wait::wait_blocking,
};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);
/// What the promise allows.
const MOST_COMMANDS: usize = 14;

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The shell blocks of the section.
fn blocks() -> Vec<String> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let section = readme.split("## The first hour").nth(1).unwrap().split("\n## ").next().unwrap();
    section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// How many commands a person types: what a heredoc holds is no command.
fn commands(block: &str) -> usize {
    let mut count = 0;
    let mut until = None;
    for line in block.lines() {
        match until {
            Some(end) if line == end => until = None,
            Some(_) => {}
            None => {
                count += 1;
                until = line.contains("<<'END'").then_some("END");
            }
        }
    }
    count
}

/// A shell in the folder, with our `crossdock` on its path.
fn shell(folder: &Path, script: &str) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_crossdock")).parent().unwrap();
    let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CROSSDOCK_")) {
        command.env_remove(name);
    }
    command.env("PATH", path).env("CROSSDOCK_LISTEN", "127.0.0.1:0");
    command
}

fn typed(folder: &Path, block: &str) -> String {
    let output = shell(folder, block).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{block}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn a_partner_goes_from_a_sample_to_a_published_mapping_by_the_readme_alone() {
    let blocks = blocks();
    let [set_up, serve, drop, publish] = blocks.as_slice() else { panic!("{blocks:#?}") };
    let typed_in_all: usize = blocks.iter().map(|block| commands(block)).sum();
    assert!(typed_in_all <= MOST_COMMANDS, "{typed_in_all} commands");
    let home = Folder::new();
    let folder = home.path();
    let said = typed(folder, set_up);
    assert!(said.contains("extends: x12/4010/850-order") && said.contains("ref_19_02"), "{said}");
    assert!(said.contains("/lines/1/quantity/value") && said.contains("SPRING"), "{said}");

    let mut hub = shell(folder, &format!("exec {}", serve.trim()));
    let _hub = Serving(hub.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_blocking(PATIENCE, "the hub takes files", || folder.join("drop/northwind/in").is_dir());
    typed(folder, drop);
    let answered =
        || std::fs::read_dir(folder.join("drop/northwind/out")).is_ok_and(|mut files| files.next().is_some());
    wait_blocking(PATIENCE, "the order is acknowledged", answered);

    let said = typed(folder, publish);
    assert!(said.contains("/ext/season") && said.contains("NW-20417"), "the replay names field and number: {said}");
    assert!(said.contains("version 1 stands"), "{said}");
    let stands = call(folder, "mapping versions northwind/850 --json").out;
    assert!(stands.contains("published") && stands.contains("agreed with Northwind"), "{stands}");
}
