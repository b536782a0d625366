//! Processor time, medians, floors.

use std::{fs, hint::black_box};

/// How often each thing is measured.
const RUNS: usize = 5;

/// A speed, and how it compares with the floor of the same runs.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    pub megabytes_a_second: f64,
    pub ratio: f64,
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:.0} ({:.2})", self.megabytes_a_second, self.ratio)
    }
}

/// What is over sooner is done more often: the system counts processor time in ticks of some milliseconds.
const LEAST: usize = 100_000_000;

/// The median speed of something that goes over so many bytes.
pub fn speed(floor: (&[u8], [u8; 3]), bytes: usize, mut what: impl FnMut()) -> Speed {
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let floor = floor_speed(floor.0, floor.1);
        let times = LEAST.div_ceil(bytes);
        let rate = (bytes * times) as f64 / 1e6 / took(|| (0..times).for_each(|_| what()));
        rates.push(rate);
        ratios.push(rate / floor);
    }
    Speed { megabytes_a_second: median(rates), ratio: median(ratios) }
}

/// MB/s of counting delimiters.
pub fn floor_speed(bytes: &[u8], [a, b, c]: [u8; 3]) -> f64 {
    let times = (2 * LEAST).div_ceil(bytes.len());
    let pass = || _ = black_box(memchr::memchr3_iter(a, b, c, black_box(bytes)).count());
    (bytes.len() * times) as f64 / 1e6 / took(|| (0..times).for_each(|_| pass()))
}

/// Processor seconds.
pub fn took(what: impl FnOnce()) -> f64 {
    let started = processor_seconds();
    what();
    (processor_seconds() - started).max(1e-9)
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Seconds that this thread has had a processor.
fn processor_seconds() -> f64 {
    let spent = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    spent.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// The most memory that this process has had, in kB.
pub fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
