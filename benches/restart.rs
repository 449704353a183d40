//! How fast the market comes back: from the whole journal, and from a snapshot.
//!
//! The mix is that of `shared/mix.rs`; the store is a sled store. Left out: the time to start the
//! process and to open the port.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod shared;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sfund::journal::{self, Digest, Draft, Journal, Push, Writer};
use sfund::recovery::{recover, take_snapshot};
use sfund::sequencer::encode_entry;
use sfund_engine::entry::Header;
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::market::{Judgement, Market};

use crate::shared::mix::{self, Ask, Recipe, Stream};
use crate::shared::{Size, median, rate, ratio, short, spaced, timed};

const TERM: u64 = 1;

fn main() {
    let size = Size::asked();
    let recipe = Recipe {
        seed: 3,
        funds: size.of(100, 3),
        resting: size.of(1_000_000, 50),
        commands: size.of(500_000, 500),
    };
    let stream = recipe.stream();
    println!("restart: {} funds, about {} orders resting", recipe.funds, recipe.resting);
    println!("  mix of seed {}: {}", recipe.seed, stream.counts);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let store = folder.path().join("store");
    let written = write(&store, &stream);

    let Journal { reader, mut snapshots, .. } = journal::sled::open(&store).expect("the store");
    let replays = (0..size.runs()).map(|_| back(&reader, Sequence::ZERO, &written));
    let replay = median(replays.collect());
    let (head, _) = take_snapshot(&reader, snapshots.as_mut(), 1).expect("a snapshot");
    let restores = (0..size.runs()).map(|_| back(&reader, head.sequence, &written));
    let restore = median(restores.collect());
    let bytes = reader.read_snapshot(head.sequence).expect("the snapshot").bytes.len();

    let Written { entries, events, bytes: journal_bytes, digest } = written;
    println!("replay of {entries} entries, {events} events, {journal_bytes} bytes: {replay:.2?}");
    let (entries, events) = (rate(entries, replay), rate(events, replay));
    println!("  {} entries/s, {} events/s", spaced(entries), spaced(events));
    println!("restore from a snapshot of {bytes} bytes: {restore:.2?}");
    println!("  {} resting orders/s", spaced(rate(recipe.resting, restore)));
    println!("  replay takes {} times as long", ratio(replay, restore));
    println!("  digest {} (written, replayed and restored)", short(&digest));
}

/// What the store holds.
struct Written {
    entries: usize,
    events: usize,
    bytes: usize,
    digest: [u8; 32],
}

/// What it took to bring the market back; it is the one that was written.
fn back(reader: &Arc<dyn journal::Reader>, from: Sequence, written: &Written) -> Duration {
    let (time, recovered) = timed(|| recover(reader, |_| {}).expect("the journal is sound"));
    assert_eq!(recovered.snapshot, from, "it is brought back from where it should");
    assert_eq!(recovered.projection.market().digest(), written.digest, "it is the same market");
    time
}

/// Decides the stream into a journal: full blocks, synced at the end.
fn write(store: &Path, stream: &Stream) -> Written {
    let Journal { mut writer, .. } = journal::sled::create(store, Digest::Sha256).expect("a store");
    let mut market = Market::default();
    let mut draft = Draft::new(Sequence::new(1), TERM);
    let (mut events, mut body) = (Vec::new(), Vec::new());
    let mut written = Written { entries: 0, events: 0, bytes: 0, digest: [0; 32] };
    for ask in stream.setup.iter().chain(&stream.asks) {
        let sequence = decide(&mut market, ask, &mut events, &mut body);
        if draft.push(&body).expect("an entry is small") == Push::Full {
            written.bytes += append(writer.as_mut(), &draft);
            draft.restart(sequence, TERM);
            draft.push(&body).expect("a new block has room");
        }
        written.entries += 1;
        written.events += events.len();
    }
    written.bytes += append(writer.as_mut(), &draft);
    written.digest = market.digest();
    written
}

fn append(writer: &mut dyn Writer, draft: &Draft) -> usize {
    let block = draft.seal(&writer.newest(), Digest::Sha256);
    writer.append(&block).expect("room");
    writer.sync().expect("a sync");
    block.frame().len()
}

/// Judges and records one command, and encodes its entry.
fn decide(
    market: &mut Market,
    (caller, command): &Ask,
    events: &mut Vec<Event>,
    body: &mut Vec<u8>,
) -> Sequence {
    let at = market.now().next().max(mix::opening());
    let sequence = market.sequence().next();
    let header = Header { sequence, at, caller: *caller, attempt: None };
    events.clear();
    match market.judge(&header, command, events) {
        Judgement::Accepted => encode_entry(body, &header, command, Ok(events)),
        Judgement::Refused(reject) => {
            events.clear();
            encode_entry(body, &header, command, Err(&reject));
        }
        Judgement::Repeated(_) | Judgement::Unrecorded(_) => panic!("no attempt is named"),
    }
    market.record(&header, events);
    sequence
}
