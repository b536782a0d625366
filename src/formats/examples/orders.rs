//! Prints item and quantity of the order lines of a file: `cargo run -p crossdock-formats --example orders -- FILE`

use crossdock_formats::{Options, piece::Piece, piece::Standard, read};
use std::{fs::File, io};

pub fn lines(file: &str) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    for piece in read(Standard::X12, io::BufReader::new(File::open(file)?), Options::default()) {
        let Piece::Set(set) = piece? else { continue };
        set.faults.iter().for_each(|fault| eprintln!("{} {}", fault.code, fault.sentence));
        for line in set.tree.named(set.tree.root(), "PO1").flat_map(|group| set.tree.named(group, "PO1")) {
            let element = |name| set.tree.named(line, name).find_map(|id| set.tree.value(id)).unwrap_or("");
            lines.push(format!("{} of {}", element("02"), element("07")));
        }
    }
    Ok(lines)
}

fn main() -> io::Result<()> {
    std::env::args().skip(1).try_for_each(|file| lines(&file).map(|lines| println!("{}", lines.join("\n"))))
}
