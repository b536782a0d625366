//! Documents cut into lines of one length: what can be put together is, and what lost something on the way is told.

use crossdock_formats::{Options, fault::Costs, report};

fn check(bytes: &[u8]) -> report::Report {
    report::check("x", None, bytes, Options::default()).expect("memory can be read")
}

/// An 850 in lines, whose texts have no blanks but for those behind its first 5000 bytes.
fn late() -> String {
    let header = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260131~";
    let line = |n: usize| {
        let text =
            if n > 100 { format!("SHELF {n} OF OAK AND A BRACKET") } else { format!("SHELF-{n}-OF-OAK-AND-A-BRACKET") };
        format!("PO1*{n}*10*EA*9.01**VP*ABC-{n}~PID*F****{text}~")
    };
    let lines: String = (1..=140).map(line).collect();
    format!(
        "{header}{lines}CTT*140~SE*284*0001~ST*850*0002~BEG*00*SA*PO-2**20260131~PO1*1*1*EA*9.01**VP*ABC~CTT*1~SE*5*0002~GE*2*1~IEA*1*000000001~"
    )
}

/// Lines of so many bytes, as they are and as they come where blanks at their ends are taken away.
fn folded(text: &str, width: usize, end: &str) -> (Vec<u8>, Vec<u8>) {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
    let trimmed: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii_end()).collect();
    (lines.join(end.as_bytes()), trimmed.join(end.as_bytes()))
}

/// Wherever a line lost its blanks, its set isn't accepted, the fault names where the line ends, and the next set is read.
#[test]
fn a_line_that_lost_its_blanks_late_costs_its_set_and_no_other() {
    let text = late();
    let mut cut = 0;
    for (width, end) in (40..=132).flat_map(|width| ["\n", "\r\n", "\r"].map(|end| (width, end))) {
        let (whole, trimmed) = folded(&text, width, end);
        let told = check(&whole);
        assert!(told.accepted() && told.sets.len() == 2, "{width}: {:?}", told.all_faults());
        // The lines of the header have blanks of their own, and are told otherwise.
        if whole == trimmed || whole[..4096] != trimmed[..4096] {
            continue;
        }
        cut += 1;
        let first = whole.iter().zip(&trimmed).position(|(whole, trimmed)| whole != trimmed).expect("a blank") as u64;
        let told = check(&trimmed);
        let accepted: Vec<bool> = told.sets.iter().map(|set| set.accepted).collect();
        assert_eq!(accepted, [false, true], "{width}: {:?}", told.all_faults());
        let [fault] = &told.sets[0].faults[..] else { panic!("{width}: {:?}", told.sets[0].faults) };
        let end = if end == "\r\n" { first + 1 } else { first };
        assert_eq!((&*fault.code, fault.costs, fault.place.byte), ("E0118", Costs::Set, end), "{width}: {fault:?}");
        assert!(fault.sentence.contains(&format!("instead of {width}")), "{}", fault.sentence);
    }
    assert!(cut > 60, "{cut}");
}

/// Lines may be as long by their characters as the others are by their bytes: nothing is lost of them.
#[test]
fn lines_that_are_cut_by_characters_late_are_put_together() {
    let text = late().replace(' ', "ü").replacen(
        "*00*üüüüüüüüüü*00*üüüüüüüüüü*ZZ*NORTHWINDüüüüüü*ZZ*ACMEDISTüüüüüüü*",
        "*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *",
        1,
    );
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = characters.chunks(80).map(|line| line.iter().collect()).collect();
    let report = check(lines.join("\n").as_bytes());
    assert!(report.accepted() && lines.iter().any(|line| line.len() > 80), "{:?}", report.all_faults());
}

/// Lines that lost blanks so early that the headers are cut say nothing sure of any set; where only a text has lines, it
/// may be meant so, and is told as a warning.
#[test]
fn lines_that_lost_their_blanks_early_refuse_the_interchange() {
    let whole = "UNA:+.? 'UNB+UNOC:3+NORTHWIND:14+ACMEDIST:14+261130:0443+REF0001'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1234567+9'DTM+137:20261130:102'FTX+AAI+++A TEXT OF WORDS, SOME OF THEM LONG, AND ALL OF THEM SHORT ENOUGH'NAD+BY+4012345000009::9'NAD+SU+4098765000001::9'LIN+1++4012345000016:EN'QTY+21:10'UNS+S'UNT+10+1'UNZ+1+REF0001'";
    let mut refused = 0;
    for width in 40..100 {
        let (whole, trimmed) = folded(whole, width, "\n");
        assert!(check(&whole).accepted(), "{width}");
        let report = check(&trimmed);
        let costs: Vec<Costs> = report.all_faults().iter().filter(|f| &*f.code == "E0118").map(|f| f.costs).collect();
        if whole != trimmed && !costs.contains(&Costs::Nothing) {
            refused += 1;
            assert!(!report.accepted() && costs == [Costs::Interchange], "{width}: {:?}", report.all_faults());
        }
    }
    assert!(refused > 5, "{refused}");
}

/// Where several interchanges stand in one file, a line may end within the header of one of them: each is read.
#[test]
fn an_interchange_whose_header_is_cut_by_a_line_is_read_behind_another() {
    let (header, trailer) = (
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260131~",
        "CTT*20~SE*24*0001~GE*1*1~IEA*1*000000001~",
    );
    let lines: String = (1..=20).map(|n| format!("PO1*{n}*1*EA*9.01**VP*ABC-{n}~")).collect();
    let one = [header, &lines, trailer].concat();
    let another = one.replace("000000001", "000000002");
    let cuts = every_cut_is_read(&[&one, &another]);
    assert!(cuts > 10, "{cuts}");
}

#[test]
fn a_message_whose_una_or_unb_is_cut_by_a_line_is_read_behind_another() {
    let lines: String = (1..=30).map(|n| format!("LIN+{n}++4012345000016:EN'QTY+21:10'")).collect();
    let unb = format!(
        "UNB+UNOC:3+NORTHWIND:14+ACMEDIST:14+261130:0443+REF1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20261130:102'NAD+BY+4012345000009::9'NAD+SU+4098765000001::9'{lines}UNS+S'UNT+67+1'UNZ+1+REF1'"
    );
    let other = unb.replace("REF1", "REF2");
    let own = other.replace('+', "$").replace(':', "|").replace('\'', "#");
    let own = format!("UNA|$.! #{own}");
    for second in [&other, &format!("UNA:+.? '{other}"), &own] {
        let cuts = every_cut_is_read(&[&unb, second]);
        assert!(cuts > 5, "{cuts}");
    }
}

/// Every width is read alike; gives how many of them cut the second header's first nine bytes.
fn every_cut_is_read(interchanges: &[&str]) -> usize {
    let (text, second) = (interchanges.concat(), interchanges[0].len());
    let mut cuts = 0;
    for (width, end) in (40..=200).flat_map(|width| ["\n", "\r\n", "\r"].map(|end| (width, end))) {
        let (whole, _) = folded(&text, width, end);
        let report = check(&whole);
        let codes: Vec<&str> = report.all_faults().iter().map(|fault| &*fault.code).collect();
        let read = report.accepted() && report.sets.len() == interchanges.len();
        assert!(read && codes.iter().all(|code| *code == "E0118"), "{width}: {:?}", report.all_faults());
        cuts += usize::from((1..9).any(|within| (second + within).is_multiple_of(width)));
    }
    cuts
}
