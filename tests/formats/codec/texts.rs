//! Documents that are not in UTF-8: what they say, and where it stands in their own bytes.

use crate::{pieces, sets};
use crossdock_formats::{
    Options,
    fault::Costs,
    piece::{Piece, Standard},
    sniff,
};

/// A text in UTF-16, with its mark if it has one.
fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn xml_in_utf_16_is_read_and_places_are_those_of_its_bytes() {
    let body = "<Order><ID>ü€𝄞</ID><Note>a&amp;b</Note></Order>";
    for (head, big) in [
        ("\u{FEFF}", false),
        ("\u{FEFF}", true),
        ("\u{FEFF}<?xml version='1.0' encoding='UTF-16'?>", false),
        ("<?xml version='1.0' encoding='utf-16'?>\r\n", true),
        ("<?xml version='1.0' encoding='UTF-16LE'?>", false),
    ] {
        let bytes = utf16(&format!("{head}{body}"), big);
        assert_eq!(sniff(&bytes), Some(Standard::Xml), "{head}");
        let mut sets = sets(Standard::Xml, &bytes);
        let set = sets.pop().expect("a set");
        assert_eq!((set.faults.len(), set.byte, set.len), (0, 0, bytes.len() as u64), "{head}: {:?}", set.faults);
        let tree = &set.tree;
        let order = tree.children(tree.root()).next().expect("the root element");
        let values: Vec<_> = ["ID", "Note"].map(|name| tree.named(order, name).next().expect("an element")).into();
        let place = tree.place(values[0]);
        let (start, end) = (place.byte as usize, place.byte as usize + place.len as usize);
        assert_eq!(bytes[start..end], utf16("ü€𝄞", big), "{head}");
        let values: Vec<_> = values.into_iter().map(|node| tree.value(node).unwrap_or_default()).collect();
        assert_eq!(values, ["ü€𝄞", "a&b"], "{head}");
    }
}

#[test]
fn what_is_no_utf_16_is_told_with_its_place() {
    let mut half = utf16("\u{FEFF}<a>", false);
    half.extend([0x00, 0xD8]);
    half.extend(utf16("b</a>", false));
    let mut odd = utf16("\u{FEFF}<a/>", false);
    odd.push(b'x');
    let open = utf16("\u{FEFF}<a><b></a>", true);
    for (bytes, code, at) in [(half, "E0606", 8), (odd, "E0606", 10), (open, "E0603", 14)] {
        let pieces = pieces(Standard::Xml, &bytes, Options::default());
        let [Piece::Fault(fault)] = &pieces[..] else { panic!("one fault") };
        assert_eq!((&*fault.code, fault.place.byte), (code, at), "{}", fault.sentence);
    }
}

/// A program that writes text into a string and the string into a file says UTF-16 of what is in UTF-8.
#[test]
fn xml_that_only_says_utf_16_is_read_with_a_note() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><Order><ID>K\u{F6}ln</ID></Order>";
    let set = sets(Standard::Xml, text.as_bytes()).pop().expect("a set");
    let [note] = &set.faults[..] else { panic!("one note: {:?}", set.faults) };
    assert_eq!((&*note.code, note.costs, &*note.found, &*note.expected), ("E0606", Costs::Nothing, "utf-16", "UTF-8"));
    assert!(set.accepted());
}
