//! Entries of every kind and the bytes that they are, for ever.
//!
//! A journal written today is read in twenty years, so no layout changes by accident:
//! `entries.txt` holds one line a value, its name and its bytes. A new kind of command or event
//! needs a new line; `UPDATE_GOLDEN=1` writes it. A line that changes is a new layout, which older
//! journals do not have: that needs a line in the changelog and a way to read the old one.

mod biddings;
mod calls;
mod commands;
mod digest;
mod events;
mod listings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::access::Requirement;
use crate::amount::{Money, Units};
use crate::command::{Command, CommandKind};
use crate::entry::{Attempt, Caller, Entry, Outcome};
use crate::event::Event;
use crate::id::{FundId, OrderId, PartyId};
use crate::listing::stage::{Needs, Stage};
use crate::registry::party::Role;
use crate::reject::{Asker, Field, NotTradingLevel, Reject, Shortfall};
use crate::time::{Date, Time};
use crate::trading::cancel_order::CancelOrder;

/// Ids that need one, two, three, five and nine bytes.
const PARTY: PartyId = PartyId::new(7);
const OTHER: PartyId = PartyId::new(70_000);
const FUND: FundId = FundId::new(300);
const ORDER: OrderId = OrderId::new(0x0000_0003_0001_0002);

const NOW: Time = Time::from_nanos(1_795_484_400_000_000_000);
const LATER: Time = Time::from_nanos(1_803_916_800_123_456_789);

fn date(days: i32) -> Date {
    Date::from_days(20_000 + days)
}

#[test]
fn an_entry_is_the_same_bytes_for_ever() {
    check("entries.txt", &entries_text());
}

#[test]
fn an_entry_is_read_from_its_bytes() {
    let text = fs::read_to_string(path("entries.txt")).unwrap();
    let entries: BTreeMap<_, _> = entries().into_iter().collect();
    let mut read = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, hex) = line.split_once(' ').unwrap();
        let bytes = from_hex(hex);
        let entry: Entry = minicbor::decode(&bytes).unwrap();
        assert_eq!(entry, entries[name], "{name}");
        read += 1;
    }
    assert_eq!(read, entries.len(), "one line for each entry");
}

#[test]
fn every_kind_of_command_and_event_has_golden_bytes() {
    let entries: BTreeMap<_, _> = entries().into_iter().collect();
    for kind in CommandKind::ALL {
        let name = format!("command.{}", kind.name());
        assert!(entries.contains_key(&name), "add a value to golden/commands.rs: {name}");
    }
    for name in Event::NAMES {
        let name = format!("event.{name}");
        assert!(entries.contains_key(&name), "add a value to golden/events.rs: {name}");
    }
}

fn entries_text() -> String {
    let mut text = "# Name and bytes of an entry. See golden/mod.rs.\n".to_owned();
    for (name, entry) in entries() {
        let hex = to_hex(&minicbor::to_vec(&entry).unwrap());
        let _ = writeln!(text, "{name} {hex}");
    }
    text
}

/// Every golden entry by name. Of a kind with several, the later ones are numbered from 2.
fn entries() -> Vec<(String, Entry)> {
    let commands = commands::commands().into_iter().map(|command| {
        let name = format!("command.{}", command.kind().name());
        (name, asked(command, Outcome::Accepted(Vec::new())))
    });
    let events = events::events().into_iter().map(|event| {
        let name = format!("event.{}", event.name());
        let outcome = Outcome::Accepted(vec![event]);
        (name, Entry { caller: Caller::Venue, attempt: None, ..asked(Command::Advance, outcome) })
    });
    let refusals = refusals().into_iter().map(|reject| {
        let name = format!("refusal.{}", reject.name());
        let command = Command::CancelOrder(CancelOrder { order: ORDER });
        (name, asked(command, Outcome::Refused(reject)))
    });
    let mut seen = BTreeMap::<String, u32>::new();
    let all = commands.chain(events).chain(refusals);
    all.map(|(name, entry)| {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { (name, entry) } else { (format!("{name}.{count}"), entry) }
    })
    .collect()
}

fn asked(command: Command, outcome: Outcome) -> Entry {
    let id = *b"0123456789abcdef";
    let attempt = Some(Attempt { id, fingerprint: 0x0123_4567_89AB_CDEF });
    Entry { at: NOW, caller: Caller::Party(PARTY), attempt, command, outcome }
}

fn refusals() -> Vec<Reject> {
    let (party, fund) = (OTHER, FUND);
    let least = Money::from_fen(1_000_000_000);
    let shortfalls = [
        Shortfall::NotCertified,
        Shortfall::Expired(date(1)),
        Shortfall::PersonsExcluded,
        Shortfall::NetAssetsBelow(least),
        Shortfall::FinancialAssetsBelow(least),
    ];
    let askers = [Asker::Venue, Asker::Party(Role::Lender), Asker::Unknown];
    let mut refusals = vec![
        Reject::VenueNotOpen {},
        Reject::BadText { field: Field::Certifier, bytes: 513, bytes_max: 512 },
        Reject::StaffIncomplete { role: Role::SettlementBank },
        Reject::NotTrading { fund, level: NotTradingLevel::SegmentClosed },
        Reject::ExpiryOutOfRange { expires: LATER, now: NOW, latest: NOW },
        Reject::HolderCap { fund, holders: 49, joins: 3, cap: 50 },
        Reject::UnitsNotAvailable {
            party,
            wanted: Units::from_e2(100),
            available: Units::from_e2(1),
            offered: Units::from_e2(2),
            pledged: Units::from_e2(3),
            frozen: Units::from_e2(4),
        },
        Reject::OrderNotOpen { order: ORDER },
        Reject::BalanceTooLarge { party },
        Reject::ListingStage {
            listing: listings::LISTING,
            stage: Stage::Suspended,
            needs: Needs::OnTheBoard,
        },
    ];
    refusals.extend(shortfalls.map(|shortfall| Reject::NotQualified { party, shortfall }));
    refusals.extend(askers.map(|role| {
        let (command, needs) = (CommandKind::LockUnits.into(), Requirement::Operator);
        Reject::NotPermitted { command, role, needs }
    }));
    refusals
}

/// The golden file of this name says `expected`; with `UPDATE_GOLDEN=1` it is made to.
#[track_caller]
fn check(name: &str, expected: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(path(name), expected).unwrap();
    }
    let found = fs::read_to_string(path(name)).unwrap_or_default();
    let (mut found, mut lines) = (found.lines(), expected.lines());
    loop {
        match (found.next(), lines.next()) {
            (None, None) => return,
            (old, new) => {
                assert!(old == new, "golden/{name} has another layout:\n{old:?}\n{new:?}");
            }
        }
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/golden").join(name)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
