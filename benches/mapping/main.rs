//! What mapping costs: an 850 from bytes to its canonical message, beside parsing alone, beside `jsonata` on what is
//! parsed already, and for orders of 10 to 100,000 lines.
//!
//! `cargo bench --bench mapping [-- --quick] [--no-peers]`. Times are processor times of one thread, the median of five.
//! `-- --only parse|map|whole` does that alone, a hundred times with a hundred lines: for a profiler.

use crossdock::{
    canonical::order::Order,
    formats::{self, piece::Piece, piece::Set},
    mapping::{Context, Library, NoTables, Plan, standard},
};
use serde::Deserialize;
use std::{
    alloc::{GlobalAlloc, Layout},
    env, fs,
    hint::black_box,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The hub's allocator, counting.
struct Counting;

static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static INNER: mimalloc::MiMalloc = mimalloc::MiMalloc;

// SAFETY: each call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { INNER.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { INNER.dealloc(place, layout) }
    }
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATED.fetch_add(size.saturating_sub(layout.size()) as u64, Ordering::Relaxed);
        unsafe { INNER.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Lines of the order that is compared with others.
const TYPICAL: usize = 100;

/// An order as a reseller sends it.
fn order(lines: usize) -> Vec<u8> {
    let mut body = String::from("BEG*00*SA*PO-1**20260302~CUR*BY*USD~REF*DP*014~DTM*002*20260316~");
    body +=
        "N1*BY*Northwind Outfitters*1*123456789~N3*100 Harbor Road~N4*Portland*OR*97201*US~N1*ST*Store 12*92*STORE12~";
    for line in 1..=lines {
        body += &format!("PO1*{line}*24*EA*9.25*PE*VN*BOLT-{line}*UP*012345678905~PID*F****Bolt M8 x 40~");
    }
    body += &format!("CTT*{lines}~");
    let count = body.matches('~').count() + 2;
    format!(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0915*U*00401*000000101*0*T*>~\
         GS*PO*A*B*20260302*0915*101*X*004010~ST*850*0001~{body}SE*{count}*0001~GE*1*101~IEA*1*000000101~"
    )
    .into_bytes()
}

fn parsed(plan: &Plan, bytes: &[u8]) -> Box<Set> {
    let set = formats::read(plan.standard(), bytes, plan.options()).find_map(|piece| match piece {
        Ok(Piece::Set(set)) => Some(set),
        _ => None,
    });
    set.unwrap_or_else(|| panic!("no set was read"))
}

/// What the core is given.
fn ordered(plan: &Plan, set: &Set, context: &Context) -> Order {
    let body = plan.read(&set.tree, context).body;
    Order::deserialize(&body).unwrap_or_else(|why| panic!("it is no order: {why}"))
}

/// This thread's own processor time.
fn processor() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local that outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Seconds that one call takes: the median of five runs of many calls.
fn seconds(times: usize, mut what: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..5)
        .map(|_| {
            let started = processor();
            (0..times).for_each(|_| what());
            (processor() - started).as_secs_f64() / times as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[2]
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    // Without `cargo bench` (as by `cargo test --benches`) it runs in its quick form.
    let quick = has("--quick") || !has("--bench");
    let library = Library::compile(&standard::with(vec![])).unwrap_or_else(|lints| panic!("{lints:?}"));
    let plan = library.named("x12/4010/850-order").unwrap_or_else(|| panic!("it is shipped"));
    let context = Context { tenant_currency: "USD", tables: &NoTables };
    if let Some(at) = arguments.iter().position(|a| a == "--only") {
        return only(&plan, &context, arguments.get(at + 1).map_or("", |what| what));
    }
    println!("an 850, to its canonical message; processor time of one thread\n");
    println!(
        "| lines | parse, checked by its guide, us | map, us | parse, of parse and map | map, ns a line | allocated by map, bytes a line | map and make the core's order of it, us |"
    );
    println!("|---|---|---|---|---|---|---|");
    let sizes: &[usize] = if quick { &[10, 100, 1_000] } else { &[10, 100, 1_000, 10_000, 100_000] };
    let mut typical = (0.0, 0.0);
    for lines in sizes {
        let bytes = order(*lines);
        let times = (if quick { 2_000 } else { 200_000 } / lines).max(1);
        let parse = seconds(times, || _ = black_box(parsed(&plan, black_box(&bytes))));
        let set = parsed(&plan, &bytes);
        let map = seconds(times, || _ = black_box(plan.read(black_box(&set.tree), &context)));
        let whole = seconds(times, || _ = black_box(ordered(&plan, black_box(&set), &context)));
        let before = ALLOCATED.load(Ordering::Relaxed);
        let reading = plan.read(&set.tree, &context);
        let allocated = ALLOCATED.load(Ordering::Relaxed) - before;
        assert_eq!(reading.body["lines"].as_array().map(Vec::len), Some(*lines), "{:?}", reading.faults);
        let (count, ratio) = (*lines as f64, parse / (parse + map));
        println!(
            "| {lines} | {:.1} | {:.1} | {ratio:.2} | {:.0} | {:.0} | {:.1} |",
            parse * 1e6,
            map * 1e6,
            map * 1e9 / count,
            allocated as f64 / count,
            whole * 1e6
        );
        if *lines == TYPICAL {
            typical = (map, whole);
        }
    }
    if !quick && !has("--no-peers") {
        jsonata(&plan, typical);
    }
}

/// One of the steps alone.
fn only(plan: &Plan, context: &Context, what: &str) {
    let bytes = order(TYPICAL);
    let set = parsed(plan, &bytes);
    for _ in 0..100 {
        match what {
            "parse" => _ = black_box(parsed(plan, black_box(&bytes))),
            "map" => _ = black_box(plan.read(black_box(&set.tree), context)),
            "whole" => _ = black_box(ordered(plan, black_box(&set), context)),
            other => panic!("`--only {other}`: it is parse, map or whole"),
        }
    }
}

/// The same fields by `jsonata` from the tree as JSON, which it gets parsed.
fn jsonata(plan: &Plan, (message, whole): (f64, f64)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/peers");
    let set = parsed(plan, &order(TYPICAL));
    let file = folder.join("order.json");
    let times = |microseconds: f64, ours: f64| microseconds / (ours * 1e6);
    let told = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, segments(&set).to_string()))
        .map_err(|e| e.to_string())
        .and_then(|()| {
            let mut script = Command::new("bash");
            let output = script.arg(root.join("benches/mapping/run")).arg(&folder).arg(&file).output();
            let output = output.map_err(|e| e.to_string())?;
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            text.parse::<f64>().map_err(|_| format!("{text}{}", String::from_utf8_lossy(&output.stderr)))
        });
    match told {
        Ok(microseconds) => {
            println!(
                "\njsonata 2.2.2 on {TYPICAL} lines: {microseconds:.0} us; {:.0} times as long as the message, {:.0} times \
                 as long as the core's order",
                times(microseconds, message),
                times(microseconds, whole)
            );
        }
        Err(why) => println!("\njsonata: not run: {why}"),
    }
}

/// The document as other tools give it: loops as objects, elements by number.
fn segments(set: &Set) -> serde_json::Value {
    use crossdock::formats::tree::{Kind, NodeId, Tree};
    use serde_json::{Map, Value};
    fn object(tree: &Tree, node: NodeId) -> Value {
        let mut members = Map::new();
        for child in tree.children(node) {
            let value = match tree.kind(child) {
                Kind::Loop | Kind::Segment => object(tree, child),
                _ => tree.value(child).unwrap_or_default().into(),
            };
            match (tree.kind(child), members.get_mut(tree.name(child))) {
                (Kind::Loop, Some(Value::Array(items))) => items.push(value),
                (Kind::Loop, _) => _ = members.insert(tree.name(child).into(), Value::Array(vec![value])),
                _ => _ = members.insert(tree.name(child).into(), value),
            }
        }
        Value::Object(members)
    }
    object(&set.tree, set.tree.root())
}
