//! What is looked at from aside, now and then: the disk, the memory, the calendar.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sfund_engine::time::{Date, Time};
use tokio::task;
use tokio::time::{MissedTickBehavior, interval};

use crate::gauge_value;
use crate::read::Read;
use crate::sequencer::Clock;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where to look.
pub struct Place {
    /// The store's folder.
    pub store: PathBuf,
    /// The read models, which know the calendar.
    pub read: Read,
    /// The clock by which the calendar ends.
    pub clock: Arc<dyn Clock>,
}

/// Looks until it is aborted.
pub async fn watch(place: Place) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Some((_, days)) = calendar_end(&place.read, place.clock.now()) {
            metrics::gauge!(super::CALENDAR_DAYS).set(days);
        }
        let store = place.store.clone();
        // A disk may take its time.
        let looked = task::spawn_blocking(move || look(&store)).await;
        if let Ok(Err(error)) = looked {
            tracing::debug!(%error, "the disk or the memory cannot be looked at");
        }
    }
}

/// The last day of the venue's calendar, and how many days are left then; none before it opens.
#[must_use]
pub fn calendar_end(read: &Read, now: Time) -> Option<(Date, i32)> {
    let venue = read.venue()?;
    let until = venue.calendar.until;
    let today = now.date(venue.utc_offset_minutes);
    Some((until, until.days().saturating_sub(today.days())))
}

fn look(store: &Path) -> io::Result<()> {
    let disk = rustix::fs::statvfs(store)?;
    let bytes = |blocks: u64| gauge_value(blocks.saturating_mul(disk.f_frsize));
    metrics::gauge!(super::DISK_FREE).set(bytes(disk.f_bavail));
    metrics::gauge!(super::DISK_SIZE).set(bytes(disk.f_blocks));
    metrics::gauge!(super::STORE_BYTES).set(gauge_value(bytes_in(store)?));
    // Its second number is the pages that are in memory.
    let pages = fs::read_to_string("/proc/self/statm")?;
    let pages = pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(0);
    let memory = pages.unwrap_or(0).saturating_mul(page);
    metrics::gauge!(super::MEMORY).set(gauge_value(memory));
    Ok(())
}

/// Bytes of the files in `folder` and below.
fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut sum = 0_u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path())?,
            Ok(found) => found.len(),
            // Removed in the meantime.
            Err(_) => 0,
        };
        sum = sum.saturating_add(found);
    }
    Ok(sum)
}
