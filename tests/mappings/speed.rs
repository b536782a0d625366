//! Reading takes time in proportion to the document: ten times the lines, not a hundred times the time.

use super::documents::{context, library, sets};
use std::time::Duration;

fn order(lines: usize) -> Vec<u8> {
    let mut body = String::from("BEG*00*SA*PO-1**20260302~CUR*BY*USD~DTM*002*20260316~N1*BY*Northwind*1*123456789~");
    body += "N3*100 Harbor Road~N4*Portland*OR*97201*US~N1*ST*Store 12*92*STORE12~";
    for line in 1..=lines {
        // Every other line leaves out what its mapping asks for behind the last element.
        body += &match line % 2 {
            0 => format!("PO1*{line}*24*EA~PID*F~"),
            _ => format!("PO1*{line}*24*EA*9.25*PE*VN*BOLT-{line}*UP*012345678905~PID*F****Bolt M8 x 40~"),
        };
    }
    body += &format!("CTT*{lines}~");
    let count = body.matches('~').count() + 2;
    format!(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0915*U*00401*000000101*0*T*>~\
         GS*PO*A*B*20260302*0915*101*X*004010~ST*850*0001~{body}SE*{count}*0001~GE*1*101~IEA*1*000000101~"
    )
    .into_bytes()
}

/// This thread's own time: what else runs on the machine does not count.
fn cpu() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local that outlives the call.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) }, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// The quickest of several runs.
fn quickest(lines: usize, runs: usize) -> Duration {
    let plan = library().named("x12/4010/850-order").unwrap();
    let set = sets(&plan, &order(lines)).remove(0);
    let run = || {
        let start = cpu();
        let reading = plan.read(&set.tree, &context());
        let took = cpu() - start;
        assert_eq!(reading.body["lines"].as_array().unwrap().len(), lines);
        took
    };
    (0..runs).map(|_| run()).min().unwrap()
}

#[test]
fn time_grows_with_the_lines_and_not_with_their_square() {
    let (ten, some, many) = (quickest(10, 200), quickest(300, 10), quickest(3000, 5));
    println!("reading an 850: 10 lines {ten:?}, 300 lines {some:?}, 3000 lines {many:?}");
    assert!(many < some * 40, "3000 lines take {many:?}, 300 take {some:?}");
}
