//! One recorder for all metrics: Prometheus takes them, and the status of the server shows some.
//!
//! Whoever measures does not know who looks. Those few that the status shows are recorded twice,
//! through handles made once; the others go to Prometheus alone.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Level, Metadata,
    Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::{BuildError, PrometheusRecorder};

use super::Error;
use super::window::{Summary, Window};

/// The histograms that the status shows: the stages of a command's path in its order, and batches.
const WINDOWS: [&str; 7] = [
    super::WAIT,
    super::DECIDE,
    super::APPEND,
    super::SYNC,
    super::PUBLISH,
    super::ANSWER,
    super::BATCH,
];
/// The gauges that the status shows.
const GAUGES: [&str; 7] = [
    super::PUBLISH_BLOCKS,
    super::CONNECTIONS,
    super::SNAPSHOT_SEQUENCE,
    super::SNAPSHOT_TIME,
    super::STORE_BYTES,
    super::DISK_FREE,
    super::DISK_SIZE,
];
/// The counters that the status shows.
const COUNTERS: [&str; 1] = [super::STREAMS_CUT];

/// The newest of some metrics, and the last minute of others.
#[derive(Clone)]
pub struct Vitals(Arc<Kept>);

struct Kept {
    since: Instant,
    windows: Vec<(&'static str, Window)>,
    /// Bits of a float, as the library keeps gauges.
    gauges: Vec<(&'static str, Arc<AtomicU64>)>,
    counters: Vec<(&'static str, Arc<AtomicU64>)>,
}

impl Default for Vitals {
    fn default() -> Self {
        Self(Arc::new(Kept {
            since: Instant::now(),
            windows: WINDOWS.map(|name| (name, Window::default())).into(),
            gauges: GAUGES.map(|name| (name, Arc::default())).into(),
            counters: COUNTERS.map(|name| (name, Arc::default())).into(),
        }))
    }
}

impl Vitals {
    /// The last minute of a duration; of a batch, a command counts as a microsecond.
    #[must_use]
    pub fn last_minute(&self, name: &str) -> Summary {
        let window = self.0.windows.iter().find(|(known, _)| *known == name);
        window.map(|(_, window)| window.summary(self.0.since.elapsed())).unwrap_or_default()
    }

    /// The newest value of a gauge, as a whole number.
    #[must_use]
    pub fn gauge(&self, name: &str) -> u64 {
        let gauge = self.0.gauges.iter().find(|(known, _)| *known == name);
        let value = gauge.map_or(0, |(_, bits)| bits.load(Ordering::Relaxed));
        let value = Duration::try_from_secs_f64(f64::from_bits(value));
        value.map_or(0, |value| value.as_secs())
    }

    /// The value of a counter.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        let counter = self.0.counters.iter().find(|(known, _)| *known == name);
        counter.map_or(0, |(_, count)| count.load(Ordering::Relaxed))
    }
}

/// One window, as the library records into it.
struct Timer(Vitals, usize);

impl HistogramFn for Timer {
    fn record(&self, value: f64) {
        let kept = &self.0.0;
        let Some((name, window)) = kept.windows.get(self.1) else { return };
        let Ok(took) = Duration::try_from_secs_f64(value) else { return };
        let took = if *name == super::BATCH { Duration::from_micros(took.as_secs()) } else { took };
        window.record(kept.since.elapsed(), took);
    }
}

/// Records in two places.
struct Both<T>(T, T);

impl CounterFn for Both<Counter> {
    fn increment(&self, value: u64) {
        self.0.increment(value);
        self.1.increment(value);
    }

    fn absolute(&self, value: u64) {
        self.0.absolute(value);
        self.1.absolute(value);
    }
}

impl GaugeFn for Both<Gauge> {
    fn increment(&self, value: f64) {
        self.0.increment(value);
        self.1.increment(value);
    }

    fn decrement(&self, value: f64) {
        self.0.decrement(value);
        self.1.decrement(value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
        self.1.set(value);
    }
}

impl HistogramFn for Both<Histogram> {
    fn record(&self, value: f64) {
        self.0.record(value);
        self.1.record(value);
    }
}

/// Hands metrics out to those who want them.
struct Teller {
    prometheus: Option<PrometheusRecorder>,
    windows: Vec<(&'static str, Histogram)>,
    gauges: Vec<(&'static str, Gauge)>,
    counters: Vec<(&'static str, Counter)>,
}

impl Teller {
    fn new(vitals: &Vitals, prometheus: Option<PrometheusRecorder>) -> Self {
        let metadata = Metadata::new(module_path!(), Level::INFO, None);
        let key = |name: &'static str| Key::from_static_name(name);
        let timers = vitals.0.windows.iter().enumerate().map(|(at, (name, _))| {
            let own = Histogram::from_arc(Arc::new(Timer(vitals.clone(), at)));
            let both = prometheus.as_ref().map(|prometheus| {
                let other = prometheus.register_histogram(&key(name), &metadata);
                Histogram::from_arc(Arc::new(Both(own.clone(), other)))
            });
            (*name, both.unwrap_or(own))
        });
        let gauges = vitals.0.gauges.iter().map(|(name, bits)| {
            let own = Gauge::from_arc(Arc::clone(bits));
            let both = prometheus.as_ref().map(|prometheus| {
                let other = prometheus.register_gauge(&key(name), &metadata);
                Gauge::from_arc(Arc::new(Both(own.clone(), other)))
            });
            (*name, both.unwrap_or(own))
        });
        let counters = vitals.0.counters.iter().map(|(name, count)| {
            let own = Counter::from_arc(Arc::clone(count));
            let both = prometheus.as_ref().map(|prometheus| {
                let other = prometheus.register_counter(&key(name), &metadata);
                Counter::from_arc(Arc::new(Both(own.clone(), other)))
            });
            (*name, both.unwrap_or(own))
        });
        let (windows, gauges, counters) = (timers.collect(), gauges.collect(), counters.collect());
        Self { windows, gauges, counters, prometheus }
    }
}

/// The handle of a metric that is kept.
fn kept<T: Clone>(handles: &[(&'static str, T)], key: &Key) -> Option<T> {
    let found = handles.iter().find(|(name, _)| *name == key.name());
    found.map(|(_, handle)| handle.clone())
}

impl Recorder for Teller {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, words: SharedString) {
        if let Some(prometheus) = &self.prometheus {
            prometheus.describe_counter(key, unit, words);
        }
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, words: SharedString) {
        if let Some(prometheus) = &self.prometheus {
            prometheus.describe_gauge(key, unit, words);
        }
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, words: SharedString) {
        if let Some(prometheus) = &self.prometheus {
            prometheus.describe_histogram(key, unit, words);
        }
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let prometheus = || Some(self.prometheus.as_ref()?.register_counter(key, metadata));
        kept(&self.counters, key).or_else(prometheus).unwrap_or_else(Counter::noop)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let prometheus = || Some(self.prometheus.as_ref()?.register_gauge(key, metadata));
        kept(&self.gauges, key).or_else(prometheus).unwrap_or_else(Gauge::noop)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let prometheus = || Some(self.prometheus.as_ref()?.register_histogram(key, metadata));
        kept(&self.windows, key).or_else(prometheus).unwrap_or_else(Histogram::noop)
    }
}

/// The vitals of this process and where they are served, once something records them.
static OF_PROCESS: Mutex<Option<(Vitals, Option<SocketAddr>)>> = Mutex::new(None);

/// The vitals of this process. A process has one set of metrics, however many servers it runs one
/// after the other; `build` makes what serves them at `address`, once. Where somebody else records
/// metrics and nobody is to serve them, the vitals stay empty.
///
/// # Errors
///
/// What `build` says; [`Error::Taken`] if the metrics would not come to that address.
pub(super) fn of_process(
    address: Option<SocketAddr>,
    build: impl FnOnce(SocketAddr) -> Result<PrometheusRecorder, BuildError>,
) -> Result<Vitals, Error> {
    let mut of_process = OF_PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((vitals, served)) = of_process.as_ref() {
        let is_there = address.is_none() || address == *served;
        return if is_there { Ok(vitals.clone()) } else { Err(Error::Taken) };
    }
    let vitals = Vitals::default();
    let prometheus = address.map(build).transpose()?;
    let installed = metrics::set_global_recorder(Teller::new(&vitals, prometheus));
    if installed.is_err() && address.is_some() {
        return Err(Error::Taken);
    }
    *of_process = Some((vitals.clone(), address));
    Ok(vitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_status_shows_is_kept_and_nothing_else_is() {
        let vitals = Vitals::default();
        let teller = Teller::new(&vitals, None);
        metrics::with_local_recorder(&teller, || {
            metrics::histogram!("sfund_sync_seconds").record(Duration::from_millis(3));
            metrics::histogram!("sfund_batch_commands").record(12.0);
            metrics::gauge!("sfund_connections").increment(2.0);
            metrics::gauge!("sfund_connections").decrement(1.0);
            metrics::counter!("sfund_streams_cut_total").increment(4);
            metrics::gauge!("sfund_streams").set(7.0);
        });
        assert_eq!(vitals.last_minute(super::super::SYNC).count, 1);
        assert_eq!(vitals.last_minute(super::super::APPEND).count, 0);
        assert_eq!(vitals.last_minute(super::super::BATCH).p50.as_micros(), 12);
        assert_eq!(vitals.gauge(super::super::CONNECTIONS), 1);
        assert_eq!(vitals.counter(super::super::STREAMS_CUT), 4);
        assert_eq!(vitals.gauge("sfund_streams"), 0);
    }
}
