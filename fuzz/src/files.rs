//! What people write: keys, registers as CSV, venues, packs and calendars as TOML, settings.

use std::path::Path;

use sfund::genesis;
use sfund::import::positions;
use sfund::venue_file::{self, calendar, pack};
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::market::Market;
use sfund_sdk::{ApiKey, KeyHash};

use crate::market::{PREPARED, check, give};

pub(crate) fn keys(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<ApiKey>() {
        assert_eq!(key.reveal(), text, "a key is its text");
        assert_eq!(key.hash().bytes(), sfund::secret::key_hash(text), "both sides hash alike");
    }
    if let Ok(hash) = text.parse::<KeyHash>() {
        assert_eq!(hash.to_string().parse::<KeyHash>().ok(), Some(hash));
    }
}

pub(crate) fn register(bytes: &[u8]) {
    let Ok((register, faults)) = positions::read(bytes) else { return };
    let lines = faults.iter().all(|fault| !fault.message.is_empty());
    assert!(lines, "a fault is told");
    assert!(register.funds() <= register.holdings(), "a fund has a holder");
}

/// The bytes as a venue, a pack and a calendar; a sound venue opens.
pub(crate) fn venue(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Err(faults) = pack::read("pack.toml", text) {
        assert!(!faults.to_string().is_empty());
    }
    if let Err(faults) = calendar::read("calendar.toml", text) {
        assert!(!faults.to_string().is_empty());
    }
    // Files that it names are not looked for in folders that are there.
    let Ok(venue) = venue_file::read("venue.toml", text, Path::new("no-such-folder")) else {
        return;
    };
    let now = PREPARED.0.now();
    let Ok(genesis) = genesis::prepare(venue, now, 365) else { return };
    let mut market = Market::default();
    let since = now.nanos().checked_div(1_000_000_000).unwrap_or(0);
    let open = Command::OpenVenue(Box::new(genesis.command));
    give(&mut market, since, Caller::Venue, None, &open);
    check(&market);
}

/// Each line of the bytes as a setting on the command line.
pub(crate) fn settings(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let flags = text.lines().filter_map(|line| line.split_once('='));
    let flags: Vec<_> =
        flags.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect();
    match sfund::config::load(None, [], &flags) {
        Ok(loaded) => drop(loaded.config.server.limits()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
