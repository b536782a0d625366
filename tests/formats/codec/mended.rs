//! What `fmt --repair` leaves alone, since a fault would be hidden with it.

use crate::lossless::passed;
use crossdock_formats::{Options, lossless::layout::Lines, report};

/// Of two segments that stand as one nothing is mended that says so: it is found as before, and nothing else is.
#[test]
fn what_tells_of_a_lost_terminator_stays() {
    let order = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000007*0*P*>~\
GS*PO*NORTHWEST*ACMEDIST*20260131*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO123**20260131~N1*ST*Harbor Tools*92*0042~\
N4*BERLIN**10115*DE~PO1*1*10*EA*4.20**VN*BOLT-M8~PO1*2*5*EA*1.10**VN*NUT-M8~CTT*2~SE*8*0001~GE*1*1~IEA*1*000000007~";
    let orders = "UNB+UNOC:3+FORTUNE:14+B:14+260131:0800+77'UNH+1+ORDERS:D:96A:UN'BGM+220+PO1+9'DTM+137:20260131:102'\
NAD+BY+4012345000016::9'LIN+1++A:SA'QTY+21:5'LIN+2++B:SA'QTY+21:3'UNS+S'CNT+2:2'UNT+11+1'UNZ+1+77'";
    let codes = |text: &str| {
        let report = report::check("x", None, text.as_bytes(), Options::default()).expect("memory can be read");
        report.all_faults().iter().map(|fault| fault.code.to_string()).collect::<Vec<_>>()
    };
    let mut lost = Vec::new();
    for (whole, end) in [(order, '~'), (orders, '\'')] {
        assert_eq!((codes(whole), passed(whole.as_bytes(), Lines::Kept, true).1), (vec![], vec![]), "{whole}");
        let lines = whole.replace(end, &format!("{end}\n"));
        for text in [whole, &lines] {
            let ends: Vec<_> = text.match_indices(end).map(|(at, _)| at).collect();
            // Not those of the header and of the document.
            for at in &ends[1..ends.len() - 1] {
                lost.push([&text[..*at], &text[at + 1..]].concat());
            }
        }
    }
    for text in lost {
        let (mended, told) = passed(text.as_bytes(), Lines::Kept, true);
        assert_eq!((mended.as_str(), &told), (text.as_str(), &vec![]), "{:?}", codes(&text));
    }
    // A count that is wrong is mended as ever, also where a city ends with a segment's id.
    for (text, right) in [(order.replace("SE*8*", "SE*9*"), "SE*8*"), (orders.replace("UNT+11+", "UNT+12+"), "UNT+11+")]
    {
        let (mended, told) = passed(text.as_bytes(), Lines::Kept, true);
        assert!(mended.contains(right) && told.len() == 1, "{told:?}");
    }
}
