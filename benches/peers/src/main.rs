//! Other readers on one file, each as its own documentation says, beside a `memchr3` pass over the same bytes:
//! `crossdock-bench-peers FILE KIND` prints a line a reader, `name<TAB>MB/s<TAB>ratio<TAB>what was done`.
//!
//! Called by `cargo bench --bench parse`. A reader that is slow gets the beginning of the file, cut behind a set.

use std::{env, error::Error, fs, hint::black_box, panic};

type Outcome = Result<u64, Box<dyn Error>>;

/// What a slow reader gets, in bytes.
const LITTLE: usize = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (file, kind) = arguments.next().zip(arguments.next()).ok_or("FILE and KIND are wanted")?;
    let bytes = fs::read(file)?;
    // One of them panics on sets that it doesn't take: these are counted as not taken.
    panic::set_hook(Box::new(|_| {}));
    match kind.as_str() {
        "ORDERS" | "INVOIC" => {
            measure("edifact-parser 0.38.0", "each segment split, no guide", &bytes, *b"+:'", edifact_parser);
            measure("edifact-rs 0.18.0", "segments in memory, envelope checked, no guide", &bytes, *b"+:'", edifact_rs);
        }
        _ => {
            // It wants nothing behind the last terminator.
            measure(
                "x12-stream-parser 0.1.0",
                "each element's slice, no guide",
                bytes.trim_ascii_end(),
                *b"*>~",
                stream_parser,
            );
            // It wants a segment to have an element.
            let (some, share) = only(&bytes, usize::MAX, |set| {
                !set.split(|b| *b == b'\n').any(|line| line.len() < 5 && !line.is_empty())
            });
            measure("edi 0.4.0", &format!("a tree, no guide; {share}"), &some, *b"*>~", edi);
            match kind.as_str() {
                "856" => by_type::<x12_types::v004010::_856>(&bytes),
                "810" => by_type::<x12_types::v004010::_810>(&bytes),
                _ => println!("x12-types 0.12.0\t-\t-\tdoesn't have this set in 004010"),
            }
        }
    }
    Ok(())
}

/// The median of three runs, each beside its own floor.
fn measure(name: &str, done: &str, bytes: &[u8], delimiters: [u8; 3], read: fn(&[u8]) -> Outcome) {
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let started = processor_seconds();
        let [a, b, c] = delimiters;
        black_box(memchr::memchr3_iter(a, b, c, bytes).count());
        let floor = processor_seconds() - started;
        let started = processor_seconds();
        let outcome = panic::catch_unwind(|| read(bytes)).unwrap_or_else(|_| Err("it panicked".into()));
        let took = processor_seconds() - started;
        match outcome {
            Ok(count) => black_box(count),
            Err(error) => {
                let text: String =
                    error.to_string().chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect();
                println!("{name}\t-\t-\tgave up: {text}");
                return;
            }
        };
        rates.push(bytes.len() as f64 / 1e6 / took);
        ratios.push(floor / took);
    }
    rates.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    println!("{name}\t{:.1}\t{:.3}\t{done}", rates[1], ratios[1]);
}

/// The sets that a reader takes, up to so many bytes, in an envelope that is right; and how many of them that are.
fn only(bytes: &[u8], most: usize, takes: impl Fn(&[u8]) -> bool) -> (Vec<u8>, String) {
    let starts: Vec<usize> = memchr::memmem::find_iter(bytes, b"\nST*").map(|at| at + 1).collect();
    let end = memchr::memmem::rfind(bytes, b"\nGE*").map_or(bytes.len(), |at| at + 1);
    let mut kept = bytes[..starts.first().copied().unwrap_or(0)].to_vec();
    let (mut sets, mut seen) = (0, 0);
    for (start, next) in starts.iter().zip(starts[1..].iter().chain([&end])) {
        if *start > most {
            break;
        }
        seen += 1;
        if takes(&bytes[*start..*next]) {
            kept.extend_from_slice(&bytes[*start..*next]);
            sets += 1;
        }
    }
    kept.extend_from_slice(format!("GE*{sets}*1~\nIEA*1*000000001~\n").as_bytes());
    (kept, format!("takes {} % of the sets", sets * 100 / seen.max(1)))
}

/// It is slow, and takes few of the sets that the standard allows.
fn by_type<T>(bytes: &[u8])
where
    T: Default + for<'a> x12_types::util::Parser<&'a str, T, nom::error::Error<&'a str>>,
{
    let takes = |set: &[u8]| {
        let read = || std::str::from_utf8(set).ok().and_then(|text| T::parse(text).ok().map(|(rest, _)| rest.len()));
        matches!(panic::catch_unwind(read), Ok(Some(rest)) if set[set.len() - rest..].trim_ascii().is_empty())
    };
    let (some, share) = only(bytes, LITTLE, takes);
    if share.contains(" 0 %") {
        return println!("x12-types 0.12.0\t-\t-\ttakes none of the sets");
    }
    measure("x12-types 0.12.0", &format!("typed, order of segments checked; {share}"), &some, *b"*>~", typed::<T>);
}

fn stream_parser(bytes: &[u8]) -> Outcome {
    let mut sum = 0;
    for segment in x12_stream_parser::Parser::new(bytes, x12_stream_parser::Delimiters::new(b'~', b'*', b'>')) {
        let segment = segment.map_err(|error| format!("{error:?}"))?;
        sum += segment.elements().map(|element| element.len() as u64).sum::<u64>();
    }
    Ok(sum)
}

fn edi(bytes: &[u8]) -> Outcome {
    let document = edi::parse(std::str::from_utf8(bytes)?).map_err(|error| format!("{error:?}"))?;
    Ok(document.interchanges.len() as u64)
}

fn typed<T>(bytes: &[u8]) -> Outcome
where
    T: Default + for<'a> x12_types::util::Parser<&'a str, T, nom::error::Error<&'a str>>,
{
    use x12_types::{util::Parser, v004010::Transmission};
    let text = std::str::from_utf8(bytes)?;
    // It takes terminators with nothing behind them.
    let (rest, read) =
        Transmission::<T>::parse(text).map_err(|error| error.to_string().chars().take(200).collect::<String>())?;
    if !rest.trim().is_empty() {
        return Err(format!("{} bytes are left", rest.len()).into());
    }
    Ok(read.functional_group.len() as u64)
}

fn edifact_parser(bytes: &[u8]) -> Outcome {
    struct Counts(u64);
    impl edifact_parser::EdifactHandler for Counts {
        fn on_segment(&mut self, segment: &edifact_primitives::RawSegment) -> edifact_primitives::Control {
            self.0 += segment.elements.len() as u64;
            edifact_primitives::Control::Continue
        }
    }
    let mut counts = Counts(0);
    edifact_parser::EdifactStreamParser::parse(bytes, &mut counts)?;
    Ok(counts.0)
}

fn edifact_rs(bytes: &[u8]) -> Outcome {
    let segments = edifact_rs::from_bytes(bytes).collect::<Result<Vec<_>, _>>()?;
    edifact_rs::validate_envelope(&segments)?;
    Ok(segments.len() as u64)
}

/// Seconds that this thread has had a processor.
fn processor_seconds() -> f64 {
    let spent = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
