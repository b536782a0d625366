//! What bytes that are no document seem to be, by their first ones: a sentence that says so spares its reader a hex dump.
//!
//! Called by: readers and reports that found no document. Never: reads any of it.
//! Tried by: tests/formats

use crate::{codes, edi::envelope::file_place, fault::Fault};

/// What it seems to be, and what to do about it.
struct Disguise {
    is: &'static str,
    remedy: &'static str,
}

const PACKED: &str = "Unpack it before it is sent here, or agree with the sender on files that aren't packed.";
const SEALED: &str =
    "Have it decrypted before it is sent here: AS2 takes such messages, and a folder or a plain upload doesn't.";
const ENCODED: &str = "Decode it before it is sent here: a mail's attachment was taken as it stands in the mail.";
const MAINFRAME: &str =
    "Have it sent in ASCII or UTF-8: the transfer from the mainframe must translate it (text, not binary).";
const ATTACHMENT: &str = "Ask the sender for the data itself: a document for people's eyes was sent.";
const PICTURE: &str = "Ask the sender for the data itself: a picture was sent.";
const WIDE: &str =
    "Have it sent in UTF-8 or ASCII: the program that wrote the file was left to choose, and chose UTF-16.";
const CAPITALS: &str = "Ask the sender for capital letters: ids of segments have no others.";
const BARE: &str = "Ask the sender for the whole interchange, from ISA or UNB on: nothing else says whose it is.";

/// By how the bytes begin.
const BEGINNINGS: &[(&[u8], Disguise)] = &[
    (b"\x1F\x8B", Disguise { is: "packed by gzip", remedy: PACKED }),
    (b"PK\x03\x04", Disguise { is: "a ZIP archive, or a file of an office program", remedy: PACKED }),
    (b"BZh", Disguise { is: "packed by bzip2", remedy: PACKED }),
    (b"7z\xBC\xAF\x27\x1C", Disguise { is: "a 7-Zip archive", remedy: PACKED }),
    (b"-----BEGIN PGP", Disguise { is: "encrypted or signed by PGP", remedy: SEALED }),
    (b"-----BEGIN", Disguise { is: "a certificate, a key or a sealed message (PEM)", remedy: SEALED }),
    (b"%PDF", Disguise { is: "a PDF", remedy: ATTACHMENT }),
    (b"{\\rtf", Disguise { is: "a text of an office program (RTF)", remedy: ATTACHMENT }),
    (b"\xD0\xCF\x11\xE0", Disguise { is: "a file of an office program", remedy: ATTACHMENT }),
    (b"\x89PNG", Disguise { is: "a picture (PNG)", remedy: PICTURE }),
    (b"\xFF\xD8\xFF", Disguise { is: "a picture (JPEG)", remedy: PICTURE }),
    (b"II*\0", Disguise { is: "a picture (TIFF)", remedy: PICTURE }),
    (b"MM\0*", Disguise { is: "a picture (TIFF)", remedy: PICTURE }),
    // ISA, UNA and UNB, and where their letters stand in Base64.
    (b"SVNB", Disguise { is: "an X12 interchange in Base64", remedy: ENCODED }),
    (b"VU5B", Disguise { is: "an EDIFACT interchange in Base64", remedy: ENCODED }),
    (b"VU5C", Disguise { is: "an EDIFACT interchange in Base64", remedy: ENCODED }),
    (b"\xC9\xE2\xC1", Disguise { is: "an X12 interchange in EBCDIC", remedy: MAINFRAME }),
    (b"\xE4\xD5\xC1", Disguise { is: "an EDIFACT interchange in EBCDIC", remedy: MAINFRAME }),
    (b"\xE4\xD5\xC2", Disguise { is: "an EDIFACT interchange in EBCDIC", remedy: MAINFRAME }),
    (b"isa*", Disguise { is: "an X12 interchange in small letters", remedy: CAPITALS }),
    (b"una:", Disguise { is: "an EDIFACT interchange in small letters", remedy: CAPITALS }),
    (b"unb+", Disguise { is: "an EDIFACT interchange in small letters", remedy: CAPITALS }),
    (b"GS*", Disguise { is: "a group of X12 without its interchange header", remedy: BARE }),
    (b"ST*", Disguise { is: "a set of X12 without its interchange header", remedy: BARE }),
    (b"UNG+", Disguise { is: "a group of EDIFACT without its interchange header", remedy: BARE }),
    (b"UNH+", Disguise { is: "a message of EDIFACT without its interchange header", remedy: BARE }),
    (
        b"STX=",
        Disguise { is: "a TRADACOMS transmission", remedy: "Ask the sender for EDIFACT: TRADACOMS is not read." },
    ),
];

const UTF16: Disguise = Disguise { is: "text in UTF-16", remedy: WIDE };
const CMS: Disguise = Disguise { is: "a signed or encrypted message (CMS)", remedy: SEALED };

/// The object identifiers of CMS begin so, in DER: 1.2.840.113549.1.7.
const CMS_ID: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07";

fn seen(bytes: &[u8]) -> Option<&'static Disguise> {
    let text = bytes.trim_ascii_start();
    if let Some((_, disguise)) = BEGINNINGS.iter().find(|(begins, _)| text.starts_with(begins)) {
        return Some(disguise);
    }
    let pairs: Vec<&[u8]> = bytes.chunks_exact(2).take(8).collect();
    let is_wide = |high: usize| pairs.len() == 8 && pairs.iter().all(|pair| pair[high] == 0 && pair[1 - high] != 0);
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(&UTF16),
        [0x30, 0x80 | 0x82 | 0x83, ..] if bytes[..bytes.len().min(32)].windows(10).any(|part| part == CMS_ID) => {
            Some(&CMS)
        }
        _ if is_wide(0) || is_wide(1) => Some(&UTF16),
        _ => None,
    }
}

/// True of a page for people: a proxy's error or a login page often stands where a document should.
pub(crate) fn is_page(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest.trim_start()),
        None => text,
    };
    let begins = |word: &str| text.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word));
    let ended = |at: usize| text[at..].starts_with(|c: char| c == '>' || c.is_whitespace());
    begins("<!doctype html") || (begins("<html") && ended(5))
}

/// The fault of such a page.
pub(crate) fn page(text: &str) -> Fault {
    let sentence = "There is a web page (HTML) in it, and no document.";
    let shown: String = text.chars().take(120).collect();
    let fault = Fault::new(codes::NO_DOCUMENT, file_place(0, text.len() as u64), sentence).found(&shown);
    fault.expected("the root element of a business document").remedy(
        "Open it in a browser: a server's or proxy's error, or a page to log in, often stands where a document should. Fetch the document again, or have it sent again.",
    )
}

/// The fault of bytes that are no document, with what they seem to be.
pub(crate) fn told(fault: Fault, bytes: &[u8]) -> Fault {
    let Some(Disguise { is, remedy }) = seen(bytes) else { return fault };
    let sentence = format!("{} It seems to be {is}.", fault.sentence);
    Fault { sentence: sentence.into(), ..fault.remedy(*remedy) }
}
