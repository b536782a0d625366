//! `fmt`, `convert`: documents written anew, without a hub.

use crate::{
    call::{Folder, call},
    documents::{ORDER, given},
};

#[test]
fn fmt_lays_out_mends_and_says_so() {
    let folder = Folder::new();
    let folded = ORDER.replace("~\n", "~");
    folder.write("folded.edi", &folded);
    folder.write("wrong.edi", folded.replace("SE*5*0001", "SE*7*0001"));
    folder.write("prose.txt", "no interchange");
    assert_eq!(call(folder.path(), "fmt folded.edi").out, ORDER);
    let piped = given(folder.path(), "fmt --fold -", ORDER.as_bytes());
    assert_eq!((piped.code, piped.out.as_str()), (0, folded.as_str()));

    let mended = call(folder.path(), "fmt --repair wrong.edi");
    assert_eq!((mended.code, mended.out.as_str()), (0, ORDER));
    let byte = folded.find("5*0001").unwrap();
    assert_eq!(mended.err, format!("wrong.edi: byte {byte} SE01: was “7”, is “5”\n"));
    let untouched = call(folder.path(), "fmt --keep wrong.edi");
    assert_eq!((untouched.out.as_str(), untouched.err.as_str()), (&*folded.replace("SE*5*0001", "SE*7*0001"), ""));

    let check = call(folder.path(), "fmt --check --repair --keep folded.edi wrong.edi");
    assert_eq!((check.code, check.out.as_str()), (1, "wrong.edi\n"));
    let in_place = call(folder.path(), "fmt --repair --in-place folded.edi wrong.edi");
    assert_eq!((in_place.code, in_place.out.as_str()), (0, ""));
    for name in ["folded.edi", "wrong.edi"] {
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), ORDER);
    }
    let prose = call(folder.path(), "fmt --in-place prose.txt");
    assert_eq!(prose.code, 2);
    assert!(prose.err.contains("prose.txt has no X12 or EDIFACT interchange"), "{}", prose.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}
