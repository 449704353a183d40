//! What takes part, and how it is measured.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::mixes::{Op, Totals, Workload};

/// Something that takes orders of one book.
pub(crate) trait Contender {
    /// An empty one.
    fn open(workload: &Workload) -> Self;

    /// Does one operation; counts what traded.
    fn give(&mut self, op: &Op, totals: &mut Totals);

    /// Does them all.
    fn give_all(&mut self, ops: &[Op], totals: &mut Totals) {
        for op in ops {
            self.give(op, totals);
        }
    }

    /// Brings in what was counted elsewhere.
    fn finish(&mut self, _totals: &mut Totals) {}

    /// A digest of the state that all this led to, of those that have one.
    fn digest(&self) -> Option<[u8; 32]> {
        None
    }
}

/// What a run came to.
pub(crate) struct Run {
    /// Time of this thread's processor.
    pub(crate) time: Duration,
    pub(crate) totals: Totals,
}

/// Times of single operations.
pub(crate) struct Latencies {
    sorted: Vec<Duration>,
    pub(crate) digest: Option<[u8; 32]>,
}

impl Latencies {
    /// The time that so many of 1,000 operations do not exceed.
    pub(crate) fn at(&self, of_thousand: usize) -> Duration {
        let last = self.sorted.len() - 1;
        self.sorted[(self.sorted.len() * of_thousand / 1_000).min(last)]
    }
}

/// Lets the orders rest, and measures all operations as one.
pub(crate) fn run<C: Contender>(workload: &Workload) -> Run {
    let mut contender = ready::<C>(workload);
    let mut totals = Totals::default();
    let since = thread_time();
    contender.give_all(&workload.ops, &mut totals);
    let time = thread_time().saturating_sub(since);
    contender.finish(&mut totals);
    Run { time, totals }
}

/// Lets the orders rest, and measures every operation alone.
pub(crate) fn latencies<C: Contender>(workload: &Workload) -> Latencies {
    let mut contender = ready::<C>(workload);
    let mut totals = Totals::default();
    let mut sorted = Vec::with_capacity(workload.ops.len());
    for op in &workload.ops {
        let since = Instant::now();
        contender.give(op, &mut totals);
        sorted.push(since.elapsed());
    }
    sorted.sort_unstable();
    Latencies { sorted, digest: contender.digest() }
}

fn ready<C: Contender>(workload: &Workload) -> C {
    let mut contender = C::open(workload);
    let mut totals = Totals::default();
    contender.give_all(&workload.resting, &mut totals);
    contender.finish(&mut totals);
    assert!(totals == Totals::default(), "what rests first does not trade");
    contender
}

/// Others share the machine: what counts is the time that this thread had.
fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).expect("time runs forward");
    Duration::new(seconds, u32::try_from(now.tv_nsec).expect("less than a second"))
}
