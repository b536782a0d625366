//! Limits hold: what is too much is a fault, and memory stays small.

use crate::{memory, pieces, sets};
use crossdock_formats::{
    CsvOptions, Options,
    fault::Fault,
    piece::{Piece, Policy, Standard},
    place::{At, Place},
    read, render,
};
use std::io::{BufReader, Read};

#[test]
fn a_document_of_too_many_nodes_is_a_fault() {
    let mut xml = String::from("<r>");
    xml.push_str(&"<a/>".repeat(2_000_001));
    xml.push_str("</r>");
    let pieces = pieces(Standard::Xml, xml.as_bytes(), Options::default());
    let [Piece::Fault(fault)] = &pieces[..] else { panic!("one fault: {} pieces", pieces.len()) };
    assert_eq!(&*fault.code, "E0605");
}

/// An interchange without end: an order again and again, made as it is read.
struct Endless {
    head: &'static [u8],
    body: &'static [u8],
    left: usize,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from = if self.head.is_empty() { self.body } else { self.head };
        let take = into.len().min(from.len() - self.at).min(self.left);
        into[..take].copy_from_slice(&from[self.at..self.at + take]);
        (self.at, self.left) = (self.at + take, self.left - take);
        if self.at == from.len() {
            (self.head, self.at) = (&[], 0);
        }
        Ok(take)
    }
}

const HEAD: &[u8] =
    b"ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P*>~\
GS*PO*NORTHWIND*ACMEDIST*20260105*0930*1*X*004010~";
const ORDER: &[u8] = b"ST*850*0001~BEG*00*SA*PO-1**20260105~PO1*1*5*EA*9.25**VN*A-101~CTT*1~SE*5*0001~";

#[test]
fn a_set_that_is_too_long_costs_itself_only() {
    // One set of 3 MB, never closed, then a good one behind its own header.
    let mut bytes = HEAD.to_vec();
    bytes.extend_from_slice(b"ST*850*0001~BEG*00*SA*PO-1**20260105~");
    bytes.extend_from_slice("PO1*1*5*EA*9.25**VN*A-101~".repeat(120_000).as_bytes());
    bytes.extend_from_slice(b"SE*9*0001~");
    bytes.extend_from_slice(ORDER);
    let policy = Policy { max_set_bytes: 100_000, ..Policy::default() };
    let options = Options { policy, ..Options::default() };
    let accepted: Vec<bool> = pieces(Standard::X12, &bytes, options)
        .iter()
        .filter_map(|piece| match piece {
            Piece::Set(set) => Some((set.accepted(), set.faults.first().map(|f| f.code.to_string()))),
            _ => None,
        })
        .inspect(|(accepted, code)| assert!(*accepted || code.as_deref() == Some("E0006"), "{code:?}"))
        .map(|(accepted, _)| accepted)
        .collect();
    assert_eq!(accepted, [false, true]);
}

/// Also if its data hold what looks like the set's end, of the same number and of others.
#[test]
fn binary_data_that_are_too_long_cost_their_set_only() {
    let within = "%PDF~SE*4*0007~x~SE*9*0001~more~".repeat(10_000);
    let set = format!("ST*275*0001~BIN*{}*{within}~SE*3*0001~", within.len());
    let bytes = [HEAD, set.as_bytes(), ORDER, b"GE*2*1~IEA*1*000000001~"].concat();
    let policy = Policy { max_set_bytes: 100_000, ..Policy::default() };
    let found: Vec<_> = pieces(Standard::X12, &bytes, Options { policy, ..Options::default() })
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Set(set) => Some((set.len, set.faults.first().map(|fault| fault.code.to_string()))),
            Piece::Fault(fault) => panic!("{}", fault.sentence),
            _ => None,
        })
        .collect();
    let lens = [set.len(), ORDER.len()].map(|len| len as u64 - 1);
    assert_eq!(found, [(lens[0], Some("E0006".to_owned())), (lens[1], Some("E0120".to_owned()))]);
}

#[test]
fn a_segment_without_end_is_read_in_bounded_memory() {
    let endless = Endless { head: HEAD, body: b"ST*850*0001*and no terminator in sight ", left: 30_000_000, at: 0 };
    let policy = Policy { max_set_bytes: 1_000_000, ..Policy::default() };
    memory::start();
    let codes: Vec<String> = read(Standard::X12, BufReader::new(endless), Options { policy, ..Options::default() })
        .filter_map(|piece| match piece.expect("it can be read") {
            Piece::Set(set) => Some(set.faults[0].code.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(codes, ["E0006"]);
    assert!(memory::peak() < 8_000_000, "{} bytes at once", memory::peak());
}

#[test]
fn an_interchange_of_many_sets_is_read_in_bounded_memory() {
    let endless = Endless { head: HEAD, body: ORDER, left: 8_000_000, at: 0 };
    memory::start();
    let mut count = 0;
    for piece in read(Standard::X12, BufReader::new(endless), Options::default()) {
        count += usize::from(matches!(piece.expect("it can be read"), Piece::Set(_)));
    }
    assert_eq!(count, (8_000_000 - HEAD.len()).div_ceil(ORDER.len()));
    assert!(memory::peak() < 8_000_000, "{} bytes at once", memory::peak());
}

#[test]
fn a_row_without_end_is_a_fault_and_the_rest_is_read() {
    let mut csv = b"order_number,sku\nSO-1,".to_vec();
    csv.extend(std::iter::repeat_n(b'x', 3_000_000));
    csv.extend_from_slice(b"\nSO-2,A-101\n");
    let policy = Policy { max_set_bytes: 100_000, ..Policy::default() };
    let accepted: Vec<bool> = pieces(Standard::Csv, &csv, Options { policy, ..Options::default() })
        .iter()
        .filter_map(|piece| match piece {
            Piece::Set(set) => Some(set.accepted()),
            _ => None,
        })
        .collect();
    assert_eq!(accepted, [false, true]);
}

/// However many there are, so many are listed; the last one of them says how many others there were.
#[test]
fn faults_of_one_set_are_bounded_in_number_and_the_others_counted() {
    let mut x12 = HEAD.to_vec();
    x12.extend_from_slice(b"ST*850*0001~BEG*00*SA*PO-1**20260105~");
    x12.extend_from_slice("ZZZ*1~".repeat(20_000).as_bytes());
    x12.extend_from_slice(b"SE*20003*0001~GE*1*1~IEA*1*000000001~");
    // The loop of lines is missing, too.
    let csv = "no,sku\n".to_owned() + &"A,1,2\n".repeat(20_000);
    let json = "{".to_owned() + &"\"a\":1,".repeat(20_001) + "\"b\":2}";
    for (standard, bytes, all) in [
        (Standard::X12, &x12[..], 20_001),
        (Standard::Csv, csv.as_bytes(), 20_000),
        (Standard::Json, json.as_bytes(), 20_000),
    ] {
        let options = Options { csv: CsvOptions { delimiter: None, by: Some("no".into()) }, ..Options::default() };
        let pieces = pieces(standard, bytes, options);
        let set = pieces.iter().find_map(|piece| match piece {
            Piece::Set(set) => Some(set),
            _ => None,
        });
        let faults = &set.expect("a set").faults;
        let last = faults.last().expect("a fault");
        assert!(faults.len() <= 502, "{} faults", faults.len());
        let more = format!(" ({} more faults are not shown.)", all - faults.len());
        assert!(last.sentence.ends_with(&more), "{standard:?}: {} and {}", faults.len(), last.sentence);
    }
}

/// What is kept of a segment is more than a short one's bytes: three million of them are a fault, and the next set is read.
#[test]
fn a_set_of_too_many_segments_is_read_in_bounded_memory() {
    let body: &[u8] = b"ZZ*1~";
    let head = [HEAD, b"ST*850*0000~BEG*00*SA*PO-1**20260105~"].concat().leak();
    let many = Endless { head, body, left: head.len() + 3_000_000 * body.len(), at: 0 };
    let rest = [&b"SE*3000003*0000~"[..], ORDER].concat();
    memory::start();
    let sets: Vec<_> = read(Standard::X12, BufReader::new(many.chain(&rest[..])), Options::default())
        .filter_map(|piece| match piece.expect("it can be read") {
            Piece::Set(set) => Some((set.segments, set.accepted(), set.faults.first().map(|f| f.sentence.to_string()))),
            _ => None,
        })
        .collect();
    assert!(memory::peak() < 64 << 20, "{} bytes at once", memory::peak());
    let sentence = "The set at byte 156 has 3000003 segments; at most 1048576 segments are read.";
    assert_eq!(sets, [(3_000_003, false, Some(sentence.to_owned())), (5, true, None)]);
}

/// A picture holds what is near a fault, and not the document's lines.
#[test]
fn a_picture_of_millions_of_segments_takes_little_memory() {
    let many = "REF*DP*1~".repeat(1_000_000);
    let head = String::from_utf8_lossy(HEAD);
    let bytes = format!("{head}ST*850*0001~BEG*00*SA*PO-1**20260105~{many}SE*9*0001~GE*1*1~IEA*1*000000001~");
    let at = bytes.find("SE*9").expect("a trailer");
    let place = Place { byte: at as u64, len: 1, at: At::Node { path: "SE".into() } };
    let fault = Fault::new("E0107", place, "wrong");
    memory::start();
    let picture = render::terminal("x", bytes.as_bytes(), &[fault], false);
    assert!(memory::peak() < 100_000, "{} bytes at once", memory::peak());
    let drawn: Vec<&str> = picture.lines().filter(|line| line.contains('~')).collect();
    assert_eq!(drawn, [" 1000002 │ REF*DP*1~", "►1000003 │ SE*9*0001~", "     – │ GE*1*1~"]);
}

/// Numbers of parts have 16 bits: what is beyond is a fault, and costs its set only.
#[test]
fn more_parts_than_are_counted_cost_their_set_only() {
    let many = |part: &str| part.repeat(70_000);
    for (segment, code) in [
        (format!("REF*DP{}~", many("*A")), "E0302"),
        (format!("ZZ9*DP{}~", many("*A")), "E0302"),
        (format!("REF*DP{}~", many(">A")), "E0303"),
        (format!("ZZ9*DP{}~", many(">A")), "E0303"),
        (format!("ZZ9*DP{}~", many("^A")), "E0304"),
    ] {
        for kind in ["850", "899"] {
            let head =
                String::from_utf8_lossy(HEAD).replace("*U*00401*", "*^*00501*").replace("*X*004010~", "*X*005010~");
            let bad = format!("ST*{kind}*0001~BEG*00*SA*PO-1**20260105~{segment}SE*4*0001~");
            let good = String::from_utf8_lossy(ORDER).replace("0001", "0002");
            let bytes = format!("{head}{bad}{good}GE*2*1~IEA*1*000000001~");
            let sets = sets(Standard::X12, bytes.as_bytes());
            let codes: Vec<&str> = sets[0].faults.iter().map(|fault| &*fault.code).collect();
            assert!(!sets[0].accepted() && (codes.contains(&code) || kind == "850"), "{kind} {code}: {codes:?}");
            assert!(sets[1].accepted(), "{:?}", sets[1].faults);
        }
    }
}
