//! Other people's readers over the same documents: those in Rust as a package of its own, the others by a script.

use crate::documents::{Document, KINDS};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What scripts get: they are slow.
const LITTLE: usize = 2;

/// Prints a table of them; one that can't be built or installed is said to be not run.
pub fn run(megabytes: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/peers");
    println!("\nPeers on the same documents (scripts on {LITTLE} MB)\n");
    println!("| | document | MB/s | of memchr3 | what it does |");
    println!("|---|---|---|---|---|");
    if let Err(error) = fs::create_dir_all(&folder) {
        println!("| peers | | not run | | {error} |");
        return;
    }
    for kind in KINDS {
        let path = folder.join(format!("{}.edi", kind.kind));
        for (size, script) in [(megabytes, false), (LITTLE.min(megabytes), true)] {
            if fs::write(&path, Document::generate(kind, size).bytes(kind)).is_ok() {
                tell(kind.kind, if script { scripts(&root, &path, kind.kind) } else { rust(&root, &path, kind.kind) });
            }
        }
        // What can't be deleted is in the way of nobody.
        let _ = fs::remove_file(&path);
    }
}

/// A line for each line of output: name, MB/s, ratio, what was done.
fn tell(kind: &str, output: Result<String, String>) {
    match output {
        Ok(text) => text.lines().for_each(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            if let [name, rate, ratio, done] = cells[..] {
                println!("| {name} | {kind} | {rate} | {ratio} | {done} |");
            }
        }),
        Err(error) => println!("| peers | {kind} | not run | | {error} |"),
    }
}

fn rust(root: &Path, file: &Path, kind: &str) -> Result<String, String> {
    let manifest = root.join("benches/peers/Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--quiet", "--locked", "--manifest-path"]).arg(manifest);
    cargo.arg("--target-dir").arg(root.join("target/peers")).arg("--").arg(file).arg(kind);
    output(&mut cargo)
}

fn scripts(root: &Path, file: &Path, kind: &str) -> Result<String, String> {
    let script: PathBuf = root.join("benches/peers/scripts/run");
    output(Command::new("bash").arg(script).arg(root.join("target/peers")).arg(file).arg(kind))
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("it failed and said nothing").to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
