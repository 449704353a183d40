//! What the benches share: how a run is asked for, medians, and what is printed.

#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod mix;
pub(crate) mod venue;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs of which the median is taken.
const RUNS: usize = 5;

/// How much a bench does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// All of it, for numbers: `cargo bench`.
    Full,
    /// A little, to see that it works: with `--tiny`, and in `cargo test`.
    Tiny,
}

impl Size {
    /// What the command line asks for. Cargo says `--bench` when numbers are wanted.
    pub(crate) fn asked() -> Self {
        let words: Vec<String> = std::env::args().collect();
        let says = |word: &str| words.iter().any(|said| said == word);
        if says("--bench") && !says("--tiny") { Self::Full } else { Self::Tiny }
    }

    /// `full` or `tiny`, as asked.
    pub(crate) fn of<T>(self, full: T, tiny: T) -> T {
        match self {
            Self::Full => full,
            Self::Tiny => tiny,
        }
    }

    /// How often each thing is measured.
    pub(crate) fn runs(self) -> usize {
        self.of(RUNS, 1)
    }
}

/// What `work` took, and what came of it.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let since = Instant::now();
    let result = work();
    (since.elapsed(), result)
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The one that `percent` of them do not exceed.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// The one that `permille` of a thousand do not exceed.
pub(crate) fn permille(times: &[Duration], permille: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * permille / 1_000).min(sorted.len() - 1)]
}

/// So many a second, in whole numbers.
pub(crate) fn rate(count: usize, time: Duration) -> u128 {
    let count = u128::try_from(count).expect("counts are small");
    count * 1_000_000_000 / time.as_nanos().max(1)
}

/// How many times `base` goes into `value`, to two places.
pub(crate) fn ratio(value: Duration, base: Duration) -> String {
    let hundredths = value.as_nanos() * 100 / base.as_nanos().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Thousands apart.
pub(crate) fn spaced(number: u128) -> String {
    let digits = number.to_string();
    let mut spaced = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            spaced.push(',');
        }
        spaced.push(digit);
    }
    spaced
}

/// The beginning of a digest: enough to compare two runs.
pub(crate) fn short(digest: &[u8; 32]) -> String {
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Processor time that each thread of this process has taken, by name, the main thread's as
/// `driver`; threads of one kind, told apart by a number at the end of their names, together.
/// Empty where the system does not tell.
pub(crate) fn thread_times() -> BTreeMap<String, Duration> {
    let mut times = BTreeMap::new();
    for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |name| std::fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let (name, stat) = (read("comm"), read("schedstat"));
        let nanos = stat.split(' ').next().and_then(|first| first.parse::<u64>().ok());
        let is_main = thread.file_name() == *std::process::id().to_string();
        let name = name.trim().trim_end_matches(|c: char| c == '-' || c.is_ascii_digit());
        let name = if is_main { "driver" } else { name };
        *times.entry(name.to_owned()).or_default() +=
            Duration::from_nanos(nanos.unwrap_or_default());
    }
    times
}

/// Bytes of memory that the process holds now; 0 where the system does not tell.
pub(crate) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or_default() * 1_024
}
