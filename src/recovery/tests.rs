//! Recovery on a fake disk.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{OrderId, SegmentId, Sequence};
use sfund_engine::policy::overlay::{Overlay, StateRules};
use sfund_engine::policy::parameter::Rules as _;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::side::Side;
use sfund_engine::venue::adopt_pack::PackAdopted;
use sfund_engine::venue::open_segment::SegmentOpened;

use crate::fixture::{
    ALICE, CAROL, Server, attempt, cents, disk, open_venue, order, place, start, units,
};
use crate::journal::memory::{Disk, FaultPlan};
use crate::journal::{Draft, Journal, Push};
use crate::read::projection::Projection;
use crate::read::rules::RulesInForce;
use crate::recovery::json::Json as _;
use crate::recovery::{Finding, Unsound, audit, export, recover, take_snapshot, verify};
use crate::sequencer::{Mode, Submission, encode_entry};

/// Orders, trades and cancels, some refused, from one seed.
async fn trade(server: &Server, seed: u64, count: u32) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let handle = server.sequencer.handle();
    let mut placed: Vec<(Caller, OrderId)> = Vec::new();
    for number in 0..count {
        if random.random_ratio(1, 4) && !placed.is_empty() {
            let (caller, order) = placed.swap_remove(random.random_range(0..placed.len()));
            let command = Command::CancelOrder(CancelOrder { order });
            let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
            handle.submit(submission).await.unwrap();
            continue;
        }
        let (party, side) = if random.random() { (ALICE, Side::Sell) } else { (CAROL, Side::Buy) };
        let price = cents(random.random_range(95..=105));
        let mut wanted = order(party, side, price, units(random.random_range(1..=50)));
        if random.random_ratio(1, 3) {
            wanted.peak = units(random.random_range(1..=10));
        }
        let submission = attempt(u8::try_from(number % 200).unwrap(), place(wanted));
        let answer = handle.submit(submission).await.unwrap();
        if let Ok([Event::OrderPlaced(fact), ..]) = answer.outcome() {
            placed.push((Caller::Party(party), fact.order));
        }
    }
}

/// Everything a projection says, as bytes.
fn bytes(projection: &Projection) -> (Vec<u8>, Vec<u8>) {
    (projection.market().encode(), projection.encode_history())
}

fn from_genesis(disk: &Disk) -> Projection {
    let reader = disk.open().unwrap().reader;
    let mut projection = Projection::new();
    let genesis = reader.identity().genesis();
    let newest = reader.newest().sequence;
    super::follow(&reader, &mut projection, genesis, newest, &mut |_| {}).unwrap();
    projection
}

#[tokio::test]
async fn a_snapshot_and_the_tail_are_the_whole_replay_history_included() {
    for seed in 0..5 {
        println!("seed {seed}");
        let disk = disk();
        for round in 0..3 {
            let server = start(&disk);
            if round == 0 {
                server.set_up().await;
            }
            trade(&server, seed * 3 + round, 200).await;
            server.sequencer.stop();
            let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
            let recovered = recover(&reader, |_| {}).unwrap();
            assert_eq!(bytes(&recovered.projection), bytes(&from_genesis(&disk)));
            let (head, _) = take_snapshot(&reader, snapshots.as_mut(), 2).unwrap();
            assert_eq!(head, reader.newest());
            let recovered = recover(&reader, |_| {}).unwrap();
            assert_eq!(recovered.snapshot, head.sequence);
            assert!(recovered.unsound.is_empty());
            assert_eq!(bytes(&recovered.projection), bytes(&from_genesis(&disk)));
        }
    }
}

#[tokio::test]
async fn an_unsound_snapshot_is_skipped() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    server.sequencer.stop();
    let mut places = Vec::new();
    for round in 0..3 {
        let server = start(&disk);
        trade(&server, round, 50).await;
        server.sequencer.stop();
        let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
        places.push(take_snapshot(&reader, snapshots.as_mut(), 3).unwrap().0.sequence);
    }
    let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
    disk.damage_snapshot(places[2], |stored| stored[100] ^= 1);
    // Sound as stored bytes, and no market.
    let head = reader.read_snapshot(places[1]).unwrap().manifest.head;
    snapshots.put(&head, head.hash, b"no market", 3).unwrap();
    let recovered = recover(&reader, |_| {}).unwrap();
    assert_eq!(recovered.snapshot, places[0]);
    let unsound: Vec<_> = recovered.unsound.iter().map(|(place, _)| *place).collect();
    assert_eq!(unsound, [places[2], places[1]]);
    assert_eq!(bytes(&recovered.projection), bytes(&from_genesis(&disk)));

    let report = verify(&reader, |_| {}).unwrap();
    assert_eq!(report.snapshots, 1);
    let [first, second] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let is_at = |finding: &Finding, place: Sequence| matches!(finding, Finding::Snapshot { sequence, .. } if *sequence == place);
    assert!(is_at(first, places[1]) && is_at(second, places[2]));
    assert!(matches!(first, Finding::Snapshot { why: Unsound::Undecodable(_), .. }));
    assert!(matches!(second, Finding::Snapshot { why: Unsound::Stored(_), .. }));
}

#[tokio::test]
async fn a_sound_journal_verifies() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    trade(&server, 7, 300).await;
    server.sequencer.stop();
    let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
    take_snapshot(&reader, snapshots.as_mut(), 1).unwrap();
    let mut reached = Vec::new();
    let report = verify(&reader, |head| reached.push(head.sequence)).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.head, reader.newest());
    assert_eq!(report.entries, reader.newest().sequence.number());
    assert!(0 < report.events && report.snapshots == 1);
    assert_eq!(reached.last(), Some(&reader.newest().sequence));
    assert_eq!(*report.market.as_bytes(), from_genesis(&disk).market().digest());
}

/// Appends an entry to the journal as a forger with access to the disk would: well chained.
fn forge(disk: &Disk, change: impl FnOnce(&mut Header, &mut Vec<Event>)) -> Sequence {
    let Journal { identity, mut writer, reader, .. } = disk.open().unwrap();
    let recovered = recover(&reader, |_| {}).unwrap();
    let market = recovered.projection.market();
    let command = Command::PlaceOrder(order(ALICE, Side::Sell, cents(120), units(3)));
    let mut header = Header {
        sequence: market.sequence().next(),
        at: market.now().next(),
        caller: Caller::Party(ALICE),
        attempt: None,
    };
    let mut events = Vec::new();
    market.judge(&header, &command, &mut events);
    change(&mut header, &mut events);
    let mut body = Vec::new();
    encode_entry(&mut body, &header, &command, Ok(&events));
    let mut draft = Draft::new(header.sequence, recovered.head.term.max(1));
    assert_eq!(draft.push(&body).unwrap(), Push::Taken(header.sequence));
    writer.append(&draft.seal(&recovered.head, identity.digest)).unwrap();
    writer.sync().unwrap();
    header.sequence
}

#[tokio::test]
async fn a_forged_entry_is_found() {
    let honest = |_: &mut Header, _: &mut Vec<Event>| {};
    let forgeries: [fn(&mut Header, &mut Vec<Event>); 4] = [
        // Somebody else's order.
        |header, _| header.caller = Caller::Party(CAROL),
        // An order that holds nothing.
        |_, events| {
            if let Some(Event::OrderPlaced(fact)) = events.first_mut() {
                fact.terms.units = units(4);
            }
        },
        // Nothing happened.
        |_, events| events.clear(),
        // It happened yesterday.
        |header, _| header.at = header.at.minus_seconds(86_400),
    ];
    for (number, forgery) in forgeries.into_iter().enumerate() {
        let disk = disk();
        let server = start(&disk);
        server.set_up().await;
        trade(&server, 3, 20).await;
        server.sequencer.stop();
        forge(&disk, honest);
        let reader = disk.open().unwrap().reader;
        assert!(verify(&reader, |_| {}).unwrap().findings.is_empty());
        let forged = forge(&disk, forgery);
        let report = verify(&disk.open().unwrap().reader, |_| {}).unwrap();
        match report.findings.as_slice() {
            [Finding::OtherOutcome { sequence, .. }] if number < 3 => assert_eq!(*sequence, forged),
            [Finding::TimeGoesBack { sequence, .. }] => assert_eq!(*sequence, forged),
            other => panic!("{other:?}"),
        }
        assert_eq!(report.head.sequence.next(), forged);
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    server.sequencer.stop();
    let reader = disk.open().unwrap().reader;
    disk.set_faults(FaultPlan { read_flips: Some((4, 1_000)), ..FaultPlan::default() });
    let report = verify(&reader, |_| {}).unwrap();
    assert!(matches!(report.findings.as_slice(), [Finding::Damaged { .. }]));
}

#[tokio::test]
async fn an_audit_reads_every_entry_in_bounded_steps() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    trade(&server, 5, 100).await;
    server.sequencer.stop();
    let reader = disk.open().unwrap().reader;
    let (mut next, mut hash) = (Sequence::ZERO.next(), None);
    loop {
        let entries = audit(reader.as_ref(), next, 7).unwrap();
        assert!(entries.len() <= 7);
        let Some((last, _, at)) = entries.last() else { break };
        assert_eq!(entries.first().unwrap().0, next);
        (next, hash) = (last.next(), Some(*at));
    }
    assert_eq!(next, reader.newest().sequence.next());
    assert_eq!(hash, Some(reader.newest().hash));
}

#[tokio::test]
async fn an_export_is_one_line_of_json_for_each_entry() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let submission = attempt(9, place(order(CAROL, Side::Buy, cents(101), units(3))));
    server.sequencer.handle().submit(submission).await.unwrap();
    let submission = place(order(CAROL, Side::Buy, cents(101), units(0)));
    server.sequencer.handle().submit(submission).await.unwrap();
    server.sequencer.stop();
    let reader = disk.open().unwrap().reader;
    let mut lines = Vec::new();
    let count = export(reader.as_ref(), Sequence::new(11), Sequence::new(99), &mut lines).unwrap();
    assert_eq!(count, 2);
    let lines = String::from_utf8(lines).unwrap();
    let values: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values[0]["sequence"], "11");
    assert_eq!(values[0]["command"]["PlaceOrder"]["price"]["Limit"], "1.0100");
    assert_eq!(values[0]["events"][0]["OrderPlaced"]["terms"]["units"], "3.00");
    assert_eq!(values[0]["attempt"]["id"], "09".repeat(16));
    assert_eq!(values[1]["reject"]["name"], "NO_UNITS");
    let judged = &values[0]["rules"];
    assert_eq!(
        (&judged["calendar"], &judged["segments"][0]["segment"]),
        (&1.into(), &"segment-0".into())
    );
    assert_eq!(judged["segments"][0]["pack"]["code"], "licensed");
    assert_eq!(judged["segments"][0]["pack"]["version"], 1);
    let mut all = Vec::new();
    let count = export(reader.as_ref(), Sequence::ZERO, Sequence::new(12), &mut all).unwrap();
    assert_eq!(count, 12);
    assert!(all.ends_with(&lines.into_bytes()));
    drop(Arc::clone(&reader));
    let text = String::from_utf8(all).unwrap();
    let opening: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(opening["rules"]["segments"], serde_json::json!([]), "none judged the opening");
}

#[test]
fn rules_in_force_change_with_what_is_adopted_and_not_before() {
    let details = open_venue().segments[0].clone();
    let segment = SegmentId::new(0);
    let mut rules = RulesInForce::default();
    let opened = SegmentOpened { segment, details: details.clone() };
    assert!(rules.follow(&Event::SegmentOpened(Box::new(opened))));
    let before = rules.json();
    assert_eq!(before["segments"][0]["overlay"], serde_json::Value::Null);
    let overlay = Some(Overlay {
        code: "soe".to_owned(),
        version: 1,
        valid_from: details.pack.valid_from,
        jurisdiction: "CN".to_owned(),
        rules: StateRules::fill(&mut |parameter| Some(parameter.form.bounds().1)).unwrap(),
    });
    let adopted = |overlay| {
        let pack = details.pack.clone();
        Event::PackAdopted(Box::new(PackAdopted { segment, pack, overlay }))
    };
    assert!(rules.follow(&adopted(overlay)));
    assert_eq!(rules.json()["segments"][0]["overlay"]["code"], "soe");
    assert!(rules.follow(&adopted(None)));
    assert_eq!(rules.json()["segments"][0]["overlay"]["version"], 1, "it stays");
    assert_eq!(rules.json()["segments"][0]["pack"], before["segments"][0]["pack"]);
}
